import { flagAt, numberAt, textAt } from './definition.ts';
import type { Compile, Span } from './matcher.ts';
import { Pattern } from './pattern.ts';

/** Counts matches in each text; what a reader does not see counts against max only. */
export const occurrence: Compile = (rule) => {
  const pattern = new Pattern(`${flagAt(rule, 'ignorecase') ? '(?i)' : ''}(?:${textAt(rule, 'token')})`);
  const max = numberAt(rule, 'max') ?? 0;
  const min = numberAt(rule, 'min') ?? 0;
  return () => (view) => {
    const found = pattern.matches(view);
    const isTooMany = max > 0 && found.length > max;
    const isTooFew = min > 0 && found.length < min && view.visible;
    if (!isTooMany && !isTooFew) return [];
    const counted = found.filter(({ text }) => text.trim() !== '').map(({ start, end }): Span => [start, end]);
    return [{ span: counted[0], counted, args: [String(found.length)] }];
  };
};
