import { expect, test } from 'vitest';
import type { ChannelLimits } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { CannotJudge } from '../core/errors.ts';
import { exampleChannel, exampleContextWith } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './channel.ts';

type Params = Parameters<typeof rule.check>[1];

const judged = (text: string, params: Params, limits: ChannelLimits = {}) =>
  found(
    rule.check(
      documentOf('social_post', new Map([['post.txt', text]])),
      params,
      exampleContextWith({ channel: exampleChannel.social_post, limits }),
    ),
  ) ?? [];
const messages = (text: string, params: Params, limits: ChannelLimits = {}) =>
  judged(text, params, limits).map(({ message }) => message);

test('the first character that does not fit is shown, and params only tighten', () => {
  expect(judged(' 👩‍👩‍👧‍👦ab', { max_length: 2 })).toMatchObject([
    { message: 'text is 3 characters long, channel feed takes 2', line: 1, excerpt: 'b' },
  ]);
  expect(messages('abcd', { max_length: 9 }, { maxLength: 3 })).toEqual([
    'text is 4 characters long, channel feed takes 3',
  ]);
});

test('a weighted channel is not judged before its counter is loaded', async () => {
  expect(() => messages('a', {}, { maxLength: 280, weighted: true })).toThrow(CannotJudge);
  const limits = { maxLength: 280, weighted: true } as const;
  await rule.prepare?.({}, [{ maxLength: 300 }, limits]);
  expect(messages('書'.repeat(140), {}, limits)).toEqual([]);
  expect(messages('書'.repeat(141), {}, limits)).toEqual(['text is 282 characters long, channel feed takes 280']);
  expect(messages(`${'a'.repeat(256)} https://example.com/${'b'.repeat(300)}`, {}, limits)).toEqual([]);
  expect(messages('👩‍👩‍👧‍👦'.repeat(140), {}, limits)).toEqual([]);
});

test('where every address counts the same, a long one takes no more room', () => {
  const limits = { maxLength: 40, link: 23 };
  const address = `https://northwind.example/${'a'.repeat(50)}`;
  expect(messages(`Write it down: ${address}`, {}, limits)).toEqual([]);
  expect(messages(`Write it down now: ${address}`, {}, limits)).toEqual([
    'text is 42 characters long, channel feed takes 40',
  ]);
});

test('a picture of a post needs words beside it', () => {
  const pictureWith = (alt: string) =>
    documentOf(
      'social_post',
      new Map<string, string | Uint8Array>([
        ['card.png', Uint8Array.of(0x89)],
        ['card.alt.txt', alt],
      ]),
    );
  const judgedPicture = (alt: string) =>
    found(
      rule.check(
        pictureWith(alt),
        { alt: { required: true, max: 20 } },
        exampleContextWith({ channel: exampleChannel.social_post }),
      ),
    );
  expect(judgedPicture('Write it down.')).toEqual([]);
  expect(judgedPicture('')).toMatchObject([{ message: 'image has no alternative text', file: 'card.alt.txt' }]);
});

test('hashtags are counted in text, and each must be like the pattern', () => {
  const params = { hashtags: { max: 2, pattern: '^#[A-Za-z][A-Za-z0-9]{1,9}$' } };
  expect(messages('#notes #teams', params)).toEqual([]);
  expect(messages('#notes #teams #more', params)).toEqual(['3 hashtags, at most 2 are fine']);
  expect(messages('#notes_everywhere', params)).toEqual([
    'hashtag #notes_everywhere is not like ^#[A-Za-z][A-Za-z0-9]{1,9}$',
  ]);
  expect(messages('C# is #1, see https://a.example/#part and a#b', params)).toEqual([]);
});

const links = {
  max: 1,
  https: true,
  hosts: ['northwind.example', '*.fabrikam.example'],
  deny_shorteners: true,
  require_params: ['utm_source', 'utm_campaign'],
};

test.each([
  ['https://northwind.example/?utm_source=x&utm_campaign=q4', []],
  ['https://a.fabrikam.example/?utm_source=x&utm_campaign=q4', []],
  ['http://northwind.example/?utm_source=x&utm_campaign=q4', ['is not https']],
  ['https://bit.ly/x', ['hides where it leads: bit.ly is a shortener']],
  ['https://a.northwind.example/', ['leads to a.northwind.example, not to northwind.example or *.fabrikam.example']],
  ['https://notfabrikam.example/', ['leads to notfabrikam.example, not to northwind.example or *.fabrikam.example']],
  ['https://northwind.example/?utm_source=&utm_campaign=q4', ['needs utm_source']],
])('link %s', (url, problems) => {
  expect(messages(`See ${url}.`, { links })).toEqual(problems.map((problem) => `link ${url} ${problem}`));
});

test('links are counted', () => {
  const two = 'https://northwind.example/a and https://northwind.example/b';
  expect(judged(two, { links: { max: 1 } })).toMatchObject([
    { message: '2 links, at most 1 is fine', column: 33, excerpt: 'https://northwind.example/b' },
  ]);
});

test('images say what they show, in few words', () => {
  const page = '<img src="/a.png"><img src="/b.png" alt="A very long story"><img src="/c.png" alt="Short">';
  const document = documentOf('landing_page', new Map([['index.html', page]]));
  const given = found(rule.check(document, { alt: { required: true, max: 9 } }, exampleContextWith())) ?? [];
  expect(given.map(({ message }) => message)).toEqual([
    'image has no alternative text',
    'alternative text is 17 characters long, at most 9',
  ]);
});
