/** The message graph of an offer, and how its paths are ranked. */
import type { Angle, AudienceSegment, Offer } from '../generated/entities.ts';
import type { FiledSignal, Message, Named, Publication, Unit } from './contracts.ts';
import { once } from './once.ts';
import { shrunkRate } from './stats.ts';

export interface Candidate {
  readonly segment: Named<AudienceSegment>;
  readonly offer: Named<Offer>;
  readonly angle: Angle;
}

export interface Scored extends Candidate {
  readonly score: number;
  /** What the score is made of; sums to it. */
  readonly parts: Readonly<Record<'priority' | 'news' | 'response' | 'repetition', number>>;
}

/** Ids hold no spaces. */
export const angleKey = ({ pain, outcome, mechanism, proof }: Angle): string =>
  `${pain} ${outcome} ${mechanism} ${proof}`;

/** Every path pain -> outcome -> mechanism -> proof that the offer can walk for the segment, in file order. */
export function anglesOf(segment: AudienceSegment, offer: Offer): Angle[] {
  return segment.pains.flatMap(({ id: pain }) =>
    offer.outcomes
      .filter(({ answers }) => answers.includes(pain))
      .flatMap(({ id: outcome }) =>
        offer.mechanisms
          .filter(({ enables }) => enables.includes(outcome))
          .flatMap(({ id: mechanism }) =>
            offer.proofs
              .filter(({ supports }) => supports.includes(outcome))
              .map(({ id: proof }) => ({ pain, outcome, mechanism, proof })),
          ),
      ),
  );
}

export const candidatesOf = (unit: Unit): Candidate[] =>
  unit.segments.flatMap((segment) =>
    unit.offers.flatMap((offer) => anglesOf(segment, offer).map((angle) => ({ segment, offer, angle }))),
  );

const WORD = /\p{L}[\p{L}\p{N}-]{3,}/gu;
const COMMON = new Set(
  'that this with from what when they their them then than have been more most into only also each every where which while your will does your about after before nothing something without'.split(
    ' ',
  ),
);
/** Words that carry meaning, cut to a stem of six letters: enough to meet "publishing" with "published". */
export const stemsOf = (text: string): Set<string> =>
  new Set((text.toLowerCase().match(WORD) ?? []).filter((word) => !COMMON.has(word)).map((word) => word.slice(0, 6)));

const wordsOf = (message: Pick<Message, 'forms'> | undefined): string => Object.values(message?.forms ?? {}).join(' ');

/** The words of an angle's own messages. */
export function angleText({ segment, offer, angle }: Candidate): string {
  const has = (id: string) => (item: { id: string }) => item.id === id;
  return [
    wordsOf(segment.pains.find(has(angle.pain))),
    wordsOf(offer.outcomes.find(has(angle.outcome))),
    wordsOf(offer.mechanisms.find(has(angle.mechanism))),
  ].join(' ');
}

interface Worded extends Candidate {
  readonly stems: ReadonlySet<string>;
}

/** A plan ranks the same candidates once for each of its openings. */
const wordedCandidatesOf = once((unit: Unit): readonly Worded[] =>
  candidatesOf(unit).map((candidate) => ({
    ...candidate,
    stems: stemsOf([angleText(candidate), ...candidate.segment.triggers].join(' ')),
  })),
);

/** The share of an angle's words that the latest news speak of, 0 to 1. */
function newsOverlap({ stems }: Worded, news: ReadonlySet<string>): number {
  if (stems.size === 0 || news.size === 0) return 0;
  return [...stems].filter((stem) => news.has(stem)).length / stems.size;
}

/** Clicks per visit of pages, by path, from the traffic that Sense filed. */
function responseByPath(signals: readonly FiledSignal[]): Map<string, { visits: number; clicks: number }> {
  const byPath = new Map<string, { visits: number; clicks: number }>();
  for (const { signal } of signals) {
    if (signal.kind !== 'visits') continue;
    for (const { path, metric, count } of signal.counts) {
      if (path === undefined) continue;
      const sum = byPath.get(path) ?? { visits: 0, clicks: 0 };
      if (metric === 'visits') sum.visits += count;
      if (metric === 'clicks') sum.clicks += count;
      byPath.set(path, sum);
    }
  }
  return byPath;
}

