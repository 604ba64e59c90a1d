import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FrequencyLimits, frequencyProblem, nextAllowed, WEEKDAYS } from './frequency.ts';
import { epochOf, toInstant } from './time.ts';

const BERLIN = 'Europe/Berlin';
const MINUTE = 60_000;

describe('in Berlin', () => {
  const at = (clock: string) => `2026-11-23T${clock}:00Z`;
  const quiet: FrequencyLimits = { quiet_hours: { from: '21:00', to: '07:00' } };

  test('quiet hours go over midnight, begin with their first minute and end before their last', () => {
    expect(frequencyProblem(quiet, BERLIN, [], at('19:59'))).toBeUndefined();
    expect(frequencyProblem(quiet, BERLIN, [], at('20:00'))).toBe('quiet hours are 21:00 to 07:00 (Europe/Berlin)');
    expect(nextAllowed(quiet, BERLIN, [], at('20:00'))).toBe('2026-11-24T06:00:00Z');
    expect(nextAllowed(quiet, BERLIN, [], at('05:59'))).toBe(at('06:00'));
    expect(nextAllowed({ quiet_hours: { from: '12:00', to: '13:30' } }, BERLIN, [], at('11:10'))).toBe(at('12:30'));
  });

  test('a full day ends at its own midnight', () => {
    const sent = ['2026-11-22T23:30:00Z', at('08:00')];
    expect(frequencyProblem({ max_per_day: 3 }, BERLIN, sent, at('22:00'))).toBeUndefined();
    expect(frequencyProblem({ max_per_day: 2 }, BERLIN, sent, at('22:00'))).toBe(
      '2 of at most 2 went out on 2026-11-23 (Europe/Berlin)',
    );
    expect(nextAllowed({ max_per_day: 2 }, BERLIN, sent, at('09:00'))).toBe(at('23:00'));
  });

  test('spacing holds to both sides, to the second', () => {
    const sent = ['2026-11-23T08:00:30Z', at('10:00')];
    expect(frequencyProblem({ min_spacing_minutes: 60 }, BERLIN, sent, at('08:30'))).toBe(
      'less than 60 minutes from 2026-11-23T08:00:30Z',
    );
    expect(nextAllowed({ min_spacing_minutes: 30 }, BERLIN, sent, at('08:30'))).toBe('2026-11-23T08:30:30Z');
    expect(nextAllowed({ min_spacing_minutes: 61 }, BERLIN, sent, at('08:30'))).toBe(at('11:01'));
  });

  test('only the given weekdays', () => {
    expect(frequencyProblem({ weekdays: ['mon'] }, BERLIN, [], at('12:00'))).toBeUndefined();
    expect(frequencyProblem({ weekdays: ['sat', 'sun'] }, BERLIN, [], at('12:00'))).toBe(
      '2026-11-23 (Europe/Berlin) is not sat, sun',
    );
    expect(nextAllowed({ weekdays: ['sat'] }, BERLIN, [], at('12:00'))).toBe('2026-11-27T23:00:00Z');
  });
});

test('an end of quiet hours that the clocks skip is the first instant after the gap', () => {
  const quiet: FrequencyLimits = { quiet_hours: { from: '22:00', to: '02:30' } };
  expect(nextAllowed(quiet, BERLIN, [], '2027-03-27T23:00:00Z')).toBe('2027-03-28T01:00:00Z');
});

test('an hour that comes twice is quiet twice', () => {
  const quiet: FrequencyLimits = { quiet_hours: { from: '01:00', to: '02:30' } };
  expect(nextAllowed(quiet, BERLIN, [], '2026-10-25T00:10:00Z')).toBe('2026-10-25T00:30:00Z');
  expect(nextAllowed(quiet, BERLIN, [], '2026-10-25T01:10:00Z')).toBe('2026-10-25T01:30:00Z');
});

test('limits that allow nothing say so', () => {
  expect(() => nextAllowed({ max_per_day: 0 }, BERLIN, [], '2026-11-23T12:00:00Z')).toThrow(
    new RangeError('frequency limits allow nothing: 0 of at most 0 went out on 2027-12-28 (Europe/Berlin)'),
  );
});

/** Zones and days on which their clocks change, also by half an hour, at midnight and over it. */
const CHANGES: readonly (readonly [string, string])[] = [
  ['Europe/Berlin', '2027-03-28'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2027-03-14'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Australia/Lord_Howe', '2027-04-04'],
  ['America/Santiago', '2026-09-06'],
  ['America/Santiago', '2027-04-04'],
  ['America/Havana', '2026-11-01'],
  ['America/St_Johns', '2010-11-07'],
  ['Asia/Kolkata', '2026-11-23'],
  ['Pacific/Apia', '2011-12-30'],
];

const clock = fc
  .integer({ min: 0, max: 1439 })
  .map((minutes) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`);
const limitsGiven: fc.Arbitrary<FrequencyLimits> = fc.record(
  {
    max_per_day: fc.integer({ min: 1, max: 3 }),
    min_spacing_minutes: fc.integer({ min: 1, max: 600 }),
    quiet_hours: fc.record({ from: clock, to: clock }),
    weekdays: fc.subarray([...WEEKDAYS], { minLength: 6 }),
  },
  { requiredKeys: [] },
);
const near = fc.integer({ min: -86_400, max: 86_400 });

test('the next allowed instant is allowed, not earlier, and the first one', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CHANGES),
      limitsGiven,
      near,
      fc.array(near, { maxLength: 6 }),
      ([zone, day], limits, start, others) => {
        const instant = (seconds: number) => toInstant(epochOf(`${day}T12:00:00Z`) + seconds * 1000);
        const at = instant(start);
        const sent = others.map(instant);
        const next = nextAllowed(limits, zone, sent, at);
        expect(next >= at).toBe(true);
        expect(frequencyProblem(limits, zone, sent, next)).toBeUndefined();
        for (let earlier = epochOf(at); earlier < epochOf(next); earlier += MINUTE)
          expect(frequencyProblem(limits, zone, sent, toInstant(earlier)), toInstant(earlier)).toBeDefined();
      },
    ),
    { numRuns: 30, seed: 20261123 },
  );
});
