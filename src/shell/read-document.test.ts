import { expect, test } from 'vitest';
import { exampleContextWith } from '../core/policy/sample.ts';
import { rule as claims } from '../rules/claims.ts';
import { rule as leak } from '../rules/leak.ts';
import { found } from '../testing/found.ts';
import { readDocument } from './read-document.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Uint8Array => Buffer.from(text, encoding);

test('the format follows the name, and the kind the format unless one says otherwise', async () => {
  const told = async (path: string) => {
    const { kind, parts } = await readDocument(path, bytes('Hello'));
    return [kind, ...parts.map(({ file, format }) => `${file} ${format}`)];
  };
  expect(await told('a/page.HTML')).toEqual(['landing_page', 'a/page.HTML html']);
  expect(await told('note.md')).toEqual(['text', 'note.md markdown']);
  expect(await told('note.txt')).toEqual(['text', 'note.txt text']);
  expect((await readDocument('post.txt', bytes('Hello'), 'social_post')).kind).toBe('social_post');
});

test('a fragment of HTML is read as it is', async () => {
  const { parts } = await readDocument('part.html', bytes('Only a <b>frag</b>ment'));
  expect(parts[0]?.blocks).toMatchObject([{ text: 'Only a fragment', offset: 0 }]);
  expect(parts[0]?.elements.map(({ tag }) => tag)).toEqual(['b']);
});

const EMAIL = [
  'From: =?utf-8?q?J=C3=BCrgen?= <hello@northwind.example>',
  'Subject: =?utf-8?b?R3LDvMOfZQ==?=',
  'List-Unsubscribe: <https://northwind.example/unsubscribe>',
  'Received: from a',
  'Received: from b',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=C3=BC=C3=9Fe an=',
  ' alle',
  '--b',
  'Content-Type: text/html; charset=iso-8859-1',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from('<p>Gr\u00fc\u00dfe &amp; mehr</p>', 'latin1').toString('base64'),
  '--b--',
  '',
].join('\r\n');

test('an email is taken apart into HTML and text, with its headers', async () => {
  const { kind, parts, headers } = await readDocument('mail.eml', bytes(EMAIL));
  expect(kind).toBe('email');
  expect(parts.map(({ file, format, blocks }) => [file, format, ...blocks.map(({ text }) => text)])).toEqual([
    ['mail.eml#html', 'html', 'Grüße & mehr'],
    ['mail.eml#text', 'text', 'Grüße an alle'],
    ['mail.eml', 'headers', 'Grüße'],
  ]);
  expect(headers).toMatchObject({
    from: 'Jürgen <hello@northwind.example>',
    subject: 'Grüße',
    'list-unsubscribe': '<https://northwind.example/unsubscribe>',
    received: 'from a\nfrom b',
  });
});

test('an email without HTML has one part', async () => {
  const { parts } = await readDocument('mail.eml', bytes('Subject: Hi\r\n\r\nHello there\r\n'));
  expect(parts.map(({ file }) => file)).toEqual(['mail.eml#text', 'mail.eml']);
});

test('a subject is judged where the file spells it, and nothing else of the headers is', async () => {
  const judged = async (subject: string) => {
    const mail = `From: Jane <jane@fabrikam.example>\r\nSubject: ${subject}\r\n\r\nHello there\r\n`;
    const document = await readDocument('mail.eml', bytes(mail));
    const context = exampleContextWith({ observed: { secrets: [] } });
    return [claims, leak].flatMap((rule) => found(rule.check(document, {}, context)) ?? []);
  };
  expect(await judged('Notes of this week')).toEqual([]);
  expect(await judged('Notes of this week,\r\n for 5,000 teams')).toMatchObject([
    { file: 'mail.eml', line: 3, column: 6, end_column: 11, excerpt: '5,000' },
  ]);
  const encoded = `=?utf-8?b?${Buffer.from('The fastest notes').toString('base64')}?=`;
  expect(await judged(encoded)).toMatchObject([{ file: 'mail.eml', line: 2, column: 10, excerpt: 'fastest' }]);
  expect(await judged('Ask jane.doe@fabrikam.example')).toMatchObject([{ line: 2, column: 14, excerpt: 'ja***' }]);
});

test('a mark of byte order is no text', async () => {
  for (const content of [bytes('\uFEFFHallo'), bytes('\uFEFFHallo', 'utf16le')]) {
    expect((await readDocument('note.txt', content)).parts[0]?.source).toBe('Hallo');
  }
});

test('what cannot be read is said, with its name', async () => {
  await expect(readDocument('a/picture.png', bytes('x'))).rejects.toThrow(
    /^a\/picture\.png:1:1: .*expected one of \.html/,
  );
  await expect(readDocument('note.txt', new Uint8Array([0x47, 0xff, 0xfe]))).rejects.toThrow(
    'note.txt:1:1: is not text in UTF-8',
  );
  await expect(readDocument('mail.eml', bytes('Subject: Hi\r\n'))).rejects.toThrow(
    'mail.eml:1:1: is no email with a readable body',
  );
  await expect(readDocument('note.md', bytes('> '.repeat(20_000)))).rejects.toThrow(
    'note.md:1:1: is nested too deeply',
  );
});
