import { expect, test } from 'vitest';
import { amountOf, costOf, micros, tokensOf } from './cost.ts';

const price = { input_per_million: '0.15', output_per_million: '0.6', currency: 'USD', as_of: '2026-11-01' };

test('money is counted in millionths, without a fraction getting lost', () => {
  expect(['0.15', '12', '0.000001', '3.1000'].map(micros)).toEqual([150_000, 12_000_000, 1, 3_100_000]);
  expect([150_000, 12_000_000, 1, 0].map(amountOf)).toEqual(['0.15', '12', '0.000001', '0']);
});

test('a call costs its prompt and its answer, rounded up', () => {
  expect(costOf({ prompt: 1_000_000, cached: 0, completion: 1_000_000 }, price)).toBe(750_000);
  expect(costOf({ prompt: 1, cached: 0, completion: 0 }, price)).toBe(1);
});

test('tokens from a cache cost their own price, or that of all others', () => {
  const used = { prompt: 1_000_000, cached: 1_000_000, completion: 0 };
  expect(costOf(used, price)).toBe(150_000);
  expect(costOf(used, { ...price, cached_input_per_million: '0.05' })).toBe(50_000);
});

test('without a price there is no cost, not even none', () => {
  expect(costOf({ prompt: 10, cached: 0, completion: 10 }, undefined)).toBeUndefined();
});

test('a text is rather taken for longer than for shorter, in any script', () => {
  expect(tokensOf('Entries made without a signal are kept for 30 days.')).toBe(17);
  expect(tokensOf('信号のない場所での記録')).toBe(11);
});
