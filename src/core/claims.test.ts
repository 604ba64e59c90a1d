import { expect, test } from 'vitest';
import { claimsIn, lexiconOf, spansOf } from './claims.ts';

const claims = (text: string, authored = '') => claimsIn(text, lexiconOf(authored), []).map((claim) => claim.text);

test.each([
  ['Join 5,000 teams.', ['5,000']],
  ['Save 40 % of it, 1.5x of it and 10k of it.', ['40 %', '1.5x', '10k']],
  ['Cut it in half, twice, or by a dozen.', ['half', 'twice', 'dozen']],
  ['Costs €9.50 or 12 USD.', ['€9.50', '12 USD']],
  ['Ten times, tenfold, thousands of times.', ['Ten', 'tenfold', 'thousands']],
  ['We are #1 and number one.', ['#1', 'number one']],
])('finds numbers in %j', (text, expected) => expect(claims(text, 'costs ten')).toEqual(expected));

test.each([
  ['The fastest way with the least work.', ['fastest', 'least']],
  ['It never fails and always works, guaranteed.', ['never', 'always', 'guaranteed']],
  ['A free, unlimited, risk-free plan.', ['free', 'unlimited', 'risk-free']],
  ['Get certified, compliant, award-winning notes.', ['certified', 'compliant', 'award-winning']],
  ['The only one, the first of its kind, better than any other.', ['The only', 'the first', 'better than any']],
])('finds absolutes in %j', (text, expected) => expect(claims(text)).toEqual(expected));

test.each([
  ['We ship with Stripe and Acme Corporation.', ['Stripe', 'Acme Corporation']],
  ['Stripe ships with it.', ['Stripe']],
  ['It speaks SMTP to GitHub and iPhones.', ['SMTP', 'GitHub', 'iPhones']],
  ['JOIN ACME TEAMS', ['ACME']],
])('finds names in %j', (text, expected) => expect(claims(text, 'ships teams')).toEqual(expected));

test.each([
  'The latest test of your interest in the manifest is an honest request.',
  'At least the rest of the digest went to a guest at most.',
  'Feel free to ask: you double-check third-party work hands-free.',
  "I'd send it on Monday, and it's out by Tuesday.",
  'The first time it runs, the most recent file leads to a commit.',
  'Publish the post. "Publish it," you say. Then publish again: publish…',
])('leaves ordinary words alone: %s', (text) => expect(claims(text, 'the at publish feel')).toEqual([]));

test('what lies in an allowed span needs no fact, except for prices', () => {
  const text = 'Join 300 teams for $9.';
  expect(claimsIn(text, lexiconOf(''), [{ start: 0, end: text.length }]).map((claim) => claim.text)).toEqual(['$9']);
});

test('a phrase is said word for word, in either case of its first letter, with or without its full stop', () => {
  expect(spansOf('So you pay $9 a month, and you pay $9 a month', 'You pay $9 a month.')).toEqual([
    { start: 3, end: 21 },
    { start: 27, end: 45 },
  ]);
  expect(spansOf('YOU PAY $9 A MONTH', 'You pay $9 a month.')).toEqual([]);
});

test.each([
  ['Costs $99', 'costs $9'],
  ['Costs $9.50', 'costs $9'],
  ['Save by 40 %', 'save by 40'],
  ['Refunds in 15 days', '5 days'],
  ['Over 1,300 teams', '300 teams'],
  ['Northwinds', 'Northwind'],
])('%j does not say %j', (text, phrase) => expect(spansOf(text, phrase)).toEqual([]));
