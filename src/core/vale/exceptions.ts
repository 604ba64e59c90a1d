import { Pattern, type Text, textOf } from './pattern.ts';

const longestFirst = (a: string, b: string): number => b.length - a.length || (a < b ? -1 : 1);

/** Terms of which any may be found, words as a whole; undefined without terms. */
export const wordsPattern = (terms: readonly string[], flags = '(?m)'): Pattern | undefined =>
  terms.length === 0 ? undefined : new Pattern(`${flags}\\b(?:${terms.toSorted(longestFirst).join('|')})\\b`);

/** What a rule lets pass: its own exceptions and the accepted words. */
export interface Exceptions {
  /** Case matters. */
  readonly pattern: Pattern | undefined;
  /** Whether words that were found hold an exception, or stand within one of several words. */
  allow(view: Text, span: readonly [number, number]): boolean;
}

export function exceptionsOf(terms: readonly string[]): Exceptions {
  const pattern = wordsPattern(terms.map((term) => (term.startsWith('(?i)') ? term : `(?-i)${term}`)));
  const phrases = wordsPattern(
    terms.filter((term) => /\s|\\s/.test(term)),
    '(?i)',
  );
  return {
    pattern,
    allow(view, [start, end]) {
      if (pattern?.test(textOf(view.text.slice(start, end).trim()))) return true;
      return phrases?.matches(view).some((phrase) => start >= phrase.start && end <= phrase.end) ?? false;
    },
  };
}
