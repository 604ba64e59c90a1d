import { expect, test } from 'vitest';
import { matchesIn } from './matches.ts';

test('all matches are found with their places and groups, each time anew', () => {
  const pattern = /(\p{L})\p{N}/gu;
  const places = (text: string) =>
    matchesIn(text, pattern).map(({ 0: found, 1: letter, index }) => [found, letter, index]);
  expect(places('a1 and b2')).toEqual([
    ['a1', 'a', 0],
    ['b2', 'b', 7],
  ]);
  expect(places('b2')).toEqual([['b2', 'b', 0]]);
  expect(places('none')).toEqual([]);
  expect(pattern.lastIndex).toBe(0);
});
