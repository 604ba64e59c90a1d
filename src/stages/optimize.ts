import type { CampaignInput, FiledSignal, Stage, StageResult } from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { wilson } from '../core/stats.ts';
import type { CampaignPlan, Experiment } from '../generated/entities.ts';

type PlannedExperiment = NonNullable<CampaignPlan['experiment']>;

const countOf = (signals: readonly FiledSignal[], asset: string, metric: 'visits' | 'clicks' | 'conversions'): number =>
  signals
    .filter(({ signal }) => signal.kind === 'outcomes')
    .flatMap(({ signal }) => signal.counts)
    .filter((count) => count.asset === asset && count.metric === metric)
    .reduce((sum, { count }) => sum + count, 0);

const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;

/** Counts, rates and what they allow to say; a winner is not declared. */
export function measureExperiment(
  planned: PlannedExperiment,
  signals: readonly FiledSignal[],
  minimum: number,
): Experiment {
  const counted = planned.arms.map(({ arm, asset }) => ({
    arm,
    asset,
    visits: countOf(signals, asset, 'visits'),
    successes: countOf(signals, asset, planned.metric),
  }));
  const assets = new Set(planned.arms.map(({ asset }) => asset));
  const isEvidence = ({ signal: { kind, counts } }: FiledSignal): boolean =>
    kind === 'outcomes' && counts.some(({ asset = '' }) => assets.has(asset));
  const sources = signals.filter(isEvidence).map(({ path }) => path);
  const short = counted.filter(({ visits }) => visits < minimum);
  if (short.length > 0) {
    const lacking = short.map(({ arm, visits }) => `arm ${arm} has ${visits}`);
    const about = `Not enough data yet: every arm needs ${minimum} visits, ${lacking.join(' and ')}.`;
    return { metric: planned.metric, state: 'not_enough_data', about, signals: sources, arms: counted };
  }
  const arms = counted.map((arm) => ({
    ...arm,
    // Somebody may click more than once in a visit: a rate counts a visit once at most.
    ...wilson(Math.min(arm.successes, arm.visits), arm.visits),
  }));
  const rates = arms.map(
    ({ arm, rate, low, high }) => `arm ${arm} ${percent(rate)} (${percent(low)} to ${percent(high)})`,
  );
  const about = `${planned.metric} per visit with 95 % intervals: ${rates.join(', ')}. No winner is declared from this.`;
  return { metric: planned.metric, state: 'measured', about, signals: sources, arms };
}

export const stage: Stage<never> = {
  name: 'optimize',

  plan: () => [],

  fold({ unit, state }: CampaignInput): StageResult {
    const scope = unit.campaign.id;
    const planned = state.plan?.experiment;
    const settings = unit.campaign.experiment;
    if (!planned || !settings) {
      return { changeSet: { stage: 'optimize', scope, title: `${scope}, no experiment`, changes: [] }, notes: [] };
    }
    const experiment = measureExperiment(planned, state.signals, settings.min_visits_per_arm);
    const content = stringifyDocument(experiment);
    const before = state.experiments.get(planned.id);
    const same = before !== undefined && stringifyDocument(before) === content;
    const path = `hub/campaigns/${scope}/experiments/${planned.id}.yaml`;
    const title = `${scope}, ${planned.id} ${experiment.state.replaceAll('_', ' ')}`;
    const changes = same ? [] : [{ path, content, because: experiment.about }];
    return { changeSet: { stage: 'optimize', scope, title, changes }, notes: [] };
  },
};
