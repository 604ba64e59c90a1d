import { expect, test } from 'vitest';
import { documentOf } from '../core/document.ts';
import { exampleContextWith, exampleFiles, exampleUnit } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './accessibility.ts';

const page = exampleFiles.landing_page['index.html'];
const findings = (html: string, context = exampleContextWith()) =>
  found(rule.check(documentOf('landing_page', new Map([['index.html', html]])), {}, context)) ?? [];
const withMarkup = (html: string) => findings(page.replace('</main>', `${html}</main>`)).map(({ message }) => message);

test('colours of the brand that are hard to read are named with their contrast', () => {
  const brand = { ...exampleUnit.brand, design: { ...exampleUnit.brand.design, muted: '#777777' } };
  const context = exampleContextWith({ unit: { ...exampleUnit, brand } });
  expect(findings(page, context).map(({ message }) => message)).toEqual([
    'brands/northwind/brand.yaml: design.muted is #777777 on paper #ffffff: contrast 4.47, expected at least 4.5 (WCAG 2.2 AA)',
    'brands/northwind/brand.yaml: design.muted is #777777 on surface #f4f5f7: contrast 4.10, expected at least 4.5 (WCAG 2.2 AA)',
  ]);
});

test.each([
  ['<img src="/a.png">', 'alt'],
  ['<select><option>a</option></select>', 'label'],
  ['<h4>Deep</h4>', 'Heading level'],
  ['<h2></h2>', 'must have text content'],
  ['<video src="/a.mp4" autoplay></video>', 'autoplay'],
  ['<a href="/pricing">Here</a>', 'does not say where it leads'],
  ['<svg role="img"><path d="M0 0"/></svg>', 'no <title>'],
])('%s is found', (html, expected) => expect(withMarkup(html)).toEqual([expect.stringContaining(expected)]));

test('an asset cannot switch off the rules that judge it', () => {
  expect(withMarkup('<!-- [html-validate-disable wcag/h37] --><img src="/a.png">')).toHaveLength(1);
});

test('a finding of the markup points at its exact place', () => {
  const html = page.replace('<h1>', '<p>👍🏽</p> <img src="/a.png"><h1>');
  expect(findings(html)).toMatchObject([
    { file: 'index.html', line: 19, column: 12, excerpt: expect.stringMatching(/^img src/) },
  ]);
});
