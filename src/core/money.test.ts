import { expect, test } from 'vitest';
import { amountsIn, type Price, statesPrice } from './money.ts';

const states = (text: string, price: Price): boolean[] =>
  amountsIn(text).map((amount) => statesPrice(text, amount, price));

test.each([
  ['$1,299.00 and 1.299,00 €', [1299, 1299]],
  ["CHF 1'299 or 9,5 EUR or USD 9", [1299, 9.5, 9]],
  ['$9k, twenty dollars', [Number.NaN, Number.NaN]],
  ['Only US$9.', [9]],
  ['12 pounds 30', [12]],
])('reads the amounts in %j', (text, values) => expect(amountsIn(text).map(({ value }) => value)).toEqual(values));

test('no amount is seen where there is none', () => {
  expect(amountsIn('Version 2.0 saves 40 % in 2026, and the cents are gone.')).toEqual([]);
});

const month: Price = { amount: '9', currency: 'USD', period: 'month' };

test.each(['You pay $9 a month.', '$9/mo', '9.00 USD per month', 'Monthly price: $9', '$9, billed each month'])(
  '%j states 9 USD per month',
  (text) => expect(states(text, month)).toEqual([true]),
);

test.each([
  'You pay $8 a month.',
  'You pay €9 a month.',
  'You pay A$9 a month.',
  'You pay $9 a year.',
  '$9 a week',
  'You pay $9. Cancel in any month.',
  'Nine dollars a month.',
  '$9k a month',
])('%j does not', (text) => expect(states(text, month)).toEqual([false]));

test('a single payment has no period behind it, and nothing is paid per anything when it is free', () => {
  const once: Price = { amount: '49.00', currency: 'EUR', period: 'once' };
  expect(states('49 € once, and 49,00 € for ever', once)).toEqual([true, true]);
  expect(states('49 € im Monat', once)).toEqual([false]);
  expect(states('€0, this month too', { ...once, amount: '0' })).toEqual([true]);
});
