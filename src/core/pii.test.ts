import { describe, expect, test } from 'vitest';
import { mask, PII_KINDS, personalDataIn, plainDatum } from './pii.ts';

const found = (text: string) => personalDataIn(text, PII_KINDS).map((datum) => [datum.kind, datum.text]);

test.each([
  ['Mail jane.doe+notes@mail.fabrikam.co.uk.', 'email', 'jane.doe+notes@mail.fabrikam.co.uk'],
  ['Schreib an jürgen@grüße.example', 'email', 'jürgen@grüße.example'],
  ['Call +49 30 901820 now', 'phone', '+49 30 901820'],
  ['Call +1 (555) 010-9999.', 'phone', '+1 (555) 010-9999'],
  ['Call (555) 010-9999.', 'phone', '(555) 010-9999'],
  ['Call 555-010-9999, please', 'phone', '555-010-9999'],
  ['Ruf 030 / 901820 an', 'phone', '030 / 901820'],
  ['Ruf 0171-5550109 an', 'phone', '0171-5550109'],
  ['Card 4111 1111 1111 1111', 'credit_card', '4111 1111 1111 1111'],
  ['Card 5500-0000-0000-0004.', 'credit_card', '5500-0000-0000-0004'],
  ['Amex 378282246310005', 'credit_card', '378282246310005'],
  ['SSN 078-05-1120', 'us_ssn', '078-05-1120'],
  ['Konto DE89 3704 0044 0532 0130 00', 'iban', 'DE89 3704 0044 0532 0130 00'],
  ['IBAN gb82west12345698765432', 'iban', 'gb82west12345698765432'],
])('in %j', (text, kind, datum) => expect(found(text)).toEqual([[kind, datum]]));

describe('is not in', () => {
  test.each([
    'Card 4111 1111 1111 1112',
    'Konto DE88 3704 0044 0532 0130 00',
    'SSN 000-12-3456, 666-12-3456 and 900-12-3456',
    'On 2026-11-23, between 09:00 and 10:30, for 1,299.00 or 0.5 of it',
    'Version 10.20.300.4000 with 1234567 lines and 1000000000000000 bytes',
    'Ask @northwind, see logo@2x.png, or type user@host',
    'https://northwind.example/post/0171-5550109 and commit 0171555010912',
    'RFC 8058, ISO 8601, 24/7, 16:9, 100 - 200',
  ])('%j', (text) => expect(found(text)).toEqual([]));
});

test('only the kinds that are asked for, each place once', () => {
  const text = 'jane@fabrikam.example, +49 30 901820';
  expect(personalDataIn(text, ['phone'])).toEqual([{ kind: 'phone', text: '+49 30 901820', start: 23, end: 36 }]);
  expect(personalDataIn(text, [])).toEqual([]);
});

test('a datum is the same one in every spelling, and is shown without what makes it useful', () => {
  expect(plainDatum('+49 (30) 90-18.20')).toBe(plainDatum('+4930901820'));
  expect(plainDatum('Jane@Fabrikam.example')).toBe(plainDatum('jane@fabrikam.example'));
  expect(mask('jane@fabrikam.example')).toBe('ja***');
});
