import { expect, test } from 'vitest';
import { contrast, contrastFaults, darkPalette } from './palette.ts';

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
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
  expect(contrast('#ffffff', '#777777')).toBeCloseTo(4.48, 2);
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

test('colours that can be read on each other have no fault', () => {
  expect(contrastFaults(design)).toEqual([]);
});

test.each([
  [
    { muted: '#8a8a8a' },
    [
      'muted is #8a8a8a on paper #fbfaf5: contrast 3.30, expected at least 4.5 (WCAG 2.2 AA)',
      'muted is #8a8a8a on surface #f1eee4: contrast 2.97, expected at least 4.5 (WCAG 2.2 AA)',
    ],
  ],
  [
    { on_accent: '#000000' },
    ['on_accent is #000000 on accent #0a6247: contrast 2.85, expected at least 4.5 (WCAG 2.2 AA)'],
  ],
  // 4.478 is not rounded up.
  [
    { muted: '#777777', paper: '#ffffff', surface: '#ffffff' },
    [
      'muted is #777777 on paper #ffffff: contrast 4.47, expected at least 4.5 (WCAG 2.2 AA)',
      'muted is #777777 on surface #ffffff: contrast 4.47, expected at least 4.5 (WCAG 2.2 AA)',
    ],
  ],
])('%o is told with its ratio and what is needed', (changes, messages) => {
  const faults = contrastFaults({ ...design, ...changes });
  expect(faults.map(({ token, message }) => `${token} ${message}`)).toEqual(messages);
});

test('a design that is dark from the start is told what its dark colours come to', () => {
  const night = {
    ...design,
    ink: '#f5f5f5',
    muted: '#bbbbbb',
    paper: '#111111',
    surface: '#1a1a1a',
    accent: '#66ddaa',
    on_accent: '#000000',
  };
  expect(contrastFaults(night).map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^gives #\w{6} on paper #\w{6} in dark colours: contrast \d\.\d\d, expected at least 4\.5/),
  );
});
