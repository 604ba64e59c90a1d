/** Upper and lower case of words and headings. */
import type { Pattern } from './pattern.ts';
import { textOf } from './pattern.ts';

export const upperFirst = (text: string): string => text.replace(/^./su, (first) => first.toUpperCase());

const isUpper = (text: string): boolean => text === text.toUpperCase() && text !== text.toLowerCase();

/** The replacement with the case of what it replaces: capitals for capitals, a capital first for a capital first. */
export function withCaseOf(found: string, replacement: string): string {
  if (isUpper(found) && [...found].length > 1) return replacement.toUpperCase();
  return upperFirst(found) === found && found.toLowerCase() !== found ? upperFirst(replacement) : replacement;
}

/** Words that a title has in lower case, unless they are first or last. */
const SMALL: Readonly<Record<'AP' | 'Chicago', ReadonlySet<string>>> = {
  AP: new Set('a an and as at but by en for if in nor of on or per so the to up v v. via vs vs. yet'.split(' ')),
  Chicago: new Set(
    (
      'a about above across after against along amid among an and around as at before behind below beneath beside ' +
      'between beyond but by despite down during except for from in inside into like near nor of off on onto or out ' +
      'outside over past per since so than the through throughout till to toward under underneath until up upon via ' +
      'with within without yet'
    ).split(' '),
  ),
};

export interface CaseOptions {
  readonly exceptions: Pattern | undefined;
  /** Endings after which anything may stand. */
  readonly indicators: readonly string[];
  readonly prefix: string;
}

interface Word {
  readonly text: string;
  readonly index: number;
  readonly before: string;
  readonly isLast: boolean;
}

function wordsOf(text: string): Word[] {
  const found = [...text.matchAll(/[\p{N}\p{L}*]\S*/gu)].map(([word]) => word);
  return found.map((word, index) => ({
    text: word,
    index,
    before: found[index - 1] ?? '',
    isLast: index === found.length - 1,
  }));
}

/** Of Top-level and Client's only the first part has a case of its own. */
const stemOf = (word: string): string => /^[^-'’]*/u.exec(word)?.[0] ?? word;

const lowerFrom = (word: string, start: number): string => {
  const stem = stemOf(word);
  return stem.slice(0, start) + stem.slice(start).toLowerCase() + word.slice(stem.length);
};

const isFree = ({ text, before }: Word, { exceptions, indicators }: CaseOptions): boolean =>
  stemOf(text) === stemOf(text).toUpperCase() ||
  indicators.some((ending) => before.endsWith(ending)) ||
  (exceptions?.test(textOf(text)) ?? false);

const asSentence = (word: Word, options: CaseOptions): string => {
  if (isFree(word, options)) return word.text;
  return word.index === 0 ? upperFirst(lowerFrom(word.text, 1)) : lowerFrom(word.text, 0);
};

const asTitle = (word: Word, style: 'AP' | 'Chicago', options: CaseOptions): string => {
  if (isFree(word, options)) return word.text;
  const plain = word.text.toLowerCase();
  const isSmall = SMALL[style].has(plain.replace(/[,;:!?]+$/, ''));
  const startsAnew = word.index === 0 || word.isLast || /[:.!?]$/.test(word.before);
  return isSmall && !startsAnew ? plain : upperFirst(word.text);
};

export interface Cased {
  /** The text as it is to be. */
  readonly expected: string;
  /** Share of words that are right already, 0 to 1. */
  readonly share: number;
  readonly firstIsRight: boolean;
}

/** Words within an exception of several words are right as they are. */
function caseOf(text: string, options: CaseOptions, form: (word: Word) => string): Cased {
  const start = text.startsWith(options.prefix) ? options.prefix.length : 0;
  const body = text.slice(start);
  const phrases = (options.exceptions?.matches(textOf(body)) ?? []).filter((match) => /\s/.test(match.text));
  const words = wordsOf(body);
  let at = 0;
  let right = 0;
  let firstIsRight = true;
  let expected = text.slice(0, start);
  for (const word of words) {
    const place = body.indexOf(word.text, at);
    const isPhrase = phrases.some((phrase) => place >= phrase.start && place < phrase.end);
    const wanted = isPhrase ? word.text : form(word);
    expected += body.slice(at, place) + wanted;
    at = place + word.text.length;
    if (wanted === word.text) right += 1;
    else if (word.index === 0) firstIsRight = false;
  }
  return { expected: expected + body.slice(at), share: words.length === 0 ? 1 : right / words.length, firstIsRight };
}

export const sentenceCase = (text: string, options: CaseOptions): Cased =>
  caseOf(text, options, (word) => asSentence(word, options));

export const titleCase = (text: string, style: 'AP' | 'Chicago', options: CaseOptions): Cased =>
  caseOf(text, options, (word) => asTitle(word, style, options));
