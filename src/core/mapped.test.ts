import { expect, test } from 'vitest';
import { asWritten, joinMapped, replaceMapped, sliceMapped, sourceRange } from './mapped.ts';

const SOURCE = 'a &amp;  bcd';

test('a stretch of the source knows its places and its end', () => {
  expect(asWritten(SOURCE, 9)).toEqual({ text: 'bcd', map: [9, 10, 11, 12] });
  expect(sliceMapped(asWritten(SOURCE), 9, 11)).toEqual({ text: 'bc', map: [9, 10, 11] });
});

test('where pieces meet, the later one says where it begins', () => {
  const pieces = [asWritten(SOURCE, 0, 2), asWritten(SOURCE, 9, 11)];
  expect(joinMapped(pieces)).toEqual({ text: 'a bc', map: [0, 1, 9, 10, 11] });
  expect(joinMapped([])).toEqual({ text: '', map: [0] });
});

test('what is replaced keeps its places when it is as long, else it stands where it began', () => {
  const mapped = asWritten('one two');
  expect(replaceMapped(mapped, /two/g, () => 'TWO')).toEqual({ text: 'one TWO', map: [0, 1, 2, 3, 4, 5, 6, 7] });
  expect(replaceMapped(mapped, /two/g, () => 'more')).toEqual({ text: 'one more', map: [0, 1, 2, 3, 4, 4, 4, 4, 7] });
  expect(replaceMapped(mapped, /one /g, () => '')).toEqual({ text: 'two', map: [4, 5, 6, 7] });
  expect(replaceMapped(mapped, /x/g, () => 'y')).toBe(mapped);
});

test('a range ends with the spelling of its last character', () => {
  const source = 'fish &amp; <b>chips</b> e\u0301 x';
  const mapped = {
    text: 'fish & chips e\u0301 x',
    map: [0, 1, 2, 3, 4, 5, 10, 14, 15, 16, 17, 18, 23, 24, 25, 26, 27, 28],
  };
  const spelled = (start: number, end: number) => source.slice(...sourceRange(mapped, start, end, source));
  expect(spelled(0, 6)).toBe('fish &amp;');
  expect(spelled(7, 12)).toBe('chips');
  expect(spelled(13, 14)).toBe('e');
  expect(spelled(13, 15)).toBe('e\u0301');
  expect(spelled(3, 3)).toBe('');
});
