/**
 * The invariants of publishing, worked out from two things alone: what stands on the remote branch, commit by commit,
 * and what the outside world has accepted. Nothing of the engine's own judgement is used, so that its mistakes show.
 */
import type { Halt, Intent, Receipt } from '../../generated/entities.ts';
import type { AuditChange, ReadBlob } from '../audit/model.ts';
import { documentReader, type Fields, fieldsOf } from '../audit/model.ts';
import type { ChannelClass, Instant } from '../contracts.ts';
import { readEntity, readLines } from '../entity.ts';
import { filesDigest, sha256 } from '../hash.ts';
import { isReceiptFile } from '../ledger.ts';
import { civilDay } from '../time.ts';

export const invariants = {
  I1: 'no call without an intent on the remote branch',
  I2: 'at most one open intent per key on any commit',
  I3: 'at most one receipt per attempt, unless it says more than the one before',
  I4: 'sent is final: no later attempt',
  I5: 'every effect has a receipt or an open intent',
  I6: 'an intent goes in the commit of its receipt and only there',
  I7: 'history is one line, and the ledger only grows and stays chained',
  I8: 'a run with nothing to do makes no commit',
  I9: 'a campaign that cannot be read is left alone, and stops no other one',
  twice: 'nothing happens twice on a channel',
  resent: 'an opaque call that may have happened is not repeated',
  untrue: 'what is filed as sent was accepted',
  cap: 'at most as many publications a civil day as every level allows',
  spacing: 'publications of a level keep their distance',
  switches: 'nothing is published while a switch or halt says no',
  evidence: 'nothing is decided on evidence that cannot be read',
  verdict: 'what goes out is, byte for byte, what Guard has passed',
  pushes: 'a run pushes twice, and once more only for an opaque call, a release, a deployment or a lost race',
  open: 'after recovery no intent is open',
  verify: 'mhub verify finds nothing wrong with the history',
  bug: 'the engine meets no error that it does not know',
} as const;

export type Invariant = keyof typeof invariants;

export interface Break {
  readonly invariant: Invariant;
  readonly what: string;
  readonly commit?: string;
}

/** A call as it arrived at a simulated channel. */
export interface Call {
  readonly channel: string;
  readonly brand: string;
  readonly key: string;
  readonly attempt: number;
  readonly campaign: string;
  readonly asset: string;
  readonly class: ChannelClass;
  /** Digest of the bytes that were given to the channel. */
  readonly content: string;
  /** The remote branch when the call began. */
  readonly tip: string;
  /** Clock of the run. */
  readonly now: Instant;
  /** Set when the channel has said no for certain. */
  refused?: true;
}

/** What a channel has made of a call. */
export interface Accepted {
  readonly channel: string;
  readonly key: string;
  readonly campaign: string;
  readonly asset: string;
  readonly class: ChannelClass;
  readonly content: string;
  /** Milliseconds since the epoch, as they really are. */
  readonly time: number;
}

export interface CheckedCommit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly changes: readonly AuditChange[];
  /** Made by the simulated person, whose doings are not judged. */
  readonly byPerson: boolean;
}

interface Occasion {
  readonly campaign: string;
  readonly brand: string;
  readonly channel: string;
}

interface Level {
  readonly name: string;
  readonly zone: string;
  readonly breakers: Fields;
  readonly counts: (other: Occasion) => boolean;
}

const brief = (key: string): string => key.slice(0, 12);
const attemptOf = ({ key, attempt }: Pick<Intent, 'key' | 'attempt'>): string => `${key} ${attempt}`;
const wentOut = ({ status }: Pick<Receipt, 'status'>): boolean => status === 'sent' || status === 'assumed_sent';
const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);
const MINUTE = 60_000;
/** What `mhub resolve` files as the reason. */
const BY_HAND = 'resolved by hand';

export class Checker {
  readonly breaks: Break[] = [];
  private readonly read: ReadBlob;
  private readonly documentOf: ReturnType<typeof documentReader>;
  private readonly tree = new Map<string, string>();
  private readonly ledger = new Map<string, readonly string[]>();
  private readonly openFiles = new Map<string, readonly Intent[]>();
  private readonly broken = new Set<string>();
  /** In the order in which they were filed. */
  private receipts: Receipt[] = [];
  private readonly commits = new Set<string>();
  private readonly mayHaveHappened = new Set<string>();
  private calledUpTo = 0;
  private acceptedUpTo = 0;
  private tip = '';
  private pushesEarned = 0;

