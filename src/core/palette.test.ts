import { expect, test } from 'vitest';
import { contrast, darkPalette } from './palette.ts';

const design = {
  ink: '#17211d',
  muted: '#4f5d56',
  paper: '#fbfaf5',
  surface: '#f1eee4',
  line: '#d8d3c4',
  accent: '#0a6247',
  on_accent: '#ffffff',
  font: 'sans-serif',
};

test('contrast is 21 between black and white and 1 between equals', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#0a6247', '#0a6247')).toBe(1);
});

test.each(['#0a6247', '#1a1aff', '#c2185b', '#ffcc00'])(
  'in the dark, text and the accent %s stay readable on both grounds',
  (accent) => {
    const dark = darkPalette({ ...design, accent });
    for (const ground of [dark.paper, dark.surface]) {
      expect(contrast(dark.ink, ground)).toBeGreaterThanOrEqual(7);
      expect(contrast(dark.muted, ground)).toBeGreaterThanOrEqual(7);
      expect(contrast(dark.accent, ground)).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(dark.onAccent, dark.accent)).toBeGreaterThanOrEqual(4.5);
  },
);
