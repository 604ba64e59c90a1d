import { expect, test } from 'vitest';
import { colouredLogo, inlineLogo, logoOf, logoProblems } from './logo.ts';

const LOGO = `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
  <!-- a ring and a dot -->
  <g transform="translate(1 2) rotate(45)"><path d="M1 2A8 8 0 1 1 3.5e-1 5" stroke="currentColor"/></g>
  <circle cx="17" cy="7" r="4" fill="var(--accent)"/>
</svg>
`;
const PATH = 'templates/mhub/logo.svg';
const templates = new Map([[PATH, LOGO]]);

test('shapes pass', () => {
  expect(logoProblems(PATH, LOGO)).toEqual([]);
  expect(logoOf({ logo: PATH }, templates)).toBe(LOGO);
});

test('inside of a page it has neither declaration nor comment, and no screen reader meets it', () => {
  expect(inlineLogo({ logo: PATH }, templates)).toMatch(
    /^<svg aria-hidden="true" focusable="false" viewBox="0 0 24 24"><g [^<]*><path [^<]*><\/g><circle [^<]*><\/svg>$/,
  );
  expect(inlineLogo({}, templates)).toBe('');
});

test('alone it has the colours that it is given', () => {
  const svg = colouredLogo({ logo: PATH }, templates, { ink: '#111111', accent: '#0a6247' });
  expect(svg).toContain('stroke="#111111"');
  expect(svg).toContain('fill="#0a6247"');
});

const within = (inner: string): string => `<svg viewBox="0 0 24 24">\n${inner}</svg>`;
const FORBIDDEN: readonly [string, string][] = [
  ['a script', '<script>alert(1)</script>'],
  ['a handler', '<path d="M0 0" onclick="alert(1)"/>'],
  ['a style', '<path d="M0 0" style="fill:url(//elsewhere.example)"/>'],
  ['an image', '<image href="https://elsewhere.example/a.png"/>'],
  ['a link', '<a href="https://elsewhere.example"><path d="M0 0"/></a>'],
  ['a reference', '<use xlink:href="#other"/>'],
  ['an address as a colour', '<path d="M0 0" fill="url(https://elsewhere.example/a.svg#b)"/>'],
  ['HTML', '<foreignObject><p>Hello</p></foreignObject>'],
  ['an id', '<path id="main" d="M0 0"/>'],
  ['an entity', '<path d="&#77;0 0"/>'],
  ['words', 'Hello'],
  ['an animation', '<animate attributeName="href" to="javascript:alert(1)"/>'],
  ['CDATA', '<![CDATA[<script>]]>'],
];

test.each(FORBIDDEN)('%s is told at its place, and nothing is shown', (_what, inner) => {
  const svg = within(inner);
  expect(logoProblems(PATH, svg)[0]).toMatchObject({ file: PATH, line: 2 });
  expect(logoOf({ logo: PATH }, new Map([[PATH, svg]]))).toBeUndefined();
});

test.each([
  ['what is not closed', '<svg viewBox="0 0 1 1"><path d="M0 0"/>'],
  ['what is closed twice', '<svg viewBox="0 0 1 1"></svg></svg>'],
  ['a second drawing', '<svg viewBox="0 0 1 1"/><svg viewBox="0 0 1 1"/>'],
  ['a drawing without a viewBox', '<svg width="24"></svg>'],
  ['a document type', `<!DOCTYPE svg [<!ENTITY a "b">]>${LOGO}`],
  ['nothing', ''],
  ['too much', `<svg viewBox="0 0 1 1">${'<path d="M0 0"/>'.repeat(400)}</svg>`],
])('%s is no logo', (_what, svg) => {
  expect(logoProblems(PATH, svg)).not.toEqual([]);
});
