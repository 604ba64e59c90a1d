import { expect, test } from 'vitest';
import { reservedAddresses } from './reserved.ts';

const addresses = {
  site_url: 'https://acme.com',
  from_address: 'Acme <news@acme.com>',
  list_address: 'list@lists.acme.com',
  unsubscribe_url: 'https://acme.com/leave',
  postal_address: 'Acme, 1 Main Street, Springfield',
};

test('addresses of one’s own are fine', () => {
  expect(reservedAddresses({ addresses })).toEqual([]);
});

test.each([
  ['site_url', 'https://acme.example'],
  ['site_url', 'https://www.example.com/shop'],
  ['site_url', 'http://localhost:8080'],
  ['list_address', 'list@EXAMPLE.ORG'],
  ['from_address', 'Acme <news@acme.test>'],
  ['unsubscribe_url', 'https://leave.acme.invalid/now'],
])('%s %s is a reserved example name', (field, value) => {
  expect(reservedAddresses({ addresses: { ...addresses, [field]: value } })).toEqual([`addresses.${field}`]);
});

test('a name that only contains a reserved word is one’s own', () => {
  expect(reservedAddresses({ addresses: { ...addresses, site_url: 'https://example.acme.com' } })).toEqual([]);
  expect(reservedAddresses({ addresses: { ...addresses, site_url: 'https://myexample.com' } })).toEqual([]);
});