  constructor(read: ReadBlob) {
    this.read = read;
    this.documentOf = documentReader(read);
  }

  report(invariant: Invariant, what: string, commit?: string): void {
    this.breaks.push({ invariant, what, ...(commit === undefined ? {} : { commit }) });
  }

  get open(): readonly Intent[] {
    return [...this.openFiles.values()].flat();
  }

  get filed(): readonly Receipt[] {
    return this.receipts;
  }

  /** Takes over what stands there before the simulation, unjudged. */
  async begin(tip: string, files: ReadonlyMap<string, { readonly oid: string }>): Promise<void> {
    const changes = [...files].map(([path, { oid }]) => ({ path, before: null, after: oid }));
    await this.apply({ id: tip, parents: [], changes, byPerson: true });
    this.tip = tip;
  }

  /** One step: new commits, oldest first, and everything that the world has seen so far. */
  async step(commits: readonly CheckedCommit[], calls: readonly Call[], accepted: readonly Accepted[]): Promise<void> {
    const fresh = calls.slice(this.calledUpTo);
    this.calledUpTo = calls.length;
    this.pushesEarned = fresh.filter((call) => call.class === 'opaque').length;
    await this.checkCalls(fresh.filter(({ tip }) => tip === this.tip));
    for (const commit of commits) {
      await this.next(commit);
      await this.checkCalls(fresh.filter(({ tip }) => tip === commit.id));
    }
    // What is deployed has landed before, and its record comes after.
    if (commits.some(({ byPerson }) => !byPerson) && (await this.hasTarget())) this.pushesEarned += 1;
    for (const call of fresh) {
      if (!this.commits.has(call.tip)) this.report('I1', `a call for ${call.asset} began at a commit that is gone`);
    }
    this.checkAccepted(accepted);
  }

  /** Whether some channel shows its folder somewhere else, too. */
  private async hasTarget(): Promise<boolean> {
    for (const [path, oid] of this.tree) {
      if (!/^brands\/[^/]+\/channels\/[^/]+\.yaml$/.test(path)) continue;
      const config = await this.documentOf(path, oid);
      if (fieldsOf(config?.['params'])['target'] !== undefined) return true;
    }
    return false;
  }

  // ---- commits ------------------------------------------------------------------------------------------------------

  private async next(commit: CheckedCommit): Promise<void> {
    const { id, parents, byPerson } = commit;
    if (parents.length !== 1 || parents[0] !== this.tip) {
      this.report('I7', `${id.slice(0, 8)} does not follow ${this.tip.slice(0, 8)}`, id);
    }
    if (byPerson) {
      this.pushesEarned += 1;
      await this.apply(commit);
      this.tip = id;
      return;
    }
    const before = this.open;
    const [unreadable] = this.broken;
    await this.checkIsolation(commit);
    const filed = await this.checkLedger(commit);
    this.pushesEarned += filed.filter(({ status }) => status === 'released').length;
    await this.apply(commit);
    this.checkReceipts(commit, filed, before);
    const known = new Set(before.map(attemptOf));
    const decided = this.open.filter((intent) => !known.has(attemptOf(intent)));
    this.checkIntents(commit, before, decided, filed);
    for (const intent of decided) {
      // No job of the engine writes a switch, and halts that a commit brings along hold for it as well.
      const stop = await this.stop(intent, intent.at);
      if (stop !== undefined) this.report('switches', `${intent.asset} was decided although ${stop}`, id);
      if (unreadable !== undefined) {
        this.report('evidence', `${intent.asset} was decided although ${unreadable} cannot be read`, id);
      }
      this.checkLimits(commit, intent, await this.levels(intent));
      await this.checkVerdict(commit, intent);
    }
    this.checkTreeEffects(commit, filed);
    this.tip = id;
  }

  private async apply({ id, changes, byPerson }: CheckedCommit): Promise<void> {
    this.commits.add(id);
    for (const { path, after } of changes) {
      if (after === null) this.tree.delete(path);
      else this.tree.set(path, after);
      const text = async () => (after === null ? '' : new TextDecoder().decode(await this.read(after)));
      if (path.startsWith('hub/open/')) {
        const { values, problems } = readLines('Intent', path, await text());
        this.mark(path, problems.length > 0);
        this.openFiles.set(path, values);
      } else if (isReceiptFile(path)) {
        const content = await text();
        const { values, problems } = readLines('Receipt', path, content);
        this.mark(path, problems.length > 0);
        if (after !== null && (!byPerson || !this.ledger.has(path))) this.ledger.set(path, linesOf(content));
        if (this.commits.size === 1) this.receipts.push(...values);
      } else if (path.startsWith('hub/halts/')) {
        this.mark(path, after !== null && !readEntity('Halt', path, await this.read(after)).ok);
      }
    }
  }

