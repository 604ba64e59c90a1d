import { type Mapped, replaceMapped } from './mapped.ts';
import { once } from './once.ts';

/** Latin letter -> letters of other scripts that look like it; used only inside words that mix scripts. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  a: 'аα',
  b: 'вьƄЬ',
  c: 'сϲ',
  d: 'ԁժ',
  e: 'еεєҽ',
  g: 'ցǥ',
  h: 'һнհ',
  i: 'іιӏɩ',
  j: 'јϳ',
  k: 'кκ',
  l: 'Ӏǀ',
  m: 'м',
  n: 'пηոռ',
  o: 'оοσօ',
  p: 'рρ',
  q: 'ԛզ',
  r: 'гᴦ',
  s: 'ѕտ',
  t: 'тτ',
  u: 'υμսц',
  v: 'νѵ',
  w: 'ѡωԝա',
  x: 'хχ',
  y: 'уүγվ',
  z: 'ᴢ',
  A: 'АΑᎪ',
  B: 'ВΒᏴ',
  C: 'СϹᏟ',
  D: 'Ꭰꭰᗪꓓ',
  E: 'ЕΕᎬ',
  F: 'Ϝꓝ',
  G: 'ԌᏀ',
  H: 'НΗᎻ',
  I: 'ІΙ',
  J: 'ЈᎫ',
  K: 'КΚᏦ',
  L: 'Ꮮꓡ',
  M: 'МΜᎷ',
  N: 'Νꓠ',
  O: 'ОΟՕ',
  P: 'РΡᏢ',
  Q: 'Ԛ',
  R: 'Ꭱꓣ',
  S: 'ЅՏᏚ',
  T: 'ТΤᎢ',
  U: 'Սꓴ',
  V: 'ѴᏙ',
  W: 'ԜᎳ',
  X: 'ХΧ',
  Y: 'УΥҮ',
  Z: 'ΖᏃ',
};
const LATIN = new Map(
  Object.entries(LOOKALIKES).flatMap(([latin, others]) => [...others].map((other) => [other, latin] as const)),
);
const ANY_LOOKALIKE = `[${[...LATIN.keys()].join('')}]`;
const LOOKALIKE = new RegExp(ANY_LOOKALIKE, 'gu');
const HAS_LOOKALIKE = new RegExp(ANY_LOOKALIKE, 'u');

/** Letters that are only ever a drawing of others: small capitals, script forms, white letters on black. */
const DRAWN: ReadonlyMap<string, string> = new Map([
  ...[...'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢɑɡ'].map(
    (letter, index) => [letter, 'abcdefghijklmnopqrstuvwyzag'.charAt(index)] as const,
  ),
  ...[0x1f150, 0x1f170].flatMap((first) =>
    [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter, index) => [String.fromCodePoint(first + index), letter] as const),
  ),
]);
const DRAWING = new RegExp(`[${[...DRAWN.keys()].join('')}]`, 'gu');

const latinise = (text: string): string => text.replace(LOOKALIKE, (letter) => LATIN.get(letter) ?? letter);
const unmix = (word: string): string => (/\p{Script=Latin}/u.test(word) ? latinise(word) : word);
const withoutMarks = (text: string): string => text.normalize('NFD').replace(/\p{Mn}/gu, '');

/** `only`: what a text must have for the step to be worth taking. */
type Step = readonly [pattern: RegExp, replace: (match: string) => string, only?: RegExp];

const gone = (): string => '';

/** What only texts beyond ASCII need, in order. */
const STEPS: readonly Step[] = [
  [/[™®©℠]/gu, gone],
  // Letter by letter, so that places are kept; marks and parts of a Hangul syllable belong to what they follow.
  [
    /[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb\uffa0-\uffdc]+|(?:\P{ASCII}|\p{ASCII}(?=[\p{M}\uff9e\uff9f]))[\p{M}\uff9e\uff9f]*/gu,
    (letter) => letter.normalize('NFKC'),
  ],
  [/\p{Default_Ignorable_Code_Point}/gu, gone],
  [/[‘’‚‛]/gu, () => "'"],
  [/[“”„‟]/gu, () => '"'],
  [/[‐‑‒–—―−]/gu, () => '-'],
  // Marks that no letter of Unicode has are decoration.
  [/[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]\p{Mn}+/gu, withoutMarks],
  [DRAWING, (letter) => DRAWN.get(letter) ?? letter],
  // Looking at every word is most of the work, and hardly any text has such letters.
  [/[\p{L}\p{M}]+/gu, unmix, HAS_LOOKALIKE],
];
const isPlain = (text: string): boolean => /^\p{ASCII}*$/u.test(text);

export const foldSpaces = (text: string): string => text.replace(/\s+/gu, ' ').trim();

/** foldSpaces that keeps places. */
export function foldSpacesMapped(mapped: Mapped): Mapped {
  const { text, map } = /\s\s|[^\S ]/u.test(mapped.text) ? replaceMapped(mapped, /\s+/gu, () => ' ') : mapped;
  const start = text.startsWith(' ') ? 1 : 0;
  const end = Math.max(text.endsWith(' ') ? text.length - 1 : text.length, start);
  return start === 0 && end === text.length
    ? { text, map }
    : { text: text.slice(start, end), map: map.slice(start, end + 1) };
}

/**
 * Text as it reads, whatever code points it was written with: compatibility forms unified (NFKC), invisible characters,
 * trade mark signs, drawn letters, stacked marks and look-alike letters of other scripts gone, quotes and dashes plain,
 * spaces folded.
 */
export const foldText = (text: string): string => {
  if (isPlain(text)) return foldSpaces(text);
  const take = (all: string, [pattern, replace, only]: Step): string =>
    only && !only.test(all) ? all : all.replace(pattern, replace);
  return foldSpaces(STEPS.reduce(take, text));
};

/** foldText that keeps places; many rules ask it of the same block. */
export const foldMapped = once((mapped: Mapped): Mapped => {
  if (isPlain(mapped.text)) return foldSpacesMapped(mapped);
  const take = (all: Mapped, [pattern, replace, only]: Step): Mapped =>
    only && !only.test(all.text) ? all : replaceMapped(all, pattern, replace);
  return foldSpacesMapped(STEPS.reduce(take, mapped));
});

const OUTLINE = /\P{ASCII}\p{Mn}*/gu;
const outline = (letter: string): string => latinise(withoutMarks(letter));

/** What folded text looks like from afar: letters without marks, and Latin ones for all that look like them. */
export const outlineMapped = (folded: Mapped): Mapped =>
  isPlain(folded.text) ? folded : replaceMapped(folded, OUTLINE, outline);
export const outlineOf = (folded: string): string => folded.replace(OUTLINE, outline);

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Of these each is one sign to a reader; all but a carriage return, which belongs to the line feed after it. */
const SINGLE_SIGNS = /^[\n\x20-\x7E]*$/;

/** User-perceived characters. */
export const graphemes = (text: string): string[] =>
  SINGLE_SIGNS.test(text) ? text.split('') : Array.from(segmenter.segment(text), ({ segment }) => segment);
