import { type Cased, type CaseOptions, sentenceCase, titleCase } from './case.ts';
import { flagAt, numberAt, textAt, textsAt, type ValeRule } from './definition.ts';
import { exceptionsOf } from './exceptions.ts';
import type { Compile } from './matcher.ts';
import { Pattern } from './pattern.ts';
import type { View } from './views.ts';

const ENOUGH = 0.8;

/** undefined: the text is right; else how it should be. */
type Check = (view: View) => string | undefined;

function checkOf(rule: ValeRule, options: CaseOptions): Check {
  const match = textAt(rule, 'match');
  const { exceptions } = options;
  const enough = numberAt(rule, 'threshold') ?? ENOUGH;
  const unless = (isRight: boolean, view: View, expected: string): string | undefined =>
    isRight || exceptions?.test(view) ? undefined : expected;
  const judged = ({ expected, share, firstIsRight }: Cased): string | undefined =>
    share > enough && firstIsRight ? undefined : expected;
  if (match === '$sentence') return ({ text }) => judged(sentenceCase(text, options));
  if (match === '$title') {
    const style = textAt(rule, 'style') === 'Chicago' ? 'Chicago' : 'AP';
    return ({ text }) => judged({ ...titleCase(text, style, options), firstIsRight: true });
  }
  if (match === '$lower') return (view) => unless(view.text === view.text.toLowerCase(), view, view.text.toLowerCase());
  if (match === '$upper') return (view) => unless(view.text === view.text.toUpperCase(), view, view.text.toUpperCase());
  const pattern = new Pattern(match);
  return (view) => unless(pattern.test(view), view, match);
}

/** Checks how a text as a whole is capitalized. */
export const capitalization: Compile = (rule, { accept }) => {
  const { pattern } = exceptionsOf([...textsAt(rule, 'exceptions'), ...(flagAt(rule, 'vocab', true) ? accept : [])]);
  const check = checkOf(rule, {
    exceptions: pattern,
    indicators: textsAt(rule, 'indicators'),
    prefix: textAt(rule, 'prefix'),
  });
  return () => (view) => {
    const expected = check(view);
    return expected === undefined
      ? []
      : [{ span: [0, view.text.length] as const, args: [view.text, expected], replacements: [] }];
  };
};
