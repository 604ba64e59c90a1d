import { expect, test } from 'vitest';
import type { Observations } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { exampleContextWith } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './leak.ts';

const judge = (html: string, params: Parameters<typeof rule.check>[1] = {}, observed: Observations = { secrets: [] }) =>
  rule.check(documentOf('landing_page', new Map([['index.html', html]])), params, exampleContextWith({ observed }));
const findings = (...given: Parameters<typeof judge>) => found(judge(...given)) ?? [];

test('personal data is told with its place, and nothing says what it is', () => {
  const told = findings('<p>Ask jane.doe@fabrikam.example,\nor 555-010-9999.</p>');
  expect(told).toMatchObject([
    { message: 'looks like an email address of a person: take it out', line: 1, column: 8, excerpt: 'ja***' },
    { message: 'looks like a phone number of a person: take it out', line: 2, column: 4, excerpt: '55***' },
  ]);
  expect(JSON.stringify(told)).not.toMatch(/doe|9999/);
});

test.each([
  ['an attribute', '<img src="/a.png" alt="jane@fabrikam.example">'],
  ['a link', '<a href="mailto:jane@fabrikam.example">Write</a>'],
  ['a query', '<a href="/?to=jane%40fabrikam.example">Write</a>'],
  ['a comment', '<!-- from jane@fabrikam.example -->'],
  ['hidden text', '<p hidden>jane@fabrikam.example</p>'],
  ['an entity', '<p>jane&#64;fabrikam.example</p>'],
  ['invisible characters', '<p>ja\u200bne@fabri\u00adkam.example</p>'],
  ['parts of a word', '<p>jane<b>@</b>fabrikam.example</p>'],
])('it is found in %s, once', (_name, html) => expect(findings(html)).toHaveLength(1));

test("the brand's own addresses and what the pack allows may be named", () => {
  const html = '<p>hello@northwind.example, NEWS@lists.northwind.example, (555) 010-9999, jane@fabrikam.example</p>';
  expect(findings(html, { allow: ['555 010 9999'] }).map(({ excerpt }) => excerpt)).toEqual(['ja***']);
  expect(findings(html, { pii: ['iban'] })).toEqual([]);
});

test('a secret is masked too', () => {
  const secrets = [{ file: 'index.html', offset: 3, length: 9, what: 'a key of Fabrikam' }];
  expect(findings('<p>KEY-47110</p>', {}, { secrets })).toMatchObject([
    { message: 'looks like a key of Fabrikam: take it out and revoke it', line: 1, column: 4, excerpt: 'KE***' },
  ]);
});

test('without a scan for secrets nothing is judged, unless something is wrong already', () => {
  expect(judge('<p>Hi</p>', {}, {})).toEqual({ notEvaluated: 'nobody has looked for secrets' });
  expect(judge('<p>Hi</p>', {}, { secrets: { unavailable: 'no scanner' } })).toEqual({ notEvaluated: 'no scanner' });
  expect(findings('<p>jane@fabrikam.example</p>', {}, {})).toHaveLength(1);
});
