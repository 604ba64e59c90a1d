import { describe, expect, test } from 'vitest';
import type { RuleContext } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { CannotJudge } from '../core/errors.ts';
import { exampleContextWith, exampleFiles, exampleUnit } from '../core/policy/sample.ts';
import type { AssetKindId } from '../generated/entities.ts';
import { found } from '../testing/found.ts';
import { rule } from './claims.ts';

/** The example asset of a kind with one more sentence in each of its files. */
function withSentence(kind: AssetKindId, sentence: string) {
  const files = Object.entries(exampleFiles[kind]).map(([name, source]): [string, string] => {
    const place = name.endsWith('.html') ? source.indexOf('<p>') : 0;
    const added = name.endsWith('.html') ? `<p>${sentence}</p>` : `${sentence}\n\n`;
    return [name, source.slice(0, place) + added + source.slice(place)];
  });
  return documentOf(kind, new Map(files));
}

type Params = Parameters<typeof rule.check>[1];

const judged = (
  sentence: string,
  params: Params,
  changes: Partial<RuleContext> = {},
  kind: AssetKindId = 'social_post',
) => found(rule.check(withSentence(kind, sentence), params, exampleContextWith(changes))) ?? [];

const messages = (sentence: string, changes: Partial<RuleContext> = {}, kind?: AssetKindId) =>
  judged(sentence, {}, changes, kind).map(({ message }) => message);

const UNGROUNDED = [
  'Join 5,000 teams.',
  'The fastest marketing engine.',
  'Trusted by Acme Corporation.',
  'Cut your costs in half.',
  'Results are guaranteed.',
  'Only $9 a month for the whole team, billed at $12.',
  'ISO 27001 certified.',
  'Stripe ships with it.',
  'Save ten hours a week.',
  'Posts never fail.',
  'Rated number one by Gartner.',
  'Notes are free for life.',
  'Only $8 a month.',
  'More than 300 teams at Fabrikam use it.',
  'A note is saved within one or two seconds.',
  'Works with Notion, too.',
  'It is the only notebook that is GDPR compliant.',
  'Ｇuarant\u200Beed results.',
];

const GROUNDED = [
  'Northwind saves each note within two seconds.',
  'With us, a note is saved within two seconds, so you can move on.',
  'Every note is a Markdown file that you always keep.',
  'Yes: your notes are Markdown files that you always keep!',
  'You pay $9 a month.',
  'The price is plain: you pay $9 a month for it.',
  'Northwind Team keeps your notes where your team looks.',
  'Start a notebook and write the note down.',
  'Notes get lost between chat, mail and a drive.',
  'Write to hello@northwind.example or see https://northwind.example/pricing?plan=2.',
  'Where did we write that down? You search, and your team searches again.',
  'We do A/B tests of the latest digest on Mondays.',
  'Northwind Notes, 1 Harbour Street, Example Town',
];

describe.each(['landing_page', 'email', 'social_post'] as const)('%s', (kind) => {
  test('passes as it is', () => {
    expect(rule.check(documentOf(kind, new Map(Object.entries(exampleFiles[kind]))), {}, exampleContextWith())).toEqual(
      [],
    );
  });
  test.each(UNGROUNDED)('is denied with %j', (sentence) => expect(messages(sentence, {}, kind)).not.toEqual([]));
  test.each(GROUNDED)('passes with %j', (sentence) => expect(messages(sentence, {}, kind)).toEqual([]));
});

test('a message names what is ungrounded and what to do', () => {
  expect(messages('Join 5,000 teams.')).toEqual([
    '"5,000" is in no cited fact: add a fact to brands/northwind/brand.yaml or take it out',
  ]);
  expect(messages('We ask Acme Corporation.')).toEqual([
    '"Acme Corporation" is in no cited fact: ' +
      'add a fact to brands/northwind/brand.yaml, the name to its vocabulary, or take it out',
  ]);
});

test('a fact that the asset does not cite does not count, and is named', () => {
  expect(messages('More than 300 teams at Fabrikam use it.')[0]).toBe(
    '"300" rests on fact "teams", which the asset does not cite',
  );
  expect(messages('More than 300 teams at Fabrikam use it.', { facts: exampleUnit.brand.facts })).toEqual([]);
});

test('an expired fact grounds nothing from the first day on, in the zone of the workspace', () => {
  const sentence = 'Northwind saves each note within two seconds.';
  expect(messages(sentence, { now: '2027-10-31T22:59:59Z' })).toEqual([]);
  expect(messages(sentence, { now: '2027-10-31T23:00:00Z' })).toEqual([
    'fact "save-time" expired on 2027-11-01: check it again or take it out',
  ]);
  expect(messages(sentence, { now: '2027-12-01T00:00:00Z', facts: [] })[0]).toContain('fact "save-time" expired');
});

