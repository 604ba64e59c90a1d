/**
 * Settling: what earlier runs left open is filed by what this machine remembers and by the class of its channel, once
 * its owner can no longer be at work.
 */
import type { CampaignInput, HubState, Instant, MadeAsset, Note, Outcome, Unit } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import type { NewReceipt } from '../core/ledger.ts';
import {
  foreignIntents,
  type Memory,
  settleChangeSet,
  settledReceipt,
  settlementOf,
  unrecorded,
} from '../core/settle.ts';
import { shardEnd } from '../core/shards.ts';
import type { Intent } from '../generated/entities.ts';
import { type CallGuard, call, flipped, isOutside, type PublishEffect, unlessStopped } from './calling.ts';
import { faultPoint } from './fault.ts';
import { isMailing, settleMailing, strangersIn } from './mailing/settle.ts';
import type { Pass } from './pass.ts';
import { perform } from './perform.ts';
import { Overtaken } from './transact.ts';

/** What settling reads and writes. */
const RECORDS = ['hub/open/', 'hub/ledger/'];
/** How often a run that waits for another one looks whether that has ended: every five seconds by default. */
const LOOKS = 18;

const memoryOf = ({ memory }: CallGuard, intent: Intent): Memory | undefined => {
  // Its call is made elsewhere, whatever its run has done on this machine.
  if (intent.until !== undefined) return undefined;
  const line = memory.stateOf(intent.run, intent.key, intent.attempt);
  if (line === undefined || line === 'never-called') return line && { state: 'never-called' };
  if (line.state === 'sent') return { state: 'sent', ...(line.url === undefined ? {} : { url: line.url }) };
  if (line.state === 'begun') return { state: 'never-called' };
  return { state: line.state, ...(line.because === undefined ? {} : { because: line.because }) };
};

const assetOf = ({ state }: CampaignInput, intent: Intent): MadeAsset | undefined =>
  state.assets.find(({ id, asset }) => id === intent.asset && asset.content === intent.content);

/** Intents of others, but for those of campaigns that are there and not part of this run: theirs has the assets. */
async function intentsToSettle({ workspace, world }: Pass, books: Parameters<typeof foreignIntents>[0]) {
  const open = foreignIntents(books);
  const files = open.map(({ campaign }) => `campaigns/${campaign}/campaign.yaml`);
  const there = await world.load(files);
  const own = new Set(workspace.units.map(({ campaign }) => campaign.id));
  return open.filter(({ campaign }) => own.has(campaign) || !there.has(`campaigns/${campaign}/campaign.yaml`));
}

/**
 * How long after it was first seen nobody else can be about to change what there is to know of an open call: an unknown
 * owner has its whole window, and a call that was given up may still be on its way to a channel that is to be asked.
 */
function patienceWith(guard: CallGuard, intent: Intent): number {
  // No run can wait for as long as a shard may take: until it has ended, its intents stay open.
  if (intent.until !== undefined) return 0;
  const memory = isOutside(intent) ? memoryOf(guard, intent) : { state: 'never-called' as const };
  if (memory === undefined) return guard.windowMs + guard.timeoutMs;
  const isUnderWay = memory.state === 'calling' || memory.state === 'unknown';
  const isToBeAsked = intent.class === 'query' || intent.class === 'key';
  return isUnderWay && isToBeAsked ? guard.timeoutMs : 0;
}

/** Something that somebody else may be about to change. */
interface Watched {
  /** It stays the same for as long as nothing has changed. */
  readonly id: string;
  readonly patience: number;
}

const idOf = ({ run, key, attempt }: Intent): string => `${run} ${key} ${attempt}`;

const watchedCall = (guard: CallGuard, intent: Intent): Watched => ({
  id: idOf(intent),
  patience: patienceWith(guard, intent),
});

async function watchedMailing(pass: Pass, guard: CallGuard, intent: Intent): Promise<Watched> {
  const { claims, mayLive } = await strangersIn(pass, guard, intent);
  return { id: `${idOf(intent)} ${claims}`, patience: mayLive ? guard.windowMs + guard.timeoutMs : 0 };
}

/** A mailing that was seen with other claims before: whoever made these is alive. */
const isUnderWay = ({ seen }: CallGuard, intent: Intent, { id, patience }: Watched): boolean =>
  patience > 0 && [...seen.keys()].some((other) => other !== id && other.startsWith(`${idOf(intent)} `));

