import { flagAt, numberAt, stepsAt, textAt, textsAt, type ValeRule } from './definition.ts';
import type { Compile, Hit } from './matcher.ts';
import { type Match, Pattern, textOf } from './pattern.ts';

interface Step {
  /** undefined: any word. */
  readonly pattern: Pattern | undefined;
  readonly isNegated: boolean;
  /** How many words may stand before it. */
  readonly skip: number;
}

const STEP_KEYS = ['pattern', 'skip', 'negate'];

/** What a token asks for that takes a tagger of parts of speech, or that is not known. */
export const stepProblems = (rule: ValeRule): string[] =>
  stepsAt(rule, 'tokens').flatMap((step, index) => {
    const tagged = ['tag', 'upos'].filter((key) => step[key] !== undefined && step[key] !== '');
    const unknown = Object.keys(step).filter((key) => ![...STEP_KEYS, 'tag', 'upos'].includes(key));
    return [
      ...(tagged.length > 0
        ? [`tokens[${index}] needs parts of speech (${tagged.join(', ')}): there is no tagger`]
        : []),
      ...unknown.map((key) => `tokens[${index}].${key} is not known, expected one of ${STEP_KEYS.join(', ')}`),
    ];
  });

const WORDS = new Pattern("[\\w]+(?:[-'’][\\w]+)*|[^\\w\\s]");

/** Reports words that follow each other as the tokens say, in one sentence. */
export const sequence: Compile = (rule) => {
  const flags = flagAt(rule, 'ignorecase') ? '(?i)' : '';
  const steps = stepsAt(rule, 'tokens').map((step): Step => {
    const source = textAt(step, 'pattern');
    return {
      pattern: source === '' ? undefined : new Pattern(`${flags}^(?:${source})$`),
      isNegated: flagAt(step, 'negate'),
      skip: numberAt(step, 'skip') ?? 0,
    };
  });
  const exceptions = textsAt(rule, 'exceptions').map((source) => new Pattern(source));

  const fits = ({ pattern, isNegated }: Step, word: Match | undefined): boolean => {
    if (!word) return isNegated;
    return pattern === undefined || pattern.test(textOf(word.text)) !== isNegated;
  };
  /** Word after the last one of the sequence; undefined when it does not stand there. */
  const endOf = (words: readonly Match[], at: number, index: number): number | undefined => {
    const step = steps[index];
    if (!step) return at;
    for (let skipped = 0; skipped <= step.skip; skipped += 1) {
      if (!fits(step, words[at + skipped])) continue;
      const end = endOf(words, Math.min(at + skipped + 1, words.length), index + 1);
      if (end !== undefined) return end;
    }
    return undefined;
  };

  return () => (view) => {
    const words = WORDS.matches(view);
    const excepted = exceptions.flatMap((pattern) => pattern.matches(view));
    const hits: Hit[] = [];
    for (let at = 0; at < words.length; at += 1) {
      const end = endOf(words, at, 0);
      const found = end === undefined ? [] : words.slice(at, end);
      const [first, last] = [found[0], found.at(-1)];
      if (!first || !last || excepted.some(({ start, end: until }) => first.start >= start && first.start < until)) {
        continue;
      }
      hits.push({ span: [first.start, last.end], args: found.map(({ text }) => text) });
      at += found.length - 1;
    }
    return hits;
  };
};
