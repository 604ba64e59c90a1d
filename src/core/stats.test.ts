import { expect, test } from 'vitest';
import { shrunkRate, wilson } from './stats.ts';

test('the Wilson interval of 10 in 100 agrees with published values', () => {
  expect(wilson(10, 100)).toEqual({ rate: 0.1, low: 0.055229, high: 0.174366 });
});

test('the interval stays inside 0 and 1 at the ends', () => {
  expect(wilson(0, 20)).toEqual({ rate: 0, low: 0, high: 0.161125 });
  expect(wilson(20, 20)).toEqual({ rate: 1, low: 0.838875, high: 1 });
});

test('more successes than trials is refused', () => {
  expect(() => wilson(3, 2)).toThrow(RangeError);
});

test('without trials a rate is the pooled one', () => {
  expect(shrunkRate(0, 0, 0.25)).toBe(0.25);
  expect(shrunkRate(30, 100, 0.1)).toBeCloseTo(0.2);
});
