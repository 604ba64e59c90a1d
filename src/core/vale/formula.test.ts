import { expect, test } from 'vitest';
import { formulaOf } from './formula.ts';

const value = (source: string): number =>
  formulaOf(source, ['words', 'sentences', 'heading_h2'])({ words: 20, sentences: 4, heading_h2: 3 });

test.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['-words / sentences', -5],
  ['10 - 2 - 3', 5],
  ['math.sqrt(words * 5)', 10],
  ['math.max(1, 2, words)', 20],
  ['heading.h2 % 2', 1],
  ['words > 10 && !(sentences >= 5)', 1],
  ['words == 1 || sentences != 4', 0],
  ['words > 10 ? 1.5e1 : .5', 15],
])('%s is %d', (source, expected) => {
  expect(value(source)).toBe(expected);
});

test.each([
  ['wordz', 'formula uses wordz, expected one of words, sentences, heading_h2'],
  ['(1', 'formula misses a )'],
  ['1 +', 'formula ends too early'],
  ['1 2', 'formula goes on after its end'],
  ['1 $ 2', 'formula makes no sense at "$ 2"'],
  ['os.exit(1)', 'formula uses os.exit(), expected one of abs, ceil'],
])('%s is refused', (source, message) => {
  expect(() => value(source)).toThrow(message);
});