test('an amount of money stands in a cited fact, whatever else the brand says', () => {
  const facts = exampleUnit.brand.facts.filter(({ id }) => id !== 'price');
  expect(messages('You pay $9 a month.', { facts })).toEqual([
    '"$9" rests on fact "price", which the asset does not cite',
  ]);
  const named = { ...exampleUnit, brand: { ...exampleUnit.brand, vocabulary: ['Nine for $9'] } };
  expect(messages('Take Nine for $9.', { unit: named, facts })).toHaveLength(1);
});

const limited = (jurisdictions: string[]): Partial<RuleContext> => ({
  facts: [{ id: 'speed', statement: 'It is twice as fast.', source: 'a.md', checked: '2026-11-01', jurisdictions }],
});

test('a fact of some places grounds a claim only where the whole audience is in them', () => {
  const says = (places: string[] | undefined) =>
    messages('It is twice as fast.', { ...limited(['US', 'DE']), jurisdictions: places });
  expect(says(['US'])).toEqual([]);
  expect(says(['DE', 'US-CA'])).toEqual([]);
  expect(says(['DE', 'FR'])).toEqual(['fact "speed" may only be claimed in US, DE, and the audience may be in FR']);
  expect(says(undefined)).toEqual(['fact "speed" may only be claimed in US, DE, and the audience may be anywhere']);
});

test('a forbidden category is denied even in the words of a fact, and only disclaimers may speak of it', () => {
  const text = 'Notes do not cure anything.';
  const disclaimers = [{ id: 'no-cure', text, kinds: ['social_post' as const] }];
  const unit = { ...exampleUnit, brand: { ...exampleUnit.brand, disclaimers } };
  const facts = [{ id: 'calm', statement: 'Notes cure insomnia.', source: 'a.md', checked: '2026-11-01' }];
  const denied = (sentence: string) =>
    judged(sentence, { forbid: ['medical'] }, { facts, unit }).map(({ message }) => message);
  expect(denied('Notes cure insomnia.')).toEqual([
    '"cure" makes a medical claim, which no fact allows here: take it out',
  ]);
  expect(denied(text)).toEqual([]);
  expect(denied('Notes do not cure anybody.')).toHaveLength(1);
});

test("what a pack's own detector sees stands in a cited fact, and is told once", () => {
  const detect = [
    { category: 'share', pattern: '\\b\\d+ ?%' },
    { category: 'speed', pattern: '\\bwithin\\b.*?\\bseconds\\b' },
  ];
  const seen = (sentence: string) => judged(sentence, { detect }).map(({ excerpt }) => excerpt);
  expect(seen('Northwind saves each note within two seconds.')).toEqual([]);
  expect(seen('Saves 30% of it within five seconds.')).toEqual(['30%', 'within five seconds']);
});

test('a category that nothing detects, and a pattern that does not compile, are told', () => {
  expect(
    rule.lint?.({ forbid: ['medical', 'magical'], detect: [{ category: 'own', pattern: '(' }] }, exampleUnit),
  ).toEqual([
    'forbid: nothing detects "magical"; known are medical, financial, superiority, environmental, guarantee, own',
    expect.stringContaining('pattern "(" does not compile'),
  ]);
});

test('hidden text and attributes are judged too', () => {
  const hidden = '<p hidden>Fastest</p><img src="/a.png" alt="Over 900 teams"><!-- 5 --><style>p{margin:5px}</style>';
  const document = documentOf('landing_page', new Map([['index.html', hidden]]));
  expect(found(rule.check(document, {}, exampleContextWith()))?.map(({ excerpt }) => excerpt)).toEqual([
    'Fastest',
    '900',
  ]);
});

test('commands of the offer are fine where they are shown as code, and nowhere else', () => {
  expect(messages('<code>npm install northwind@2</code>', {}, 'landing_page')).toEqual([]);
  expect(messages('Type npm install northwind@3', {}, 'landing_page')).not.toEqual([]);
});

test('copy in a language whose claims it does not know is not judged at all', () => {
  expect(() => messages('Schreib es auf.', { locale: 'de-DE' })).toThrow(
    new CannotJudge('claims can be checked in English only, and the locale is de-DE', 'unknown_locale'),
  );
  expect(messages('Write it down.', { locale: 'en-GB' })).toEqual([]);
});
