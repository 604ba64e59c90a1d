import { describe, expect, test } from 'vitest';
import type { RuleContext } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import type { AssetKindId } from '../generated/entities.ts';
import { exampleContextWith, exampleFiles, exampleUnit } from '../testing/example.ts';
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

const messages = (sentence: string, changes: Partial<RuleContext> = {}, kind: AssetKindId = 'social_post') =>
  (rule.check(withSentence(kind, sentence), {}, exampleContextWith(changes)) ?? []).map(({ message }) => message);

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

test('a price outside its fact, or unlike the offer, is denied even in the words of a cited fact', () => {
  const facts = [
    ...exampleUnit.brand.facts,
    { id: 'old-price', statement: 'It was $19 a month.', source: 'a', checked: '2026-11-01' },
  ];
  expect(messages('It was $19 a month.', { facts })).toHaveLength(1);
  const [offer] = exampleUnit.offers;
  if (!offer) throw new Error('no offer');
  const raised = { ...exampleUnit, offers: [{ ...offer, price: { ...offer.price, amount: '12.00' } }] };
  expect(messages('You pay $9 a month.', { unit: raised })).toHaveLength(1);
  expect(
    messages('You pay $9 a month.', { facts: exampleUnit.brand.facts.filter(({ id }) => id !== 'price') }),
  ).toHaveLength(1);
});

test('hidden text and attributes are judged too', () => {
  const hidden = '<p hidden>Fastest</p><img src="/a.png" alt="Over 900 teams"><!-- 5 --><style>p{margin:5px}</style>';
  const document = documentOf('landing_page', new Map([['index.html', hidden]]));
  expect(rule.check(document, {}, exampleContextWith())?.map(({ excerpt }) => excerpt)).toEqual(['Fastest', '900']);
});

test('commands of the offer are fine where they are shown as code, and nowhere else', () => {
  expect(messages('<code>npm install northwind@2</code>', {}, 'landing_page')).toEqual([]);
  expect(messages('Type npm install northwind@3', {}, 'landing_page')).not.toEqual([]);
});

test('copy in a language whose claims it does not know is denied', () => {
  const unit = { ...exampleUnit, brand: { ...exampleUnit.brand, locale: 'de' } };
  expect(messages('Schreib es auf.', { unit })).toEqual([
    'claims can be checked in English only, and the locale is de',
  ]);
});
