import { expect, test } from 'vitest';
import { documentOf } from '../core/document.ts';
import { exampleContextWith } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './cta.ts';

const primary = '<a href="#start" data-cta="primary" data-cta-id="start-hero">Start a notebook</a>';
const messages = (...pages: string[]) =>
  found(
    rule.check(
      documentOf('landing_page', new Map(pages.map((html, index) => [`${index}.html`, html]))),
      {},
      exampleContextWith(),
    ),
  )?.map(({ message }) => message);

test.each([
  '<button type="button">a</button>',
  '<input type="text">',
  '<select></select>',
  '<textarea></textarea>',
  '<details><summary>a</summary></details>',
  '<p onclick="a()">a</p>',
  '<div role="link">a</div>',
  '<div tabindex="0">a</div>',
  '<a href="#start">a</a>',
])('%s needs a data-cta-id', (element) =>
  expect(messages(primary + element)).toEqual([expect.stringMatching(/^<\w+> has no data-cta-id$/)]),
);

test.each(['<a>a</a>', '<input type="hidden">', '<p tabindex="-1">a</p>'])('%s does not', (element) =>
  expect(messages(primary + element)).toEqual([]),
);

test('a data-cta-id is unique in the whole asset', () => {
  expect(messages(primary, primary)).toEqual(['data-cta-id "start-hero" is used twice']);
});

test('the primary call to action has the words and the id of an offer', () => {
  for (const wrong of [
    primary.replace('primary', 'second'),
    primary.replace('start-hero', 'go'),
    primary.replace('notebook', 'trial'),
  ]) {
    expect(messages(wrong)).toEqual([expect.stringContaining('no primary call to action')]);
  }
});

test('plain text has no elements to judge', () => {
  expect(
    rule.check(documentOf('social_post', new Map([['post.txt', 'Go']])), {}, exampleContextWith()),
  ).toBeUndefined();
});