/** The latest news signal of each source. */
export function latestNews(signals: readonly FiledSignal[]): FiledSignal[] {
  const bySource = new Map<string, FiledSignal>();
  for (const filed of signals) {
    if (filed.signal.kind === 'news') bySource.set(filed.signal.source, filed);
  }
  return [...bySource.values()];
}

/** Pages that showed an angle, for crediting the response of their readers. */
export interface ShownAngle {
  readonly path: string;
  readonly angle: Angle;
}

const WEIGHT = { priority: 0.3, offer: 0.1, news: 0.5, response: 0.3, sameAngle: 0.35, samePain: 0.2 };
const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/**
 * Ranks what could be said, best first; ties keep file order.
 *
 * - priority: the segment's own, and the order of the offers in the campaign
 * - news: how much of the angle the latest news speak of
 * - response: click rate of pages that showed the pain or the outcome, against the average, shrunk by 100 visits
 * - repetition: a penalty for what the last publications said already, fading with each later one
 */
export function rankAngles(
  unit: Unit,
  signals: readonly FiledSignal[],
  shown: readonly ShownAngle[],
  recent: readonly Pick<Publication['asset'], 'angle'>[],
): Scored[] {
  const news = new Set(
    latestNews(signals).flatMap(({ signal }) => signal.items.flatMap(({ text }) => [...stemsOf(text)])),
  );
  const byPath = responseByPath(signals);
  const totals = [...byPath.values()].reduce(
    (sum, { visits, clicks }) => ({ visits: sum.visits + visits, clicks: sum.clicks + clicks }),
    { visits: 0, clicks: 0 },
  );
  const pooled = totals.visits === 0 ? 0 : totals.clicks / totals.visits;

  const response = (angle: Angle): number => {
    if (pooled === 0) return 0;
    const pages = shown.filter((page) => page.angle.pain === angle.pain || page.angle.outcome === angle.outcome);
    const counts = [...new Set(pages.map(({ path }) => path))].map(
      (path) => byPath.get(path) ?? { visits: 0, clicks: 0 },
    );
    const visits = counts.reduce((sum, count) => sum + count.visits, 0);
    const clicks = counts.reduce((sum, count) => sum + count.clicks, 0);
    const lift = shrunkRate(clicks, visits, pooled) / pooled - 1;
    return WEIGHT.response * Math.max(-1, Math.min(1, lift));
  };
  const repetition = (angle: Angle): number =>
    recent.slice(0, 12).reduce((sum, { angle: past }, position) => {
      const fade = 1 / (1 + position / 3);
      if (past.pain !== angle.pain) return sum;
      return sum - fade * (WEIGHT.samePain + (angleKey(past) === angleKey(angle) ? WEIGHT.sameAngle : 0));
    }, 0);

  return wordedCandidatesOf(unit)
    .map((candidate): Scored => {
      const { segment, offer, angle } = candidate;
      const order = 1 - unit.offers.indexOf(offer) / unit.offers.length;
      const parts = {
        priority: round((WEIGHT.priority * (10 - segment.priority)) / 9 + WEIGHT.offer * order),
        news: round(WEIGHT.news * newsOverlap(candidate, news)),
        response: round(response(angle)),
        repetition: round(repetition(angle)),
      };
      return { segment, offer, angle, parts, score: round(Object.values(parts).reduce((sum, part) => sum + part, 0)) };
    })
    .sort((a, b) => b.score - a.score);
}

const ABOUT = {
  priority: 'priority of segment and offer',
  news: 'match with the latest news',
  response: 'response of earlier readers',
  repetition: 'what was said recently',
} as const;

/** Why a candidate has its score, in words and numbers. */
export const explainScore = ({ score, parts }: Scored): string =>
  `score ${score}: ${Object.entries(parts)
    .filter(([, value]) => value !== 0)
    .map(([part, value]) => `${ABOUT[part as keyof typeof ABOUT]} ${value > 0 ? '+' : ''}${value}`)
    .join(', ')}`;

/** What made the chosen one better than the other. */
export function explainRejection(other: Scored, chosen: Scored): string {
  const gaps = (Object.keys(ABOUT) as (keyof typeof ABOUT)[])
    .map((part) => ({ part, gap: round(chosen.parts[part] - other.parts[part]) }))
    .sort((a, b) => b.gap - a.gap);
  const [largest] = gaps;
  if (!largest || largest.gap <= 0) return 'same score, later in the files';
  return `the chosen one is ahead by ${largest.gap} in ${ABOUT[largest.part]}`;
}
