import { expect, test } from 'vitest';
import { documentOf } from '../core/document.ts';
import { exampleContextWith } from '../testing/example.ts';
import { rule } from './prose.ts';

const findings = (source: string, params: { phrases?: string[]; brand?: boolean }, file = 'post.txt') =>
  rule.check(documentOf('social_post', new Map([[file, source]])), params, exampleContextWith()) ?? [];
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
])('%j says %j', (text, phrase) => expect(caught(text, phrase)).toBe(true));

test.each([
  ['unguaranteed', 'guaranteed'],
  ['Übungen', 'übung'],
  ['a changer of the game', 'game changer'],
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
});
