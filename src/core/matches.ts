/**
 * All matches of a pattern. String.matchAll copies the pattern each time, which takes longer than to see that a short
 * text has no match; and most have none.
 *
 * @param pattern  global
 */
export const matchesIn = (text: string, pattern: RegExp): RegExpExecArray[] =>
  text.search(pattern) < 0 ? [] : [...text.matchAll(pattern)];
