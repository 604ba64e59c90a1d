/**
 * Publishing: intents first, made durable; then the calls, each asked for once more; then the receipts. Chunks keep
 * every call close to the acknowledgement of its intent.
 */
import type { CampaignInput, Note, Outcome, Publication, Stage, Unit } from '../core/contracts.ts';
import { plannedPublication } from '../core/ledger.ts';
import { type CallGuard, flipped, isOutside, type PublishEffect } from './calling.ts';
import { faultPoint } from './fault.ts';
import { deliver, missingFor, orderOf } from './mailing/deliver.ts';
import { type Pass, publishedLine } from './pass.ts';
import { obstacleTo as environmentObstacle } from './perform.ts';
import { takeDown } from './recalling.ts';

/** Calls per acknowledgement; an opaque channel cannot tell what became of a batch, so it gets one of its own each. */
const CHUNK = 50;

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
  private isFull: boolean;

  /** @param inTree  whether only files of the tree fit */
  constructor(inTree: boolean) {
    this.isFull = inTree;
  }

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

const partition = <T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] => [
  all.filter(test),
  all.filter((one) => !test(one)),
];

/** Decides what goes out next, campaign by campaign, each knowing the intents of the ones before it. */
async function fillChunk(
  pass: Pass,
  guard: CallGuard,
  stage: Stage<'publish'>,
  tried: Set<string>,
  inTree: boolean,
): Promise<{ chunk: Chunk; notes: Note[] }> {
  const chunk = new Chunk(inTree);
  const notes: Note[] = [];
  const mailings: Ready[] = [];
  const announce = async (unit: Unit, effects: readonly PublishEffect[]): Promise<void> => {
    for (const { intent } of effects) tried.add(intent.key);
    if (stage.intend) await pass.take(stage.intend(await pass.inputOf('publish', unit), effects));
    chunk.ready.push({ unit, effects });
  };
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
      const [mails, calls] = partition(free, (effect) => orderOf(pass, guard, input, effect) !== undefined);
      mailings.push(...mails.map((effect) => ({ unit, effects: [effect] })));
      const effects = chunk.pick(calls);
      if (effects.length > 0) await announce(unit, effects);
    });
  }
  // A mailing may take an hour: it goes alone, after everything else.
  const [mailing] = inTree || chunk.leavesRepository ? [] : mailings;
  if (mailing) {
    chunk.pick(mailing.effects);
    await pass.guarded(mailing.unit.campaign.id, () => announce(mailing.unit, mailing.effects));
  }
  return { chunk, notes };
}

/** The switches as they are, in words for a report. */
export async function heldBack(
  guard: CallGuard,
  input: CampaignInput,
  effect: PublishEffect,
): Promise<Omit<Note, 'scope'> | undefined> {
  const stop = await flipped(guard, input, effect);
  return (
    stop && {
      level: stop.level,
      message: `${effect.intent.asset} held back, ${stop.why}`,
      ...(stop.until ? { until: stop.until } : {}),
    }
  );
}

/** What is known before any intent is written: it leaves no trace in the files. */
export async function obstacleTo(
  pass: Pass,
  guard: CallGuard,
  input: CampaignInput,
  effect: PublishEffect,
): Promise<Omit<Note, 'scope'> | undefined> {
  const { channel, intent } = effect;
  const variables = await environmentObstacle(effect, input, pass.performer);
  if (variables) return { level: 'blocked', message: `channel ${channel.id}: ${variables.todo}` };
  if (isOutside(intent) && input.delivery === 'local') {
    return {
      level: 'blocked',
      message: `channel ${channel.id}: its effect leaves the repository, set delivery: direct`,
    };
  }
  const order = orderOf(pass, guard, input, effect);
  const todo = order && missingFor(order);
  if (todo !== undefined) return { level: 'blocked', message: `channel ${channel.id}: ${todo}` };
  return heldBack(guard, input, effect);
}

export async function callChunk(
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
    const outcome = await deliver(pass, guard, { ...input, published: shown }, effect);
    outcomes.push(outcome);
    if (outcome.status !== 'done') continue;
    const publication = plannedPublication(effect);
    shown.set(effect.channel.id, [publication, ...(shown.get(effect.channel.id) ?? [])]);
  }
  await pass.finish(stage.fold(input, outcomes));
  pass.published.push(...outcomes.flatMap(publishedLine));
}

/**
 * How what is due is published.
 *
 * @param show  makes the targets of the site show what the tree holds; undefined where there are none
 */
export type PublishStep = (
  pass: Pass,
  guard: CallGuard,
  stage: Stage<'publish'>,
  show?: () => Promise<void>,
) => Promise<void>;

/**
 * Publishes what is due: intents, their acknowledgement, the calls, the receipts; again until nothing is left. What no
 * longer passes is taken down first, but for what a next revision may replace: of that, what was not replaced goes last.
 * Pages are on their targets before anything leads people to them.
 */
export const publishDue: PublishStep = async (pass, guard, stage, show) => {
  const tried = new Set<string>();
  await takeDown(pass, 'replaceable');
  for (let inTree = show !== undefined; ; ) {
    const { chunk, notes } = await fillChunk(pass, guard, stage, tried, inTree);
    pass.held = notes;
    if (chunk.ready.length === 0 && inTree) {
      inTree = false;
      await show?.();
      continue;
    }
    if (chunk.ready.length === 0) {
      pass.notes.push(...notes);
      await takeDown(pass, 'nothing');
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
};
