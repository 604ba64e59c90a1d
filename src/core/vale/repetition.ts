import { flagAt, numberAt, textsAt } from './definition.ts';
import { exceptionsOf } from './exceptions.ts';
import type { Compile, Hit } from './matcher.ts';
import { type Match, Pattern } from './pattern.ts';
import { sentencesOf } from './views.ts';

/** Reports neighbours that are the same, within one sentence. */
export const repetition: Compile = (rule, { accept, locale }) => {
  const ignoresCase = flagAt(rule, 'ignorecase');
  const pattern = new Pattern(`${ignoresCase ? '(?i)' : ''}(${textsAt(rule, 'tokens').join('|')})`);
  const exceptions = exceptionsOf([...textsAt(rule, 'exceptions'), ...(flagAt(rule, 'vocab', true) ? accept : [])]);
  const lettersOnly = flagAt(rule, 'alpha');
  const max = numberAt(rule, 'max') ?? 0;
  const keyOf = ({ text }: Match): string => (ignoresCase ? text.trim().toLowerCase() : text.trim());
  const isSame = (a: Match, b: Match): boolean =>
    keyOf(a) === keyOf(b) && keyOf(a) !== '' && (!lettersOnly || /^[\p{L}\p{M}]+$/u.test(keyOf(a)));

  return () => (view) => {
    const hits: Hit[] = [];
    let before: Match | undefined;
    let count = 0;
    for (const match of pattern.matches(view)) {
      const span = [before?.start ?? 0, match.end] as const;
      if (before && isSame(before, match)) {
        count += 1;
        const isOneSentence = (): boolean => sentencesOf(view.text.slice(...span), locale).length === 1;
        if (count > max && isOneSentence() && !exceptions.allow(view, span)) {
          hits.push({ span, args: [match.text.trim()], replacements: [before.text.trim()] });
          count = 0;
        }
      }
      before = match;
    }
    return hits;
  };
};
