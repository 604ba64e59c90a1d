/**
 * Civil time. Every function takes its instant; none reads a clock. Zones are IANA names, resolved by Intl.
 */
import type { Instant } from './contracts.ts';

/** A wall-clock reading in some zone, to the minute. */
export interface Civil {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Epoch milliseconds as an instant, cut to the second so that instants sort as text. */
export const toInstant = (milliseconds: number): Instant => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
export const epochOf = (instant: Instant): number => Date.parse(instant);

const formats = new Map<string, Intl.DateTimeFormat>();
function formatFor(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-u-hc-h23', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  formats.set(zone, format);
  return format;
}

function civilAt(milliseconds: number, zone: string): Civil {
  const parts = new Map<string, number>(
    formatFor(zone)
      .formatToParts(milliseconds)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: string) => parts.get(type) ?? 0;
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute') };
}

const asUtc = ({ year, month, day, hour, minute }: Civil): number => Date.UTC(year, month - 1, day, hour, minute);

/** Wall clock minus UTC, in milliseconds. */
const offsetAt = (milliseconds: number, zone: string): number =>
  asUtc(civilAt(milliseconds, zone)) - Math.floor(milliseconds / MINUTE) * MINUTE;

export const civilOf = (instant: Instant, zone: string): Civil => civilAt(epochOf(instant), zone);

/**
 * The instant of a wall-clock reading. An hour that occurs twice means its first occurrence; one that is skipped means
 * the first instant after the gap.
 */
export function instantOf(civil: Civil, zone: string): Instant {
  const wall = asUtc(civil);
  const before = offsetAt(wall - DAY, zone);
  const after = offsetAt(wall + DAY, zone);
  const matches = [...new Set([before, after])]
    .map((offset) => wall - offset)
    .filter((candidate) => asUtc(civilAt(candidate, zone)) === wall)
    .sort((a, b) => a - b);
  if (matches[0] !== undefined) return toInstant(matches[0]);
  // In the gap: the clocks change somewhere between the two readings of the missing time.
  let low = wall - Math.max(before, after);
  let high = wall - Math.min(before, after);
  while (high - low > MINUTE) {
    const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
    if (offsetAt(middle, zone) === before) low = middle;
    else high = middle;
  }
  return toInstant(high);
}

const two = (value: number): string => String(value).padStart(2, '0');
const dayText = ({ year, month, day }: Civil): string => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;

/** Calendar day, yyyy-mm-dd. */
export const civilDay = (instant: Instant, zone: string): string => dayText(civilOf(instant, zone));

const civilOfDay = (day: string): Civil => {
  const [year = 0, month = 1, dayOfMonth = 1] = day.split('-').map(Number);
  return { year, month, day: dayOfMonth, hour: 0, minute: 0 };
};

/** The first instant of a calendar day. */
export const startOfDay = (day: string, zone: string): Instant => instantOf(civilOfDay(day), zone);

export const addDays = (day: string, days: number): string =>
  new Date(asUtc(civilOfDay(day)) + days * DAY).toISOString().slice(0, 10);

/** The next civil midnight: when a daily cap starts afresh. */
export const nextDay = (now: Instant, zone: string): Instant => startOfDay(addDays(civilDay(now, zone), 1), zone);

/** A decided occurrence of a weekly time. */
export interface Occurrence {
  /** 2026-11-23T09:00[Europe/Berlin] */
  readonly slot: string;
  readonly due: Instant;
  readonly civil: Civil;
  /** Position of the weekly time in the schedule line. */
  readonly index: number;
}

/**
 * The latest occurrence at or before `now` and the first one after it.
 *
 * @param times  weekly civil times such as "mon 09:00"; at least one
 */
export function occurrencesAround(times: readonly string[], zone: string, now: Instant): [Occurrence, Occurrence] {
  const today = civilDay(now, zone);
  const occurrences = times.flatMap((time, index) => {
    const [weekday = '', clock = ''] = time.split(' ');
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    const ahead = WEEKDAYS.indexOf(weekday) - new Date(`${today}T00:00:00Z`).getUTCDay();
    return [-14, -7, 0, 7, 14].map((weeks): Occurrence => {
      const civil = { ...civilOfDay(addDays(today, ahead + weeks)), hour, minute };
      const slot = `${dayText(civil)}T${two(hour)}:${two(minute)}[${zone}]`;
      return { slot, civil, index, due: instantOf(civil, zone) };
    });
  });
  occurrences.sort((a, b) => (a.due === b.due ? a.index - b.index : a.due < b.due ? -1 : 1));
  const next = occurrences.findIndex(({ due }) => due > now);
  const [latest, first] = [occurrences[next - 1], occurrences[next]];
  if (!latest || !first) throw new RangeError(`no weekly time among "${times.join('", "')}"`);
  return [latest, first];
}

/**
 * When a slot was due: the civil time that its name holds, in the zone of its channel. undefined for on_change.
 *
 * @param slot  2026-11-23T09:00[Europe/Berlin]
 */
export function instantOfSlot(slot: string, zone: string): Instant | undefined {
  const [, day, hour, minute] = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})\[/.exec(slot) ?? [];
  return day === undefined
    ? undefined
    : instantOf({ ...civilOfDay(day), hour: Number(hour), minute: Number(minute) }, zone);
}

/** Compact civil stamp for names: 20261123-0900. */
export const stampOf = (civil: Civil): string =>
  `${dayText(civil).replaceAll('-', '')}-${two(civil.hour)}${two(civil.minute)}`;

/** Whole days since 1970-01-01 of a calendar day. */
export const dayNumber = (civil: Civil): number => Math.floor(asUtc(civil) / DAY);
