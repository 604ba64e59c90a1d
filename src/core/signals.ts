/** Filing readings as signals: the same reading is never filed twice. */
import type { Signal } from '../generated/entities.ts';
import type { FileChange, FiledSignal, Instant, Publication, Reading } from './contracts.ts';
import { stringifyDocument } from './documents.ts';
import { digestOf } from './hash.ts';
import { countIn } from './service.ts';
import { epochOf } from './time.ts';

const about = ({ kind, n, items }: Reading): string =>
  kind === 'news' ? `news, ${items.length} items` : `${kind}, n = ${n}`;

/**
 * @param folder   hub/brands/<brand>/signals or hub/campaigns/<campaign>/signals
 * @param source   source or channel that was read
 * @param filed    signals that stand already
 */
export function newSignals(
  folder: string,
  source: string,
  readings: readonly Reading[],
  filed: readonly FiledSignal[],
  now: Instant,
): FileChange[] {
  return readings
    .filter(({ digest }) => !filed.some(({ signal }) => signal.source === source && signal.digest === digest))
    .map((reading) => {
      const day = (reading.to ?? now).slice(0, 10);
      const signal: Signal = { source, ...reading };
      const path = `${folder}/${day}/${source}-${reading.digest.slice(0, 12)}.yaml`;
      return { path, content: stringifyDocument(signal), because: about(reading) };
    });
}

const DAY_MS = 86_400_000;
/** Hardly anybody answers to an older post. */
const MEASURED_DAYS = 30;

/** What a network has counted of an asset from its publication until now. */
export interface Total {
  readonly asset: string;
  readonly metric: 'likes' | 'reposts' | 'replies';
  readonly count: number;
}

/** Metrics, and the fields of a post whose numbers they are the sum of. */
export type Counted = readonly (readonly [metric: Total['metric'], fields: readonly string[]])[];

/** What a network tells of one post; a number that it does not tell is no zero. */
export const totalsIn = (post: unknown, asset: string, counted: Counted): Total[] =>
  counted.flatMap(([metric, fields]) => {
    const counts = fields.flatMap((field) => countIn(post, field) ?? []);
    return counts.length === 0 ? [] : [{ asset, metric, count: counts.reduce((sum, count) => sum + count, 0) }];
  });

const outcomesOf = (source: string, filed: readonly FiledSignal[]) =>
  filed.flatMap(({ signal }) => (signal.source === source && signal.kind === 'outcomes' ? [signal] : []));

const lastAsked = (source: string, filed: readonly FiledSignal[]): Instant | undefined =>
  outcomesOf(source, filed)
    .flatMap(({ to }) => to ?? [])
    .sort()
    .at(-1);

/** Publications that a network is asked about now: those of the last 30 days, unless there is an answer of the last day. */
export function toMeasure(
  published: readonly Publication[],
  source: string,
  filed: readonly FiledSignal[],
  now: Instant,
): readonly Publication[] {
  const last = lastAsked(source, filed);
  const isWithin = (days: number, since: Instant): boolean => epochOf(now) - epochOf(since) < days * DAY_MS;
  if (last !== undefined && isWithin(1, last)) return [];
  return published.filter(({ receipt }) => isWithin(MEASURED_DAYS, receipt.at));
}

/**
 * Networks tell totals, signals hold what came on top of what the same source has told before. What somebody takes back
 * is never subtracted.
 *
 * @returns one reading, or none where nothing came on top
 */
export function growthOf(
  source: string,
  totals: readonly Total[],
  filed: readonly FiledSignal[],
  now: Instant,
): readonly Reading[] {
  const before = outcomesOf(source, filed).flatMap(({ counts }) => counts);
  const counts = totals.flatMap(({ asset, metric, count }) => {
    const told = before.filter((one) => one.asset === asset && one.metric === metric);
    const growth = count - told.reduce((sum, one) => sum + one.count, 0);
    return growth > 0 ? [{ asset, metric, count: growth }] : [];
  });
  if (counts.length === 0) return [];
  const n = counts.reduce((sum, { count }) => sum + count, 0);
  const last = lastAsked(source, filed);
  const from = last === undefined ? {} : { from: last };
  return [{ kind: 'outcomes', ...from, to: now, n, digest: digestOf({ source, now, counts }), items: [], counts }];
}
