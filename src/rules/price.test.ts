import { expect, test } from 'vitest';
import type { RuleContext } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { subjectPart } from '../core/mail.ts';
import { exampleContextWith, exampleUnit } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './price.ts';

const judged = (html: string, changes: Partial<RuleContext> = {}, params = {}) =>
  found(rule.check(documentOf('landing_page', new Map([['index.html', html]])), params, exampleContextWith(changes))) ??
  [];
const excerpts = (html: string, changes: Partial<RuleContext> = {}) =>
  judged(html, changes).map(({ excerpt }) => excerpt);

const unitCosting = (amount: string) => ({
  ...exampleUnit,
  offers: exampleUnit.offers.map((offer) => ({ ...offer, price: { ...offer.price, amount } })),
});

test('a price that has changed since the copy was written is found, with what it costs now', () => {
  const html = '<p>You pay $9 a month.</p>';
  expect(judged(html)).toEqual([]);
  expect(judged(html, { unit: unitCosting('12.00') })).toMatchObject([
    { message: '"$9" is not what an offer costs: 12.00 USD per month', line: 1, column: 12, excerpt: '$9' },
  ]);
});

test('an amount that a fact states is no price for that', () => {
  const facts = [{ id: 'old', statement: 'It was $19 a month.', source: 'a', checked: '2026-11-01' }];
  expect(excerpts('<p>It was $19 a month.</p>', { facts })).toEqual(['$19']);
});

test('hidden text and attributes count, and each amount is told', () => {
  const html = '<p>$9 a month, not $19.</p><p hidden>€9 a month</p><img src="/a.png" alt="Ten dollars"><p>9 USD/mo</p>';
  expect(excerpts(html)).toEqual(['$19', '€9', 'Ten dollars']);
});

test('without an offer of the campaign no amount is right', () => {
  expect(excerpts('<p>$9 a month</p>', { unit: { ...exampleUnit, offers: [] } })).toEqual(['$9']);
});

test('constraints hold for the price of the offer itself', () => {
  const constraints = { min: 10, currencies: ['USD'] };
  expect(judged('<p>$9 a month</p>', {}, { constraints })[0]?.message).toBe('"$9" is below the minimum of 10');
  expect(judged('<p>$9 a month</p>', {}, { constraints: { currencies: ['EUR', 'GBP'] } })[0]?.message).toBe(
    '"$9" is not in EUR or GBP',
  );
});

test('a note is asked for where a price is seen, and must be seen itself', () => {
  const params = { constraints: { require_note: '\\bincl\\. VAT\\b' } };
  expect(judged('<p>$9 a month</p><p>Incl. VAT</p>', {}, params)).toEqual([]);
  expect(judged('<p>$9 a month</p><p hidden>incl. VAT</p>', {}, params)).toHaveLength(1);
  expect(judged('<p hidden>$9 a month</p>', {}, params)).toEqual([]);
});

test('a price in the subject asks for its note in what is opened', () => {
  const mail = (html: string) => {
    const { parts } = documentOf('email', new Map([['email.html', html]]));
    const document = { kind: 'email', parts: [...parts, subjectPart('Notes for $9 a month')] } as const;
    return found(rule.check(document, { constraints: { require_note: 'plus tax' } }, exampleContextWith())) ?? [];
  };
  expect(mail('<p>Plus tax.</p>')).toEqual([]);
  expect(mail('<p>Write it down.</p>')).toMatchObject([
    { message: '"$9" needs a note: plus tax', file: 'headers', column: 20 },
  ]);
});
