/** Text in lines without a browser: how wide words are in Inter, where lines break, and at which size a text fits. */
import { graphemes } from './fold.ts';

export type Weight = 'regular' | 'bold';

const UNITS_PER_EM = 2048;
const FIRST = 0x20;

/** Advance widths of the characters from space to tilde, from the font's table hmtx. */
const ADVANCES: Readonly<Record<Weight, readonly number[]>> = {
  // biome-ignore format: a table
  regular: [
    576, 589, 954, 1297, 1314, 2011, 1319, 614, 747, 747, 1026, 1355, 590, 942, 590, 738, 1292, 833, 1249, 1265,
    1323, 1215, 1270, 1159, 1267, 1270, 590, 618, 1355, 1355, 1355, 1047, 1978, 1413, 1340, 1496, 1478, 1231, 1209,
    1528, 1522, 550, 1169, 1376, 1158, 1850, 1543, 1566, 1308, 1566, 1318, 1314, 1322, 1524, 1413, 2018, 1397,
    1390, 1288, 747, 738, 747, 965, 934, 661, 1150, 1254, 1170, 1254, 1194, 758, 1256, 1211, 496, 496, 1124, 496,
    1794, 1210, 1228, 1254, 1254, 771, 1081, 670, 1211, 1151, 1676, 1118, 1151, 1131, 873, 681, 873, 1355,
  ],
  // biome-ignore format: a table
  bold: [
    485, 692, 1130, 1329, 1341, 2080, 1376, 694, 772, 772, 1145, 1390, 684, 958, 684, 795, 1381, 883, 1290, 1322,
    1385, 1274, 1330, 1191, 1333, 1330, 684, 702, 1390, 1390, 1390, 1146, 2081, 1529, 1355, 1515, 1479, 1244, 1202,
    1537, 1530, 575, 1197, 1473, 1158, 1908, 1561, 1578, 1327, 1591, 1345, 1341, 1367, 1499, 1529, 2125, 1512,
    1497, 1360, 772, 795, 772, 997, 975, 748, 1189, 1291, 1205, 1291, 1220, 815, 1294, 1275, 555, 555, 1188, 555,
    1869, 1275, 1256, 1291, 1291, 834, 1147, 750, 1275, 1228, 1741, 1188, 1233, 1173, 960, 761, 960, 1390,
  ],
};

/** More than any letter of Latin, Greek or Cyrillic takes that is not made of those above. */
const WIDEST = 1.2;

/** Accents stand above their letters and take no width. */
const isMark = (character: string): boolean => /\p{M}/u.test(character);

function advanceOf(character: string, weight: Weight): number {
  if (isMark(character)) return 0;
  const advance = ADVANCES[weight][(character.codePointAt(0) ?? 0) - FIRST];
  return advance === undefined ? WIDEST : advance / UNITS_PER_EM;
}

/** Width in em, never less than the font takes; that of a line is the sum of its parts. */
export const widthOf = (text: string, weight: Weight): number =>
  [...text.normalize('NFKD')].reduce((width, character) => width + advanceOf(character, weight), 0);

interface Word {
  readonly text: string;
  readonly width: number;
}

const wordsOf = (text: string, weight: Weight): Word[] =>
  text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => ({ text: word, width: widthOf(word, weight) }));

/** Puts words, or signs of a word, one after the other into lines, as many to a line as it holds. */
function packed(words: readonly Word[], between: Word, width: number): Word[] {
  const lines: Word[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = last && last.width + between.width + word.width;
    if (last && longer !== undefined && longer <= width)
      lines[lines.length - 1] = { text: `${last.text}${between.text}${word.text}`, width: longer };
    else lines.push(word);
  }
  return lines;
}

const NOTHING: Word = { text: '', width: 0 };

/** A word that no line can hold goes on in the next one. */
function filled(words: readonly Word[], weight: Weight, width: number): Word[] {
  const space = { text: ' ', width: widthOf(' ', weight) };
  const signsOf = ({ text }: Word) => graphemes(text).map((sign) => ({ text: sign, width: widthOf(sign, weight) }));
  const parts = words.flatMap((word) => (word.width <= width ? [word] : packed(signsOf(word), NOTHING, width)));
  return packed(parts, space, width);
}

const NARROWER = Array.from({ length: 20 }, (_, step) => 1 - step / 40);

/** The fewest lines of at most `width` em, as even as they get. */
export function wrapped(text: string, weight: Weight, width: number): string[] {
  const words = wordsOf(text, weight);
  const lines = filled(words, weight, width);
  const longest = Math.max(0, ...words.map((word) => word.width));
  const even = NARROWER.map((share) => width * share)
    .filter((narrow) => longest <= narrow)
    .map((narrow) => filled(words, weight, narrow))
    .findLast(({ length }) => length === lines.length);
  return (even ?? lines).map((line) => line.text);
}

export interface Box {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Sizes of type in pixels, largest first. */
  readonly sizes: readonly number[];
  /** From one baseline to the next, in em. */
  readonly leading: number;
  readonly weight: Weight;
}

export interface Typeset {
  readonly size: number;
  readonly lines: readonly string[];
  /** From the top of the first line to the bottom of the last, in pixels. */
  readonly height: number;
}

/**
 * The text at the largest size at which the box holds all of it, if possible without breaking a word; undefined when no
 * size is small enough.
 */
export function fitted(text: string, { width, height, sizes, leading, weight }: Box): Typeset | undefined {
  const settings = sizes.map((size): Typeset => {
    const lines = wrapped(text, weight, width / size);
    return { size, lines, height: lines.length * leading * size };
  });
  const fitting = settings.filter((one) => one.height <= height);
  const longest = Math.max(0, ...wordsOf(text, weight).map((word) => word.width));
  return fitting.find(({ size }) => longest * size <= width) ?? fitting[0];
}
