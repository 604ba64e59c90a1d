import type { LookupFunction } from 'node:net';
import { expect, test } from 'vitest';
import { publicLookup, refusalOf } from './public-address.ts';

test.each([
  // this machine, spelled in every way a browser understands
  'http://127.0.0.1/',
  'http://127.1/',
  'http://127.0.1/',
  'http://127.255.255.254/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.0x0.0x0.0x1/',
  'http://0177.0.0.1/',
  'http://0177.0000.0000.0001/',
  'http://017700000001/',
  'http://0x7f.1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://127.0.0.1./',
  'http://127。0。0。1/',
  'http://①②⑦.⓪.⓪.①/',
  'http:\\\\127.0.0.1\\',
  'http:127.0.0.1',
  'http://[::1]/',
  'http://[::]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  // its network, and where clouds hand out keys
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.1.1/',
  'http://3232235777/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0xA9FEA9FE/',
  'http://2852039166/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://[fc00::1]/',
  'http://[ff02::1]/',
  'http://192.0.0.192/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  // names
  'http://localhost/',
  'http://LOCALHOST./',
  'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
  'http://loca\tlhost/',
  'http://admin.localhost/',
  'http://printer.local/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://metadata/',
  'http://router.lan/',
  'http://nas.home.arpa/',
  // other tricks
  'http://docs.github.com@127.0.0.1/',
  'http://127.0.0.1%2f@docs.github.com/',
  'http://user:secret@docs.github.com/',
  'http://1.1.1.1 &@127.0.0.1# @3.3.3.3/',
  'http://docs.github.com:22/',
  'http://docs.github.com:6379/',
  'ftp://docs.github.com/',
  'file:///etc/passwd',
  'gopher://docs.github.com/',
  'data:text/html,x',
  '//docs.github.com/',
  '/etc/passwd',
  'http://',
])('%s is not asked', (address) => expect(refusalOf(address)).toEqual(expect.any(String)));

test.each([
  'https://docs.github.com/en',
  'http://docs.github.com:80/',
  'https://docs.github.com./',
  'https://bücher.example.com/',
  'https://140.82.112.3/',
  'https://[2606:4700:4700::1111]/',
  'https://localhost.example.com/',
])('%s may be asked', (address) => expect(refusalOf(address)).toBeUndefined());

const leadingTo =
  (...addresses: readonly string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const looked = (lookup: LookupFunction, all: boolean): Promise<unknown> =>
  new Promise((resolve, reject) =>
    publicLookup({ lookup })('name.example.com', { all }, (error, found) => (error ? reject(error) : resolve(found))),
  );

test('a name is refused when any of its addresses is not public', async () => {
  await expect(looked(leadingTo('10.0.0.1'), true)).rejects.toThrow('name.example.com leads to 10.0.0.1');
  await expect(looked(leadingTo('140.82.112.3', '127.0.0.1'), true)).rejects.toThrow('127.0.0.1');
  await expect(looked(leadingTo('140.82.112.3', '::ffff:10.0.0.1'), false)).rejects.toThrow('not public');
});

test('a public name gives what was asked for: one address, or all', async () => {
  expect(await looked(leadingTo('140.82.112.3'), false)).toBe('140.82.112.3');
  expect(await looked(leadingTo('140.82.112.3'), true)).toEqual([{ address: '140.82.112.3', family: 4 }]);
});
