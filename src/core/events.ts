/**
 * Raw events of the site: one JSON object a line. They say what happened on which page and never who: no address, no
 * user agent, no identifier, and times cut to the minute.
 */
import type { Signal } from '../generated/entities.ts';
import type { EventBatch, Instant } from './contracts.ts';
import { sha256 } from './hash.ts';

export interface SiteEvent {
  readonly at: Instant;
  readonly type: 'visit' | 'click';
  /** Path on the site without query: /launch/ */
  readonly path: string;
  /** data-cta-id of what was clicked; always there on a click, never on a visit. */
  readonly cta?: string;
  /** utm_source of the visit. */
  readonly source?: string;
  /** utm_content of the visit: which publication led there. */
  readonly effect?: string;
}

export type Count = Signal['counts'][number];

/** What a page reports about itself; the collector adds the time. */
export type ReportedEvent = Omit<SiteEvent, 'at'>;

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/;
const FIELDS: Readonly<Record<keyof ReportedEvent, RegExp>> = {
  type: /^(visit|click)$/,
  path: /^\/[A-Za-z0-9/_.~-]{0,199}$/,
  cta: /^[a-z0-9][a-z0-9._:-]{0,79}$/,
  source: /^[a-z0-9_-]{1,64}$/,
  effect: /^[0-9a-z]{10}$/,
};
const isReportedField = (name: string): name is keyof ReportedEvent => Object.hasOwn(FIELDS, name);

/** undefined for everything that is not exactly an event: an unknown field could carry personal data. */
export function reportedEvent(value: unknown): ReportedEvent | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const fields = Object.entries(value);
  const valid = fields.every(
    ([name, text]) => isReportedField(name) && typeof text === 'string' && FIELDS[name].test(text),
  );
  if (!valid) return undefined;
  const { type, path, cta, source, effect } = Object.fromEntries(fields) as Partial<ReportedEvent>;
  if (type === undefined || path === undefined || (type === 'click') !== (cta !== undefined)) return undefined;
  const folder = path.replace(/\/index\.html$/, '/');
  return {
    type,
    path: folder,
    ...(cta !== undefined && { cta }),
    ...(source !== undefined && { source }),
    ...(effect !== undefined && { effect }),
  };
}

/** A line as it is filed, with its line break. */
export const eventLine = (event: ReportedEvent, now: Instant): string =>
  `${JSON.stringify({ at: `${now.slice(0, 16)}:00Z`, ...event })}\n`;

function eventOf(line: string): SiteEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (value === null || typeof value !== 'object') return undefined;
  const { at, ...rest } = value as { at?: unknown };
  const event = reportedEvent(rest);
  const timed = typeof at === 'string' && INSTANT.test(at) && !Number.isNaN(Date.parse(at));
  return timed && event ? { at, ...event } : undefined;
}

/** @returns the events in file order, and how many lines were none. */
export function parseEvents(text: string): { readonly events: readonly SiteEvent[]; readonly invalid: number } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const events = lines.map(eventOf).filter((event) => event !== undefined);
  return { events, invalid: lines.length - events.length };
}

/**
 * Digest of what a reader took from a batch. The name is part of it: two batches with one visit each in the same minute
 * have equal text, and both count.
 */
export const batchDigest = (reader: string, batch: EventBatch): string =>
  sha256([reader, batch.name, batch.text].join('\0'));

/** First and last instant of events, empty without any. */
export function spanOf(events: readonly SiteEvent[]): { readonly from?: Instant; readonly to?: Instant } {
  const times = events.map(({ at }) => at).sort();
  const [from, to] = [times[0], times.at(-1)];
  return from === undefined || to === undefined ? {} : { from, to };
}

/** How often each label occurs; labels in the order of their canonical text. */
export function tally(labels: readonly Omit<Count, 'count'>[]): Count[] {
  const counts = new Map<string, Count>();
  for (const label of labels) {
    const key = [label.path, label.asset, label.metric, label.cta, label.arm, label.effect_id]
      .map((part) => part ?? '')
      .join('\0');
    counts.set(key, { ...label, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}
