import { expect, test } from 'vitest';
import { publishingUnit } from '../../testing/publications.ts';
import { requireSameSecret, secretOf, unsubscribeRoute, unsubscribeUrl } from './setup.ts';

const { brand } = publishingUnit;
const brandWith = (unsubscribe_url: string) => ({ ...brand, addresses: { ...brand.addresses, unsubscribe_url } });

test('a secret that could be guessed is refused without being quoted', () => {
  const short = 'only twenty bytes of';
  expect(() => secretOf({ env: { MHUB_RECEIPT_HMAC_KEY: short } })).toThrow(
    'set MHUB_RECEIPT_HMAC_KEY to at least 32 bytes',
  );
  expect(() => secretOf({ env: {} })).toThrow('MHUB_RECEIPT_HMAC_KEY');
});

test('with another secret those who left would look new, so nobody is mailed', () => {
  const secret = { key: 'x', fingerprint: '1'.repeat(16) };
  const left = { recipient: 'a'.repeat(22), because: 'bounced' as const, at: '2026-11-24T12:00:00Z' };
  expect(() => requireSameSecret(secret, new Set(), [{ ...left, secret: '2'.repeat(16) }])).toThrow(
    'set MHUB_RECEIPT_HMAC_KEY back: it is not the one that hub/suppressed was written with',
  );
  expect(() => requireSameSecret(secret, new Set(['2'.repeat(16)]), [])).toThrow('hub/ledger/recipients was written');
  expect(() =>
    requireSameSecret(secret, new Set(['1'.repeat(16)]), [{ ...left, secret: '1'.repeat(16) }]),
  ).not.toThrow();
});

test('everybody has a link of their own to leave the list, by https or on this machine', () => {
  const route = unsubscribeRoute(brandWith('https://example.com/leave?list=news'));
  expect(unsubscribeUrl(route, 'abc')).toBe('https://example.com/leave?list=news&r=abc');
  expect(() => unsubscribeRoute(brandWith('http://127.0.0.1:8080/leave'))).not.toThrow();
  expect(() => unsubscribeRoute(brandWith('http://example.com/leave'))).toThrow(
    `set addresses.unsubscribe_url in brands/${brand.id}/brand.yaml to an https address`,
  );
});
