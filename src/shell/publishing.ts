/**
 * Publishing and settling: intents first, made durable; then the calls, each asked for once more and remembered on this
 * machine before and after; then the receipts. Chunks keep every call close to the acknowledgement of its intent.
 */
import { switchStop } from '../core/breakers.ts';
import type { CampaignInput, EffectOf, MadeAsset, Note, Outcome, Publication, Stage, Unit } from '../core/contracts.ts';
import { type NewReceipt, plannedPublication } from '../core/ledger.ts';
import {
  foreignIntents,
  type Memory,
  settleChangeSet,
  settledReceipt,
  settlementOf,
  unrecorded,
} from '../core/settle.ts';
import type { Intent } from '../generated/entities.ts';
import { faultPoint } from './fault.ts';
import type { CallMemory, Journal } from './journal.ts';
import { type Pass, publishedLine } from './pass.ts';
import { missingEnv, perform } from './perform.ts';
import type { SwitchReader } from './switches.ts';
import { Overtaken } from './transact.ts';

/** Calls per acknowledgement; an opaque channel cannot tell what became of a batch, so it gets one of its own each. */
const CHUNK = 50;
/** What settling reads and writes. */
const RECORDS = ['hub/open/', 'hub/ledger/'];
/** How often a run that waits for another one looks whether that has ended: every five seconds by default. */
const LOOKS = 18;
/** After the first signal a call in flight may take this much longer. */
const LAST_CALL_MS = 4_000;

export interface CallGuard {
  readonly journal: Journal;
  readonly memory: CallMemory;
  readonly switches: SwitchReader;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** When this process first saw an open intent of somebody else, on the monotonic clock. */
  readonly seen: Map<string, number>;
  /** Whether the branch has moved away from what this run has read. */
  readonly isOvertaken: () => Promise<boolean>;
  /** A call may begin this long after its intent was written: others count from when they first see it. */
  readonly windowMs: number;
  /** A call is given up after this long; its outcome is unknown then. */
  readonly timeoutMs: number;
  readonly dryRun: boolean;
}

type PublishEffect = EffectOf<'publish'>;

const isOutside = (intent: Intent): boolean => intent.effect === 'outside';

// ---- settling -------------------------------------------------------------------------------------------------------

const memoryOf = ({ memory }: CallGuard, intent: Intent): Memory | undefined => {
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
  const memory = isOutside(intent) ? memoryOf(guard, intent) : { state: 'never-called' as const };
  if (memory === undefined) return guard.windowMs + guard.timeoutMs;
  const isUnderWay = memory.state === 'calling' || memory.state === 'unknown';
  return isUnderWay && intent.class === 'query' ? guard.timeoutMs : 0;
}

