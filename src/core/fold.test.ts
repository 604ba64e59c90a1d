import { expect, test } from 'vitest';
import { foldText, graphemes } from './fold.ts';

test('text folds to how it reads', () => {
  expect(foldText('Ｇua\u200Bran\u00ADteed')).toBe('Guaranteed');
  expect(foldText('gu\u0430r\u0430nteed')).toBe('guaranteed');
  expect(foldText('“We’ll” –\u00A0\n go…')).toBe('"We\'ll" - go...');
  expect(foldText('Northwind™')).toBe('Northwind');
});

test('words of another script stay as they are', () => {
  expect(foldText('скоро Übung')).toBe('скоро Übung');
});

test('graphemes are characters as a reader counts them', () => {
  expect(graphemes('👩‍👩‍👧‍👦é!')).toHaveLength(3);
});
