import { expect, test } from 'vitest';
import { typeScale } from './type-scale.ts';

test('sizes stand in the ratio of the brand, 1.25 when it names none', () => {
  expect(typeScale({})).toEqual(typeScale({ scale: 1.25 }));
  expect(typeScale({})).toMatchObject({ base: '1.0625rem', lead: '1.1879rem', h2: '2.0752rem', h1: '3.467rem' });
});

test.each([1.1, 1.2, 1.25, 1.333, 1.5])('with a ratio of %f each heading is larger than what is below it', (scale) => {
  const size = (name: keyof ReturnType<typeof typeScale>): number => Number.parseFloat(typeScale({ scale })[name]);
  expect(size('small')).toBeGreaterThanOrEqual(0.8125);
  expect(size('h1')).toBeLessThanOrEqual(4);
  expect(size('h1')).toBeGreaterThan(size('h2'));
  expect(size('h2')).toBeGreaterThan(size('h3'));
  expect(size('h1Phone')).toBeGreaterThan(size('h2Phone'));
  expect(size('h2Phone')).toBeGreaterThan(size('h3'));
  expect(size('lead')).toBeGreaterThan(size('base'));
});
