import { upperFirst, withCaseOf } from './case.ts';
import { actionOf, flagAt, pairsAt, textAt, textsAt, type ValeRule } from './definition.ts';
import { exceptionsOf } from './exceptions.ts';
import { isWordRule } from './existence.ts';
import type { Compile, Hit } from './matcher.ts';
import { quotedList } from './message.ts';
import { Pattern, textOf, withoutGroups } from './pattern.ts';

interface Swap {
  readonly from: string;
  readonly to: string;
}

/** Longer keys first, so that they win over keys that they begin with. */
const swapsOf = (rule: ValeRule): Swap[] =>
  pairsAt(rule, 'swap')
    .map(([from, to]) => ({ from, to }))
    .toSorted((a, b) => b.from.length - a.from.length);

/** a|b -> a, b; \| is a bar. */
const optionsOf = (replacement: string): string[] =>
  [...replacement.matchAll(/(?:\\\||[^|])+/g)].map(([option]) => option.replaceAll('\\|', '|'));

/** A rule of twice '%s' is told a list that has its quotes already. */
const withOwnQuotes = (message: string): string =>
  ["'%s'", '"%s"'].reduce(
    (text, quoted) => (text.split(quoted).length === 3 ? text.replace(quoted, '%s') : text),
    message,
  );

/** Without the action replace, the value may be a pattern of forms that are right. */
function isAccepted(expected: string, observed: string): boolean {
  if (expected === observed) return true;
  if (/^[\w\s]*$/.test(expected)) return false;
  try {
    return new Pattern(`^(?:${expected})$`).test(textOf(observed));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

/** Reports each key of swap that is found, with the value that should stand there. */
export const substitution: Compile = (rule, { accept }) => {
  const swaps = swapsOf(rule);
  const flags = flagAt(rule, 'ignorecase') ? '(?i)' : '';
  const either = `(?:${swaps.map(({ from }) => `(${withoutGroups(from)})`).join('|')})`;
  const pattern = new Pattern(`${flags}(?m)${isWordRule(rule) ? `\\b${either}\\b` : either}`);
  const exceptions = exceptionsOf([...textsAt(rule, 'exceptions'), ...(flagAt(rule, 'vocab', true) ? accept : [])]);
  const action = actionOf(rule);
  const followsCase = flagAt(rule, 'matchcase');
  const capitalizes = flagAt(rule, 'capitalize');

  const cased = (text: string, observed: string): string => {
    if (followsCase) return withCaseOf(observed, text);
    return capitalizes && observed === upperFirst(observed) ? upperFirst(text) : text;
  };
  const expectedFor = ({ from, to }: Swap, observed: string): string =>
    /\$\{?\d/.test(to) ? new Pattern(flags + from).replace(textOf(observed), to) : to;

  /** Where a capital stood, a capital stands, unless the rule finds that wrong too. */
  const replacements = (options: readonly string[], observed: string): string[] =>
    options.map((option) => {
      if (observed !== upperFirst(observed) || option.toLowerCase() === observed.toLowerCase()) return option;
      const capital = upperFirst(option);
      return pattern.test(textOf(capital)) ? option : capital;
    });

  const hitOf = (swap: Swap, observed: string, span: readonly [number, number]): Hit | undefined => {
    const expected = expectedFor(swap, observed);
    if (action?.name !== 'replace') {
      const shown = cased(expected, observed);
      return isAccepted(shown, observed) ? undefined : { span, args: [shown, observed] };
    }
    const options = (action.params.length > 0 ? action.params : optionsOf(expected)).map((one) => cased(one, observed));
    if (options.includes(observed)) return undefined;
    const message = withOwnQuotes(textAt(rule, 'message'));
    return {
      span,
      message,
      args: [message === textAt(rule, 'message') ? options.join(' or ') : quotedList(options), observed],
      replacements: replacements(options, observed),
    };
  };

  return () => (view) =>
    pattern.matches(view).flatMap(({ start, end, text, groups }) => {
      const swap = swaps[groups.findIndex((group) => group !== undefined)];
      const hit = swap && !exceptions.allow(view, [start, end]) ? hitOf(swap, text, [start, end]) : undefined;
      return hit ?? [];
    });
};
