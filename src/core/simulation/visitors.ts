/** Simulated visitors: visits come at random, and of each arm a known share clicks. */
import type { Instant } from '../contracts.ts';
import type { ReportedEvent } from '../events.ts';
import { epochOf, toInstant } from '../time.ts';
import type { Random } from './random.ts';

export interface VisitedPage {
  /** /launch/ */
  readonly path: string;
  readonly arm?: 'a' | 'b';
  /** data-cta-id of the primary call to action. */
  readonly cta: string;
}

/** Click rates as they really are: what the engine measures can be compared with them. */
export type TrueRates = Readonly<Record<'a' | 'b', number>>;

export const trueRates = (random: Random): TrueRates => ({
  a: random.whole(40, 120) / 1000,
  b: random.whole(40, 160) / 1000,
});

const DAY = 24 * 60 * 60_000;

/** Events of one page in a stretch of time, at most one click a visit. @param perDay  mean visits */
export function visitsOf(
  page: VisitedPage,
  rates: TrueRates,
  perDay: number,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  random: Random,
): { readonly at: Instant; readonly event: ReportedEvent }[] {
  const length = Math.max(0, epochOf(to) - epochOf(from));
  const visits = Array.from({ length: random.poisson((perDay * length) / DAY) }, () => {
    const at = toInstant(epochOf(from) + Math.floor(random.next() * length));
    const { path, cta, arm = 'a' } = page;
    const click = random.chance(rates[arm]) ? [{ at, event: { type: 'click' as const, path, cta } }] : [];
    return [{ at, event: { type: 'visit' as const, path } }, ...click];
  });
  return visits.flat().sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}