/** Nobody compares clocks: time counts from the moment this process first sees an intent. */
async function waitForOwners(pass: Pass, guard: CallGuard, open: readonly Intent[]): Promise<void> {
  const rests = open.map((intent) => {
    const id = `${intent.run} ${intent.key} ${intent.attempt}`;
    const since = guard.seen.get(id) ?? guard.monotonic();
    guard.seen.set(id, since);
    return since + patienceWith(guard, intent) - guard.monotonic();
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

async function settleOne(
  pass: Pass,
  guard: CallGuard,
  input: CampaignInput,
  intent: Intent,
): Promise<NewReceipt | 'wait'> {
  const channel = input.unit.channels.find(({ id }) => id === intent.channel);
  const adapter = channel && input.plugins.channels.get(channel.adapter);
  const asset = assetOf(input, intent);
  const memory = memoryOf(guard, intent);
  // A wait that was cut short by a signal has proved nothing.
  const ownerMayLive = guard.memory.isRunning(intent.run) || (pass.stopping.aborted && patienceWith(guard, intent) > 0);
  const settlement = settlementOf(intent, { now: input.now, memory, ownerMayLive, channel: adapter, asset });
  if (settlement.how === 'wait') return 'wait';
  if (settlement.how === 'file') return settledReceipt(input, intent, settlement.receipt);
  if (!channel || !asset) throw new Error(`cannot ${settlement.how} ${intent.key}: its channel or asset is gone`);
  if (guard.dryRun || pass.stopping.aborted) return 'wait';
  if (settlement.how === 'replay') {
    const effect: PublishEffect = { kind: 'publish', intent, asset, channel };
    if (input.delivery === 'local' || (await flipped(guard, input, effect))) return 'wait';
    const outcome = await call(pass, guard, input, effect);
    return outcome.status === 'done'
      ? settledReceipt(input, intent, { status: 'sent', url: outcome.value.url })
      : 'wait';
  }
  const found = await perform({ kind: 'find-published', intent, asset, channel }, input, pass.performer);
  if (found.status !== 'done') return 'wait';
  return found.value
    ? settledReceipt(input, intent, { status: 'sent', url: found.value.url })
    : settledReceipt(input, intent, { status: 'released', because: 'the channel has nothing of it' });
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
  const torn = state.unreadable.filter((path) => RECORDS.some((folder) => path.startsWith(folder)));
  if (torn.length > 0) {
    // Filing rewrites the records, and would wipe out what stands in the torn ones.
    const message = `cannot read ${torn.join(', ')}, so nothing is settled and nothing published: restore it`;
    pass.notes.push({ level: 'halted', scope: 'workspace', message });
    return;
  }
  const open = await intentsToSettle(pass, books);
  if (!guard.dryRun) await waitForOwners(pass, guard, open);
  const receipts: NewReceipt[] = [];
  for (const intent of open) {
    const unit = pass.workspace.units.find(({ campaign }) => campaign.id === intent.campaign) ?? first;
    const input = await pass.inputOf('publish', unit);
    const settled = await settleOne(pass, guard, input, intent);
    if (settled === 'wait') {
      const message = `${intent.asset} on ${intent.channel} may have gone out (key ${intent.key.slice(0, 12)}); it is asked again in the next run`;
      pass.notes.push({ level: 'in_doubt', scope: intent.campaign, message });
    } else receipts.push(settled);
  }
  receipts.push(...lostReceipts(guard, receipts, books));
  for (const { status, campaign, asset, channel, because = '' } of receipts) {
    if (status !== 'assumed_sent') continue;
    const message = `${asset} on ${channel} is taken as sent: ${because}; "mhub resolve" if you know better`;
    pass.notes.push({ level: 'in_doubt', scope: campaign, message });
  }
  await pass.take(settleChangeSet(books, receipts));
  faultPoint('settled');
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

// ---- publishing -----------------------------------------------------------------------------------------------------

/** One call to the outside: switches, window, memory, timeout. */
async function call(
  pass: Pass,
  { journal, timeoutMs, dryRun }: CallGuard,
  input: CampaignInput,
  effect: PublishEffect,
): Promise<Outcome<'publish'>> {
  const { intent } = effect;
  if (!isOutside(intent)) return perform(effect, input, pass.performer);
  if (dryRun) return { effect, status: 'done', value: { url: effect.channel.id, changes: [] } };
  const { key, attempt } = intent;
  const at = input.now;
  journal.write({ state: 'calling', key, attempt, at, intent });
  faultPoint('call-journaled');
  const outcome = await withTimeout(perform(effect, input, pass.performer), effect, timeoutMs, pass.stopping);
  faultPoint('call-made');
  if (outcome.status === 'done') journal.write({ state: 'sent', key, attempt, at, intent, url: outcome.value.url });
  else if (outcome.status === 'failed' && outcome.mayHaveHappened)
    journal.write({ state: 'unknown', key, attempt, at, because: outcome.reason });
  else
    journal.write({
      state: 'refused',
      key,
      attempt,
      at,
      because: outcome.status === 'failed' ? outcome.reason : outcome.todo,
    });
  faultPoint('call-remembered');
  return outcome;
}

async function withTimeout(
  outcome: Promise<Outcome<'publish'>>,
  effect: PublishEffect,
  timeoutMs: number,
  stopping: AbortSignal,
): Promise<Outcome<'publish'>> {
  const timers: NodeJS.Timeout[] = [];
  let hurry = (): void => undefined;
  const late = new Promise<Outcome<'publish'>>((resolve) => {
    const giveUpAfter = (milliseconds: number): void => {
      const reason = `no answer within ${milliseconds / 1000} s`;
      timers.push(setTimeout(() => resolve({ effect, status: 'failed', reason, mayHaveHappened: true }), milliseconds));
    };
    hurry = () => giveUpAfter(LAST_CALL_MS);
    giveUpAfter(timeoutMs);
  });
  stopping.addEventListener('abort', hurry);
  try {
    return await Promise.race([outcome, late]);
  } finally {
    stopping.removeEventListener('abort', hurry);
    timers.forEach(clearTimeout);
  }
}

/** Waits for something that changes nothing, but not beyond a signal. */
async function unlessStopped(work: Promise<void>, stopping: AbortSignal): Promise<void> {
  let leave = (): void => undefined;
  const stopped = new Promise<void>((resolve) => {
    leave = resolve;
    stopping.addEventListener('abort', leave);
  });
  try {
    await Promise.race([work, stopped]);
  } finally {
    stopping.removeEventListener('abort', leave);
  }
}

/** The switches as they are at this very moment. */
const flipped = async ({ switches }: CallGuard, { unit, now }: CampaignInput, { intent }: PublishEffect) =>
  switchStop(await switches.read(unit, intent), intent.campaign, intent.channel, now);

/** Why a call must not begin although its intent stands. */
async function stopBefore(
  { stopping }: Pass,
  guard: CallGuard,
  input: CampaignInput,
  effect: PublishEffect,
  written: number,
): Promise<string | undefined> {
  const stop = await flipped(guard, input, effect);
  if (stop) return stop.why;
  if (stopping.aborted) return `the run was stopped by ${stopping.reason}`;
  if (isOutside(effect.intent) && guard.monotonic() - written > guard.windowMs) {
    return `more than ${guard.windowMs / 1000} s have passed since its intent was written`;
  }
  return undefined;
}

interface Ready {
  readonly unit: Unit;
  readonly effects: readonly PublishEffect[];
}

/** One acknowledgement's worth of calls, over all campaigns. */
class Chunk {
  readonly ready: Ready[] = [];
  private outside = 0;
  private isFull = false;

  /** Takes what fits: files of the tree always do, an opaque call goes alone. */
  pick(effects: readonly PublishEffect[]): PublishEffect[] {
    return effects.filter(({ intent }) => {
      if (!isOutside(intent)) return true;
      const fits = !this.isFull && (intent.class !== 'opaque' || this.outside === 0);
      if (!fits) return false;
      this.outside += 1;
      this.isFull = intent.class === 'opaque' || this.outside >= CHUNK;
      return true;
    });
  }

  get leavesRepository(): boolean {
    return this.outside > 0;
  }
}

/** Decides what goes out next, campaign by campaign, each knowing the intents of the ones before it. */
async function fillChunk(
  pass: Pass,
  guard: CallGuard,
  stage: Stage<'publish'>,
  tried: Set<string>,
): Promise<{ chunk: Chunk; notes: Note[] }> {
  const chunk = new Chunk();
  const notes: Note[] = [];
  for (const unit of pass.workspace.units) {
    if (pass.stopping.aborted) break;
    await pass.guarded(unit.campaign.id, async () => {
      pass.onProgress(`publish ${unit.campaign.id}`);
      const input = await pass.inputOf('publish', unit);
      notes.push(...(stage.notes?.(input) ?? []));
      const free: PublishEffect[] = [];
      for (const effect of stage.plan(input)) {
        const obstacle = await obstacleTo(pass, guard, input, effect);
        if (obstacle) notes.push({ scope: unit.campaign.id, ...obstacle });
        else if (!tried.has(effect.intent.key)) free.push(effect);
      }
      const effects = chunk.pick(free);
      if (effects.length === 0) return;
      for (const { intent } of effects) tried.add(intent.key);
      if (stage.intend) await pass.take(stage.intend(input, effects));
      chunk.ready.push({ unit, effects });
    });
  }
  return { chunk, notes };
}

/** What is known before any intent is written: it leaves no trace in the files. */
async function obstacleTo(
  { performer }: Pass,
  guard: CallGuard,
  input: CampaignInput,
  effect: PublishEffect,
): Promise<Omit<Note, 'scope'> | undefined> {
  const { channel, intent } = effect;
  const missing = missingEnv(performer.adapters.channels[channel.adapter]?.env, performer.secrets);
  if (missing.length > 0) return { level: 'blocked', message: `channel ${channel.id}: set ${missing.join(', ')}` };
  if (isOutside(intent) && input.delivery === 'local') {
    return {
      level: 'blocked',
      message: `channel ${channel.id}: its effect leaves the repository, set delivery: direct`,
    };
  }
  const stop = await flipped(guard, input, effect);
  return (
    stop && {
      level: stop.level,
      message: `${intent.asset} held back, ${stop.why}`,
      ...(stop.until ? { until: stop.until } : {}),
    }
  );
}

async function callChunk(
  pass: Pass,
  guard: CallGuard,
  stage: Stage<'publish'>,
  unit: Unit,
  chunk: readonly PublishEffect[],
  written: number,
) {
  const input = await pass.inputOf('publish', unit);
  const shown = new Map<string, readonly Publication[]>(input.published);
  const outcomes: Outcome<'publish'>[] = [];
  for (const effect of chunk) {
    const why = await stopBefore(pass, guard, input, effect, written);
    if (why !== undefined) {
      outcomes.push({ effect, status: 'failed', reason: `held back, ${why}`, mayHaveHappened: false, held: true });
      continue;
    }
    const outcome = await call(pass, guard, { ...input, published: shown }, effect);
    outcomes.push(outcome);
    if (outcome.status !== 'done') continue;
    const publication = plannedPublication(effect, input.now);
    shown.set(effect.channel.id, [publication, ...(shown.get(effect.channel.id) ?? [])]);
  }
  await pass.finish(stage.fold(input, outcomes));
  pass.published.push(...outcomes.flatMap(publishedLine));
}

/** Publishes what is due: intents, their acknowledgement, the calls, the receipts; again until nothing is left. */
export async function publishDue(pass: Pass, guard: CallGuard, stage: Stage<'publish'>): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const { chunk, notes } = await fillChunk(pass, guard, stage, tried);
    if (chunk.ready.length === 0) {
      pass.notes.push(...notes);
      return;
    }
    faultPoint('stages-decided');
    if (chunk.leavesRepository && !guard.dryRun) guard.journal.write({ state: 'begun', at: pass.context.now });
    // Before the push, whose answer may be slow: others may see the intents long before it comes.
    const written = guard.monotonic();
    await pass.commit();
    for (const { unit, effects } of chunk.ready) {
      await pass.guarded(unit.campaign.id, () => callChunk(pass, guard, stage, unit, effects, written));
    }
    faultPoint('calls-done');
  }
}
