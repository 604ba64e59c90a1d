import { describe, expect, test } from 'vitest';
import { CATEGORIES, claimsOfCategories, detected } from './claim-categories.ts';

const SAID: Readonly<Record<string, readonly string[]>> = {
  medical: [
    'It cures insomnia.',
    'Helps you treat chronic back pain.',
    'Clinically proven to calm you.',
    'Lose 5 kg in a month.',
    'FDA-approved notes.',
    'Writing is therapy.',
  ],
  financial: [
    'Guaranteed returns for everybody.',
    'A risk-free start.',
    'Double your revenue.',
    'Earn 12 % interest.',
    'Passive income from notes.',
    'You cannot lose.',
  ],
  superiority: [
    'The fastest notes.',
    'The best notes.',
    'The most popular notebook.',
    'Better than any other.',
    'A leading notebook.',
    'World-class search.',
  ],
  environmental: [
    'Carbon-neutral hosting.',
    'Eco-friendly notes.',
    'A sustainable choice.',
    'Cuts your carbon footprint.',
    'Made from recycled bits.',
    'Net zero since spring.',
  ],
  guarantee: [
    'We guarantee it.',
    'Money-back if you leave.',
    'It never fails.',
    '100 % secure.',
    'We promise that it works.',
    'No questions asked.',
  ],
};

const PLAIN = [
  'Northwind saves each note within two seconds.',
  'The latest test is secure, and a self-healing loop writes it down.',
  'A treat for people who write.',
  'At most two notes are open, and the most recent one is green.',
  'Returns to the list when you press the key.',
  'The first time it runs, it asks for a name.',
];

describe.each(Object.entries(SAID))('%s', (category, sentences) => {
  test.each(sentences)('is seen in %j', (sentence) =>
    expect(claimsOfCategories(sentence, [category], [])).not.toEqual([]),
  );
});

test.each(PLAIN)('nothing is seen in %j', (sentence) =>
  expect(claimsOfCategories(sentence, CATEGORIES, [])).toEqual([]),
);

test('a detector adds to a category, and to a new one', () => {
  const detectors = [
    { category: 'medical', pattern: '\\bdoc in a box\\b' },
    { category: 'children', pattern: '\\bkids\\b' },
  ];
  expect(claimsOfCategories('Doc in a box', ['medical'], detectors)).toEqual([
    { category: 'medical', text: 'Doc in a box', start: 0, end: 12 },
  ]);
  expect(detected('For KIDS', detectors).map(({ category }) => category)).toEqual(['children']);
});
