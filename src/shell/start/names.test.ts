import { expect, test } from 'vitest';
import { idFrom, oneLine, siteUrl, titleFrom } from './names.ts';

test.each([
  ['Café Zürich', 'cafe-zurich'],
  ['  --Acme & Sons!--  ', 'acme-sons'],
  ['明日', 'brand'],
  ['../../etc', 'etc'],
  [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
])('%j has the id %s', (name, id) => {
  expect(idFrom(name, 'brand')).toBe(id);
});

test('an id reads as a title', () => {
  expect(titleFrom('my-2nd-shop')).toBe('My 2nd Shop');
});

test('a name is one line of at most 80 characters, which are not bytes', () => {
  expect(oneLine(' a\r\n\tb ', 'the name')).toBe('a b');
  expect(oneLine('🦉'.repeat(80), 'the name')).toHaveLength(160);
  expect(() => oneLine('🦉'.repeat(81), 'the name')).toThrow('the name has 81 characters, expected at most 80');
});

test('the address of a site has a host, no query and no trailing slash', () => {
  expect(siteUrl(' https://acme.com/shop/ ')).toBe('https://acme.com/shop');
  for (const wrong of ['acme.com', 'ftp://acme.com', 'https://', 'https://acme.com/?a', 'https://a b']) {
    expect(() => siteUrl(wrong)).toThrow('--site-url is');
  }
});
