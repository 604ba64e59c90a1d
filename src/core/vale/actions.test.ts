import { expect, test } from 'vitest';
import { actionProblems, replacementOf, safeFix } from './actions.ts';

const edit = (...params: string[]) => ({ name: 'edit', params });
const fixed = (action: { name: string; params: string[] }, found: string) =>
  safeFix('existence', replacementOf(action, found));

test('signs and spaces may be mended, and what surrounds them stays', () => {
  expect(fixed(edit('trim', ' '), ' — ')).toEqual({ from: ' — ', to: '—' });
  expect(fixed(edit('trim_right', '!'), 'great! ')).toEqual({ from: 'great!', to: 'great' });
  expect(fixed(edit('regex', '(\\w)-(\\w)', '$1 $2'), 'highly-rated')).toEqual({
    from: 'highly-rated',
    to: 'highly rated',
  });
  expect(fixed({ name: 'remove', params: [] }, '...')).toEqual({ from: '...', to: '' });
});

test('a word that the rule does not name is never lost', () => {
  expect(fixed({ name: 'remove', params: [] }, 'end.  The')).toBeUndefined();
  expect(fixed(edit('trim_right', '(s)'), 'keys(s)')).toBeUndefined();
  expect(safeFix('substitution', { from: 'pilots', options: ['pilot(s)'] })).toBeUndefined();
  expect(safeFix('substitution', { from: 'seller', options: ['salesperson or sales people'] })).toBeUndefined();
  expect(safeFix('substitution', { from: 'kill', options: ['stop', 'exit'] })).toBeUndefined();
});

test('an action that cannot be carried out is told', () => {
  expect(actionProblems({ name: 'explode', params: [] })).toEqual([
    'action explode is not known, expected one of replace, remove, edit, suggest, convert',
  ]);
  expect(actionProblems(edit('trim'))).toEqual(['edit trim takes 1 params, not 0']);
  expect(actionProblems(edit('turn', 'x'))).toEqual([
    'edit turn is not known, expected one of regex, trim, trim_left, trim_right, truncate, split',
  ]);
});
