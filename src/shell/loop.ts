/**
 * One pass through the stages over one state of the files. It decides everything and makes it durable only through
 * `commit`: before the first call to the outside, and at the end.
 */
import { activityOf } from '../core/activity.ts';
import { MAX_ATTEMPTS } from '../core/assets.ts';
import type {
  BrandInput,
  BrandUnit,
  CampaignInput,
  Effect,
  HubState,
  Instant,
  Note,
  Outcome,
  Stage,
  Unit,
} from '../core/contracts.ts';
import { targetsOf } from '../core/deployments.ts';
import { nextDue } from '../core/due.ts';
import type { Problem } from '../core/errors.ts';
import { evidenceFolders } from '../core/paths.ts';
import { distinctNotes, type PublishedLine, type StageLine, type UpcomingLine } from '../core/report.ts';
import type { StageName } from '../generated/entities.ts';
import { stages as stageRegistry } from '../generated/registry.ts';
import type { CallGuard } from './calling.ts';
import { type Deploying, deployDue } from './deploy/index.ts';
import { type OpenInputs, openWorkspace } from './open.ts';
import { openPass, type Pass, type PassOptions } from './pass.ts';
import { obstacleTo, perform } from './perform.ts';
import { type PublishStep, publishDue } from './publishing.ts';
import { settleOpen } from './settling.ts';

/** Each attempt may be fixed once. */
const MAKE_TURNS = 2 * MAX_ATTEMPTS;

export interface LoopOptions extends Omit<PassOptions, 'workspace' | 'commit'> {
  /** Makes everything decided so far durable; of the pass, what it has found out until then. */
  readonly commit: (pass: Pass) => Promise<void>;
  /** What people wrote, as it is in `world`. */
  readonly inputs: OpenInputs;
  readonly guard: CallGuard;
  readonly deploying: Deploying;
  /** Here and now when left out. */
  readonly publish?: PublishStep | undefined;
  readonly stages: ReadonlySet<StageName>;
  /** Whether to settle what earlier runs left open. */
  readonly settle: boolean;
  /** Whether some campaigns were left out on purpose. */
  readonly partial: boolean;
}

export interface LoopResult {
  readonly stages: readonly StageLine[];
  readonly published: readonly PublishedLine[];
  readonly upcoming: readonly UpcomingLine[];
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
  readonly invalid: readonly string[];
  readonly ran: boolean;
  readonly bugs: readonly string[];
  readonly nextDue?: Instant;
  /** Whether every campaign was measured, so that its raw events may go. */
  readonly measured: boolean;
}

// The registry keeps each stage's own effects; here they are all performed alike.
const anyStage = async (name: StageName) => (await stageRegistry[name]()) as unknown;
const campaignStage = async (name: StageName) => (await anyStage(name)) as Stage<Effect['kind'], CampaignInput>;
const brandStage = async (name: StageName) => (await anyStage(name)) as Stage<Effect['kind'], BrandInput>;
const publishStage = async () => (await anyStage('publish')) as Stage<'publish'>;

/** Where the evidence of caps lies: publishing has its own words for it. */
const isEvidence = (path: string): boolean => evidenceFolders.some((folder) => path.startsWith(folder));

/** What is half written decides nothing, and it is not quietly replaced either. */
function isLegible(pass: Pass, scope: string, unreadable: readonly string[]): boolean {
  const torn = unreadable.filter((path) => !isEvidence(path));
  if (torn.length === 0) return true;
  const message = `cannot read ${torn.join(', ')}, so nothing is decided or published: restore it, or delete it to have it made again`;
  pass.notes.push({ level: 'halted', scope, message });
  return false;
}

/** Why a model is not even asked. */
function reasonToHold(effect: Effect, { dryRun, stopping }: Pass): string | undefined {
  if (effect.kind !== 'generate' || effect.tokens === undefined) return undefined;
  if (dryRun) return 'a dry run asks no model';
  return stopping.aborted ? 'the run was asked to stop' : undefined;
}

const heldBack = (effect: Effect, reason: string): Outcome =>
  ({ effect, status: 'failed', reason, mayHaveHappened: false, held: true }) as Outcome;

/** Looking at one asset does not depend on another; whoever looks limits how many at a time. */
async function performAll(
  name: StageName,
  effects: readonly Effect[],
  input: CampaignInput,
  pass: Pass,
): Promise<Outcome[]> {
  const { performer } = pass;
  if (name === 'guard') return Promise.all(effects.map((effect) => perform(effect, input, performer)));
  const outcomes: Outcome[] = [];
  for (const effect of effects) {
    const held = reasonToHold(effect, pass);
    outcomes.push(held === undefined ? await perform(effect, input, performer) : heldBack(effect, held));
  }
  return outcomes;
}

/** Files what is about to be called, where that has to be known even of a run that dies. */
const intended = async (
  pass: Pass,
  stage: Stage<Effect['kind'], CampaignInput>,
  input: CampaignInput,
  effects: readonly Effect[],
): Promise<boolean> => {
  if (!stage.intend || pass.dryRun) return false;
  const ready: Effect[] = [];
  for (const effect of effects) if ((await obstacleTo(effect, input, pass.performer)) === undefined) ready.push(effect);
  return ready.length > 0 && (await pass.take(stage.intend(input, ready))) > 0;
};