/** Nobody compares clocks: time counts from the moment this process first sees an intent. */
async function waitForOwners(pass: Pass, guard: CallGuard, open: readonly Watched[]): Promise<void> {
  const rests = open.map(({ id, patience }) => {
    const since = guard.seen.get(id) ?? guard.monotonic();
    guard.seen.set(id, since);
    return since + patience - guard.monotonic();
  });
  const rest = Math.max(0, ...rests);
  if (rest === 0) return;
  pass.onProgress(`waiting for the owner of ${rests.filter((one) => one > 0).length} open calls`);
  const pause = (guard.windowMs + guard.timeoutMs) / LOOKS;
  for (let left = rest; left > 0 && !pass.stopping.aborted; left -= pause) {
    await unlessStopped(guard.sleep(Math.min(left, pause)), pass.stopping);
    if (await guard.isOvertaken()) throw new Overtaken();
  }
}

/** An intent that stays open: what could not be found out, and why. */
type Open = { readonly open: Note };

const staysOpen = ({ campaign, asset, channel, key }: Intent, outcome?: Outcome): Open => {
  const scope = campaign;
  const message = `${asset} on ${channel} may have gone out (key ${key.slice(0, 12)}); it is asked again in the next run`;
  if (outcome?.status === 'blocked') {
    return { open: { level: 'blocked', scope, message: `channel ${channel}: ${outcome.todo}; ${message}` } };
  }
  const until = outcome?.status === 'failed' && outcome.until !== undefined ? { until: outcome.until } : {};
  return { open: { level: 'in_doubt', scope, message, ...until } };
};

const awaitsShard = ({ campaign, asset, channel }: Intent, until: Instant): Open => {
  const message = `${asset} on ${channel} is with a shard; if nobody files what became of it, it is settled from ${until} on`;
  return { open: { level: 'waiting', scope: campaign, message, until } };
};

async function settleOne(
  pass: Pass,
  guard: CallGuard,
  input: CampaignInput,
  intent: Intent,
): Promise<NewReceipt | Open> {
  const ended = shardEnd(intent);
  if (ended !== undefined && input.now < ended) return awaitsShard(intent, ended);
  const channel = input.unit.channels.find(({ id }) => id === intent.channel);
  const adapter = channel && input.plugins.channels.get(channel.adapter);
  const asset = assetOf(input, intent);
  const memory = memoryOf(guard, intent);
  // A wait that was cut short by a signal has proved nothing.
  const ownerMayLive = guard.memory.isRunning(intent.run) || (pass.stopping.aborted && patienceWith(guard, intent) > 0);
  const settlement = settlementOf(intent, { now: input.now, memory, ownerMayLive, channel: adapter, asset });
  if (settlement.how === 'wait') return staysOpen(intent);
  if (settlement.how === 'file') return settledReceipt(input, intent, settlement.receipt);
  if (!channel || !asset) throw new Error(`cannot ${settlement.how} ${intent.key}: its channel or asset is gone`);
  if (guard.dryRun || pass.stopping.aborted) return staysOpen(intent);
  if (settlement.how === 'replay') {
    const effect: PublishEffect = { kind: 'publish', intent, asset, channel };
    if (input.delivery === 'local' || (await flipped(guard, input, effect))) return staysOpen(intent);
    const outcome = await call(pass, guard, input, effect);
    return outcome.status === 'done'
      ? settledReceipt(input, intent, { status: 'sent', url: outcome.value.url })
      : staysOpen(intent, outcome);
  }
  const found = await perform({ kind: 'find-published', intent, asset, channel }, input, pass.performer);
  if (found.status !== 'done') return staysOpen(intent, found);
  return found.value
    ? settledReceipt(input, intent, { status: 'sent', url: found.value.url })
    : settledReceipt(input, intent, { status: 'released', because: 'the channel has nothing of it' });
}

/** Says so if they are: filing rewrites the records, and would wipe out what stands in the torn ones. */
export function areRecordsTorn(pass: Pass, { unreadable }: Pick<HubState, 'unreadable'>): boolean {
  const torn = unreadable.filter((path) => RECORDS.some((folder) => path.startsWith(folder)));
  if (torn.length === 0) return false;
  const message = `cannot read ${torn.join(', ')}, so nothing is settled and nothing published: restore it`;
  pass.notes.push({ level: 'halted', scope: 'workspace', message });
  return true;
}

