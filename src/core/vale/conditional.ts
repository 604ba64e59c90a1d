import { flagAt, textAt, textsAt } from './definition.ts';
import { exceptionsOf } from './exceptions.ts';
import type { Compile } from './matcher.ts';
import { Pattern, withoutGroups } from './pattern.ts';

/** What `first` finds must have stood in a group of `second`; without a group, `second` must be in the same text. */
export const conditional: Compile = (rule, { accept }) => {
  const flags = flagAt(rule, 'ignorecase') ? '(?i)' : '';
  const first = new Pattern(flags + textAt(rule, 'first'));
  const second = new Pattern(flags + textAt(rule, 'second'));
  const hasGroup = withoutGroups(textAt(rule, 'second')) !== textAt(rule, 'second');
  const exceptions = exceptionsOf([...textsAt(rule, 'exceptions'), ...(flagAt(rule, 'vocab', true) ? accept : [])]);
  return () => {
    const defined = new Set<string>();
    return (view) => {
      // What a reader does not see explains nothing.
      const explained = view.visible ? second.matches(view) : [];
      if (!hasGroup && explained.length > 0) return [];
      for (const { groups } of explained) for (const group of groups) if (group) defined.add(group);
      return first
        .matches(view)
        .filter(({ text }) => !defined.has(text))
        .map(({ start, end }) => ({ span: [start, end] as const }))
        .filter(({ span }) => !exceptions.allow(view, span));
    };
  };
};