  private mark(path: string, isBroken: boolean): void {
    if (isBroken) this.broken.add(path);
    else this.broken.delete(path);
  }

  /** I7, as far as the ledger goes. @returns the receipts that the commit adds */
  private async checkLedger({ id, changes }: CheckedCommit): Promise<Receipt[]> {
    const added: Receipt[] = [];
    for (const { path, before, after } of changes) {
      if (!isReceiptFile(path)) continue;
      const old = before === null ? [] : (this.ledger.get(path) ?? []);
      const text = after === null ? '' : new TextDecoder().decode(await this.read(after));
      const now = linesOf(text);
      if (old.some((line, index) => line !== now[index])) {
        this.report('I7', `${path} lost or changed a line`, id);
        continue;
      }
      let prev = old.length === 0 ? undefined : sha256(old.at(-1) ?? '');
      for (const line of now.slice(old.length)) {
        const [receipt] = readLines('Receipt', path, line).values;
        if (!receipt) {
          this.report('I7', `${path} has a line that is no receipt`, id);
          continue;
        }
        const isChained = prev === undefined ? this.commits.has(receipt.prev) : receipt.prev === prev;
        if (!isChained) this.report('I7', `${path}: a receipt of ${receipt.asset} is not chained`, id);
        prev = sha256(line);
        added.push(receipt);
      }
    }
    return added;
  }

  private checkReceipts({ id }: CheckedCommit, filed: readonly Receipt[], before: readonly Intent[]): void {
    for (const receipt of filed) {
      if (receipt.status === 'withdrawn') {
        this.checkWithdrawal(id, receipt);
        continue;
      }
      const earlier = this.receipts.filter((one) => attemptOf(one) === attemptOf(receipt));
      const saysMore =
        earlier.every(({ status }) => status === 'assumed_sent') ||
        (receipt.late === true && earlier.every(({ status }) => status !== 'sent'));
      if (earlier.length > 0 && !saysMore) {
        this.report('I3', `attempt ${receipt.attempt} of ${receipt.asset} has two receipts`, id);
      }
      const wasOpen = before.some((intent) => attemptOf(intent) === attemptOf(receipt));
      if (!wasOpen && earlier.length === 0) this.report('I6', `a receipt of ${receipt.asset} had no open intent`, id);
      // A person who has looked knows better than the channel.
      const isResolved = receipt.status === 'released' && receipt.because === BY_HAND;
      if (isResolved) this.mayHaveHappened.delete(`${receipt.channel} ${receipt.key}`);
      this.receipts.push(receipt);
    }
  }

  /** I3: taking down says one thing more, about what was sent. */
  private checkWithdrawal(id: string, receipt: Receipt): void {
    const same = this.receipts.filter((one) => attemptOf(one) === attemptOf(receipt));
    const wasSent = same.some((one) => wentOut(one) && one.content === receipt.content);
    if (!wasSent) this.report('I3', `${receipt.asset} was taken down and had not been sent`, id);
    if (same.some(({ status }) => status === 'withdrawn')) {
      this.report('I3', `${receipt.asset} was taken down twice`, id);
    }
    this.receipts.push(receipt);
  }

  private checkIntents(
    { id }: CheckedCommit,
    before: readonly Intent[],
    decided: readonly Intent[],
    filed: readonly Receipt[],
  ): void {
    const open = this.open;
    const keys = open.map(({ key }) => key);
    for (const intent of decided) {
      if (keys.filter((key) => key === intent.key).length > 1) {
        this.report('I2', `${intent.asset} on ${intent.channel} has two open intents`, id);
      }
      const sent = this.standing().find((receipt) => receipt.key === intent.key && wentOut(receipt));
      if (sent) this.report('I4', `attempt ${intent.attempt} of ${intent.asset}, although ${sent.status} stands`, id);
    }
    const answered = new Set(filed.map(attemptOf));
    const still = new Set(open.map(attemptOf));
    for (const intent of before) {
      const isOpen = still.has(attemptOf(intent));
      const isAnswered = answered.has(attemptOf(intent));
      if (!isOpen && !isAnswered) this.report('I6', `the intent of ${intent.asset} is gone without a receipt`, id);
      if (isOpen && isAnswered) this.report('I6', `the intent of ${intent.asset} stays beside its receipt`, id);
    }
  }

