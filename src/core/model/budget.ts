/** What a campaign may still spend on its copy engine: a fold over the lines of its usage files, never a counter. */
import type { Campaign, TokenUsage } from '../../generated/entities.ts';
import type { EngineEstimate, Instant } from '../contracts.ts';
import { addDays, civilDay, nextDay, startOfDay } from '../time.ts';
import { amountOf, micros } from './cost.ts';

export const usagePath = (campaign: string, run: string): string => `hub/campaigns/${campaign}/usage/${run}.jsonl`;

/** null: there is nothing to tell, so there is no file. */
export const usageFile = (lines: readonly TokenUsage[]): string | null =>
  lines.length === 0 ? null : lines.map((line) => `${JSON.stringify(line)}\n`).join('');

export interface Moment {
  readonly now: Instant;
  readonly run: string;
  /** Of the workspace: its civil days and months are counted. */
  readonly zone: string;
}

/** Why something is not asked for, and when it may be. */
export interface Shortage {
  readonly why: string;
  /** Left out where waiting does not help. */
  readonly until?: Instant;
}

const tokensIn = (lines: readonly Pick<TokenUsage, 'tokens'>[]): number =>
  lines.reduce((sum, { tokens }) => sum + tokens, 0);

/** The first instant of the month after. */
function nextMonth({ now, zone }: Moment): Instant {
  const [year = '', month = ''] = civilDay(now, zone).split('-');
  return startOfDay(`${addDays(`${year}-${month}-28`, 4).slice(0, 7)}-01`, zone);
}

const monthStart = ({ now, zone }: Moment): Instant => startOfDay(`${civilDay(now, zone).slice(0, 7)}-01`, zone);

/**
 * What stands against one more asset; nothing when its worst case fits. What was reserved and never booked counts as
 * used, and so does what seems to come from the future.
 *
 * @param usage  of the campaign, with what was decided in this run already
 */
export function shortageOf(
  budget: NonNullable<Campaign['budget']>,
  usage: readonly TokenUsage[],
  asked: Pick<EngineEstimate, 'tokens' | 'cost' | 'currency'>,
  moment: Moment,
): Shortage | undefined {
  const { now, run, zone } = moment;
  const since = (start: Instant) => usage.filter(({ at }) => at >= start);
  const levels = [
    {
      name: 'tokens_per_day',
      most: budget.tokens_per_day,
      used: tokensIn(since(startOfDay(civilDay(now, zone), zone))),
      until: nextDay(now, zone),
    },
    {
      name: 'tokens_per_run',
      most: budget.tokens_per_run ?? Number.POSITIVE_INFINITY,
      used: tokensIn(usage.filter((line) => line.run === run)),
    },
  ];
  for (const { name, most, used, until } of levels) {
    if (used + asked.tokens <= most) continue;
    const why = `budget.${name} is ${most}, ${used} of it used, and writing it may take ${asked.tokens}`;
    return asked.tokens <= most && until !== undefined ? { why, until } : { why };
  }
  return budget.cost_per_month === undefined
    ? undefined
    : costShortage(budget.cost_per_month, since(monthStart(moment)), asked, moment);
}

function costShortage(
  most: string,
  usage: readonly TokenUsage[],
  { cost, currency }: Pick<EngineEstimate, 'cost' | 'currency'>,
  moment: Moment,
): Shortage | undefined {
  const name = `budget.cost_per_month is ${most}`;
  if (cost === undefined || currency === undefined) return { why: `${name}, and nobody said what tokens cost` };
  const unknown = usage.find((line) => line.tokens > 0 && line.currency !== currency);
  const until = nextMonth(moment);
  if (unknown) {
    const why = `${name}, and what run ${unknown.run} used has no cost in ${currency}, so what is left is not known`;
    return { why, until };
  }
  const used = usage.reduce((sum, line) => sum + micros(line.cost ?? '0'), 0);
  if (used + micros(cost) <= micros(most)) return undefined;
  const why = `${name} ${currency}, ${amountOf(used)} of it used, and writing it may cost ${cost}`;
  return micros(cost) <= micros(most) ? { why, until } : { why };
}

/** Whether the engine gave up on an asset in this run: asking again at once would find the same. */
export const gaveUp = (usage: readonly TokenUsage[], run: string, asset: string): boolean => {
  const last = usage.findLast((line) => line.run === run && line.asset === asset);
  return last?.status === 'booked' && last.outcome !== 'accepted';
};
