import { expect, test } from 'vitest';
import { randomOf } from './random.ts';

test('chance comes from the seed alone', () => {
  const draw = (seed: number): number[] => {
    const random = randomOf('x', seed);
    return Array.from({ length: 4 }, () => random.whole(1, 100));
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test('counts of rare things have the mean that was asked for', () => {
  const random = randomOf('mean');
  const counts = Array.from({ length: 2_000 }, () => random.poisson(12));
  expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeCloseTo(12, 0);
});
