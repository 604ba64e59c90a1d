/**
 * One pass through the stages over one state of the files. It decides everything and makes it durable only through
 * `commit`: once before the first call to the outside, and once at the end.
 */
import { activityOf } from '../core/activity.ts';
import { assertWrites } from '../core/changeset.ts';
import type {
  BrandInput,
  CampaignInput,
  ChangeSet,
  Effect,
  FiledSignal,
  HubState,
  Instant,
  Note,
  Outcome,
  Plugins,
  Publication,
  RunContext,
  Stage,
  StageResult,
  Unit,
} from '../core/contracts.ts';
import { nextDue } from '../core/due.ts';
import type { Problem } from '../core/errors.ts';
import { plannedPublication } from '../core/ledger.ts';
import type { PublishedLine, StageLine, UpcomingLine } from '../core/report.ts';
import { settle } from '../core/settle.ts';
import type { StageName } from '../generated/entities.ts';
import { type Job, jobs } from '../generated/jobs.ts';
import { assets, type Registry, rules, stages as stageRegistry } from '../generated/registry.ts';
import { openWorkspace } from './open.ts';
import { missingEnv, type Performer, perform } from './perform.ts';
import type { World } from './world.ts';

const MAKE_TURNS = 4;
/** Feeds show fewer; of a site with more pages than this the newest are listed. */
const SHOWN_PUBLICATIONS = 500;

