/**
 * Walks a history commit by commit and reports what must not be there. What it remembers grows with the tree and the
 * ledger, not with contents: those are read when they are needed and dropped.
 */
import type { Receipt } from '../../generated/entities.ts';
import { isReceiptFile, publicationKey, wentOut } from '../ledger.ts';
import { approvalAudit, evidenceAt } from './approval.ts';
import { auditAuthorship, identityOf, isByEngine, type Writer } from './authorship.ts';
import { deploymentAudit } from './deployments.ts';
import { answered, auditIntents, type OpenIntent, readIntents } from './intents.ts';
import { auditDate, auditLedgerChange, type FiledReceipt } from './ledger.ts';
import { brokenCaps, type Counted, limitsAt, Publications } from './limits.ts';
import { type AuditCommit, AuditTree, type Checked, documentReader, nothingChecked, type ReadBlob } from './model.ts';
import { isRecipientFile, RecipientAudit } from './recipients.ts';
import { type Irregularity, irregular } from './rules.ts';
import { type SentPage, sentPage, type Withdrawn } from './site.ts';

/** The first line of a ledger file names a commit that was not passed: it may lie on the other side of a merge. */
export interface OpenBase {
  readonly commit: string;
  readonly file: string;
  readonly base: string;
}

export interface HistoryAudit {
  /** Oldest first. */
  next(commit: AuditCommit): Promise<void>;
  readonly found: readonly Irregularity[];
  readonly bases: readonly OpenBase[];
  /** File under site/ -> what it must be. */
  readonly pages: ReadonlyMap<string, SentPage>;
  /** Publications that were taken down, by key. */
  readonly withdrawn: ReadonlyMap<string, Withdrawn>;
  readonly checked: Checked;
}

export const strangeBase = ({ commit, file, base }: OpenBase): Irregularity =>
  irregular(
    'ledger/base',
    { commit, file, line: 1 },
    `it names ${base.slice(0, 12)}..., which does not come before this commit`,
  );

const attemptId = ({ key, attempt }: Pick<Receipt, 'key' | 'attempt'>): string => `${key} ${attempt}`;

const isUnder =
  (folder: string) =>
  ({ path }: { readonly path: string }) =>
    path.startsWith(folder);

