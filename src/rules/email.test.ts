import { expect, test } from 'vitest';
import { documentOf } from '../core/document.ts';
import { headersOf } from '../core/mail.ts';
import { exampleContextWith, exampleFiles, exampleUnit } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './email.ts';

type Params = Parameters<typeof rule.check>[1];

const sound = headersOf({ blocks: [{ slot: 'subject', text: 'Find a note', facts: [] }] }, exampleUnit);
const document = documentOf('email', new Map(Object.entries(exampleFiles.email)));
const messages = (
  params: Params,
  headers: Record<string, string> = sound,
  files: Record<string, string> = exampleFiles.email,
) =>
  (
    found(
      rule.check({ ...documentOf('email', new Map(Object.entries(files))), headers }, params, exampleContextWith()),
    ) ?? []
  ).map(({ file, message }) => `${file}: ${message}`);

test('what the outbox sends passes everything', () => {
  const params: Params = {
    list_unsubscribe: 'one-click',
    sender_matches: 'northwind.example',
    subject_max: 70,
    unsubscribe_link: '(?i)\\bleave the list\\b',
    postal_address: '\\bHarbour Street\\b',
    plain_text_part: true,
    max_html_kb: 100,
  };
  expect(messages(params)).toEqual([]);
});

test.each([
  [{ 'list-unsubscribe': '' }, 'header List-Unsubscribe needs an https address in angle brackets'],
  [{ 'list-unsubscribe': '<mailto:a@b.example>' }, 'header List-Unsubscribe needs an https address in angle brackets'],
  [{ 'list-unsubscribe': 'https://b.example/' }, 'header List-Unsubscribe needs an https address in angle brackets'],
  [{ 'list-unsubscribe-post': 'one-click' }, 'header List-Unsubscribe-Post must be List-Unsubscribe=One-Click'],
])('one click with %j', (changes, message) => {
  expect(messages({ list_unsubscribe: 'one-click' }, { ...sound, ...changes })).toEqual([`message.html: ${message}`]);
});

test('a mailto address may stand beside the one to post to', () => {
  const both = { ...sound, 'list-unsubscribe': '<mailto:a@b.example>, <https://b.example/u/1>' };
  expect(messages({ list_unsubscribe: 'one-click' }, both)).toEqual([]);
});

test.each([
  ['Northwind <a@northwind.example>', 0],
  ['"x@northwind.example" <a@evil.example>', 1],
  ['a@mail.Northwind.Example', 0],
  ['a@evilnorthwind.example', 1],
  ['', 1],
])('sender %j', (from, count) => {
  expect(messages({ sender_matches: 'northwind.example' }, { ...sound, from })).toHaveLength(count);
});

test('a subject is there and short', () => {
  expect(messages({ subject_max: 10 }, { ...sound, subject: '👩‍👩‍👧‍👦'.repeat(10) })).toEqual([]);
  expect(messages({ subject_max: 10 })).toEqual(['message.html: subject is 11 characters long, at most 10']);
  expect(messages({ subject_max: 10 }, { from: 'a@b.example' })).toEqual(['message.html: there is no subject']);
});

test('each part shows the way out and the address', () => {
  const params = { unsubscribe_link: 'leave', postal_address: 'Harbour' };
  const files = {
    'a.html': '<p hidden>1 Harbour Street</p><p>Leave</p><a href="#leave">leave</a>',
    'a.txt': 'Leave us\n\n1 Harbour Street\n\nhttps://northwind.example/',
  };
  expect(messages(params, sound, files)).toEqual([
    'a.html: there is no visible link that says leave',
    'a.html: no visible text says Harbour',
    'a.txt: there is no visible link that says leave',
  ]);
});

test('HTML has a size, and is not alone', () => {
  const files = { 'a.html': `<p>${'é'.repeat(1024)}</p>`, 'a.txt': ' \n' };
  expect(messages({ max_html_kb: 2, plain_text_part: true }, sound, files)).toEqual([
    'a.html: there is no plain text part',
    'a.html: HTML is 3 KB, at most 2',
  ]);
});

test('headers that nobody knows are not judged, and other kinds have none', () => {
  expect(rule.check(document, { subject_max: 70 }, exampleContextWith())).toEqual({
    notEvaluated: 'the headers of the email are not known',
  });
  expect(rule.check(document, { plain_text_part: true }, exampleContextWith())).toEqual([]);
  expect(rule.check({ ...document, kind: 'social_post' }, { subject_max: 70 }, exampleContextWith())).toBeUndefined();
});
