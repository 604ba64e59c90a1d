/** Against a real SMTP server on loopback. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import PostalMime from 'postal-mime';
import { afterEach, expect, test } from 'vitest';
import type { Delivery, Io, MailingSession, Publication, Recipient } from '../core/contracts.ts';
import { Blocked, Failed } from '../core/errors.ts';
import { selfSigned } from '../testing/certificate.ts';
import { publicationOf, publishingUnit } from '../testing/publications.ts';
import { secluded } from '../testing/secluded.ts';
import { type Fault, type Settings, type SmtpServer, serveSmtp } from '../testing/smtp-server.ts';
import { channel } from './smtp.ts';

const NOW = '2026-11-24T09:00:00Z';
const LOGIN = { user: 'northwind', pass: 'a-password-that-nobody-may-see' };
const certificate = selfSigned();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const DKIM_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const PUBLIC_KEY = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
const { unsubscribe_url: LEAVE } = publishingUnit.brand.addresses;

const servers: SmtpServer[] = [];
const sessions: MailingSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function served(settings: Partial<Settings> = {}, ...faults: readonly Fault[]): Promise<SmtpServer> {
  const server = await serveSmtp({ tls: 'implicit', certificate, login: LOGIN, ...settings });
  servers.push(server);
  server.fail(...faults);
  return server;
}

const person = (name: string): Recipient => ({
  id: `${name}-`.padEnd(22, 'x'),
  address: `${name}@reader.example`,
  unsubscribeUrl: `${LEAVE}?r=${name}`,
});
const PEOPLE = ['ada', 'bob', 'cleo', 'dan', 'eve'].map(person);
const [ADA = person('ada'), BOB = person('bob')] = PEOPLE;

const emailWith = (): Publication =>
  publicationOf({
    id: 'weekly',
    channel: 'outbox',
    at: NOW,
    files: { 'email.html': `<p>Grüße</p><a href="${LEAVE}">Leave</a>`, 'email.txt': `Grüße.\n\nLeave: ${LEAVE}\n` },
    asset: { copy: [{ slot: 'subject', text: 'Grüße aus dem Norden', facts: [] }] },
  });

const contextWith = (params: Readonly<Record<string, unknown>> = {}, unit = publishingUnit) => ({
  now: NOW,
  unit,
  channel: {
    id: 'letter',
    adapter: 'smtp',
    timezone: 'Europe/Berlin',
    breakers: { max_publishes_per_day: 9 },
    params: { tls: 'implicit', audience: 'url', ca_file: 'ca.pem', ...params },
  },
});

const ioFor = (port: number, env: Readonly<Record<string, string>> = {}, changes: Partial<Io> = {}): Io => ({
  ...secluded,
  env: {
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(port),
    SMTP_USER: LOGIN.user,
    SMTP_PASS: LOGIN.pass,
    DKIM_PRIVATE_KEY: DKIM_KEY.trim().replaceAll('\n', '\\n'),
    ...env,
  },
  now: NOW,
  file: async (path) => (path === 'ca.pem' ? certificate.cert : undefined),
  events: async () => [],
  ...changes,
});

async function opened(server: SmtpServer, params = {}, env = {}, unit = publishingUnit): Promise<MailingSession> {
  const session = await channel.mailing?.open(contextWith(params, unit), ioFor(server.port, env));
  if (!session) throw new RangeError('there is no session');
  sessions.push(session);
  return session;
}

const batchOf = (recipients: readonly Recipient[], publication = emailWith()) => ({
  publication,
  recipients,
  key: 'k'.repeat(64),
});

/** By the name of the person; nothing that is told names the address. */
async function sentTo(session: MailingSession, recipients = PEOPLE, publication = emailWith()) {
  const deliveries = await session.send(batchOf(recipients, publication));
  expect(JSON.stringify(deliveries)).not.toMatch(/reader\.example|a-password/);
  return Object.fromEntries(deliveries.map(({ recipient, ...rest }) => [recipient.split('-')[0] ?? '', rest]));
}

