import fc from 'fast-check';
import { expect, test } from 'vitest';
import { altFile, documentOf, findingIn, findingOn, locate, proseOf } from './document.ts';
import { foldMapped, foldSpaces } from './fold.ts';

const partOf = (file: string, source: string) => {
  const [part] = documentOf('landing_page', new Map([[file, source]])).parts;
  if (!part) throw new Error('no part');
  return part;
};
const blocksOf = (source: string) =>
  partOf('index.html', source).blocks.map(
    ({ text, scope, visible }) => `${scope}${visible ? '' : ' (hidden)'}: ${text}`,
  );

test('inline elements and line breaks do not split a text, blocks do', () => {
  expect(blocksOf('<h1>One <em>fine</em>\n  line</h1><div>before<p>in<br>side</p>after</div>')).toEqual([
    'h1: One fine line',
    'div: before',
    'p: in side',
    'div: after',
  ]);
});

test('attributes that a reader meets are text, others are not', () => {
  const head =
    '<title>Hi &amp; you</title><meta name="description" content="About"><meta property="og:title" content="Shared">';
  const body = '<img alt="A chart"><input placeholder="Name" type="submit" value="Send"><nav aria-label="Pages"></nav>';
  expect(blocksOf(`${head}<meta name="viewport" content="width=1">${body}`)).toEqual([
    'title: Hi & you',
    'description@meta: About',
    'og:title@meta: Shared',
    'alt@img: A chart',
    'placeholder@input: Name',
    'value@input: Send',
    'aria-label@nav: Pages',
  ]);
});

test('what is kept from sight is a text of its own and marked as hidden', () => {
  const sources = [
    '<p hidden>x</p>',
    '<p style="Display : none">x</p>',
    '<p aria-hidden="true">x</p>',
    '<body><noscript><p>x</p></noscript>',
  ];
  for (const source of [...sources, '<template><p>x</p></template>', '<div hidden><section><p>x</p></section></div>']) {
    expect(blocksOf(source), source).toEqual(['p (hidden): x']);
  }
  expect(blocksOf('<p>gua<span hidden>x</span>ranteed</p>')).toEqual(['p: guaranteed', 'span (hidden): x']);
});

test('scripts, styles and comments are not text', () => {
  expect(blocksOf('<style>p{}</style><script>let a = "text"</script><!-- words --><p>Read me</p>')).toEqual([
    'p: Read me',
  ]);
});

test('the links of a menu are texts of their own, a link in a sentence is not', () => {
  expect(blocksOf('<nav><a href="/">Home</a> · <a href="/d">Docs</a></nav>')).toEqual(['a: Home', 'nav: ·', 'a: Docs']);
  expect(blocksOf('<p>Read <a href="/d">the guide</a> and <a href="/">more</a>.</p>')).toEqual([
    'p: Read the guide and more.',
  ]);
});

test('elements come in document order with attributes, text and place, without those the parser adds', () => {
  const source = '<main id="m"><a href="/x">Go <b>now</b></a><script>1</script></main>';
  expect(partOf('index.html', source).elements.slice(0, 2)).toEqual([
    { tag: 'main', attributes: { id: 'm' }, text: 'Go now', visible: true, offset: 0 },
    { tag: 'a', attributes: { href: '/x' }, text: 'Go now', visible: true, offset: 13 },
  ]);
});

test('plain text is taken apart into paragraphs, list items and lines that begin with a capital', () => {
  const wrapped = 'A paragraph of an email that is broken where the line is full\nand goes on.';
  const { blocks } = partOf('message.txt', `Title\n=====\n\n${wrapped}\n- one\n2. two\n--\nFooter\r\nAddress\n`);
  expect(blocks.map(({ text, offset }) => [text, offset])).toEqual([
    ['Title', 0],
    [wrapped.replace('\n', ' '), 13],
    ['one', 90],
    ['two', 97],
    ['Footer', 104],
    ['Address', 112],
  ]);
});

test('bytes are read when their name says that they are text', () => {
  const bytes = new TextEncoder().encode('Schöne Zeit');
  expect(documentOf('email', new Map([['a.txt', bytes]])).parts[0]?.blocks[0]?.text).toBe('Schöne Zeit');
  expect(documentOf('email', new Map([['a.pdf', bytes]])).parts).toEqual([]);
});

test('the words of a drawing are read as they stand in its source, line by line as one text', () => {
  const svg =
    '<svg><title>Notes</title><text>Write it <tspan x="0">down </tspan><tspan x="0">now.</tspan></text></svg>';
  const [part] = documentOf('social_post', new Map([['card.svg', svg]])).parts;
  expect(part?.format).toBe('svg');
  expect(part?.blocks.map(({ text, markup }) => [text, markup])).toEqual([
    ['Notes', 'text.title.svg'],
    ['Write it down now.', 'text.paragraph.svg'],
  ]);
});

test('a picture is its alternative text, from the file beside it, or none', () => {
  const picture = Uint8Array.of(0x89, 0x50);
  const described = documentOf(
    'social_post',
    new Map<string, string | Uint8Array>([
      ['card.png', picture],
      [altFile('card.png'), 'Write it down.\n'],
    ]),
  );
  expect(described.parts).toMatchObject([
    {
      file: 'card.alt.txt',
      blocks: [{ text: 'Write it down.' }],
      elements: [{ attributes: { alt: 'Write it down.' } }],
    },
  ]);
  const bare = documentOf('social_post', new Map([['card.png', picture]]));
  expect(bare.parts).toMatchObject([
    { file: 'card.png', blocks: [], elements: [{ tag: 'img', attributes: { alt: '' } }] },
  ]);
});

