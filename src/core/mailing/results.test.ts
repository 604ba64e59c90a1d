import { expect, test } from 'vitest';
import { resultLines, resultsOf, slices, withoutAddresses } from './results.ts';

const FILING = { run: 'one', at: '2026-11-24T12:00:00Z', secret: '0'.repeat(16) };

test('whoever the channel does not name, or names twice in different ways, is in doubt', () => {
  const results = resultsOf(
    ['a', 'b', 'c'],
    [
      { recipient: 'a', state: 'sent' },
      { recipient: 'b', state: 'sent' },
      { recipient: 'b', state: 'refused' },
      { recipient: 'stranger', state: 'sent' },
    ],
  );
  const inDoubt = results.filter(({ state }) => state === 'in_doubt').flatMap(({ recipients }) => recipients);
  expect(inDoubt).toEqual(['b', 'c']);
  expect(results.find(({ state }) => state === 'sent')?.recipients).toEqual(['a']);
});

test('what a server says is filed without the addresses that it quotes', () => {
  expect(withoutAddresses('550 5.1.1 <ada@example.com>: no such user\r\nsee rfc')).toBe(
    '550 5.1.1 <<address>>: no such user see rfc',
  );
});

test('what was put off twice before is refused with the reason, and counts as a try until then', () => {
  const results = [{ state: 'deferred' as const, because: '451 greylisted', recipients: ['b', 'a'] }];
  const lines = resultLines(FILING, results, (person) => (person === 'a' ? 2 : 0));
  expect(lines).toEqual([
    { state: 'refused', ...FILING, recipients: ['a'], because: 'put off 3 times, at last: 451 greylisted' },
    { state: 'released', ...FILING, recipients: ['b'], because: '451 greylisted' },
  ]);
});

test('of very many reasons only some are told apart, so that a file does not grow with what servers say', () => {
  const results = Array.from({ length: 500 }, (_, index) => ({
    state: 'refused' as const,
    because: `550 id=${index}`,
    recipients: [`person-${index}`],
  }));
  const lines = resultLines(FILING, results, () => 0);
  expect(lines.length).toBeLessThan(25);
  expect(lines.flatMap(({ recipients }) => recipients)).toHaveLength(500);
});

test('slices keep the order and fill up all but the last', () => {
  expect(slices([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(slices([], 2)).toEqual([]);
});