/**
 * Settles what earlier runs left open, and files what this machine knows of calls that the ledger lost. What cannot be
 * settled yet stays open and counts against every cap.
 */
export async function settleOpen(pass: Pass, guard: CallGuard): Promise<void> {
  const [first] = pass.workspace.units;
  if (!first) return;
  const state = await pass.workspace.hub(first);
  const books = { ...pass.context, state };
  if (areRecordsTorn(pass, state)) return;
  const calls: Intent[] = [];
  const mailings: Watching[] = [];
  const { plugins } = await pass.inputOf('publish', first);
  for (const intent of await intentsToSettle(pass, books)) {
    if (!(await isMailing(pass, intent, plugins))) calls.push(intent);
    else mailings.push(...(await watching(pass, guard, intent)));
  }
  const quiet = mailings.filter((one) => !one.isUnderWay);
  const watched = [...calls.map((intent) => watchedCall(guard, intent)), ...quiet];
  if (!guard.dryRun) await waitForOwners(pass, guard, watched);
  const receipts: NewReceipt[] = [];
  for (const intent of calls) {
    const input = await inputFor(pass, intent, first);
    const settled = await settleOne(pass, guard, input, intent);
    if ('open' in settled) pass.notes.push(settled.open);
    else receipts.push(settled);
  }
  receipts.push(...lostReceipts(guard, receipts, books));
  for (const { status, campaign, asset, channel, because = '' } of receipts) {
    if (status !== 'assumed_sent') continue;
    const message = `${asset} on ${channel} is taken as sent: ${because}; "mhub resolve" if you know better`;
    pass.notes.push({ level: 'in_doubt', scope: campaign, message });
  }
  await pass.take(settleChangeSet(books, receipts));
  for (const mailing of mailings) await settleOneMailing(pass, guard, mailing, first);
  faultPoint('settled');
}

interface Watching extends Watched {
  readonly intent: Intent;
  readonly isUnderWay: boolean;
}

/** None when its records cannot be read: then it stays as it is. */
async function watching(pass: Pass, guard: CallGuard, intent: Intent): Promise<Watching[]> {
  try {
    const watched = await watchedMailing(pass, guard, intent);
    return [{ ...watched, intent, isUnderWay: isUnderWay(guard, intent, watched) }];
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    pass.notes.push({ level: 'halted', scope: intent.campaign, message: error.message });
    return [];
  }
}

const inputFor = (pass: Pass, { campaign }: Intent, other: Unit): Promise<CampaignInput> =>
  pass.inputOf('publish', pass.workspace.units.find((unit) => unit.campaign.id === campaign) ?? other);

/** It may take an hour, so that it comes last, and what came of it is filed at once. */
async function settleOneMailing(
  pass: Pass,
  guard: CallGuard,
  { intent, ...seen }: Watching,
  first: Unit,
): Promise<void> {
  const input = await inputFor(pass, intent, first);
  const ended = shardEnd(intent);
  if (ended !== undefined && input.now < ended) {
    pass.notes.push(awaitsShard(intent, ended).open);
    return;
  }
  // A wait that was cut short by a signal has proved nothing, and a run that is stopping mails nobody.
  const settled = await settleMailing({ pass, guard, input, intent, asset: assetOf(input, intent), ...seen });
  if ('open' in settled) {
    pass.notes.push(settled.open);
    return;
  }
  const state = await pass.workspace.hub(first);
  await pass.take(settleChangeSet({ ...pass.context, state }, [settled]));
  await pass.commit();
}

/** Calls that went out, but whose receipts were lost to another writer. */
function lostReceipts(
  { memory }: CallGuard,
  settled: readonly NewReceipt[],
  books: Parameters<typeof settleChangeSet>[0],
): NewReceipt[] {
  const sent = memory.lines.flatMap((line) =>
    line.state === 'sent' && line.intent ? [{ ...line.intent, url: line.url }] : [],
  );
  const open = new Set(books.state.intents.map(({ key }) => key));
  const missing = new Set(unrecorded(sent, books.state.receipts).filter((key) => !open.has(key)));
  const known = new Set(settled.map(({ key }) => key));
  return sent
    .filter(({ key }) => missing.has(key) && !known.has(key))
    .map(({ url, ...intent }) =>
      settledReceipt(books, intent, { status: 'sent', ...(url === undefined ? {} : { url }) }),
    );
}