async function refusal(call: Promise<unknown> | undefined): Promise<Blocked | Failed> {
  const error = await Promise.resolve(call).then(
    (value) => new Error(`it did not throw, but gave ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Blocked || error instanceof Failed)) throw error;
  expect(error.message).not.toMatch(/reader\.example|a-password|BEGIN/);
  return error;
}

const namesOf = ({ arrived }: SmtpServer) =>
  arrived.map(({ to }) => to.join('+').replaceAll('@reader.example', '')).sort();
const states = (deliveries: Readonly<Record<string, Pick<Delivery, 'state'>>>) =>
  Object.fromEntries(Object.entries(deliveries).map(([name, { state }]) => [name, state]));

test.each(['implicit', 'starttls', 'none'] as const)(
  'everybody gets one message of their own over tls %s',
  async (tls) => {
    const server = await served({ tls, ...(tls === 'none' && { login: undefined }) });
    const deliveries = await sentTo(await opened(server, { tls, ...(tls === 'none' && { ca_file: undefined }) }));
    expect(new Set(Object.values(states(deliveries)))).toEqual(new Set(['sent']));
    expect(namesOf(server)).toEqual(['ada', 'bob', 'cleo', 'dan', 'eve']);
    expect(server.arrived.every(({ isSecure }) => isSecure === (tls !== 'none'))).toBe(true);
  },
);

test("what arrives is what was judged, with one way out that is the reader's own", async () => {
  const server = await served();
  await sentTo(await opened(server), [ADA]);
  const { from, message } = server.arrived[0] ?? { from: '', message: Buffer.alloc(0) };
  expect(from).toBe('hello@northwind.example');
  const email = await PostalMime.parse(message);
  expect(email).toMatchObject({
    subject: 'Grüße aus dem Norden',
    from: { name: 'Northwind', address: 'hello@northwind.example' },
    to: [{ name: '', address: ADA.address }],
    date: '2026-11-24T09:00:00.000Z',
    messageId: `<${ADA.id}.${emailWith().receipt.key.slice(0, 16)}@northwind.example>`,
  });
  expect(email.html?.trimEnd()).toBe(`<p>Grüße</p><a href="${LEAVE}?r=ada">Leave</a>`);
  expect(email.text?.trimEnd()).toBe(`Grüße.\n\nLeave: ${LEAVE}?r=ada`);
  const headers = email.headers.filter(({ key }) => /^(list|x|feedback)-/.test(key));
  expect(headers.map(({ key, value }) => [key, value])).toEqual([
    ['list-id', '<news.lists.northwind.example>'],
    ['list-unsubscribe', `<${LEAVE}?r=ada>`],
    ['list-unsubscribe-post', 'List-Unsubscribe=One-Click'],
    ['feedback-id', 'found-again:weekly:outbox:mhub19e3d10b'],
    ['x-mhub-effect', emailWith().receipt.key],
  ]);
});

test('its signature holds and covers what says how to leave, and the same message is the same bytes', async () => {
  const server = await served();
  const session = await opened(server, { dkim: { domain: 'northwind.example', selector: 's1' } });
  await sentTo(session, [ADA]);
  await sentTo(session, [ADA]);
  const [first, second] = server.arrived;
  expect(second?.message.equals(first?.message ?? Buffer.alloc(0))).toBe(true);
  const { results } = await dkimVerify(first?.message ?? '', {
    resolver: async (name) => (name === 's1._domainkey.northwind.example' ? [[`v=DKIM1; k=rsa; p=${PUBLIC_KEY}`]] : []),
  });
  expect(results.map(({ status, signingDomain }) => [status.result, signingDomain])).toEqual([
    ['pass', 'northwind.example'],
  ]);
  const head = first?.message.toString().replace(/\r\n[ \t]+/g, ' ');
  const [, fields = ''] = /^DKIM-Signature:.*?\bh=([^;]+);/.exec(head ?? '') ?? [];
  const covered = fields.split(':').map((name) => name.trim());
  expect(covered).toEqual(
    expect.arrayContaining(['from', 'to', 'subject', 'date', 'list-unsubscribe', 'list-unsubscribe-post']),
  );
});

test('connections are kept, and a person who is refused does not cost one', async () => {
  const server = await served({}, { at: 'rcpt', to: BOB.address, does: '550 5.1.1 no such user' });
  const session = await opened(server, { connections: 2 });
  for (let round = 0; round < 4; round += 1) await sentTo(session);
  expect(server.connections()).toBe(2);
  expect(namesOf(server).filter((name) => name === 'ada')).toHaveLength(4);
});

const DEAD = { state: 'refused', bounced: true };
/** What a server says about a person, and whether it means the mailbox, the message or the moment. */
const ANSWERS: readonly (readonly [string, object])[] = [
  ['550 5.1.1 no mailbox <aa@reader.example> here', DEAD],
  ['551 5.1.6 moved', DEAD],
  ['556 5.1.10 takes no mail', DEAD],
  ['550 5.2.1 switched off', DEAD],
  ['554 5.7.1 you look like spam', { state: 'refused' }],
  ['550 5.7.1 not from you', { state: 'refused' }],
  ['552 5.3.4 too large', { state: 'refused' }],
  ['451 4.7.1 try again later', { state: 'deferred' }],
  ['450 4.2.1 somebody%40reader.example is busy', { state: 'deferred' }],
  ['452 4.2.2 mailbox full', { state: 'deferred' }],
  ['552 5.2.2 over quota', { state: 'deferred' }],
  ['503 5.5.1 bad sequence', { state: 'deferred' }],
];

test.each(['rcpt', 'end'] as const)('an answer at %s is about one person alone', async (at) => {
  const cases = ANSWERS.map(([does, fate], index) => ({ who: person(`p${index}p`), does, fate }));
  const server = await served({}, ...cases.map(({ who, does }) => ({ at, does, to: who.address })));
  const deliveries = await sentTo(await opened(server), [ADA, ...cases.map(({ who }) => who), BOB]);
  expect(deliveries).toEqual({
    ada: { state: 'sent' },
    ...Object.fromEntries(
      cases.map(({ does, fate }, index) => [
        `p${index}p`,
        { ...fate, because: does.replace(/[^\s<>]+(?:@|%40)[^\s<>]+/, '<address>') },
      ]),
    ),
    bob: { state: 'sent' },
  });
  expect(namesOf(server)).toEqual(['ada', 'bob']);
});

test.each([
  ['550 Bob is unknown', DEAD],
  ['553 never heard of bob@reader.example', DEAD],
  ['554 no', { state: 'refused' }],
])('without a status of its own, "%s" to a recipient is about the mailbox', async (does, fate) => {
  const server = await served({}, { at: 'rcpt', does });
  const { bob } = await sentTo(await opened(server), [BOB]);
  expect(bob).toEqual({ ...fate, because: does.replace(/bob\S*/i, '<address>') });
});

test('a rejected message says nothing about the mailbox', async () => {
  const server = await served({}, { at: 'end', does: '550 looks like spam' });
  expect(await sentTo(await opened(server), [BOB])).toEqual({
    bob: { state: 'refused', because: '550 looks like spam' },
  });
});

/** For a server that says nothing more. */
const SHORT = { timeout_seconds: 2 };

test.each([
  ['mail', 'drop'],
  ['rcpt', 'drop'],
  ['rcpt', 'hang'],
] as const)('a connection that ends at %s (%s) has sent nothing', async (at, does) => {
  const server = await served({}, { at, does });
  const session = await opened(server, does === 'hang' ? SHORT : {});
  const error = await refusal(sentTo(session, [ADA, BOB]));
  expect([error instanceof Failed && error.mayHaveHappened, server.arrived.length]).toEqual([false, 0]);
  expect(error.message).toMatch(/^the connection to the mail server failed \(E[A-Z]+\)$/);
});

test.each([
  ['middle', 'drop'],
  ['end', 'drop'],
  ['end', 'hang'],
] as const)('after a whole message nobody knows when the connection ends at %s (%s)', async (at, does) => {
  const server = await served({}, { at, does, to: BOB.address });
  const deliveries = await sentTo(await opened(server, does === 'hang' ? SHORT : {}), [ADA, BOB]);
  expect(deliveries).toEqual({
    ada: { state: 'sent' },
    bob: { state: 'in_doubt', because: 'the mail server took it and did not answer' },
  });
  expect(namesOf(server)).toEqual(at === 'end' ? ['ada', 'bob'] : ['ada']);
});

test('whoever a broken connection befell waits, as long as others were sent', async () => {
  const server = await served({}, { at: 'rcpt', does: 'drop', to: BOB.address });
  const session = await opened(server);
  expect(states(await sentTo(session))).toEqual({
    ada: 'sent',
    bob: 'deferred',
    cleo: 'sent',
    dan: 'sent',
    eve: 'sent',
  });
  server.fail();
  expect(states(await sentTo(session, [BOB]))).toEqual({ bob: 'sent' });
  expect(namesOf(server)).toEqual(['ada', 'bob', 'cleo', 'dan', 'eve']);
});

test('a connection that the server has ended meanwhile is made anew, and nobody gets two', async () => {
  const server = await served();
  const session = await opened(server, { connections: 1 });
  await sentTo(session, [ADA]);
  server.endIdle();
  expect(states(await sentTo(session, [BOB]))).toEqual({ bob: 'sent' });
  expect([namesOf(server), server.connections()]).toEqual([['ada', 'bob'], 2]);
});

test.each([
  [{ at: 'login', does: '535 5.7.8 northwind is not let in' }, ['SMTP_USER', 'SMTP_PASS']],
  [{ at: 'login', does: '534 5.7.9 another mechanism' }, ['SMTP_USER', 'SMTP_PASS']],
] as const)('%j before anything is sent is blocked', async (fault, missing) => {
  const error = await refusal(opened(await served({}, fault)));
  expect(error).toMatchObject({ missing });
});

test.each([
  [{ at: 'mail', does: '530 5.7.0 log in first' }, ['SMTP_USER', 'SMTP_PASS']],
  [{ at: 'mail', does: '553 5.7.1 not your address' }, ['addresses.from_address']],
] as const)('%j is about nobody on the list, and blocked', async (fault, missing) => {
  const server = await served({}, fault);
  expect(await refusal(sentTo(await opened(server)))).toMatchObject({ missing });
  expect(server.arrived.length).toBe(0);
});

test.each([
  { at: 'login', does: '454 4.7.0 too many logins' },
  { at: 'mail', does: '421 4.7.0 too many connections' },
  { at: 'mail', does: '451 4.3.0 not now' },
  { at: 'rcpt', does: '550 5.4.5 daily limit reached' },
  { at: 'end', does: '421 4.4.2 going down' },
] as const)('%j is about the moment: the batch has failed and nothing is sent', async (fault) => {
  const server = await served({}, fault);
  const error = await refusal(opened(server).then((session) => sentTo(session)));
  expect([error instanceof Failed && error.mayHaveHappened, server.arrived.length]).toEqual([false, 0]);
});

test('a wrong password, a wrong port and a server that is gone are told apart', async () => {
  const server = await served();
  const { port } = server;
  const open = (env: Readonly<Record<string, string>>, params = {}) =>
    refusal(channel.mailing?.open(contextWith(params), ioFor(port, env)));
  expect(await open({ SMTP_PASS: 'wrong' })).toMatchObject({ missing: ['SMTP_USER', 'SMTP_PASS'] });
  expect(await open({ SMTP_PORT: '99999' })).toMatchObject({ missing: ['SMTP_PORT'] });
  expect(await open({ SMTP_HOST: 'smtp://127.0.0.1' })).toMatchObject({ missing: ['SMTP_HOST'] });
  await server.close();
  expect(await open({})).toMatchObject({ message: 'the connection to the mail server failed (ECONNREFUSED)' });
});

test('a certificate that does not hold is blocked before the login', async () => {
  const server = await served();
  const stranger = await served({ certificate: selfSigned('mail.northwind.example') });
  const open = (port: number, params: Readonly<Record<string, unknown>>, file = certificate.cert) =>
    refusal(channel.mailing?.open(contextWith(params), ioFor(port, {}, { file: async () => file })));
  expect(await open(server.port, { ca_file: undefined })).toMatchObject({ missing: ['SMTP_HOST'] });
  expect(await open(stranger.port, {})).toMatchObject({ missing: ['SMTP_HOST'] });
});

test('nothing is sent in plain text, but on this machine', async () => {
  const server = await served({ tls: 'none', login: undefined });
  const plain = channel.mailing?.open(contextWith({ tls: 'none' }), ioFor(25, { SMTP_HOST: 'mail.northwind.example' }));
  expect(await refusal(plain)).toMatchObject({ missing: ['tls'] });
  expect(await refusal(opened(server, { tls: 'starttls' }))).toMatchObject({ missing: ['tls'] });
  expect(server.arrived.length).toBe(0);
});

test('a key that is none is blocked', async () => {
  const server = await served();
  const dkim = { domain: 'northwind.example', selector: 's1' };
  for (const key of [
    '',
    'not a key',
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ]) {
    const error = await refusal(opened(server, { dkim }, { DKIM_PRIVATE_KEY: String(key) }));
    expect(error).toMatchObject({ missing: ['DKIM_PRIVATE_KEY'] });
  }
});

test('the variables are those that the params ask for', () => {
  expect(channel.envOf?.({ tls: 'implicit', audience: 'url' })).toEqual([
    'SMTP_USER',
    'SMTP_PASS',
    'MHUB_RECEIPT_HMAC_KEY',
    'MHUB_AUDIENCE_URL',
  ]);
  expect(channel.envOf?.({ tls: 'none', audience: 'file', dkim: {} })).toEqual([
    'DKIM_PRIVATE_KEY',
    'MHUB_RECEIPT_HMAC_KEY',
    'MHUB_AUDIENCE_FILE',
    'MHUB_AGE_IDENTITY',
  ]);
});

test('a look before the first mailing names what is missing, and changes nothing', async () => {
  const server = await served();
  const look = async (env = {}, params = {}, records: Readonly<Record<string, readonly string[]>> = {}) => {
    const { brand } = publishingUnit;
    const addresses = { ...brand.addresses, from_address: 'Acme <news@acme.com>' };
    const io = ioFor(server.port, env, { txtRecords: async (name) => records[name] ?? [] });
    const unit = { ...publishingUnit, brand: { ...brand, addresses } };
    const checks = (await channel.preflight?.(contextWith(params, unit), io)) ?? [];
    return Object.fromEntries(checks.map(({ what, state, say }) => [what, `${state}: ${say}`]));
  };
  const dkim = { domain: 'acme.com', selector: 's1' };
  const records = {
    'acme.com': ['v=spf1 -all'],
    's1._domainkey.acme.com': [`v=DKIM1; p=${PUBLIC_KEY}`],
    '_dmarc.acme.com': ['v=DMARC1; p=none'],
  };
  expect(await look({}, { dkim }, records)).toEqual({
    'mail server': 'ok: it lets SMTP_USER in',
    'SPF of acme.com': expect.stringMatching(/^ok/),
    'DKIM of acme.com': expect.stringMatching(/^ok/),
    'DMARC of acme.com': expect.stringMatching(/^ok/),
  });
  expect((await look({ SMTP_PASS: 'wrong' }))['mail server']).toMatch(/^broken: .*SMTP_USER and SMTP_PASS/);
  expect((await look({ SMTP_PORT: '1' }))['mail server']).toMatch(/^unknown: .*ECONNREFUSED/);
  expect((await look({ DKIM_PRIVATE_KEY: '' }, { dkim }))['DKIM_PRIVATE_KEY']).toMatch(/^broken: set DKIM_PRIVATE_KEY/);
  expect(server.arrived.length).toBe(0);
});
