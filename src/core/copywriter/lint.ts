/** What makes copy sound composed: checked on each candidate before one is chosen. */
import type { Brief } from '../contracts.ts';
import { sentencesOf, wordsOf } from './text.ts';

const CLICHE =
  /\b(?:unlock|unleash|supercharge|game[- ]chang|seamless|effortless|elevate|empower|leverag|delv(?:e|ing)|in today's|are you tired of|look no further|say goodbye to|not just\b.+\bbut)/iu;
const LONGEST_SENTENCE = 28;

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

/** A word of four letters or more that a short text says three times. */
function wornWord(text: string): string | undefined {
  const words = wordsOf(text).filter((word) => word.length > 3);
  return words.length > 40 ? undefined : words.find((word) => words.filter((other) => other === word).length > 2);
}

/** Reasons to leave a text out, in words. */
export function lint(text: string, { voice, banned }: Pick<Brief, 'voice' | 'banned'>): string[] {
  const lower = text.toLowerCase();
  const worn = wornWord(text);
  const reasons: (string | false | undefined)[] = [
    CLICHE.test(text) && 'cliché',
    /[{}]|\bundefined\b/.test(text) && 'unfilled',
    /(?<!\.)\.[.,;:](?!\.)|[?!][.,]|\s[.,;:]|\s{2}/u.test(text) && 'punctuation',
    /\b(\p{L}+) \1\b/iu.test(text) && 'doubled word',
    /\b\p{Lu}{4,} \p{Lu}{4,}\b/u.test(text) && 'shouting',
    worn && `"${worn}" three times`,
    sentencesOf(text).some((sentence) => wordsOf(sentence).length > LONGEST_SENTENCE) && 'long sentence',
    count(text, /!/g) > voice.max_exclamations && 'exclamation marks',
    count(text, /\p{Extended_Pictographic}/gu) > voice.max_emoji && 'emoji',
    ...banned.map((phrase) => lower.includes(phrase.toLowerCase()) && `says "${phrase}"`),
  ];
  return reasons.filter((reason) => typeof reason === 'string');
}
