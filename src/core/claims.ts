/**
 * Finds what a text claims: numbers, prices, superlatives, absolutes and names, in English copy that went through
 * foldText. It knows words, not meaning: a claim without any of them passes here.
 */
import {
  ABSOLUTE_WORDS,
  NO_NAMES,
  NO_SUPERLATIVES,
  NUMBER_WORDS,
  NUMBERS,
  OPENERS,
  PRICES,
  SUPERLATIVES,
} from './claim-words.ts';
import { matchesIn } from './matches.ts';

/** Half-open range of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Claim extends Span {
  readonly kind: 'number' | 'price' | 'word' | 'name';
  readonly text: string;
}

/** The words of everything people wrote: as written, and in lower case. */
export interface Lexicon {
  readonly written: ReadonlySet<string>;
  readonly lower: ReadonlySet<string>;
}

const WORD = /\p{L}[\p{L}\p{M}\p{N}]*(?:'\p{L}+)*/gu;

export function lexiconOf(authored: string): Lexicon {
  const written = new Set(authored.match(WORD));
  return { written, lower: new Set([...written].map((word) => word.toLowerCase())) };
}

const isUpper = (text: string): boolean => text !== text.toLowerCase() && text === text.toUpperCase();

/** A sentence begins after its predecessor's end, after a colon, and after what separates titles. */
const beginsSentence = (text: string, at: number): boolean =>
  /(?:^|[.!?:…|·•>] ?|- )["'([{]*$/u.test(text.slice(0, at));

function isName(text: string, word: string, at: number, lexicon: Lexicon): boolean {
  if (NO_NAMES.has(word) || !/\p{Lu}/u.test(word)) return false;
  const shouted = isUpper(text) && text.includes(' ');
  if (!shouted && !beginsSentence(text, at)) return true;
  const plain = word.replace(/'s$/u, '');
  if (shouted || /^\p{Lu}[^\p{Lu}]*$/u.test(word)) {
    const lower = plain.toLowerCase();
    return !lexicon.lower.has(lower) && !OPENERS.has(word.toLowerCase());
  }
  return !lexicon.written.has(plain);
}

export const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;
export const covers = (outer: Span, inner: Span): boolean => outer.start <= inner.start && inner.end <= outer.end;

/** Neighbouring names are one: Acme Corporation. */
function joinNames(text: string, names: readonly Claim[]): Claim[] {
  const joined: Claim[] = [];
  for (const name of names) {
    const last = joined.at(-1);
    const together = last && /^(?: | & |-)$/u.test(text.slice(last.end, name.start));
    if (last && together)
      joined[joined.length - 1] = { ...last, end: name.end, text: text.slice(last.start, name.end) };
    else joined.push(name);
  }
  return joined;
}

/**
 * Everything in a text that needs a fact, in order and without overlaps.
 *
 * @param text      folded by foldText
 * @param allowed   spans that need none; nothing in them is reported but prices
 */
export function claimsIn(text: string, lexicon: Lexicon, allowed: readonly Span[]): Claim[] {
  const found = (pattern: RegExp, kind: Claim['kind']): Claim[] =>
    matchesIn(text, pattern).map((match) => ({
      kind,
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
    }));
  const names = found(WORD, 'name').filter((claim) => isName(text, claim.text, claim.start, lexicon));
  const candidates = [
    ...found(PRICES, 'price'),
    ...[
      ...found(NUMBERS, 'number'),
      ...found(NUMBER_WORDS, 'number'),
      ...found(ABSOLUTE_WORDS, 'word'),
      ...found(SUPERLATIVES, 'word').filter((claim) => !NO_SUPERLATIVES.has(claim.text.toLowerCase())),
      ...joinNames(
        text,
        names.filter((name) => !allowed.some((span) => covers(span, name))),
      ),
    ].filter((claim) => !allowed.some((span) => covers(span, claim))),
  ];
  const kept: Claim[] = [];
  for (const claim of candidates) if (!kept.some((other) => overlaps(other, claim))) kept.push(claim);
  return kept.sort((a, b) => a.start - b.start);
}

/**
 * Where a text says a phrase: word for word, with the first letter in either case and the final punctuation optional.
 * A phrase that only begins or ends a longer word or number is not said.
 *
 * @param text    folded by foldText
 * @param phrase  folded by foldText
 */
export function spansOf(text: string, phrase: string): Span[] {
  const core = phrase.replace(/[.!?]+$/u, '');
  const [first = ''] = core;
  const rest = core.slice(first.length);
  // Hardly any text says a given phrase, and this is asked for every one of them.
  if (core === '' || !text.includes(rest)) return [];
  const spans: Span[] = [];
  for (const start of new Set([first.toLowerCase() + rest, first.toUpperCase() + rest])) {
    for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
      const before = text.slice(Math.max(0, at - 2), at);
      const after = text.slice(at + start.length, at + start.length + 3);
      const isInside =
        (/^[\p{L}\p{N}]/u.test(start) && /(?:[\p{L}\p{N}]|\p{N}[.,]|[\p{Sc}#])$/u.test(before)) ||
        (/[\p{L}\p{N}]$/u.test(start) && /^[\p{L}\p{N}]/u.test(after)) ||
        (/\p{N}$/u.test(start) && /^(?: ?%|[.,:]\p{N}| ?\p{Sc})/u.test(after));
      if (!isInside) spans.push({ start: at, end: at + start.length });
    }
  }
  return spans;
}
