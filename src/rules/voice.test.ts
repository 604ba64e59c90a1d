import { expect, test } from 'vitest';
import { documentOf } from '../core/document.ts';
import { exampleContextWith } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './voice.ts';

const findings = (source: string, params: { phrases?: string[]; brand?: boolean }, file = 'post.txt') =>
  found(rule.check(documentOf('social_post', new Map([[file, source]])), params, exampleContextWith())) ?? [];
const caught = (source: string, phrase: string, file?: string) =>
  findings(source, { phrases: [phrase] }, file).length > 0;

test.each([
  ['Simply GUARANTEED.', 'guaranteed'],
  ['gua\u200Branteed', 'guaranteed'],
  ['gua\u00ADranteed', 'guaranteed'],
  ['gu\u0430ranteed', 'guaranteed'],
  ['ｇｕａｒａｎｔｅｅｄ', 'guaranteed'],
  ['a game changer', 'game-changer'],
  ['a game  -  changer', 'game changer'],
  ['Übung macht', 'übung'],
  ['we use C++ here', 'c++'],
  ['do not say "synergy"', 'synergy'],
  ['s y n e r g y at work', 'synergy'],
  ['a g-a-m-e-c-h-a-n-g-e-r', 'game changer'],
])('%j says %j', (text, phrase) => expect(caught(text, phrase)).toBe(true));

test.each([
  ['unguaranteed', 'guaranteed'],
  ['Übungen', 'übung'],
  ['a changer of the game', 'game changer'],
  ['s y-n e r g y', 'synergy'],
  ['a. b. c. d', 'abc'],
])('%j does not say %j', (text, phrase) => expect(caught(text, phrase)).toBe(false));

test('hidden text, attributes and words split by markup count', () => {
  for (const html of [
    '<p hidden>synergy</p>',
    '<img alt="synergy" src="a.png">',
    '<p>syn<b>er</b>gy</p>',
    '<p>syn<i hidden>x</i>ergy</p>',
  ]) {
    expect(caught(html, 'synergy', 'index.html'), html).toBe(true);
  }
  expect(caught('<script>synergy</script><!-- synergy -->', 'synergy', 'index.html')).toBe(false);
});

test("the brand's own phrases and voice apply only when asked for", () => {
  expect(findings('A game changer!', {})).toEqual([]);
  expect(findings('A game changer!', { brand: true }).map(({ message }) => message)).toEqual([
    '"game changer" is not to be said: use other words',
    "1 exclamation marks, the brand's voice allows 0",
  ]);
  expect(findings('👩‍👩‍👧‍👦 © ✓ 1', { brand: true })).toEqual([]);
  expect(findings('👍🏽 and 🎉', { brand: true })[0]).toMatchObject({ column: 8, excerpt: '🎉' });
  expect(findings('👍 and 👍', { brand: true })[0]).toMatchObject({ column: 7, end_column: 8 });
});

test('every place that says a phrase is named', () => {
  expect(findings('Synergy is\nno SYNERGY.', { phrases: ['synergy'] })).toMatchObject([
    { line: 1, column: 1, end_column: 8 },
    { line: 2, column: 4, end_column: 11 },
  ]);
});