export function createHistoryAudit(read: ReadBlob, jobs: readonly Writer[]): HistoryAudit {
  const tree = new AuditTree();
  const documentOf = documentReader(read);
  const approvals = approvalAudit(read, documentOf);
  const deployments = deploymentAudit(read, documentOf);
  const passed = new Set<string>();
  const ledger = new Map<string, Pick<Receipt, 'attempt' | 'status' | 'content'>[]>();
  const publications = new Publications();
  const recipients = new RecipientAudit();
  let open: readonly OpenIntent[] = [];
  /** What was given back may turn out to have gone out after all: then what it was decided by counts. */
  const released = new Map<string, OpenIntent>();
  let latest = '';

  const found: Irregularity[] = [];
  const bases: OpenBase[] = [];
  const pages = new Map<string, SentPage>();
  const withdrawn = new Map<string, Withdrawn>();
  const checked = nothingChecked();

  const textOf = async (oid: string): Promise<string> =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(await read(oid));
  const filedUnder = (key: string) => ledger.get(key) ?? [];
  /** sent outweighs everything; of what was only assumed, the last word counts. */
  const standing = (key: string) =>
    filedUnder(key).find(({ status }) => status === 'sent') ??
    filedUnder(key).find(
      ({ attempt, status }) =>
        status === 'assumed_sent' &&
        filedUnder(key).findLast((other) => other.attempt === attempt && other.status !== 'withdrawn')?.status ===
          status,
    );

  async function changedLedger(commit: AuditCommit): Promise<FiledReceipt[]> {
    const added: FiledReceipt[] = [];
    for (const { path, before, after } of commit.changes.filter(({ path }) => isReceiptFile(path))) {
      const texts = [
        before === null ? undefined : await textOf(before),
        after === null ? null : await textOf(after),
      ] as const;
      const change = auditLedgerChange(commit, path, ...texts);
      found.push(...change.found);
      added.push(...change.added);
      if (before === null) checked.ledger_files += 1;
      if (change.base !== undefined && !passed.has(change.base))
        bases.push({ commit: commit.id, file: path, base: change.base });
    }
    return added;
  }

  async function changedRecipients(commit: AuditCommit): Promise<Irregularity[]> {
    const wrong: Irregularity[] = [];
    const changes = commit.changes.filter(({ path }) => isRecipientFile(path));
    // Who is given back in an older file may be claimed in a new one by the same commit.
    const [older, newer] = [
      changes.filter(({ before }) => before !== null),
      changes.filter((one) => one.before === null),
    ];
    for (const { path, before, after } of [...older, ...newer]) {
      const old = before === null ? undefined : await textOf(before);
      if (before === null) checked.recipient_files += 1;
      wrong.push(...recipients.change(commit, path, old, after === null ? null : await textOf(after)));
    }
    return wrong;
  }

  async function changedIntents(commit: AuditCommit): Promise<readonly OpenIntent[]> {
    const changes = commit.changes.filter(isUnder('hub/open/'));
    const others = open.filter(({ file }) => !changes.some(({ path }) => path === file));
    const now: OpenIntent[] = [];
    for (const { path, after } of changes) {
      if (after === null) continue;
      const { intents, found: unreadable } = readIntents(commit, path, await textOf(after));
      found.push(...unreadable);
      for (const { intent, line } of intents) {
        const known = open.find((one) => JSON.stringify(one.intent) === JSON.stringify(intent));
        if (!known) checked.intents += 1;
        const decided = known ?? {
          limits: await limitsAt(tree, documentOf, intent, intent.at),
          evidence: evidenceAt(tree, intent),
        };
        now.push({ ...decided, intent, file: path, line });
      }
    }
    return [...others, ...now];
  }

  function auditKey(commit: AuditCommit, { receipt, file, line }: FiledReceipt): void {
    const { key, attempt, campaign, asset, channel, slot } = receipt;
    const place = { commit: commit.id, file, line };
    if (publicationKey(campaign, asset, channel, slot) !== key) {
      found.push(
        irregular('keys/wrong', place, `${key.slice(0, 12)}... is not the key of ${asset} on ${channel}, ${slot}`),
      );
    }
    const before = wentOut(receipt) ? standing(key) : undefined;
    const isConfirmed = before?.status === 'assumed_sent' && before.attempt === attempt;
    if (before && !isConfirmed) {
      found.push(
        irregular('keys/twice', place, `${asset} on ${channel}, ${slot}: key ${key.slice(0, 12)}... was sent before`),
      );
    }
  }

  /** What was sent and stands may be taken down, once; from then on nothing of it is to be found. */
  function auditWithdrawal(commit: AuditCommit, { receipt, file, line }: FiledReceipt): void {
    const { key, attempt, content, asset, channel } = receipt;
    const before = standing(key);
    const wrong =
      before?.attempt !== attempt || before.content !== content
        ? 'it was not sent as what is taken down'
        : filedUnder(key).some(({ status }) => status === 'withdrawn')
          ? 'it had been taken down before'
          : undefined;
    if (wrong !== undefined) {
      const place = { commit: commit.id, file, line };
      found.push(irregular('withdrawn/unsent', place, `${asset} on ${channel}: ${wrong}`));
    }
    const page = [...pages.values()].find((one) => one.key === key);
    if (page) pages.delete(page.file);
    withdrawn.set(key, { receipt, ...(page ? { page } : {}) });
  }

  async function auditSent(commit: AuditCommit, filed: FiledReceipt, intent: OpenIntent | undefined): Promise<void> {
    const { receipt, file, line } = filed;
    const place = { commit: commit.id, file, line };
    const now = await limitsAt(tree, documentOf, receipt, receipt.at);
    const limits = intent?.limits ?? now;
    const { key, attempt, at, campaign, brand, channel } = receipt;
    const one: Counted = { key, attempt, at, campaign, brand, channel, decided: intent?.intent.at ?? at };
    // What another run settled was approved when it was decided; since then the asset may have been made again.
    const isSettled = intent !== undefined && intent.intent.run !== receipt.run;
    const evidence = isSettled ? intent.evidence : evidenceAt(tree, receipt);
    const breaches = [
      ...limits.stops,
      ...brokenCaps(one, publications.near(one), limits.levels, now.levels),
      ...(await approvals(tree, evidence, receipt.content)),
    ];
    found.push(
      ...breaches.map(({ rule, wrong }) => irregular(rule, place, `${receipt.asset} on ${receipt.channel}: ${wrong}`)),
    );
    const page = await sentPage(tree, documentOf, receipt, evidence);
    if (page) pages.set(page.file, { ...page, commit: commit.id });
    publications.add(one);
  }

  return {
    found,
    bases,
    pages,
    withdrawn,
    checked,
    async next(commit) {
      checked.commits += 1;
      const identity = async () => identityOf(await documentOf('mhub.yaml', tree.get('mhub.yaml')));
      const before = await identity();
      tree.apply(commit.changes);
      // The first commit brings the file that names the engine.
      const engine = before ?? (await identity());
      if (isByEngine(commit, engine)) checked.engine_commits += 1;
      found.push(...(await auditAuthorship(commit, engine, jobs, documentOf)));
      const deployed = await deployments(commit, tree);
      checked.deployments += deployed.checked;
      found.push(...deployed.found);

      found.push(...(await changedRecipients(commit)));
      const receipts = await changedLedger(commit);
      const after = await changedIntents(commit);
      const isSent = (key: string): boolean => standing(key) !== undefined;
      const isFiled = ({ key, attempt, content }: Receipt): boolean =>
        filedUnder(key).some((one) => one.attempt === attempt && one.content === content);
      // Taking down answers no intent: its effect is in the commit of its receipt.
      const answers = receipts.filter(({ receipt }) => receipt.status !== 'withdrawn');
      found.push(...auditIntents(commit, { before: open, after, receipts: answers, isSent, isFiled }));

      const latestBefore = latest;
      for (const filed of receipts) {
        const { receipt } = filed;
        const { key, attempt, status, content, at } = receipt;
        checked.receipts += 1;
        found.push(...auditDate(commit, filed, latestBefore));
        found.push(...recipients.auditReceipt(commit, filed));
        auditKey(commit, filed);
        const intent = answered(filed, open) ?? released.get(attemptId(receipt));
        const isConfirmed = standing(key)?.attempt === attempt;
        if (wentOut(receipt) && !isConfirmed) {
          checked.sent += 1;
          await auditSent(commit, filed, intent);
        }
        if (status === 'withdrawn') auditWithdrawal(commit, filed);
        if (status === 'released') {
          if (intent) released.set(attemptId(receipt), intent);
          if (isConfirmed) publications.drop(receipt);
        }
        ledger.set(key, [...filedUnder(key), { attempt, status, content }]);
        if (at > latest && at <= commit.at) latest = at;
      }
      open = after;
      passed.add(commit.id);
    },
  };
}
