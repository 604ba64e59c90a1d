/** What the steps of one pass through the loop share: the files, the plugins, and what is to be reported. */
import { assertWrites } from '../core/changeset.ts';
import type {
  CampaignInput,
  ChangeSet,
  ChannelLimits,
  Note,
  Outcome,
  Plugins,
  Rule,
  RunContext,
  StageResult,
  Unit,
} from '../core/contracts.ts';
import { Failed, isRefusedByMachine, Killed } from '../core/errors.ts';
import { type EffectivePolicy, effectivePolicy } from '../core/policy/effective.ts';
import { pendingAssets } from '../core/policy/pending.ts';
import type { PublishedLine, StageLine } from '../core/report.ts';
import { limitsOf } from '../core/room.ts';
import type { StageName } from '../generated/entities.ts';
import { type Job, jobs } from '../generated/jobs.ts';
import { assets, rules } from '../generated/registry.ts';
import { deadlineOf } from './deadline.ts';
import { loadAll, type OpenWorkspace } from './open.ts';
import type { Performer } from './perform.ts';
import { LandingBlocked, LostRace } from './transact.ts';
import type { World } from './world.ts';

/** Feeds show fewer; of a site with more pages than this the newest are listed. */
const SHOWN_PUBLICATIONS = 500;

/** For all rules on one asset; on a slow machine a page takes a tenth of a second. */
export const GUARD_DEADLINE_MS = 5_000;

export interface PassOptions {
  readonly context: RunContext;
  readonly world: World;
  readonly workspace: OpenWorkspace;
  readonly performer: Performer;
  /** Makes everything decided so far durable. */
  readonly commit: () => Promise<void>;
  readonly onStage: (line: StageLine) => void;
  readonly onProgress: (what: string) => void;
  /** Once it is aborted, nothing new begins. */
  readonly stopping: AbortSignal;
  /** Nothing is written, and nobody is asked for what costs something. */
  readonly dryRun: boolean;
}

export interface Pass extends PassOptions {
  readonly lines: StageLine[];
  readonly published: PublishedLine[];
  readonly notes: Note[];
  /** What publishing holds back as it stands; among the notes once it has come to its end. */
  held: readonly Note[];
  readonly bugs: string[];
  /** Campaigns and brands that met a bug of ours take no further part; the others go on. */
  readonly broken: Set<string>;
  /** Runs one campaign's or brand's work; what it throws stays with it, but for what no other could work with either. */
  guarded(scope: string, work: () => Promise<void>): Promise<void>;
  /** Checks a ChangeSet against its job and takes it in. @returns how many files it changed */
  take(changeSet: ChangeSet): Promise<number>;
  finish(result: StageResult): Promise<number>;
  inputOf(stage: StageName, unit: Unit): Promise<CampaignInput>;
}

/** The rule types of a policy, with what their params need. */
export async function loadRules(
  { rules: used }: EffectivePolicy,
  limits: readonly ChannelLimits[] = [],
): Promise<ReadonlyMap<string, Rule>> {
  const types = new Map<string, Rule>();
  for (const { type, params } of used) {
    const rule = types.get(type) ?? (await rules[type]?.load());
    if (!rule) throw new RangeError(`no rule type ${type}`);
    types.set(type, rule);
    await rule.prepare?.(params, limits);
  }
  return types;
}

const jobOf = (stage: StageName): Job => {
  const job = jobs.find((candidate) => candidate.stage === stage);
  if (!job) throw new RangeError(`no job for ${stage}`);
  return job;
};

export async function openPass(options: PassOptions): Promise<Pass> {
  const { context, world, workspace, performer } = options;
  const plugins: Plugins = {
    engines: await loadAll(performer.adapters.engines),
    assets: await loadAll(assets),
    rules: new Map(),
    channels: await loadAll(performer.adapters.channels),
  };
  const within = deadlineOf(GUARD_DEADLINE_MS);
  /** Rules take longer to load than a run that finds nothing to do, so they wait until there is something to judge. */
  async function withRules(input: CampaignInput): Promise<CampaignInput> {
    const policy = effectivePolicy(input.unit);
    if (pendingAssets(input, policy).length === 0) return input;
    const limits = input.unit.channels.map((channel) => limitsOf(channel, plugins));
    return { ...input, plugins: { ...plugins, rules: await loadRules(policy, limits) } };
  }

  const pass: Pass = {
    ...options,
    lines: [],
    published: [],
    notes: [],
    held: [],
    bugs: [],
    broken: new Set(),

    async guarded(scope, work) {
      if (pass.broken.has(scope)) return;
      try {
        await work();
      } catch (error) {
        const isForAll = [Killed, Failed, LostRace, LandingBlocked].some((kind) => error instanceof kind);
        if (isForAll || isRefusedByMachine(error)) throw error;
        pass.broken.add(scope);
        const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
        pass.bugs.push(performer.secrets.redact(`${scope}: ${told}`));
      }
    },

    async take(changeSet) {
      if (changeSet.changes.length === 0) return 0;
      assertWrites(jobOf(changeSet.stage), changeSet);
      const { changes } = await world.apply(changeSet);
      if (changes.length === 0) return 0;
      const line = { stage: changeSet.stage, scope: changeSet.scope, title: changeSet.title, changes: changes.length };
      pass.lines.push(line);
      options.onStage(line);
      return changes.length;
    },

    finish(result) {
      pass.notes.push(...result.notes);
      return pass.take(result.changeSet);
    },

    async inputOf(stage, unit) {
      const state = await workspace.hub(unit);
      const standing = await workspace.published(unit, state, SHOWN_PUBLICATIONS);
      const input = { ...context, unit, state, plugins, published: standing, within };
      return stage === 'guard' ? withRules(input) : input;
    },
  };
  return pass;
}

/** For the report: what an effect has brought out. */
export const publishedLine = (outcome: Outcome): PublishedLine[] =>
  outcome.effect.kind === 'publish' && outcome.status === 'done'
    ? [
        {
          campaign: outcome.effect.intent.campaign,
          asset: outcome.effect.intent.asset,
          channel: outcome.effect.intent.channel,
          slot: outcome.effect.intent.slot,
          url: (outcome as Outcome<'publish'> & { status: 'done' }).value.url,
        },
      ]
    : [];
