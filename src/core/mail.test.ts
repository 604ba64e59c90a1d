import { expect, test } from 'vitest';
import type { Brand } from '../generated/entities.ts';
import { headersOf, mailboxOf } from './mail.ts';
import { exampleUnit } from './policy/sample.ts';

const headers = (addresses: Partial<Brand['addresses']> = {}, subject = 'Notes are found again') => {
  const { brand } = exampleUnit;
  const unit = { brand: { ...brand, addresses: { ...brand.addresses, ...addresses } } };
  return headersOf({ blocks: [{ slot: 'subject', text: subject, facts: [] }] }, unit);
};

test('an email says who sends it to which list, and how to leave it', () => {
  expect(headers()).toEqual({
    from: 'Northwind <hello@northwind.example>',
    to: 'news@lists.northwind.example',
    subject: 'Notes are found again',
    'list-id': '<news.lists.northwind.example>',
    'list-unsubscribe': '<https://northwind.example/unsubscribe>',
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
  });
});

test('one click is only promised for https', () => {
  const { 'list-unsubscribe': leave, 'list-unsubscribe-post': post } = headers({
    unsubscribe_url: 'http://northwind.example/leave',
  });
  expect([leave, post]).toEqual(['<http://northwind.example/leave>', undefined]);
});

test('a line break starts no header, and a copy without a subject has none', () => {
  expect(headers({}, 'Hello\r\nBcc: x@evil.example')['subject']).toBe('Hello Bcc: x@evil.example');
  expect(headers({}, ' \n')).not.toHaveProperty('subject');
});

test.each([
  ['Northwind <a@b.example>', { name: 'Northwind', address: 'a@b.example' }, 'Northwind <a@b.example>'],
  ['a@b.example', { name: '', address: 'a@b.example' }, 'a@b.example'],
  [
    'Northwind, Inc. <a@b.example>',
    { name: 'Northwind, Inc.', address: 'a@b.example' },
    '"Northwind, Inc." <a@b.example>',
  ],
  ['"The \\"N\\"" <a@b.example>', { name: 'The "N"', address: 'a@b.example' }, '"The \\"N\\"" <a@b.example>'],
  ['Grüße & Co <a@b.example>', { name: 'Grüße & Co', address: 'a@b.example' }, 'Grüße & Co <a@b.example>'],
])('mailbox %s', (text, mailbox, shown) => {
  expect(mailboxOf(text)).toEqual(mailbox);
  expect(headers({ from_address: text })['from']).toBe(shown);
  expect(mailboxOf(shown)).toEqual(mailbox);
});
