import { expect, test } from 'vitest';
import { findingIn, proseOf } from '../document.ts';
import { sourceRange } from '../mapped.ts';
import { markdownPart } from './markdown.ts';

/** Each text with its markup and the source it stands for. */
async function texts(source: string): Promise<string[]> {
  const { blocks } = await markdownPart('note.md', source);
  return blocks.map((block) => {
    const { text, markup, visible } = block;
    const from = source.slice(...sourceRange(block, 0, text.length, source));
    return `${markup}${visible ? '' : ' (hidden)'}: ${text}${from === text ? '' : ` <- ${JSON.stringify(from)}`}`;
  });
}

test('blocks are named as Vale names them', async () => {
  const source = `# Title\n\nA *fine* line\nthat goes on.\n\n> said\n\n- item\n\n| a | b |\n|---|---|\n| c | d |\n`;
  expect(await texts(source)).toEqual([
    'text.heading.h1.md: Title',
    'text.paragraph.md: A fine line that goes on. <- "A *fine* line\\nthat goes on."',
    'text.blockquote.md: said',
    'text.list.md: item',
    'text.table.header.md: a',
    'text.table.header.md: b',
    'text.table.cell.md: c',
    'text.table.cell.md: d',
  ]);
});

test('escapes, entities and prefixes of lines are no text, and do not move what follows', async () => {
  const part = await markdownPart('note.md', '> - a \\* b &amp; c\n>   and **d**e f\n');
  const [block] = part.blocks;
  if (!block) throw new Error('no block');
  expect(block.text).toBe('a * b & c and de f');
  expect(findingIn(part, block, '* b & c', 'm')).toMatchObject({ line: 1, column: 8, end_line: 1, end_column: 19 });
  expect(findingIn(part, block, 'de f', 'm')).toMatchObject({ line: 2, column: 11, end_column: 17 });
});

test('the text of pictures and the titles of links are texts, addresses are not', async () => {
  const source = '![A *chart*](a.png "So & so") [go](/x \'there\') [there]\n\n[there]: /y (A place)\n';
  expect(await texts(source)).toEqual([
    'text.attr.alt.md: A chart <- "A *chart"',
    'text.attr.title.md: So & so',
    'text.attr.title.md: there',
    'text.paragraph.md: go there <- "go](/x \'there\') [there"',
    'text.attr.title.md: A place',
  ]);
});

test('code is told apart from prose', async () => {
  const part = await markdownPart(
    'note.md',
    'Run `npm i` at https://a.example/b.\n\n```sh\nnpm i && go\n```\n\n    x < y\n',
  );
  expect(part.blocks.map((block) => `${block.markup}: ${proseOf(part, block)}`)).toEqual([
    'text.paragraph.md: Run *** * at *******************.',
    'code.md: npm i && go',
    'code.md: x < y',
  ]);
});

test('markup within Markdown is read as markup', async () => {
  const source =
    'A <span hidden>secret</span> <b title="tip">word</b>\n\n<div style="display:none">\n\nunseen\n\n</div>\n';
  expect(await texts(source)).toEqual([
    'text.paragraph.md: A word <- "A <span hidden>secret</span> <b title=\\"tip\\">word"',
    'text.paragraph.md (hidden): secret',
    'text.attr.title.md: tip',
    'text.paragraph.md (hidden): unseen',
  ]);
  expect(await texts('<script>shown</script>\n')).toEqual(['text.paragraph.md: <script>shown</script>']);
});

test('links, pictures and code are elements at their places', async () => {
  const { elements } = await markdownPart('note.md', 'a [b](/c) <https://d.example> ![e](f.png) `g`\n');
  expect(elements.map(({ tag, attributes, text, offset }) => [tag, attributes, text, offset])).toEqual([
    ['p', {}, 'a b https://d.example g', 0],
    ['a', { href: '/c' }, 'b', 2],
    ['a', { href: 'https://d.example' }, 'https://d.example', 10],
    ['img', { src: 'f.png', alt: 'e' }, '', 30],
    ['code', {}, 'g', 42],
  ]);
});

test('the head of a file says things, too', async () => {
  expect(await texts('---\ntitle: "A: b"\ntags:\n  - one two\ndraft: 3\n---\n\nText\n')).toEqual([
    'text.frontmatter.md: A: b',
    'text.frontmatter.md: one two',
    'text.paragraph.md: Text',
  ]);
});
