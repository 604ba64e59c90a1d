import { expect, test } from 'vitest';
import { brokenCaps, type Counted, type Level } from './limits.ts';

const place = { campaign: 'spring', brand: 'acme', channel: 'feed' };
const level = (limits: Partial<Level>): Level[] => [
  { name: 'channel feed', zone: 'Europe/Berlin', cap: Infinity, spacing: 0, counts: () => true, ...limits },
];
const publication = (key: string, decided: string, at = decided): Counted => ({
  ...place,
  key,
  attempt: 1,
  decided,
  at,
});
const rulesOf = (one: Counted, others: readonly Counted[], limits: Partial<Level>): string[] =>
  brokenCaps(one, others, level(limits), level(limits)).map(({ rule }) => rule);

const NOON = '2027-12-25T11:00:00Z';
const LATER = '2027-12-25T13:00:00Z';
const NEXT_DAY = '2027-12-27T16:00:00Z';

test('one more than the cap is found on the day of its zone, and the cap itself is not', () => {
  expect(rulesOf(publication('b', LATER), [publication('a', NOON)], { cap: 1 })).toEqual(['caps/exceeded']);
  expect(rulesOf(publication('b', LATER), [publication('a', NOON)], { cap: 2 })).toEqual([]);
  expect(rulesOf(publication('b', NEXT_DAY), [publication('a', NOON)], { cap: 1 })).toEqual([]);
});

test('too little time between two is found', () => {
  expect(rulesOf(publication('b', LATER), [publication('a', NOON)], { spacing: 180 })).toEqual(['caps/spacing']);
  expect(rulesOf(publication('b', LATER), [publication('a', NOON)], { spacing: 120 })).toEqual([]);
});

test('what was decided on another day than that of the run which settled it accuses nobody', () => {
  const settled = publication('b', NEXT_DAY, LATER);
  expect(rulesOf(settled, [publication('a', NOON)], { cap: 1, spacing: 180 })).toEqual([]);
  expect(rulesOf(publication('a', NOON), [settled], { cap: 1, spacing: 180 })).toEqual([]);
});
