import { expect, test } from 'vitest';
import { asWritten } from '../mapped.ts';
import { cascadeOf, parseSheet, parseStyle } from './css.ts';
import { childrenOf, type Element, isElement, type Node, parseHtml } from './parse.ts';

const PROPERTIES = /^(?:color|display|opacity)$/;

function elementsIn(node: Node): Element[] {
  const below = childrenOf(node).flatMap(elementsIn);
  return isElement(node) ? [node, ...below] : below;
}

/** What the last element of some HTML gets. */
function styled(css: string, html: string) {
  const element = elementsIn(parseHtml(html).root).at(-1);
  if (!element) throw new Error('no element');
  const { always, attimes } = cascadeOf([parseSheet(asWritten(css))], PROPERTIES, {
    display: /^(?:none|block)$/,
  }).stylesOf(element, []);
  return { always: Object.fromEntries(always), attimes: attimes.map((rare) => Object.fromEntries(rare)) };
}

test('the more specific rule wins, then the later one, and importance before both', () => {
  expect(styled('#a{color:red}.b{color:blue}p{color:green}', '<p id=a class=b>').always).toEqual({ color: 'red' });
  expect(styled('p{color:red}p{color:blue}', '<p>').always).toEqual({ color: 'blue' });
  expect(styled('p{color:red !important}#a{color:blue}', '<p id=a>').always).toEqual({ color: 'red' });
});

test('a value that means nothing does not count', () => {
  expect(styled('p{display:none;display:shown}', '<p>').always).toEqual({ display: 'none' });
});

test.each([
  ['main p', '<main><div><p></div></main>'],
  ['main > div > p.b', '<main><div><p class="a b"></div></main>'],
  ['x, [title^="a]b"]', '<p title="a]bc">'],
  ['#a\\:b', '<p id="a:b">'],
  ['*', '<p>'],
  ['main { p', '<main><p></main>'],
])('%s selects the last of %s', (selector, html) => {
  expect(styled(`${selector}{color:red}`, html).always).toEqual({ color: 'red' });
});

test.each([
  ['main > p', '<main><div><p></div></main>'],
  ['p.b', '<p class="bb">'],
  ['p:hover', '<p>'],
  ['p::before', '<p>'],
  ['@media print { p', '<p>'],
  ['@keyframes x { p', '<p>'],
])('%s does not select the last of %s', (selector, html) => {
  expect(styled(`${selector}{color:red}}`, html)).toEqual({ always: {}, attimes: [] });
});

test.each(['@media (width > 1px) { p', '@supports (color: red) { p', 'p:first-child', 'p:not(.a)', 'div + p'])(
  '%s selects a paragraph at times',
  (selector) =>
    expect(styled(`${selector}{color:red}}`, '<div></div><p>')).toEqual({ always: {}, attimes: [{ color: 'red' }] }),
);

test('custom properties are put in, with what is there in their stead', () => {
  const css = ':root{--a:var(--b, none)}p{display:var(--a);color:var(--c, var(--d, red))}';
  expect(styled(css, '<p>').always).toEqual({ display: 'none', color: 'red' });
});

test('comments, escapes and signs in strings and brackets part nothing', () => {
  const css = `p{/* } */c\\6flor:r\\65 d;background:url(a;b}c);--x:"};";opacity:.5/**/}q{color:blue}`;
  expect(styled(css, '<p>').always).toEqual({ color: 'red', opacity: '.5' });
});

test('brackets swallow what stands in them, addresses end with the first that closes', () => {
  expect(styled('p{--a:(};display:none);color:red}', '<p>').always).toEqual({ color: 'red' });
  expect(styled('q{background:url(a(b)}p{color:red}', '<p>').always).toEqual({ color: 'red' });
});

test('words of declarations are known with their places', () => {
  const css = `content: "a\\62 c" attr(data-x) 'd'; quotes: none; --k: "e"; font: "f"`;
  const { said, kept, saidAttributes, saysKept } = parseStyle(asWritten(css));
  expect(said).toEqual([{ text: 'abcd', map: [10, 11, 15, 32, 33] }]);
  expect(kept.map(({ text }) => text)).toEqual(['e']);
  expect(saidAttributes).toEqual(['data-x']);
  expect(saysKept).toBe(false);
  expect(parseStyle(asWritten('content:var(--k)')).saysKept).toBe(true);
});

test('a sheet that grows with each level is read all the same', () => {
  for (const css of ['a,b{'.repeat(200), `a{${'&&{'.repeat(200)}`, '{'.repeat(20_000), '}'.repeat(20_000)]) {
    expect(styled(`${css}color:red`, '<p>').always).toEqual({});
  }
});