test('lines and columns count from one, columns in characters', () => {
  const source = 'one\r\n👍🏽 two\n';
  expect(locate(source, 0)).toEqual({ line: 1, column: 1 });
  expect(locate(source, source.indexOf('two'))).toEqual({ line: 2, column: 4 });
});

test('a finding covers exactly the source that spells its words', () => {
  const part = partOf('index.html', '<p>\n Save &amp; <b>keep</b> notes</p><p>notes</p>');
  const [block] = part.blocks;
  if (!block) throw new Error('no block');
  expect(findingIn(part, block, 'notes', 'm')).toEqual({
    message: 'm',
    file: 'index.html',
    line: 2,
    column: 25,
    end_line: 2,
    end_column: 30,
    excerpt: 'notes',
  });
  expect(findingIn(part, block, 'Save & ', 'm')).toMatchObject({ line: 2, column: 2, end_column: 13 });
  expect(findingIn(part, block, 'keep notes', 'm')).toMatchObject({
    column: 16,
    end_column: 30,
    excerpt: 'keep notes',
  });
  expect(findingIn(part, block, 'elsewhere', 'm')).toMatchObject({ line: 2, column: 2, excerpt: 'elsewhere' });
});

test('a finding in folded text stands where the text does', () => {
  const part = partOf('index.html', '<p>👍 ｆｉｎ&shy;ｅ <i>pr</i>int</p>');
  const [block] = part.blocks;
  if (!block) throw new Error('no block');
  const folded = foldMapped(block);
  expect(folded.text).toBe('👍 fine print');
  expect(findingOn(part, folded, 3, 13, 'm', { fix: { from: 'fine print', to: 'details' } })).toMatchObject({
    line: 1,
    column: 6,
    end_column: 28,
    fix: { from: 'fine print', to: 'details' },
  });
});

test('every text has a name for where it stands in the markup', () => {
  const source =
    '<title>T</title><h2>H</h2><p>P</p><ul><li><p>L</p></li></ul><table><caption>C</caption><tr><th>TH<td>TD</table>' +
    '<blockquote><p>B</p></blockquote><figure><figcaption>F</figcaption></figure><pre>X</pre><img alt="A">';
  expect(partOf('index.html', source).blocks.map(({ text, markup }) => `${text} ${markup}`)).toEqual([
    'T text.title.html',
    'H text.heading.h2.html',
    'P text.paragraph.html',
    'L text.list.html',
    'C text.table.caption.html',
    'TH text.table.header.html',
    'TD text.table.cell.html',
    'B text.blockquote.html',
    'F text.figure.caption.html',
    'X code.html',
    'A text.attr.alt.html',
  ]);
});

test('prose is the text with code and addresses masked', () => {
  const part = partOf('index.html', '<p>Run <code>npm i x</code> at https://a.example/b now, or <kbd>go</kbd>.</p>');
  expect(part.blocks.map((block) => proseOf(part, block))).toEqual(['Run *** * * at ******************* now, or **.']);
});

/** Words, entities and inline tags, each with the text that it is. */
const TOKEN = fc.oneof(
  fc
    .constantFrom('one', 'Zwei', 'ü', '👍🏽', 'e\u0301', 'a&b', ';', '&', 'x &', '€', '\u200b')
    .map((text) => [text, text]),
  fc.constantFrom(' ', '\n', '\r\n', '  \t').map((text) => [text, text]),
  fc.constantFrom(
    ['&amp;', '&'],
    ['&lt;', '<'],
    ['&shy;', '\u00ad'],
    ['&nbsp;', '\u00a0'],
    ['&#32;', ' '],
    ['&#x1F600;', '😀'],
    ['&#103', 'g'],
    ['&copy', '©'],
    ['&NotEqualTilde;', '≂̸'],
    ['&hellip;', '…'],
  ),
  fc
    .constantFrom(
      '<b>',
      '</b>',
      '<i title="x">',
      '</i>',
      '<x-y>',
      '</x-y>',
      '<!-- c -->',
      '<wbr>',
      '</q>',
      '<script>1</script>',
    )
    .map((tag) => [tag, '']),
);

test('every unit of a text stands where the source spells it', () => {
  fc.assert(
    fc.property(fc.array(TOKEN, { maxLength: 25 }), (tokens) => {
      const spelled: { at: number; source: string; text: string }[] = [];
      let source = '<p>';
      for (const [written = '', text = ''] of tokens) {
        // An ampersand and what follows it are no entity here.
        const apart = /&[\w#]*$/.test(source) && /^[\w#;]/.test(written) ? '<wbr>' : '';
        spelled.push({ at: source.length + apart.length, source: written, text });
        source += apart + written;
      }
      const [block] = partOf('index.html', source).blocks.filter(({ scope }) => scope === 'p');
      const all = spelled.map(({ text }) => text).join('');
      expect(block?.text ?? '').toBe(foldSpaces(all.replaceAll('\r\n', '\n')));
      if (!block) return;
      expect(block.map).toHaveLength(block.text.length + 1);
      for (let index = 0; index < block.text.length; index += 1) {
        const at = block.map[index] ?? -1;
        const token = spelled.find((each) => each.at <= at && at < each.at + each.source.length);
        const unit = block.text.charAt(index);
        if (token?.source === token?.text) expect([unit, ' ']).toContain(source.charAt(at).replace(/\s/u, ' '));
        else expect(token?.at === at && foldSpaces(`${token.text}.`).includes(unit.trim())).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
