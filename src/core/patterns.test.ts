import { expect, test } from 'vitest';
import { patternOf, patternProblems } from './patterns.ts';

test('a word of any script has edges', () => {
  expect(patternOf('\\bübung\\b').test('Die Übung.')).toBe(true);
  expect(patternOf('\\bübung\\b').test('Die Übungen.')).toBe(false);
});

test('case is ignored, whether the pattern says so or not', () => {
  expect(patternOf('(?i)impressum').test('IMPRESSUM')).toBe(true);
  expect(patternOf('impressum').find('Das Impressum')).toMatchObject([{ text: 'Impressum', start: 4, end: 13 }]);
});

test('a pattern that does not compile, or that everything matches, is a problem', () => {
  expect(patternProblems(['fine', '(', 'x*'])).toEqual([
    'pattern "(" does not compile: a group is not closed',
    'pattern "x*" matches the empty text',
  ]);
});
