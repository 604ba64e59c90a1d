import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { Failed } from '../errors.ts';
import { type SenderSetup, senderChecks } from './sender.ts';

const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const { privateKey: other } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const publicKey = (of: typeof key): string =>
  createPublicKey(of).export({ type: 'spki', format: 'der' }).toString('base64');

const GOOD = {
  'acme.com': ['google-site-verification=x', 'v=spf1 include:_spf.relay.net -all'],
  's1._domainkey.acme.com': [`v=DKIM1; k=rsa; p=${publicKey(key)}`],
  '_dmarc.acme.com': ['v=DMARC1; p=quarantine; rua=mailto:postmaster@acme.com'],
};
const SETUP: SenderSetup = { domain: 'acme.com', dkim: { domain: 'acme.com', selector: 's1', key } };

async function looked(records: Readonly<Record<string, readonly string[]>>, setup = SETUP) {
  const checks = await senderChecks(setup, { txtRecords: async (name) => records[name] ?? [] });
  return Object.fromEntries(checks.map(({ what, state, say }) => [what.split(' ')[0], `${state}: ${say}`]));
}

test('a sender whose three records are there is fine', async () => {
  expect(await looked(GOOD)).toEqual({
    SPF: 'ok: v=spf1 include:_spf.relay.net -all; that it names your mail server is for you to see',
    DKIM: 'ok: s1._domainkey.acme.com has the key',
    DMARC: 'ok: v=DMARC1; p=quarantine; rua=mailto:postmaster@acme.com',
  });
});

test('whatever is missing is said with the record to add', async () => {
  expect(await looked({})).toEqual({
    SPF: 'broken: add a TXT record at acme.com, such as "v=spf1 include:<what your mail server says> -all"',
    DKIM: `broken: add a TXT record at s1._domainkey.acme.com with "v=DKIM1; k=rsa; p=${publicKey(key)}"`,
    DMARC: 'broken: add a TXT record at _dmarc.acme.com, such as "v=DMARC1; p=none; rua=mailto:<who reads reports>"',
  });
});

test.each([
  ['SPF', { 'acme.com': ['v=spf1 -all', 'v=spf1 ~all'] }, 'two SPF records'],
  ['SPF', { 'acme.com': ['v=spf1 +all'] }, 'lets everybody send'],
  ['SPF', { 'acme.com': ['v=spf10 -all'] }, 'add a TXT record at acme.com'],
  ['DKIM', { 's1._domainkey.acme.com': ['v=DKIM1; p='] }, 'has been revoked'],
  ['DKIM', { 's1._domainkey.acme.com': [`p=${publicKey(other)}`] }, 'is not the key of DKIM_PRIVATE_KEY'],
  ['DKIM', { 's1._domainkey.acme.com': ['p=a', 'p=b'] }, 'has two keys'],
  ['DMARC', { '_dmarc.acme.com': ['v=DMARC1; rua=mailto:a@acme.com'] }, 'has no p=none'],
  ['DMARC', { '_dmarc.acme.com': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] }, 'two DMARC records'],
])('%s %j is broken', async (what, records, say) => {
  const { [what]: line } = await looked({ ...GOOD, ...records });
  expect(line).toContain(say);
  expect(line).toMatch(/^broken: /);
});

test('a domain without a DMARC record has that of the one above, but not of the top', async () => {
  const setup = { domain: 'news.acme.com', dkim: { domain: 'acme.com', selector: 's1', key } };
  const records = { ...GOOD, 'news.acme.com': ['v=spf1 -all'], '_dmarc.com': ['v=DMARC1; p=reject'] };
  expect((await looked(records, setup))['DMARC']).toContain('p=quarantine');
  const { '_dmarc.acme.com': _none, ...without } = records;
  expect((await looked(without, setup))['DMARC']).toMatch(/^broken: /);
});

test('spaces that a provider puts into a key do not matter', async () => {
  const spaced = publicKey(key).replace(/(.{60})/g, '$1 ');
  expect((await looked({ ...GOOD, 's1._domainkey.acme.com': [`v=DKIM1;k=rsa; p=${spaced}`] }))['DKIM']).toMatch(/^ok/);
});

test('what only the mail server knows is unknown, and so is what no resolver answers', async () => {
  expect((await looked(GOOD, { domain: 'acme.com' }))['DKIM']).toContain('unknown: only your mail server knows');
  const strange = { domain: 'acme.org', dkim: { domain: 'acme.com', selector: 's1', key } };
  expect((await looked(GOOD, strange))['DKIM']).toContain('unknown: acme.com signs for acme.org');
  const checks = await senderChecks(SETUP, {
    txtRecords: async () => {
      throw new Failed('no resolver answers', { mayHaveHappened: false });
    },
  });
  expect(checks.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown']);
});

test('an example name is broken before anybody is asked', async () => {
  expect(await looked({}, { ...SETUP, domain: 'mail.northwind.example' })).toEqual({
    sender:
      'broken: mail.northwind.example is an example name: set addresses.from_address in brand.yaml to an address of your own',
  });
});