  /** What was only assumed gives way to what became known later. */
  private standing(): Receipt[] {
    const last = new Map(
      this.receipts.flatMap((receipt, index) =>
        receipt.status === 'withdrawn' ? [] : [[attemptOf(receipt), index] as const],
      ),
    );
    return this.receipts.filter(
      (receipt, index) => receipt.status !== 'assumed_sent' || last.get(attemptOf(receipt)) === index,
    );
  }

  // ---- limits -------------------------------------------------------------------------------------------------------

  private async levels({ campaign, brand, channel }: Occasion): Promise<Level[]> {
    const load = (path: string) => this.documentOf(path, this.tree.get(path));
    const [workspace, channelFile, campaignFile] = await Promise.all([
      load('mhub.yaml'),
      load(`brands/${brand}/channels/${channel}.yaml`),
      load(`campaigns/${campaign}/campaign.yaml`),
    ]);
    const zone = String(workspace?.['timezone']);
    const of = (fields: Fields | undefined): Fields => fieldsOf(fields?.['breakers']);
    return [
      { name: 'workspace', zone, breakers: of(workspace), counts: () => true },
      {
        name: `channel ${channel}`,
        zone: String(channelFile?.['timezone'] ?? zone),
        breakers: of(channelFile),
        counts: (other) => other.brand === brand && other.channel === channel,
      },
      {
        name: `campaign ${campaign}`,
        zone,
        breakers: of(campaignFile),
        counts: (other) => other.campaign === campaign,
      },
    ];
  }

  /** What forbids a publication as the files stand now. */
  private async stop(occasion: Occasion, now: Instant): Promise<string | undefined> {
    for (const { name, breakers } of await this.levels(occasion)) {
      if (breakers['publish_enabled'] === false) return `publish_enabled is false (${name})`;
      const until = breakers['halt_until'];
      if (typeof until === 'string' && now < until) return `halt_until is ${until} (${name})`;
    }
    for (const [path, oid] of this.tree) {
      if (!path.startsWith('hub/halts/')) continue;
      const halt = (await this.documentOf(path, oid)) as Partial<Halt> | undefined;
      const isOurs = halt?.campaign === occasion.campaign && halt.channel === occasion.channel;
      const isOver = halt?.resolved === true || (halt?.until !== undefined && now >= halt.until);
      if (isOurs && !isOver) return `${path} stands`;
    }
    return undefined;
  }

  private checkLimits({ id }: CheckedCommit, intent: Intent, levels: readonly Level[]): void {
    const others = this.open.filter((one) => attemptOf(one) !== attemptOf(intent));
    const out = this.standing().filter(wentOut);
    for (const { name, zone, breakers, counts } of levels) {
      const { max_publishes_per_day: cap, min_spacing_minutes: spacing } = breakers;
      if (typeof cap === 'number') {
        const day = civilDay(intent.at, zone);
        const sent = out.filter((one) => counts(one) && civilDay(one.at, zone) === day).length;
        const used = sent + others.filter(counts).length + 1;
        if (used > cap) this.report('cap', `${name}: ${used} on ${day}, allowed are ${cap}`, id);
      }
      if (typeof spacing === 'number') {
        const near = [...out, ...others]
          .filter(counts)
          .find(({ at }) => Date.parse(intent.at) - Date.parse(at) < spacing * MINUTE);
        if (near)
          this.report('spacing', `${name}: ${near.at} and ${intent.at} are less than ${spacing} minutes apart`, id);
      }
    }
  }

  // ---- verdicts and isolation ---------------------------------------------------------------------------------------

  private async checkVerdict({ id }: CheckedCommit, { campaign, asset, content }: Intent): Promise<void> {
    const path = `hub/campaigns/${campaign}/verdicts/${asset}.yaml`;
    const verdict = await this.documentOf(path, this.tree.get(path));
    if (verdict?.['result'] !== 'pass' || verdict['content'] !== content) {
      this.report('verdict', `${asset} has no passing verdict for ${brief(content)}`, id);
    }
    const folder = `hub/campaigns/${campaign}/assets/${asset}`;
    const made = await this.documentOf(`${folder}/asset.yaml`, this.tree.get(`${folder}/asset.yaml`));
    const names = Array.isArray(made?.['files'])
      ? made['files'].map((file: unknown) => String(fieldsOf(file)['name']))
      : [];
    const files = new Map<string, Uint8Array>();
    for (const name of names) {
      const oid = this.tree.get(`${folder}/${name}`);
      if (oid !== undefined) files.set(name, await this.read(oid));
    }
    if (filesDigest(files) !== content) this.report('verdict', `the files of ${asset} are not ${brief(content)}`, id);
  }

