/** What an operator does by hand: halting, resuming, and saying what became of a publication. Each is a commit. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChangeSet, FileChange, HubState, Instant, Named, RunContext, Unit } from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { Usage } from '../core/errors.ts';
import { haltPath } from '../core/halts.ts';
import type { NewReceipt } from '../core/ledger.ts';
import { receiptOf } from '../core/ledger.ts';
import { closingOf } from '../core/mailing/close.ts';
import { fileReceipts } from '../core/settle.ts';
import { closest } from '../core/suggest.ts';
import type { Halt, Intent, Receipt } from '../generated/entities.ts';
import { loadSecrets } from './env.ts';
import { openRepo, type Repo } from './git.ts';
import { pullRequestLanding } from './github/landing.ts';
import { readRecords, recordsChangeSet } from './mailing/books.ts';
import { type OpenWorkspace, openInputs, openWorkspace } from './open.ts';
import { runId } from './run.ts';
import { commitSnapshot } from './snapshot.ts';
import { bringUpToDate, finishEarlierSync, type Landing, LostRace, land, type Merge, startFrom } from './transact.ts';
import { World } from './world.ts';

const MAX_ROUNDS = 5;

export interface OperateOptions {
  readonly cwd: string;
  readonly now: Instant;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly delivery?: RunContext['delivery'];
  readonly dryRun: boolean;
  /** As of a run. */
  readonly nonce?: string;
  /** As of a run. */
  readonly open?: typeof openRepo;
}

interface Desk {
  readonly context: RunContext;
  readonly world: World;
  readonly workspace: OpenWorkspace;
}

export interface Operated {
  readonly changed: readonly string[];
  readonly commit: string;
}

async function mergeOf(repo: Repo, branch: string, context: RunContext, { env }: OperateOptions): Promise<Merge> {
  const secrets = await loadSecrets(repo.root, env, repo);
  return pullRequestLanding({ repo, branch, context, secrets, sleep: (milliseconds) => wait(milliseconds) })();
}

/** Decides on the present tip and commits; decides again when somebody else was faster. */
async function operate(options: OperateOptions, decide: (desk: Desk) => Promise<ChangeSet>): Promise<Operated> {
  const repo = await (options.open ?? openRepo)(options.cwd, options.env);
  if (!options.dryRun) await finishEarlierSync(repo);
  const nonce = options.nonce ?? randomUUID();
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const head = await repo.head();
    const first = await openInputs(new World(await commitSnapshot(repo, head.commit)), []);
    const delivery = options.delivery ?? first.workspace.delivery;
    try {
      const start = options.dryRun
        ? { repo, branch: head.branch ?? 'HEAD', base: head.commit }
        : await startFrom(repo, delivery);
      const world = new World(await commitSnapshot(repo, start.base));
      const inputs = await openInputs(world, []);
      const context: RunContext = {
        now: options.now,
        run: runId(options.now, start.base, nonce),
        base: start.base,
        delivery,
      };
      const desk = { context, world, workspace: await openWorkspace(world, inputs) };
      const { changes } = await world.apply(await decide(desk));
      const landing: Landing = { head: start.base, commits: 0 };
      if (!options.dryRun) {
        const merge = delivery === 'pull-request' ? await mergeOf(repo, start.branch, context, options) : undefined;
        await land(start, world, landing, { ...context, identity: inputs.workspace.identity, merge });
        await bringUpToDate(repo, start.base, landing);
      }
      return { changed: changes.map(({ path }) => path), commit: landing.head };
    } catch (error) {
      if (!(error instanceof LostRace)) throw error;
    }
  }
  throw new Usage('other writers were faster each time; nothing is lost, try again');
}

function campaignNamed({ units, invalid }: OpenWorkspace, id: string): Unit {
  const unit = units.find(({ campaign }) => campaign.id === id);
  if (unit) return unit;
  if (invalid.includes(id)) throw new Usage(`campaign ${id} is invalid: run "mhub validate"`);
  const near = closest(
    id,
    units.map(({ campaign }) => campaign.id),
  );
  throw new Usage(`no campaign ${id}${near === undefined ? '' : `: did you mean ${near}?`}`);
}

function channelsOf(unit: Unit, only: string | undefined): string[] {
  const all = [...new Set(unit.campaign.schedule.map(({ channel }) => channel))];
  if (only === undefined) return all;
  if (all.includes(only)) return [only];
  throw new Usage(`campaign ${unit.campaign.id} has no channel ${only}, expected one of ${all.join(', ')}`);
}

