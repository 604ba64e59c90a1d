import type { Nodes, Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { HOSTILE } from '../../testing/hostile.ts';
import { code, codeBlock, fitting, image, link, plain, table } from './markdown.ts';

/** As GitHub reads it: GitHub Flavored Markdown. */
const parsed = (markdown: string): Root =>
  fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });

const nodesOf = (node: Nodes): Nodes[] => [node, ...('children' in node ? node.children.flatMap(nodesOf) : [])];
const kindsOf = (markdown: string): string[] => [...new Set(nodesOf(parsed(markdown)).map(({ type }) => type))].sort();
const textOf = (node: Nodes): string =>
  'value' in node ? node.value : 'children' in node ? node.children.map(textOf).join('') : '';
const withoutJoiners = (text: string): string => text.replaceAll('\u2060', '');

/** What GitHub looks for in text that is rendered already. */
const LIVE = /@\w|#\d|\bGH-\d|:\/\/|\bwww\.|\b[0-9a-f]{7,40}\b/i;

describe.each(HOSTILE)('%j', (text) => {
  test('is text, wherever it stands, and reads as it was written', () => {
    const shown = plain(text, 100_000);
    expect(kindsOf(`a ${shown} b`)).toEqual(['paragraph', 'root', 'text']);
    expect(textOf(parsed(`a ${shown}.`))).not.toMatch(LIVE);
    const read = withoutJoiners(textOf(parsed(`a ${shown}.`)));
    const written = text.replace(/(?:[\s\p{Cc}]|(?![\u200c\u200d])\p{Cf})+/gu, ' ').trim();
    expect(read).toBe(`a ${written}.`);
  });

  test('leaves a table a table', () => {
    const tree = parsed(
      table(
        ['A', 'B'],
        [
          [plain(text), code(text)],
          ['last', 'row'],
        ],
      ),
    );
    const rows = nodesOf(tree).filter(({ type }) => type === 'tableRow');
    expect(rows.map((row) => ('children' in row ? row.children.length : 0))).toEqual([2, 2, 2]);
    expect(nodesOf(tree).map(({ type }) => type)).not.toContain('html');
  });

  test('ends no block of code', () => {
    const [block, after] = parsed(`${codeBlock(text, 'yaml')}\n\nafter`).children;
    expect([block?.type, after?.type]).toEqual(['code', 'paragraph']);
  });

  test('is no address', () => {
    expect(link('label', text)).toBe('label');
    expect(kindsOf(link(text, 'https://tidewell.example/a b)"<>'))).toEqual(['link', 'paragraph', 'root', 'text']);
  });
});

test('an address stays the same one, and nothing can end it', () => {
  const [found] = nodesOf(parsed(link('x', 'https://a.example/p(1)?q=<b>&r="#s'))).filter(
    ({ type }) => type === 'link',
  );
  expect(found).toMatchObject({ url: 'https://a.example/p%281%29?q=%3Cb%3E&r=%22#s' });
});

test('a picture has its text', () => {
  const [found] = nodesOf(parsed(image('A [card] | x', 'https://a.example/card.png'))).filter(
    ({ type }) => type === 'image',
  );
  expect(found).toMatchObject({ alt: 'A [card] | x', url: 'https://a.example/card.png' });
});

test('what does not fit is counted', () => {
  expect(fitting(['aaaa', 'bbbb', 'cccc'], 100, (left) => `${left} more`)).toEqual(['aaaa', 'bbbb', 'cccc']);
  expect(fitting(['aaaa', 'bbbb', 'cccc'], 13, (left) => `${left} more`)).toEqual(['aaaa', '2 more']);
});
