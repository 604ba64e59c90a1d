/** Regular expressions in params of rules: in the dialect of Vale's rules, ignoring case. */
import { type Match, Pattern, textOf } from './vale/pattern.ts';

export interface TextPattern {
  test(text: string): boolean;
  /** All matches but empty ones. */
  find(text: string): Match[];
}

const known = new Map<string, TextPattern>();

/** @throws SyntaxError */
export function patternOf(source: string): TextPattern {
  const made = known.get(source);
  if (made) return made;
  const pattern = new Pattern(`(?i)${source}`);
  const fresh: TextPattern = {
    test: (text) => pattern.test(textOf(text)),
    find: (text) => pattern.matches(textOf(text)),
  };
  known.set(source, fresh);
  return fresh;
}

/** What is wrong with patterns, one line each. */
export const patternProblems = (sources: readonly string[]): string[] =>
  sources.flatMap((source) => {
    try {
      return patternOf(source).test('') ? [`pattern ${JSON.stringify(source)} matches the empty text`] : [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return [`pattern ${JSON.stringify(source)} does not compile: ${error.message}`];
    }
  });