export interface HaltRequest {
  readonly campaign: string;
  readonly channel?: string;
  readonly why: string;
  readonly until?: Instant;
}

/** Stops a campaign on one or all of its channels. */
export const halt = (options: OperateOptions, { campaign, channel, why, until }: HaltRequest): Promise<Operated> =>
  operate(options, async ({ context, workspace }) => {
    const unit = campaignNamed(workspace, campaign);
    const changes = channelsOf(unit, channel).map((id): FileChange => {
      const entry: Halt = {
        campaign,
        channel: id,
        breaker: 'manual',
        why,
        evidence: [],
        at: context.now,
        ...(until === undefined ? {} : { until }),
        resolved: false,
      };
      return { path: haltPath(entry), content: stringifyDocument(entry), because: `${id} stops: ${why}` };
    });
    return { stage: 'publish', scope: campaign, title: `${campaign}, halted by hand`, changes };
  });

/** Ends the halts of a campaign, or one halt by its name. */
export const resume = (options: OperateOptions, target: string, channel: string | undefined): Promise<Operated> =>
  operate(options, async ({ workspace }) => {
    const [any] = workspace.units;
    const halts: readonly Named<Halt>[] = any ? (await workspace.hub(any)).halts : [];
    const standing = halts.filter(({ resolved }) => !resolved);
    const chosen = standing.filter(
      (entry) =>
        entry.id === target || (entry.campaign === target && (channel === undefined || entry.channel === channel)),
    );
    if (chosen.length === 0) {
      const names = standing.map(({ id, campaign }) => `${campaign} (${id})`).join(', ');
      throw new Usage(`nothing halts ${target}; ${names === '' ? 'no halt stands' : `halts that stand: ${names}`}`);
    }
    const changes = chosen.map(
      ({ id, ...entry }): FileChange => ({
        path: `hub/halts/${id}.yaml`,
        content: stringifyDocument({ ...entry, resolved: true }),
        because: `${entry.campaign} on ${entry.channel} goes on`,
      }),
    );
    const [first] = chosen;
    return { stage: 'publish', scope: first?.campaign ?? target, title: `${target}, resumed by hand`, changes };
  });

const lastAssumed = (receipts: readonly Receipt[], prefix: string): Receipt[] =>
  receipts.filter(({ key, status }) => status === 'assumed_sent' && key.startsWith(prefix));

function subjectOf(state: HubState, prefix: string): Intent | Receipt {
  const found = [...state.intents.filter(({ key }) => key.startsWith(prefix)), ...lastAssumed(state.receipts, prefix)];
  const [subject, another] = found;
  if (!subject) throw new Usage(`nothing in doubt has a key that begins with ${prefix}: see "mhub status"`);
  if (another && another.key !== subject.key) throw new Usage(`${prefix} fits several keys: give more of it`);
  return subject;
}

const BY_HAND = 'resolved by hand';

/** A person knows what became of a publication in doubt; of an open mailing, that nobody else is to get it. */
export const resolveDoubt = (options: OperateOptions, prefix: string, as: 'sent' | 'released'): Promise<Operated> =>
  operate(options, async ({ context, workspace, world }) => {
    const [any] = workspace.units;
    if (!any) throw new Usage('no campaign can be read: run "mhub validate"');
    const state = await workspace.hub(any);
    // Filing rewrites the records, and would wipe out what stands in a torn one.
    if (state.unreadable.length > 0) throw new Usage(`cannot read ${state.unreadable.join(', ')}: restore it first`);
    const subject = subjectOf(state, prefix);
    const { key, attempt, campaign, asset, brand, channel, slot, content } = subject;
    const intent = { key, attempt, campaign, asset, brand, channel, slot, content } as Intent;
    const records = await readRecords(world, key);
    const isOpenMailing = records.hasReachedAnybody() && state.intents.some((open) => open.key === key);
    if (isOpenMailing && as === 'released') {
      const { sent } = records.counts();
      throw new Usage(`${sent} have ${asset}, and others may, so it was not released: end it with --as sent`);
    }
    const { entries, receipt } = isOpenMailing
      ? closingOf(key, records, { run: context.run, at: context.now }, BY_HAND)
      : { entries: [], receipt: { because: BY_HAND } };
    const filed: NewReceipt = { ...receiptOf(intent, context.run, context.now), ...receipt, status: as };
    const scope = campaign;
    const title = `${campaign}, ${asset} resolved as ${as}`;
    const claims = await recordsChangeSet(world, { scope, title, publication: key, entries });
    return { ...claims, changes: [...claims.changes, ...fileReceipts({ ...context, state }, [filed])] };
  });