/** Plans, performs and folds one stage, campaign by campaign. @returns how many files changed */
async function runBatch(pass: Pass, name: StageName): Promise<number> {
  const stage = await campaignStage(name);
  let changed = 0;
  for (const unit of pass.workspace.units) {
    if (pass.stopping.aborted) break;
    await pass.guarded(unit.campaign.id, async () => {
      pass.onProgress(`${name} ${unit.campaign.id}`);
      const input = await pass.inputOf(name, unit);
      if (!isLegible(pass, unit.campaign.id, input.state.unreadable)) return;
      const effects = stage.plan(input);
      const isIntended = await intended(pass, stage, input, effects);
      if (isIntended) await pass.commit();
      const outcomes = await performAll(name, effects, input, pass);
      const next = stage.follow?.(input, outcomes) ?? [];
      const all = [...outcomes, ...(await performAll(name, next, input, pass))];
      changed += await pass.finish(stage.fold(input, all));
      // What was paid for must not be lost to whoever pushes next.
      if (isIntended) await pass.commit();
    });
  }
  return changed;
}

/** Among what the engine wrote for a brand. */
async function unreadableOf({ workspace }: Pass, { brand }: BrandUnit): Promise<string[]> {
  const any = workspace.units.find((unit) => unit.brand.id === brand.id);
  const { unreadable } = any ? await workspace.hub(any) : { unreadable: [] };
  return unreadable.filter((path) => path.startsWith(`hub/brands/${brand.id}/`));
}

async function runSense(pass: Pass): Promise<void> {
  const stage = await brandStage('sense');
  for (const unit of pass.workspace.brands) {
    if (pass.stopping.aborted) return;
    await pass.guarded(unit.brand.id, async () => {
      pass.onProgress(`sense ${unit.brand.id}`);
      if (!isLegible(pass, unit.brand.id, await unreadableOf(pass, unit))) return;
      const input: BrandInput = { ...pass.context, unit, signals: await pass.workspace.brandSignals(unit.brand.id) };
      const outcomes: Outcome[] = [];
      for (const effect of stage.plan(input)) outcomes.push(await perform(effect, input, pass.performer));
      await pass.finish(stage.fold(input, outcomes));
    });
  }
}

/** Make and Guard take turns while a denied asset has attempts left. */
async function makeAndGuard(pass: Pass): Promise<void> {
  for (let turn = 1; turn <= MAKE_TURNS; turn += 1) {
    const made = await runBatch(pass, 'make');
    if (turn > 1 && made === 0) return;
    await runBatch(pass, 'guard');
  }
}

async function runStages(
  pass: Pass,
  { stages, guard, deploying, settle, publish = publishDue }: LoopOptions,
): Promise<void> {
  if (settle) await settleOpen(pass, guard);
  if (stages.has('sense')) await runSense(pass);
  if (stages.has('decide')) await runBatch(pass, 'decide');
  if (stages.has('make') && stages.has('guard')) await makeAndGuard(pass);
  else if (stages.has('make')) await runBatch(pass, 'make');
  else if (stages.has('guard')) await runBatch(pass, 'guard');
  if (stages.has('publish')) {
    const refused = new Set<string>();
    const show = () => deployDue(pass, guard, deploying, refused);
    await publish(pass, guard, await publishStage(), targetsOf(pass.workspace.units).length > 0 ? show : undefined);
    await show();
  }
  if (stages.has('measure')) await runBatch(pass, 'measure');
  if (stages.has('optimize')) await runBatch(pass, 'optimize');
  await pass.commit();
}

const upcomingOf = (unit: Unit, { plan }: HubState, now: Instant): UpcomingLine[] =>
  (plan?.assets ?? []).flatMap(({ asset, channel, due, why }) =>
    due !== undefined && due > now ? [{ campaign: unit.campaign.id, asset, channel, due, why }] : [],
  );

/** What comes next, over all campaigns, soonest first. */
async function lookAhead({
  workspace,
  context,
  notes,
}: Pass): Promise<{ upcoming: UpcomingLine[]; nextDue?: Instant }> {
  const dues: Instant[] = [];
  const upcoming: UpcomingLine[] = [];
  for (const unit of workspace.units) {
    const state = await workspace.hub(unit);
    const own = notes.filter(({ scope }) => scope === unit.campaign.id);
    const due = nextDue(unit, state, own, context.now);
    if (due !== undefined) dues.push(due);
    if (activityOf(unit, state.signals, context.now).active) upcoming.push(...upcomingOf(unit, state, context.now));
  }
  upcoming.sort((a, b) => (a.due < b.due ? -1 : 1));
  const [soonest] = dues.sort();
  return soonest === undefined ? { upcoming } : { upcoming, nextDue: soonest };
}

export async function runLoop(options: LoopOptions): Promise<LoopResult> {
  const workspace = await openWorkspace(options.world, options.inputs);
  const pass: Pass = await openPass({ ...options, workspace, commit: () => options.commit(pass) });
  await runStages(pass, options);
  const ahead = await lookAhead(pass);
  return {
    stages: pass.lines,
    published: pass.published,
    ...ahead,
    notes: distinctNotes(pass.notes),
    problems: workspace.problems,
    invalid: workspace.invalid,
    ran: workspace.units.length > 0,
    bugs: pass.bugs,
    measured:
      workspace.invalid.length === 0 &&
      pass.broken.size === 0 &&
      !options.partial &&
      !pass.stopping.aborted &&
      options.stages.has('measure'),
  };
}
