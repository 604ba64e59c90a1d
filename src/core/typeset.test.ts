import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageFile } from '../shell/draw/package-file.ts';
import { openPngPen } from '../shell/draw/png.ts';
import { escapeMarkup } from './site.ts';
import { type Box, fitted, type Weight, widthOf, wrapped } from './typeset.ts';

const BOX: Box = { width: 1000, height: 300, sizes: [80, 60, 40], leading: 1.2, weight: 'bold' };

test('lines hold what there is, are no wider than they may be, and about as long as each other', () => {
  const text = 'Where did that number come from, and who has checked it before it went out?';
  const lines = wrapped(text, 'bold', 15);
  expect(lines).toEqual(['Where did that number come', 'from, and who has checked', 'it before it went out?']);
});

test('a word that no line can hold goes on in the next one', () => {
  const lines = wrapped('Donaudampfschifffahrtsgesellschaft', 'bold', 10);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join('')).toBe('Donaudampfschifffahrtsgesellschaft');
});

test('a text gets the largest size at which all of it fits, if possible with whole words', () => {
  expect(fitted('Notes', BOX)).toEqual({ size: 80, lines: ['Notes'], height: 96 });
  expect(fitted('Write it down and move on, for the whole team and for good, and read it again.', BOX)?.size).toBe(60);
  const whole = fitted('Eine Donaudampfschifffahrtsgesellschafterin', BOX);
  expect(whole?.size).toBe(40);
  expect(whole?.lines.join(' ')).toBe('Eine Donaudampfschifffahrtsgesellschafterin');
  expect(fitted('word '.repeat(300), BOX)).toBeUndefined();
});

test('whatever is set, no word is lost and no line is wider than its box', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[A-Za-z0-9éÜßŁčя日,.!?-]{1,30}$/u), { maxLength: 25 }), (words) => {
      const lines = wrapped(words.join(' '), 'regular', 12);
      for (const line of lines) expect(widthOf(line, 'regular')).toBeLessThanOrEqual(12);
      expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
    }),
  );
});

describe('against the fonts themselves', () => {
  let inked: (text: string, weight: Weight) => number;
  beforeAll(async () => {
    await (await openPngPen()).close();
    const { Resvg } = await import('@resvg/resvg-wasm');
    const fontBuffers = await Promise.all([packageFile('regular'), packageFile('bold')]);
    inked = (text, weight) => {
      const bold = weight === 'bold' ? 700 : 400;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="200"><text y="100" font-family="Inter" font-size="100" font-weight="${bold}">${escapeMarkup(text)}</text></svg>`;
      return (new Resvg(svg, { font: { fontBuffers } }).innerBBox()?.width ?? 0) / 100;
    };
  });

  test.each(['regular', 'bold'] as const)('a %s text is never wider than it was taken for', (weight) => {
    const texts = [
      'The quick brown fox jumps over the lazy dog.',
      'WAVE LTD “To” Yes — 1,234.50 €',
      'Größe, Łódź, naïve',
      'Привет, мир',
      'Καλημέρα',
    ];
    for (const text of texts) expect(widthOf(text, weight), text).toBeGreaterThanOrEqual(inked(text, weight));
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9 ,.!?'"():;%&@#-]{1,60}$/), (text) => {
        expect(widthOf(text, weight)).toBeGreaterThanOrEqual(inked(text, weight) - 0.1);
      }),
      { numRuns: 60 },
    );
  });

  test('nor is it taken for much wider', () => {
    const text = 'Guard denies a number or superlative in the copy that no cited fact covers.';
    expect(widthOf(text, 'bold')).toBeLessThan(inked(text, 'bold') * 1.05);
  });
});