  private async checkIsolation({ id, changes }: CheckedCommit): Promise<void> {
    const campaigns = new Set(changes.flatMap(({ path }) => /^hub\/campaigns\/([^/]+)\//.exec(path)?.[1] ?? []));
    for (const campaign of campaigns) {
      const path = `campaigns/${campaign}/campaign.yaml`;
      const oid = this.tree.get(path);
      const isReadable = oid !== undefined && readEntity('Campaign', path, await this.read(oid)).ok;
      if (!isReadable) this.report('I9', `${path} cannot be read, and hub/campaigns/${campaign}/ changed`, id);
    }
  }

  /** Effects that live in the tree come with their receipt, in one commit. */
  private checkTreeEffects({ id, changes }: CheckedCommit, filed: readonly Receipt[]): void {
    const effect = changes.find(({ path }) => path.startsWith('site/') || path.startsWith('hub/outbox/'));
    if (effect && !filed.some(({ status }) => status === 'sent' || status === 'withdrawn')) {
      this.report('I5', `${effect.path} changed without a receipt in the same commit`, id);
    }
  }

  // ---- the world ----------------------------------------------------------------------------------------------------

  private async checkCalls(calls: readonly Call[]): Promise<void> {
    for (const call of calls) {
      const { key, attempt, asset, channel, content, tip, now } = call;
      const intent = this.open.find((one) => one.key === key && one.attempt === attempt);
      if (!intent)
        this.report('I1', `${channel} was called for ${asset}, and no intent of attempt ${attempt} was open`, tip);
      else if (intent.content !== content)
        this.report('verdict', `${channel} was given other bytes than the intent of ${asset} names`, tip);
      const stop = await this.stop(call, now);
      if (stop !== undefined) this.report('switches', `${channel} was called for ${asset} although ${stop}`, tip);
      if (call.class === 'opaque' && this.mayHaveHappened.has(`${channel} ${key}`)) {
        this.report('resent', `${channel} was called again for ${asset}`, tip);
      }
      if (!call.refused) this.mayHaveHappened.add(`${channel} ${key}`);
    }
  }

  private checkAccepted(accepted: readonly Accepted[]): void {
    const openKeys = new Set(this.open.map(({ key }) => key));
    const recorded = new Set(this.receipts.filter(wentOut).map(({ key }) => key));
    for (const one of accepted) {
      if (!openKeys.has(one.key) && !recorded.has(one.key)) {
        this.report('I5', `${one.channel} has accepted ${one.asset}, and nothing on record says so`);
      }
    }
    for (const one of accepted.slice(this.acceptedUpTo)) {
      const same = accepted.filter(({ channel, key }) => channel === one.channel && key === one.key);
      if (same.length > 1 && same.at(-1) === one)
        this.report('twice', `${one.channel} has accepted ${one.asset} ${same.length} times`);
    }
    this.acceptedUpTo = accepted.length;
  }

  /** @param outside  channels whose effects leave the repository */
  checkTruth(accepted: readonly Accepted[], outside: ReadonlySet<string>): void {
    const has = new Set(accepted.map(({ channel, key }) => `${channel} ${key}`));
    for (const { channel, key, asset, status } of this.receipts) {
      if (status === 'sent' && outside.has(channel) && !has.has(`${channel} ${key}`)) {
        this.report('untrue', `${asset} on ${channel} is filed as sent, and the channel has nothing of it`);
      }
    }
  }

  /**
   * Intents are pushed before the calls, receipts after them. An opaque call is acknowledged alone, a release makes room
   * for something that has to be announced in its turn, and whoever loses a race decides again.
   *
   * @param pushes  of the latest step
   * @param runs    that were at work in it, each of which may lose a race to each other
   */
  checkPushes(pushes: number, runs: number): void {
    const allowed = runs * (2 + this.pushesEarned + runs - 1);
    if (pushes > allowed) this.report('pushes', `${pushes} pushes, expected at most ${allowed}`);
  }

  checkCalm(commits: number): void {
    if (commits > 0) this.report('I8', `a second run found nothing new and made ${commits} commits`);
  }

  checkClosed(): void {
    for (const { asset, channel } of this.open)
      this.report('open', `the intent of ${asset} on ${channel} is still open`);
  }
}
