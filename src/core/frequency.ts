/** How often something may go out, in the civil time of a channel. */
import type { Instant } from './contracts.ts';
import { civilDay, civilOf, epochOf, nextDay, toInstant } from './time.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface FrequencyLimits {
  readonly max_per_day?: number;
  readonly min_spacing_minutes?: number;
  /** From the first minute that is quiet to the first that is not, such as 21:00 to 07:00. */
  readonly quiet_hours?: { readonly from: string; readonly to: string };
  readonly weekdays?: readonly Weekday[];
}

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
/** Limits that allow nothing for so long allow nothing. */
const HORIZON_MS = 400 * DAY_MINUTES * MINUTE;

interface Obstacle {
  readonly why: string;
  /** Epoch milliseconds before which it stands in any case. */
  readonly until: number;
}

const minuteOf = (clock: string): number => {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
};

const minuteOfDay = (at: Instant, zone: string): number => {
  const { hour, minute } = civilOf(at, zone);
  return hour * 60 + minute;
};

const weekdayOf = (day: string): Weekday | undefined => WEEKDAYS[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7];

function quietness({ quiet_hours: quiet }: FrequencyLimits, zone: string, at: Instant): Obstacle | undefined {
  if (!quiet) return undefined;
  const [now, from, to] = [minuteOfDay(at, zone), minuteOf(quiet.from), minuteOf(quiet.to)];
  const isQuiet = from < to ? from <= now && now < to : from > to && (now >= from || now < to);
  if (!isQuiet) return undefined;
  const start = Math.floor(epochOf(at) / MINUTE) * MINUTE;
  const minutes = (to - now + DAY_MINUTES) % DAY_MINUTES;
  const end = start + minutes * MINUTE;
  // Where the clocks change meanwhile, the end is looked for minute by minute.
  const isPlain = minuteOfDay(toInstant(end), zone) === to;
  return { why: `quiet hours are ${quiet.from} to ${quiet.to} (${zone})`, until: isPlain ? end : start + MINUTE };
}

function wrongDay({ weekdays }: FrequencyLimits, zone: string, at: Instant): Obstacle | undefined {
  const day = civilDay(at, zone);
  if (!weekdays || weekdays.some((weekday) => weekday === weekdayOf(day))) return undefined;
  return { why: `${day} (${zone}) is not ${weekdays.join(', ')}`, until: epochOf(nextDay(at, zone)) };
}

function fullDay(
  { max_per_day: max }: FrequencyLimits,
  zone: string,
  sent: readonly Instant[],
  at: Instant,
): Obstacle | undefined {
  if (max === undefined) return undefined;
  const day = civilDay(at, zone);
  const count = sent.filter((one) => civilDay(one, zone) === day).length;
  if (count < max) return undefined;
  return { why: `${count} of at most ${max} went out on ${day} (${zone})`, until: epochOf(nextDay(at, zone)) };
}

function tooClose(
  { min_spacing_minutes: minutes }: FrequencyLimits,
  sent: readonly Instant[],
  at: Instant,
): Obstacle | undefined {
  if (minutes === undefined) return undefined;
  const near = sent
    .filter((one) => Math.abs(epochOf(one) - epochOf(at)) < minutes * MINUTE)
    .sort()
    .at(-1);
  if (near === undefined) return undefined;
  return { why: `less than ${minutes} minutes from ${near}`, until: epochOf(near) + minutes * MINUTE };
}

function obstaclesAt(limits: FrequencyLimits, zone: string, sent: readonly Instant[], at: Instant): Obstacle[] {
  return [
    quietness(limits, zone, at),
    wrongDay(limits, zone, at),
    fullDay(limits, zone, sent, at),
    tooClose(limits, sent, at),
  ].filter((obstacle) => obstacle !== undefined);
}

/**
 * Why nothing may go out at an instant; undefined when it may.
 *
 * @param sent  instants of everything else that goes out on the channel, before or after it
 */
export const frequencyProblem = (
  limits: FrequencyLimits,
  timezone: string,
  sent: readonly Instant[],
  at: Instant,
): string | undefined => obstaclesAt(limits, timezone, sent, at)[0]?.why;

/**
 * The next legal instant at or after one.
 *
 * @throws RangeError when the limits never allow anything
 */
export function nextAllowed(limits: FrequencyLimits, timezone: string, sent: readonly Instant[], at: Instant): Instant {
  const last = epochOf(at) + HORIZON_MS;
  let candidate = at;
  for (;;) {
    const obstacles = obstaclesAt(limits, timezone, sent, candidate);
    if (obstacles.length === 0) return candidate;
    const now = epochOf(candidate);
    // An instant keeps whole seconds. Where clocks go back over midnight, the next day may have begun before: then one
    // minute on.
    const until = Math.ceil(Math.max(...obstacles.map((obstacle) => obstacle.until)) / 1000) * 1000;
    const next = until > now ? until : (Math.floor(now / MINUTE) + 1) * MINUTE;
    if (next > last) throw new RangeError(`frequency limits allow nothing: ${obstacles[0]?.why}`);
    candidate = toInstant(next);
  }
}
