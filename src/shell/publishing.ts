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

/** Calls per acknowledgement; an opaque channel cannot tell what became of a batch, so it gets one of its own each. */
const CHUNK = 50;

export interface CallGuard {
  readonly journal: Journal;
  readonly memory: CallMemory;
  readonly switches: SwitchReader;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** A call may begin this long after its intent was acknowledged. */
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
  const ownerMayLive = guard.memory.isRunning(intent.run);
  const settlement = settlementOf(intent, { now: input.now, memory, ownerMayLive, channel: adapter, asset });
  if (settlement.how === 'wait') return 'wait';
  if (settlement.how === 'file') return settledReceipt(input, intent, settlement.receipt);
  if (!channel || !asset) throw new Error(`cannot ${settlement.how} ${intent.key}: its channel or asset is gone`);
  if (settlement.how === 'replay') {
    const outcome = await call(pass, guard, input, { kind: 'publish', intent, asset, channel });
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
  const open = foreignIntents(books);
  const foreign = open.filter((intent) => isOutside(intent) && memoryOf(guard, intent) === undefined);
  // Nobody compares clocks: an unknown owner is given its whole window from the moment we first see its intent.
  if (foreign.length > 0 && !guard.dryRun) {
    pass.onProgress(`waiting for the owner of ${foreign.length} open calls`);
    await guard.sleep(guard.windowMs + guard.timeoutMs);
  }
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
  { journal, timeoutMs }: CallGuard,
  input: CampaignInput,
  effect: PublishEffect,
): Promise<Outcome<'publish'>> {
  const { intent } = effect;
  if (!isOutside(intent)) return perform(effect, input, pass.performer);
  const { key, attempt } = intent;
  const at = input.now;
  journal.write({ state: 'calling', key, attempt, at, intent });
  faultPoint('call-journaled');
  const outcome = await withTimeout(perform(effect, input, pass.performer), effect, timeoutMs);
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
): Promise<Outcome<'publish'>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome<'publish'>>((resolve) => {
    timer = setTimeout(() => {
      resolve({ effect, status: 'failed', reason: `no answer within ${timeoutMs / 1000} s`, mayHaveHappened: true });
    }, timeoutMs);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why a call must not begin although its intent stands. */
async function stopBefore(
  { switches, windowMs, monotonic }: CallGuard,
  { unit, now }: CampaignInput,
  { intent }: PublishEffect,
  acknowledged: number,
): Promise<string | undefined> {
  const stop = switchStop(await switches.read(unit, intent), intent.campaign, intent.channel, now);
  if (stop) return stop.why;
  if (isOutside(intent) && monotonic() - acknowledged > windowMs) {
    return `more than ${windowMs / 1000} s have passed since its intent was acknowledged`;
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
  { switches }: CallGuard,
  { unit, now, delivery }: CampaignInput,
  { channel, intent }: PublishEffect,
): Promise<Omit<Note, 'scope'> | undefined> {
  const missing = missingEnv(performer.adapters.channels[channel.adapter]?.env, performer.secrets);
  if (missing.length > 0) return { level: 'blocked', message: `channel ${channel.id}: set ${missing.join(', ')}` };
  if (isOutside(intent) && delivery === 'local') {
    return {
      level: 'blocked',
      message: `channel ${channel.id}: its effect leaves the repository, set delivery: direct`,
    };
  }
  const stop = switchStop(await switches.read(unit, intent), intent.campaign, intent.channel, now);
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
  acknowledged: number,
) {
  const input = await pass.inputOf('publish', unit);
  const shown = new Map<string, readonly Publication[]>(input.published);
  const outcomes: Outcome<'publish'>[] = [];
  for (const effect of chunk) {
    const why = await stopBefore(guard, input, effect, acknowledged);
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
    if (chunk.leavesRepository) guard.journal.write({ state: 'begun', at: pass.context.now });
    await pass.commit();
    const acknowledged = guard.monotonic();
    for (const { unit, effects } of chunk.ready) {
      await pass.guarded(unit.campaign.id, () => callChunk(pass, guard, stage, unit, effects, acknowledged));
    }
    faultPoint('calls-done');
  }
}
