import { flagAt, pairsAt } from './definition.ts';
import { isWordRule } from './existence.ts';
import type { Compile } from './matcher.ts';
import { Pattern, withoutGroups } from './pattern.ts';

/** Reports the form of a pair that a file did not use first, once in each text. */
export const consistency: Compile = (rule) => {
  const flags = flagAt(rule, 'ignorecase') ? '(?i)(?m)' : '(?m)';
  const pairs = pairsAt(rule, 'either').map(([one, other]) => {
    const either = `(?:(${withoutGroups(one)})|(${withoutGroups(other)}))`;
    return new Pattern(flags + (isWordRule(rule) ? `\\b${either}\\b` : either));
  });
  return () => {
    /** Pair -> which of its groups came first. */
    const first = new Map<Pattern, number>();
    return (view) =>
      pairs.flatMap((pattern) => {
        for (const { start, end, groups } of pattern.matches(view)) {
          const form = groups.findIndex((group) => group !== undefined);
          if (!first.has(pattern)) first.set(pattern, form);
          else if (first.get(pattern) !== form) return [{ span: [start, end] as const }];
        }
        return [];
      });
  };
};