export interface LoopOptions {
  readonly context: RunContext;
  readonly world: World;
  readonly performer: Performer;
  readonly stages: ReadonlySet<StageName>;
  /** Only these campaigns; all of them when empty. */
  readonly campaigns: readonly string[];
  readonly commit: () => Promise<void>;
  readonly onStage: (line: StageLine) => void;
  readonly onProgress: (what: string) => void;
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

async function loadAll<T>(registry: Registry<T>): Promise<Map<string, T>> {
  return new Map(await Promise.all(Object.entries(registry).map(async ([id, { load }]) => [id, await load()] as const)));
}

const jobOf = (stage: StageName): Job => {
  const job = jobs.find((candidate) => candidate.stage === stage);
  if (!job) throw new RangeError(`no job for ${stage}`);
  return job;
};

const anyStage = async (name: StageName) => (await stageRegistry[name]()) as unknown;
const campaignStage = async (name: StageName) => (await anyStage(name)) as Stage<Effect['kind'], CampaignInput>;
const brandStage = async (name: StageName) => (await anyStage(name)) as Stage<Effect['kind'], BrandInput>;

const envOf = (effect: Effect, { adapters }: Performer): readonly string[] =>
  effect.kind === 'publish' ? (adapters.channels[effect.channel.adapter]?.env ?? []) : [];

const publishedLine = (outcome: Outcome): PublishedLine[] =>
  outcome.effect.kind === 'publish' && outcome.status === 'done' && 'url' in outcome.value
    ? [
        {
          campaign: outcome.effect.intent.campaign,
          asset: outcome.effect.intent.asset,
          channel: outcome.effect.intent.channel,
          slot: outcome.effect.intent.slot,
          url: outcome.value.url,
        },
      ]
    : [];

export async function runLoop(options: LoopOptions): Promise<LoopResult> {
  const { world, context, performer, onStage, onProgress } = options;
  const lines: StageLine[] = [];
  const published: PublishedLine[] = [];
  const notes: Note[] = [];
  const bugs: string[] = [];
  /** Campaigns and brands that met a bug of ours take no further part; the others go on. */
  const broken = new Set<string>();

  const workspace = await openWorkspace(world, options.campaigns);
  const { units, brands, problems, invalid } = workspace;
  const plugins: Plugins = {
    assets: await loadAll(assets),
    rules: await loadAll(rules),
    channels: await loadAll(performer.adapters.channels),
  };

  const guarded = async (scope: string, work: () => Promise<void>): Promise<void> => {
    if (broken.has(scope)) return;
    try {
      await work();
    } catch (error) {
      broken.add(scope);
      bugs.push(`${scope}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  };

  const take = async (changeSet: ChangeSet): Promise<number> => {
    if (changeSet.changes.length === 0) return 0;
    assertWrites(jobOf(changeSet.stage), changeSet);
    const { changes } = await world.apply(changeSet);
    if (changes.length === 0) return 0;
    const line = { stage: changeSet.stage, scope: changeSet.scope, title: changeSet.title, changes: changes.length };
    lines.push(line);
    onStage(line);
    return changes.length;
  };

  const inputOf = async (unit: Unit): Promise<CampaignInput> => {
    const state = await workspace.hub(unit);
    return { ...context, unit, state, plugins, published: await workspace.published(unit, state, SHOWN_PUBLICATIONS) };
  };

  const finish = async (result: StageResult): Promise<number> => {
    notes.push(...result.notes);
    return take(result.changeSet);
  };

  const runBatch = async (name: StageName): Promise<number> => {
    const stage = await campaignStage(name);
    let changed = 0;
    for (const unit of units) {
      await guarded(unit.campaign.id, async () => {
        onProgress(`${name} ${unit.campaign.id}`);
        const input = await inputOf(unit);
        const outcomes: Outcome[] = [];
        for (const effect of stage.plan(input)) outcomes.push(await perform(effect, input, performer));
        changed += await finish(stage.fold(input, outcomes));
      });
    }
    return changed;
  };

  const runSense = async (): Promise<void> => {
    const stage = await brandStage('sense');
    for (const unit of brands) {
      await guarded(unit.brand.id, async () => {
        onProgress(`sense ${unit.brand.id}`);
        const signals: readonly FiledSignal[] = await workspace.brandSignals(unit.brand.id);
        const input: BrandInput = { ...context, unit, signals };
        const outcomes: Outcome[] = [];
        for (const effect of stage.plan(input)) outcomes.push(await perform(effect, input, performer));
        await finish(stage.fold(input, outcomes));
      });
    }
  };

  /** Make and Guard take turns while a denied asset has attempts left. */
  const makeAndGuard = async (): Promise<void> => {
    for (let turn = 1; turn <= MAKE_TURNS; turn += 1) {
      const before = notes.length;
      const made = await runBatch('make');
      if (turn > 1 && made === 0) {
        notes.length = before;
        return;
      }
      await runBatch('guard');
    }
  };

  const publish = async (): Promise<void> => {
    const stage = await campaignStage('publish');
    const calls: { readonly unit: Unit; readonly effects: readonly Effect[] }[] = [];
    for (const unit of units) {
      await guarded(unit.campaign.id, async () => {
        onProgress(`publish ${unit.campaign.id}`);
        const input = await inputOf(unit);
        notes.push(...(stage.notes?.(input) ?? []));
        const ready = stage.plan(input).filter((effect) => {
          const missing = missingEnv(envOf(effect, performer), performer.secrets);
          if (missing.length === 0 || effect.kind !== 'publish') return true;
          const message = `channel ${effect.channel.id}: set ${missing.join(', ')}`;
          notes.push({ level: 'blocked', scope: unit.campaign.id, message });
          return false;
        });
        if (ready.length === 0) return;
        if (stage.intend) await take(stage.intend(input, ready));
        calls.push({ unit, effects: ready });
      });
    }
    if (calls.length > 0) await options.commit();
    for (const { unit, effects } of calls) {
      await guarded(unit.campaign.id, async () => {
        const input = await inputOf(unit);
        const shown = new Map<string, readonly Publication[]>(input.published);
        const outcomes: Outcome[] = [];
        for (const effect of effects) {
          const outcome = await perform(effect, { ...input, published: shown }, performer);
          outcomes.push(outcome);
          if (effect.kind !== 'publish' || outcome.status !== 'done') continue;
          const publication = plannedPublication(effect, context.now);
          shown.set(effect.channel.id, [publication, ...(shown.get(effect.channel.id) ?? [])]);
        }
        await finish(stage.fold(input, outcomes));
        published.push(...outcomes.flatMap(publishedLine));
      });
    }
  };

  if (options.stages.has('publish') && units[0]) {
    await take(settle({ ...context, state: await workspace.hub(units[0]) }));
  }
  if (options.stages.has('sense')) await runSense();
  if (options.stages.has('decide')) await runBatch('decide');
  if (options.stages.has('make') && options.stages.has('guard')) await makeAndGuard();
  else if (options.stages.has('make')) await runBatch('make');
  else if (options.stages.has('guard')) await runBatch('guard');
  if (options.stages.has('publish')) await publish();
  if (options.stages.has('measure')) await runBatch('measure');
  if (options.stages.has('optimize')) await runBatch('optimize');
  await options.commit();

  const dues: Instant[] = [];
  const upcoming: UpcomingLine[] = [];
  for (const unit of units) {
    const state = await workspace.hub(unit);
    const own = notes.filter(({ scope }) => scope === unit.campaign.id);
    const due = nextDue(unit, state, own, context.now);
    if (due !== undefined) dues.push(due);
    if (activityOf(unit, state.signals, context.now).active) upcoming.push(...upcomingOf(unit, state, context.now));
  }
  const [soonest] = dues.sort();
  return {
    stages: lines,
    published,
    upcoming: upcoming.sort((a, b) => (a.due < b.due ? -1 : 1)),
    notes: distinct(notes),
    problems,
    invalid,
    ran: units.length > 0,
    bugs,
    measured: invalid.length === 0 && broken.size === 0 && options.campaigns.length === 0 && options.stages.has('measure'),
    ...(soonest === undefined ? {} : { nextDue: soonest }),
  };
}

const upcomingOf = (unit: Unit, { plan }: HubState, now: Instant): UpcomingLine[] =>
  (plan?.assets ?? []).flatMap(({ asset, channel, due, why }) =>
    due !== undefined && due > now ? [{ campaign: unit.campaign.id, asset, channel, due, why }] : [],
  );

/** Guard and its turns may say the same thing again. */
const distinct = (notes: readonly Note[]): Note[] => [
  ...new Map(notes.map((note) => [`${note.level}\0${note.scope}\0${note.message}`, note])).values(),
];
