import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldMapped, foldText, graphemes, outlineMapped, outlineOf } from './fold.ts';
import { asWritten } from './mapped.ts';

test('text folds to how it reads', () => {
  expect(foldText('Ｇua\u200Bran\u00ADteed')).toBe('Guaranteed');
  expect(foldText('gu\u0430r\u0430nteed')).toBe('guaranteed');
  expect(foldText('“We’ll” –\u00A0\n go…')).toBe('"We\'ll" - go...');
  expect(foldText('Northwind™')).toBe('Northwind');
});

test('words of another script stay as they are', () => {
  expect(foldText('скоро Übung')).toBe('скоро Übung');
});

test('marks that belong to a letter stay, decoration goes', () => {
  expect(foldText('e\u0301 ế ü й')).toBe('é ế ü й');
  expect(foldText('g\u0336u\u0336a\u0337\u0338r\u0489')).toBe('guar\u0489');
  expect(foldText('שָׁלוֹם हिन्दी')).toBe('שָׁלוֹם हिन्दी');
});

test('letters that are drawn are letters', () => {
  expect(foldText('ɢᴜᴀʀᴀɴᴛᴇᴇᴅ 🅶🆄🅰🅡 ⓖ 𝓰')).toBe('guaranteed GUAR g g');
  expect(foldText('🇩🇪')).toBe('🇩🇪');
});

test('the outline of a text has no marks and one script', () => {
  expect(outlineOf(foldText('Gûáránteed ѕсоре'))).toBe('Guaranteed scope');
  expect(outlineMapped(asWritten('a é b'))).toEqual({ text: 'a e b', map: [0, 1, 2, 3, 4, 5] });
});

const PIECES = [
  'a',
  'Z',
  ' ',
  '\n',
  '\u00ad',
  '\u200d',
  '\u0301',
  '\u0336',
  '\u034f',
  'é',
  'ﬁ',
  'Ｇ',
  '\u0430',
  '가',
  '\u1112',
];
const MORE = [
  '\u1161',
  '\u11ab',
  'ｶ',
  '\uff9e',
  '½',
  '…',
  '’',
  '—',
  '™',
  '👍🏽',
  '🅰',
  '\u3000',
  '㎏',
  'ſ',
  'ن',
  '\u064b',
];

test('folding gives the same text with and without places, and every place is that of a character it came from', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES, ...MORE), { maxLength: 12 }), (pieces) => {
      const source = pieces.join('');
      const { text, map } = foldMapped(asWritten(source));
      expect(text).toBe(foldText(source));
      expect(map).toHaveLength(text.length + 1);
      expect(map).toEqual([...map].sort((a, b) => a - b));
      // Folding what stands between the places of a stretch gives the stretch.
      for (const { index } of text.matchAll(/ [^ ]/gu)) {
        expect(foldText(source.slice(map[index + 1]))).toBe(text.slice(index + 1));
      }
    }),
  );
});

test('letter by letter, NFKC is the same as for the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES, ...MORE), { maxLength: 12 }), (pieces) => {
      const bare = pieces.join('').replace(/\p{Default_Ignorable_Code_Point}|\u0336|™/gu, '');
      expect(foldText(bare).replace(/[-'"]/g, '')).toBe(foldText(bare.normalize('NFKC')).replace(/[-'"]/g, ''));
    }),
  );
});

test('graphemes are characters as a reader counts them', () => {
  expect(graphemes('👩‍👩‍👧‍👦é!')).toHaveLength(3);
  expect(graphemes('a\r\nb')).toEqual(['a', '\r\n', 'b']);
});
