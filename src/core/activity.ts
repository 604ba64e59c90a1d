/** Whether a campaign runs at all. */
import type { FiledSignal, Instant, Unit } from './contracts.ts';
import { addDays, startOfDay } from './time.ts';

export type Activity =
  | { readonly active: true; readonly until?: Instant }
  | { readonly active: false; readonly why: string; readonly until?: Instant };

/** Sum of what was measured so far. */
export const measured = (signals: readonly FiledSignal[], metric: 'visits' | 'clicks' | 'conversions'): number =>
  signals
    .filter(({ signal }) => signal.kind === 'outcomes')
    .flatMap(({ signal }) => signal.counts)
    .filter((count) => count.metric === metric)
    .reduce((sum, { count }) => sum + count, 0);

/** Days are those of the workspace's time zone; `ends` is the last day on which the campaign runs. */
export function activityOf({ campaign, workspace }: Unit, signals: readonly FiledSignal[], now: Instant): Activity {
  if (campaign.status !== 'active') return { active: false, why: `status is ${campaign.status}` };
  if (campaign.starts !== undefined) {
    const start = startOfDay(campaign.starts, workspace.timezone);
    if (now < start) return { active: false, why: `starts on ${campaign.starts}`, until: start };
  }
  const end = campaign.ends === undefined ? undefined : startOfDay(addDays(campaign.ends, 1), workspace.timezone);
  if (end !== undefined && now >= end) return { active: false, why: `ended on ${campaign.ends}` };
  const reached = campaign.kpis.filter(({ metric, target }) => measured(signals, metric) >= target);
  if (reached.length === campaign.kpis.length) {
    const targets = reached.map(({ metric, target }) => `${metric} ${measured(signals, metric)} of ${target}`);
    return { active: false, why: `every KPI is reached: ${targets.join(', ')}` };
  }
  return end === undefined ? { active: true } : { active: true, until: end };
}
