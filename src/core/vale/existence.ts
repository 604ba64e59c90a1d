import { flagAt, textsAt, type ValeRule } from './definition.ts';
import { exceptionsOf } from './exceptions.ts';
import type { Compile } from './matcher.ts';
import { Pattern } from './pattern.ts';

export const isWordRule = (rule: ValeRule): boolean => !flagAt(rule, 'nonword');

const tokensOf = (rule: ValeRule): string[] => textsAt(rule, 'tokens').filter((token) => token.trim() !== '');

function sourceOf(rule: ValeRule, tokens: readonly string[]): string {
  const either = `(?:${tokens.join('|')})`;
  const words = isWordRule(rule) && tokens.length > 0 ? `(?m)\\b${either}\\b` : `(?m)${either}`;
  const raw = textsAt(rule, 'raw').join('');
  const flags = flagAt(rule, 'ignorecase') ? '(?i)' : '';
  return flagAt(rule, 'append') ? flags + words + raw : flags + raw + words;
}

/** Reports each match. Without anything to look for, it looks for the words that the vocabulary rejects. */
export const existence: Compile = (rule, { accept, reject }) => {
  const own = tokensOf(rule);
  const isEmpty = own.length === 0 && textsAt(rule, 'raw').length === 0;
  const tokens = isEmpty ? reject : own;
  if (isEmpty && tokens.length === 0) return () => () => [];
  const pattern = new Pattern(sourceOf(rule, tokens));
  const knowsVocabulary = flagAt(rule, 'vocab', true) && isWordRule(rule);
  const exceptions = exceptionsOf([...textsAt(rule, 'exceptions'), ...(knowsVocabulary ? accept : [])]);
  return () => (view) =>
    pattern
      .matches(view)
      .map(({ start, end }) => ({ span: [start, end] as const }))
      .filter(({ span }) => !exceptions.allow(view, span));
};
