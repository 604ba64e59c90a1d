/** Counts of a text, and how hard it is to read. */
import { sentencesOf } from './views.ts';

/** Counts that know English only. */
export const ENGLISH_COUNTS = ['syllables', 'complex_words', 'polysyllabic_words'];

export interface Counts {
  readonly characters: number;
  readonly words: number;
  readonly sentences: number;
  readonly syllables: number;
  /** Three syllables or more, endings such as -ed and -ing aside. */
  readonly complex_words: number;
  /** More than six letters. */
  readonly long_words: number;
  /** Three syllables or more. */
  readonly polysyllabic_words: number;
}

const SILENT = /(?:[^laeiouy]es|[^td]ed|[^laeiouy]e)$/;

/** Groups of vowels, silent endings aside: right for most English words. */
export function syllablesOf(word: string): number {
  const plain = word.toLowerCase().replace(/[^a-z]/g, '');
  const heard = plain.length > 3 ? plain.replace(SILENT, (ending) => ending.charAt(0)) : plain;
  return Math.max(1, heard.match(/[aeiouy]+/g)?.length ?? 0);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

export function countsOf(text: string, locale: string): Counts {
  const words = text.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*/gu) ?? [];
  const syllables = words.map(syllablesOf);
  return {
    characters: sum(words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, '').length)),
    words: words.length,
    sentences: Math.max(1, sentencesOf(text, locale).length),
    syllables: sum(syllables),
    complex_words: words.filter((word) => syllablesOf(word.replace(/(?:es|ed|ing)$/, '')) > 2).length,
    long_words: words.filter((word) => word.length > 6).length,
    polysyllabic_words: syllables.filter((count) => count > 2).length,
  };
}

/** Name -> grade of the American school system that a text needs; the published formulas. */
export const GRADES: Readonly<Record<string, (counts: Counts) => number>> = {
  'Automated Readability': ({ characters, words, sentences }) =>
    4.71 * (characters / words) + 0.5 * (words / sentences) - 21.43,
  'Coleman-Liau': ({ characters, words, sentences }) => 5.88 * (characters / words) - 29.6 * (sentences / words) - 15.8,
  'Flesch-Kincaid': ({ words, sentences, syllables }) =>
    0.39 * (words / sentences) + 11.8 * (syllables / words) - 15.59,
  'Gunning Fog': ({ words, sentences, complex_words }) => 0.4 * (words / sentences + (100 * complex_words) / words),
  SMOG: ({ sentences, polysyllabic_words }) => 1.043 * Math.sqrt((polysyllabic_words * 30) / sentences) + 3.1291,
};

/** Grades that count syllables. */
export const ENGLISH_GRADES = ['Flesch-Kincaid', 'Gunning Fog', 'SMOG'];
