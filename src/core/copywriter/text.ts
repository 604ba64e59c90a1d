/** Measures and small repairs of English copy. */
import { stemsOf } from '../angles.ts';

/** Intl.Segmenter would see no sentence that begins with a name in lower case, such as that of this repository. */
export const sentencesOf = (text: string): string[] =>
  text.split(/(?<=[.!?]["”’)]?)\s+/u).filter((sentence) => sentence !== '');

export const wordsOf = (text: string): string[] => text.toLowerCase().match(/\p{L}[\p{L}\p{N}'’-]*/gu) ?? [];

export const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function bigramsOf(text: string): Set<string> {
  const words = wordsOf(text);
  return new Set(words.slice(1).map((word, index) => `${words[index]} ${word}`));
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((item) => b.has(item)).length;
  const union = a.size + b.size - shared;
  return union === 0 ? 0 : shared / union;
}

/** Share of word pairs that two texts have in common, 0 to 1. */
export const similarity = (a: string, b: string): number => jaccard(bigramsOf(a), bigramsOf(b));

/** Share of meaning words that were said before, 0 to 1. */
export const overlap = (stems: ReadonlySet<string>, said: ReadonlySet<string>): number =>
  stems.size === 0 ? 0 : [...stems].filter((stem) => said.has(stem)).length / stems.size;

/** The largest overlap of two sentences of one text, 0 to 1: the same message in two wordings. */
export function echo(text: string): number {
  const parts = sentencesOf(text).map(stemsOf);
  const pairs = parts.flatMap((a, index) => parts.slice(index + 1).map((b) => jaccard(a, b)));
  return Math.max(0, ...pairs);
}
