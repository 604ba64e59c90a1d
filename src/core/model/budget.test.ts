import { expect, test } from 'vitest';
import type { TokenUsage } from '../../generated/entities.ts';
import { gaveUp, shortageOf, usageFile } from './budget.ts';

const moment = { now: '2026-11-24T12:00:00Z', run: 'now', zone: 'Europe/Berlin' };
const line = (changed: Partial<TokenUsage>): TokenUsage => ({
  status: 'booked',
  at: '2026-11-24T08:00:00Z',
  run: 'before',
  asset: 'post',
  model: 'm',
  tokens: 1000,
  ...changed,
});

test('what fits to the last token may be asked for', () => {
  expect(shortageOf({ tokens_per_day: 3000 }, [line({ tokens: 1000 })], { tokens: 2000 }, moment)).toBeUndefined();
  expect(shortageOf({ tokens_per_day: 3000 }, [line({ tokens: 1001 })], { tokens: 2000 }, moment)).toEqual({
    why: 'budget.tokens_per_day is 3000, 1001 of it used, and writing it may take 2000',
    until: '2026-11-24T23:00:00Z',
  });
});

test('a day begins at midnight in the zone of the workspace', () => {
  const usage = [line({ at: '2026-11-23T22:59:00Z', tokens: 5000 }), line({ at: '2026-11-23T23:00:00Z', tokens: 700 })];
  expect(shortageOf({ tokens_per_day: 1000 }, usage, { tokens: 301 }, moment)?.why).toContain('700 of it used');
  expect(shortageOf({ tokens_per_day: 1000 }, usage, { tokens: 300 }, moment)).toBeUndefined();
});

test('what was reserved and never booked counts as used, and so does what comes from the future', () => {
  const usage = [line({ status: 'reserved' }), line({ at: '2027-01-01T00:00:00Z' })];
  expect(shortageOf({ tokens_per_day: 2000 }, usage, { tokens: 1 }, moment)?.why).toContain('2000 of it used');
});

test('what never fits is not said to fit tomorrow', () => {
  expect(shortageOf({ tokens_per_day: 100 }, [], { tokens: 101 }, moment)).not.toHaveProperty('until');
});

test('a run has a budget of its own', () => {
  const budget = { tokens_per_day: 9000, tokens_per_run: 1500 };
  expect(shortageOf(budget, [line({})], { tokens: 1500 }, moment)).toBeUndefined();
  expect(shortageOf(budget, [line({ run: 'now' })], { tokens: 501 }, moment)?.why).toContain(
    'budget.tokens_per_run is 1500',
  );
});

test('money counts by the month, and waits for the next one', () => {
  const budget = { tokens_per_day: 90_000, cost_per_month: '5' };
  const usage = [
    line({ at: '2026-10-31T22:00:00Z', cost: '4.9', currency: 'EUR' }),
    line({ at: '2026-11-02T08:00:00Z', cost: '4.5', currency: 'EUR' }),
  ];
  const asked = { tokens: 10, currency: 'EUR' };
  expect(shortageOf(budget, usage, { ...asked, cost: '0.5' }, moment)).toBeUndefined();
  expect(shortageOf(budget, usage, { ...asked, cost: '0.500001' }, moment)).toEqual({
    why: 'budget.cost_per_month is 5 EUR, 4.5 of it used, and writing it may cost 0.500001',
    until: '2026-11-30T23:00:00Z',
  });
  expect(shortageOf(budget, [], { ...asked, cost: '1' }, { ...moment, now: '2026-12-31T12:00:00Z' })).toBeUndefined();
});

test('what nobody can add up is not spent any further', () => {
  const budget = { tokens_per_day: 90_000, cost_per_month: '5' };
  expect(shortageOf(budget, [], { tokens: 10 }, moment)?.why).toContain('nobody said what tokens cost');
  const asked = { tokens: 10, cost: '0.1', currency: 'EUR' };
  expect(shortageOf(budget, [line({})], asked, moment)?.why).toContain('run before used has no cost in EUR');
  expect(shortageOf(budget, [line({ cost: '1', currency: 'USD' })], asked, moment)?.why).toContain('no cost in EUR');
  expect(shortageOf(budget, [line({ tokens: 0 })], asked, moment)).toBeUndefined();
});

test('an asset is given up for this run when its last call brought nothing', () => {
  const usage = [line({ run: 'now', outcome: 'accepted' }), line({ run: 'now', outcome: 'failed' })];
  expect(gaveUp(usage, 'now', 'post')).toBe(true);
  expect(gaveUp(usage.toReversed(), 'now', 'post')).toBe(false);
  expect(gaveUp(usage, 'later', 'post')).toBe(false);
  expect(gaveUp([line({ run: 'now', status: 'reserved' })], 'now', 'post')).toBe(false);
});

test('a run that has nothing to tell has no file', () => {
  expect(usageFile([])).toBeNull();
  expect(usageFile([line({}), line({})])?.split('\n')).toHaveLength(3);
});
