/**
 * What Make asks of a copy engine that counts tokens: nothing that may go over the budget, everything reserved before the
 * first call, and every call booked after it.
 */
import type { Answer, Halt, TokenUsage } from '../../generated/entities.ts';
import { isStanding } from '../breakers.ts';
import type {
  Brief,
  CampaignInput,
  ChangeSet,
  Effect,
  EffectOf,
  Engine,
  EngineCall,
  EngineEstimate,
  FileChange,
  Note,
  Outcome,
} from '../contracts.ts';
import { stringifyDocument } from '../documents.ts';
import { Blocked } from '../errors.ts';
import { haltPath } from '../halts.ts';
import { gaveUp, type Shortage, shortageOf, usageFile, usagePath } from './budget.ts';

/** Copy that is wanted, and the channel it is for. */
export interface Wanted {
  readonly brief: Brief;
  readonly channel: string;
}

export interface Commissions {
  readonly effects: readonly EffectOf<'generate'>[];
  readonly reservations: readonly TokenUsage[];
  /** Why something is not asked for. */
  readonly notes: readonly Note[];
}

type Counting = Engine & Required<Pick<Engine, 'estimate'>>;

const isCounting = (engine: Engine | undefined): engine is Counting => engine?.estimate !== undefined;

/** The most that one asset may take, or what the engine has to be given first. */
function estimateOf({ unit, state }: CampaignInput, engine: Counting, brief: Brief): EngineEstimate | Blocked {
  const { workspace, templates } = unit;
  try {
    return engine.estimate(brief, { params: workspace.engine_params ?? {}, templates, answers: state.answers });
  } catch (error) {
    if (error instanceof Blocked) return error;
    throw error;
  }
}

type Obstacle = Pick<Note, 'level' | 'until'> & { readonly why: string };

function haltOf({ unit, state, now }: CampaignInput, channel: string): Obstacle | undefined {
  const halt = state.halts.find(
    (one) => one.campaign === unit.campaign.id && one.channel === channel && isStanding(one, now),
  );
  const why = `hub/halts/${halt?.id}.yaml stops ${channel}`;
  return halt && { level: 'halted', why, ...(halt.until !== undefined && { until: halt.until }) };
}

function budgetStop(
  { unit: { campaign, workspace }, now, run }: CampaignInput,
  usage: readonly TokenUsage[],
  estimate: EngineEstimate,
): Obstacle | undefined {
  if (estimate.tokens === 0) return undefined;
  const moment = { now, run, zone: workspace.timezone };
  const shortage: Shortage | undefined = campaign.budget
    ? shortageOf(campaign.budget, usage, estimate, moment)
    : { why: 'there is no budget' };
  return shortage && { ...shortage, level: 'halted', why: `${shortage.why} (campaigns/${campaign.id}/campaign.yaml)` };
}

const reservation = ({ now, run }: CampaignInput, { asset }: Brief, estimate: EngineEstimate): TokenUsage => ({
  status: 'reserved',
  at: now,
  run,
  asset: asset.id,
  ...estimate,
});

/**
 * Nothing is asked for that may go over the budget, for a channel that is halted, or where this run has given up. An
 * engine that counts nothing is asked for everything.
 */
export function commissionAll(input: CampaignInput, wanted: readonly Wanted[]): Commissions {
  const { unit, state, run } = input;
  const engine = input.plugins.engines.get(unit.workspace.engine);
  const ask = (brief: Brief, tokens: number): EffectOf<'generate'> => ({
    kind: 'generate',
    engine: unit.workspace.engine,
    brief,
    ...(tokens > 0 && { tokens }),
  });
  if (!isCounting(engine)) {
    return { effects: wanted.map(({ brief }) => ask(brief, 0)), reservations: [], notes: [] };
  }
  const effects: EffectOf<'generate'>[] = [];
  const reservations: TokenUsage[] = [];
  const notes: Note[] = [];
  for (const { brief, channel } of wanted.filter((one) => !gaveUp(state.usage, run, one.brief.asset.id))) {
    const estimate = estimateOf(input, engine, brief);
    const obstacle =
      haltOf(input, channel) ??
      (estimate instanceof Blocked
        ? ({ level: 'blocked', why: estimate.todo } as const)
        : budgetStop(input, [...state.usage, ...reservations], estimate));
    if (obstacle || estimate instanceof Blocked) {
      const { why = '', level = 'blocked', ...until } = obstacle ?? {};
      notes.push({ level, scope: unit.campaign.id, message: `${brief.asset.id} is not written: ${why}`, ...until });
      continue;
    }
    effects.push(ask(brief, estimate.tokens));
    if (estimate.tokens > 0) reservations.push(reservation(input, brief, estimate));
  }
  return { effects, reservations, notes };
}

