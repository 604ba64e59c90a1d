/** Letters of other scripts that look like Latin ones; used only inside words that mix scripts. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  А: 'A',
  В: 'B',
  С: 'C',
  Е: 'E',
  Н: 'H',
  І: 'I',
  Ј: 'J',
  К: 'K',
  М: 'M',
  О: 'O',
  Р: 'P',
  Ѕ: 'S',
  Т: 'T',
  У: 'Y',
  Х: 'X',
  α: 'a',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  Α: 'A',
  Β: 'B',
  Ε: 'E',
  Ζ: 'Z',
  Η: 'H',
  Ι: 'I',
  Κ: 'K',
  Μ: 'M',
  Ν: 'N',
  Ο: 'O',
  Ρ: 'P',
  Τ: 'T',
  Υ: 'Y',
  Χ: 'X',
};

const GREEK_OR_CYRILLIC = /[\u0370-\u052f]/u;

const unmix = (word: string): string =>
  /\p{Script=Latin}/u.test(word) ? word.replace(/[\u0370-\u052f]/gu, (letter) => LOOKALIKES[letter] ?? letter) : word;

export const foldSpaces = (text: string): string => text.replace(/\s+/gu, ' ').trim();

/**
 * Text as it reads, whatever code points it was written with: compatibility forms unified (NFKC), invisible characters,
 * trade mark signs and look-alike letters of other scripts gone, quotes and dashes plain, spaces folded.
 */
export function foldText(text: string): string {
  const plain = text
    .replace(/[™®©℠]/gu, '')
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/[‘’‚‛]/gu, "'")
    .replace(/[“”„‟]/gu, '"')
    .replace(/[‐‑‒–—―−]/gu, '-');
  // Looking at every word is most of the work, and hardly any text has such letters.
  return foldSpaces(GREEK_OR_CYRILLIC.test(plain) ? plain.replace(/[\p{L}\p{M}]+/gu, unmix) : plain);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** User-perceived characters. */
export const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
