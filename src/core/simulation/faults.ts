/** What may go wrong in a simulation, by name, and when it does. */
import type { Instant } from '../contracts.ts';
import { epochOf, toInstant } from '../time.ts';
import { randomOf } from './random.ts';

/** Fault -> what happens. */
export const faults = {
  'rate-limit': 'a channel answers 429 to one call',
  'timeout-after-success': 'a channel accepts, and its answer never arrives',
  'reset-before': 'the connection breaks before the request has arrived',
  'reset-after': 'the connection breaks after the request has arrived',
  'server-error': 'a channel answers 503, whether or not it has accepted',
  killed: 'the process dies at one of its steps; it starts again on the same machine or on a fresh one',
  suspended: 'the machine sleeps for ten minutes between the intents and the calls',
  'double-cron': 'two machines run at the same time',
  'late-cron': 'the schedule starts a run up to nine hours late',
  'skipped-cron': 'the schedule starts nothing for up to nine days',
  'fresh-machine': 'the clone is lost, with its journal and its uncounted events',
  'revoked-token': 'the variables of a channel are not set for some runs',
  'clock-forward': 'the clock of one run is up to two days ahead',
  'clock-back': 'the clock of one run is up to two days behind',
  dst: 'the clocks change within the simulated time, forwards or backwards',
  'full-disk': 'a write fails with ENOSPC at one of the steps',
  'lost-race': "a person's commit reaches the remote between decision and push",
  'rejected-push': 'the remote refuses one push (a hook that says no)',
  'lost-answer': 'the remote takes a push, and the connection breaks before it says so',
  'unreachable-remote': 'the remote is gone, from the start of a run or in the middle of one',
  'corrupt-file': 'a person commits a broken ledger, intent, halt, plan or campaign file, and restores it later',
  'kill-switch': 'a person turns publish_enabled off, between runs or in the middle of one, and on again later',
  'price-change': 'a person changes the price of an offer, and changes it back later',
} as const;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as FaultName[];

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(faults, name);

/** One fault of a plan: it waits from `at` for the first run in which it can happen. */
export interface PlannedFault {
  readonly name: FaultName;
  readonly at: Instant;
  /** Seed of its particulars, such as which step or which file. */
  readonly salt: string;
}

/** Faults per simulated day. */
const PER_DAY = 0.8;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export interface Scenario {
  readonly seed: number;
  readonly start: Instant;
  readonly days: number;
  readonly faults: readonly FaultName[];
}

/** The last tenth, at least two days, stays calm: whatever was broken has to be mended by its end. */
const calmDays = (days: number): number => Math.max(2, days / 10);

export function planFaults({ seed, start, days, faults: enabled }: Scenario): PlannedFault[] {
  const names = enabled.filter((name) => name !== 'dst');
  if (names.length === 0) return [];
  const random = randomOf('faults', seed);
  const busy = Math.max(0, days - calmDays(days));
  const count = random.poisson(busy * PER_DAY);
  return Array.from({ length: count }, (_, index) => {
    const at = toInstant(epochOf(start) + Math.floor((random.next() * busy * DAY) / MINUTE) * MINUTE);
    return { name: random.pick(names), at, salt: `${seed}-${index}` };
  }).sort((a, b) => (a.at < b.at ? -1 : 1));
}
