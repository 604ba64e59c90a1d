/** Runs that the schedule of a workflow promises, against those that took place. */
import { Cron } from 'croner';
import { zoneFault } from './checks.ts';
import type { Instant } from './contracts.ts';
import { epochOf, toInstant } from './time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** GitHub starts nothing more often. */
const SHORTEST_MINUTES = 5;
/** So many starts show how close to each other they come, also where they come in groups. */
const SAMPLE = 300;

/** One line of `on.schedule`. */
export interface Schedule {
  readonly cron: string;
  /** IANA name; UTC where the line names none. */
  readonly timezone: string;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** @param workflow  as YAML has it; what is no schedule is left out */
export function schedulesOf(workflow: unknown): Schedule[] {
  const lines = fieldOf(fieldOf(workflow, 'on'), 'schedule');
  return (Array.isArray(lines) ? lines : []).flatMap((line: unknown) => {
    const [cron, timezone] = [fieldOf(line, 'cron'), fieldOf(line, 'timezone')];
    return typeof cron === 'string' ? [{ cron, timezone: typeof timezone === 'string' ? timezone : 'UTC' }] : [];
  });
}

/** The cron library knows more than GitHub, which has five fields of numbers, names, and * , - / alone. */
const GITHUB_FIELDS = /^[\d*,/-]+( +[\d*,/-]+){2}( +([\d*,/-]|[A-Z]{3})+){2}$/i;

/** What the library makes of it, or what is wrong with it. */
function read({ cron, timezone }: Schedule): Cron | string {
  const fault = zoneFault(timezone);
  if (fault !== undefined) return `time zone ${timezone}: ${fault}`;
  if (!GITHUB_FIELDS.test(cron)) return 'expected five fields of numbers, names of days and months, * , - /';
  try {
    // Sloppy: GitHub reads 20/15 as 20-59/15.
    return new Cron(cron, { mode: '5-part', timezone, sloppyRanges: true });
  } catch (error) {
    // It throws for every text that it does not take, and for nothing else.
    return error instanceof Error ? error.message : String(error);
  }
}

/** What keeps GitHub from doing what a line of a schedule says; one line each, none when all is well. */
export function scheduleFaults(schedule: Schedule, now: Instant): string[] {
  const cron = read(schedule);
  if (typeof cron === 'string') return [cron];
  const starts = cron.nextRuns(SAMPLE, new Date(epochOf(now))).map((start) => start.getTime());
  if (starts.length === 0) return ['no such moment ever comes'];
  const shortest = Math.min(...starts.slice(1).map((start, index) => start - (starts[index] ?? start)));
  return [
    ...(shortest < SHORTEST_MINUTES * MINUTE ? [`GitHub waits ${SHORTEST_MINUTES} minutes between two starts`] : []),
    ...(starts.some((start) => start % HOUR === 0)
      ? ['at the full hour GitHub delays and drops schedules most: choose another minute']
      : []),
  ];
}

/**
 * Moments at which one schedule or several start, each once, in order. A schedule that GitHub does not take starts
 * nothing.
 *
 * @param after  not part of the time
 * @param until  part of it
 */
export function expectedStarts(schedules: readonly Schedule[], after: Instant, until: Instant): Instant[] {
  const crons = schedules.map(read).filter((cron) => typeof cron !== 'string');
  const starts = crons.flatMap((cron) => [...startsOf(cron, epochOf(after), epochOf(until))]);
  return [...new Set(starts)].sort((a, b) => a - b).map(toInstant);
}

function* startsOf(cron: Cron, after: number, until: number): Generator<number> {
  for (let at = after; ; ) {
    const next = cron.nextRun(new Date(at))?.getTime();
    if (next === undefined || next > until) return;
    yield next;
    at = next;
  }
}

/** A run of a workflow, as GitHub remembers it. */
export interface ActualRun {
  readonly at: Instant;
  /** What started it, such as schedule. */
  readonly event: string;
  /** Such as success or timed_out; null while it is at work. */
  readonly conclusion: string | null;
}

export interface RunAccount {
  /** Runs that the schedule started. */
  readonly seen: number;
  /** Runs that somebody or something else started. */
  readonly others: number;
  /** Of all of them. */
  readonly failed: number;
  /** Longest time without a run, within the time that was looked at. */
  readonly longest_gap_minutes: number;
}

const FAILED = new Set(['failure', 'timed_out', 'startup_failure']);

/** @param runs  in any order; those outside of the time count for nothing */
export function accountOf(runs: readonly ActualRun[], after: Instant, until: Instant): RunAccount {
  const within = runs.filter(({ at }) => at > after && at <= until);
  const moments = [after, ...within.map(({ at }) => at).sort(), until].map(epochOf);
  const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
  const seen = within.filter(({ event }) => event === 'schedule').length;
  return {
    seen,
    others: within.length - seen,
    failed: within.filter(({ conclusion }) => conclusion !== null && FAILED.has(conclusion)).length,
    longest_gap_minutes: Math.floor(Math.max(...gaps) / MINUTE),
  };
}

/** 91 -> 1 h 31 min */
export function showMinutes(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [...(hours > 0 ? [`${hours} h`] : []), ...(rest > 0 || hours === 0 ? [`${rest} min`] : [])].join(' ');
}
