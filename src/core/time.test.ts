import { expect, test } from 'vitest';
import { addDays, civilDay, instantOf, nextDay, occurrencesAround, startOfDay } from './time.ts';

const at = (text: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[-T:]/).map(Number);
  return { year, month, day, hour, minute };
};

test.each([
  ['an ordinary hour', '2026-11-23T09:00', 'Europe/Berlin', '2026-11-23T08:00:00Z'],
  ['an hour that occurs twice is its first occurrence', '2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z'],
  ['a skipped hour is the first instant after the gap', '2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['a skipped hour west of Greenwich', '2026-03-08T02:30', 'America/New_York', '2026-03-08T07:00:00Z'],
  ['a zone that shifts by half an hour', '2026-10-04T02:15', 'Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['a zone with a quarter hour', '2026-11-23T09:00', 'Asia/Kathmandu', '2026-11-23T03:15:00Z'],
])('civil time to instant: %s', (_, civil, zone, instant) => {
  expect(instantOf(at(civil), zone)).toBe(instant);
});

test('a day begins after the gap where midnight is skipped', () => {
  expect(startOfDay('2026-03-29', 'Asia/Beirut')).toBe('2026-03-28T22:00:00Z');
});

test('the civil day follows the zone, not UTC', () => {
  expect(civilDay('2026-11-23T23:30:00Z', 'Europe/Berlin')).toBe('2026-11-24');
  expect(nextDay('2026-11-23T23:30:00Z', 'Europe/Berlin')).toBe('2026-11-24T23:00:00Z');
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
});

const WEEKLY = ['mon 09:00', 'wed 09:00', 'fri 09:00'];
test.each([
  ['2026-11-23T07:59:59Z', '2026-11-20T09:00[Europe/Berlin]', '2026-11-23T09:00[Europe/Berlin]'],
  ['2026-11-23T08:00:00Z', '2026-11-23T09:00[Europe/Berlin]', '2026-11-25T09:00[Europe/Berlin]'],
  ['2026-11-22T23:59:59Z', '2026-11-20T09:00[Europe/Berlin]', '2026-11-23T09:00[Europe/Berlin]'],
])('at %s the latest slot is %s and the next %s', (now, latest, next) => {
  expect(occurrencesAround(WEEKLY, 'Europe/Berlin', now).map(({ slot }) => slot)).toEqual([latest, next]);
});

test('a weekly time in the repeated hour has one occurrence', () => {
  const slots = ['2026-10-25T00:29:00Z', '2026-10-25T00:31:00Z', '2026-10-25T01:31:00Z'].map(
    (now) => occurrencesAround(['sun 02:30'], 'Europe/Berlin', now)[0].slot,
  );
  expect(slots).toEqual([
    '2026-10-18T02:30[Europe/Berlin]',
    '2026-10-25T02:30[Europe/Berlin]',
    '2026-10-25T02:30[Europe/Berlin]',
  ]);
});