/** The usage file of the run, with what stood there before. */
function usageChange({ unit, state, run }: CampaignInput, added: readonly TokenUsage[], because: string): FileChange {
  const before = state.usage.filter((line) => line.run === run);
  return { path: usagePath(unit.campaign.id, run), content: usageFile([...before, ...added]), because };
}

/** Written and committed before the first call: a run that dies leaves it, and it counts as used. */
export function reserve(input: CampaignInput, { reservations }: Commissions, effects: readonly Effect[]): ChangeSet {
  const asked = new Set(effects.flatMap((effect) => (effect.kind === 'generate' ? [effect.brief.asset.id] : [])));
  const lines = reservations.filter(({ asset }) => asked.has(asset));
  const scope = input.unit.campaign.id;
  const title = `${lines.reduce((sum, { tokens }) => sum + tokens, 0)} tokens reserved`;
  const changes = lines.length === 0 ? [] : [usageChange(input, lines, title)];
  return { stage: 'make', scope, title: `${scope}, ${title}`, changes };
}

const callsOf = (outcome: Outcome<'generate'>): readonly EngineCall[] =>
  (outcome.status === 'done' ? outcome.value.calls : outcome.calls) ?? [];

/** Every call that was made, in place of what was reserved for it. */
export function bookings(input: CampaignInput, outcomes: readonly Outcome<'generate'>[]): FileChange[] {
  const { now: at, run } = input;
  const counted = outcomes.filter(({ effect }) => effect.tokens !== undefined);
  if (counted.length === 0) return [];
  const lines = counted.flatMap((outcome) =>
    callsOf(outcome).map(
      (call): TokenUsage => ({ status: 'booked', at, run, asset: outcome.effect.brief.asset.id, ...call }),
    ),
  );
  return [usageChange(input, lines, `${lines.length} call${lines.length === 1 ? '' : 's'} booked`)];
}

/** What was accepted is kept, so that the same request is never paid for twice. */
export const answersIn = ({ unit, now }: CampaignInput, outcomes: readonly Outcome<'generate'>[]): FileChange[] =>
  outcomes.flatMap((outcome) => {
    if (outcome.status !== 'done' || !outcome.value.answer) return [];
    const { answer, copy } = outcome.value;
    const filed: Answer = { ...answer, asset: outcome.effect.brief.asset.id, at: now, copy: [...copy.blocks] };
    const path = `hub/campaigns/${unit.campaign.id}/answers/${answer.request.slice(0, 32)}.yaml`;
    return [{ path, content: stringifyDocument(filed), because: `what ${answer.model} wrote` }];
  });

/** Where the engine has tried as often as it may, the channel stands still until a person resumes it. */
export function haltsFor(
  { unit, run, now }: CampaignInput,
  wanted: readonly Wanted[],
  outcomes: readonly Outcome<'generate'>[],
): FileChange[] {
  const campaign = unit.campaign.id;
  const lost = outcomes.flatMap((outcome) => {
    if (outcome.status !== 'failed' || !outcome.exhausted) return [];
    const { asset } = outcome.effect.brief;
    const channels = wanted.filter(({ brief }) => brief.asset.id === asset.id).map(({ channel }) => channel);
    return channels.map((channel) => ({ channel, why: `${asset.id}: ${outcome.reason}` }));
  });
  return [...new Set(lost.map(({ channel }) => channel))].map((channel) => {
    const whys = lost.filter((one) => one.channel === channel).map(({ why }) => why);
    const halt: Halt = {
      campaign,
      channel,
      breaker: 'max_generate_attempts',
      why: `${whys.join('; ').slice(0, 1500)}. Look at the prompt, the model and the facts, then run "mhub resume".`,
      evidence: [usagePath(campaign, run)],
      at: now,
      resolved: false,
    };
    return { path: haltPath(halt), content: stringifyDocument(halt), because: `${channel} stops: no usable copy` };
  });
}
