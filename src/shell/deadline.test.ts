import { expect, test } from 'vitest';
import { DeadlineExceeded } from '../core/errors.ts';
import { deadlineOf } from './deadline.ts';

const within = deadlineOf(200);
const hostile = `${'a'.repeat(40)}!`;

test('work that ends in time gives its result, and an error of its own stays what it is', () => {
  expect(within(() => 6 * 7)).toBe(42);
  expect(() =>
    within(() => {
      throw new RangeError('no such rule');
    }),
  ).toThrow(RangeError);
});

test.each<[string, () => unknown]>([
  ['a match', () => /^(a+)+$/.test(hostile)],
  ['a replacement', () => hostile.replace(/(a|aa)+$/g, '')],
  [
    'a search that catches whatever is thrown',
    () => {
      try {
        return /^(a|a?)+$/.test(hostile);
      } catch {
        return false;
      }
    },
  ],
])('%s that would take years ends at the deadline', (_what, work) => {
  expect(() => within(work)).toThrow(DeadlineExceeded);
});

test('a deadline inside a deadline leaves the outer one intact', () => {
  expect(within(() => [within(() => 'inner'), 'outer'])).toEqual(['inner', 'outer']);
});
