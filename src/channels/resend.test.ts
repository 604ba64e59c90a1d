/** Against a contract server on loopback, written from Resend's documentation; it is not the real service. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Delivery, Io, MailBatch, Recipient } from '../core/contracts.ts';
import { Blocked, Failed } from '../core/errors.ts';
import { publicationOf, publishingUnit } from '../testing/publications.ts';
import { type Fault, type ResendServer, serveResend } from '../testing/resend-server.ts';
import { secluded } from '../testing/secluded.ts';
import { channel } from './resend.ts';

const NOW = '2026-11-24T09:00:00Z';
const HOUR = 3_600_000;
const API_KEY = 're_a-key-that-nobody-may-see';
const SENDING_KEY = 're_a-key-that-only-sends';
const { unsubscribe_url: LEAVE } = publishingUnit.brand.addresses;

let server: ResendServer;
let paused: number[];

beforeEach(async () => {
  server = await serveResend({
    now: Date.parse(NOW),
    keys: { [API_KEY]: 'full_access', [SENDING_KEY]: 'sending_access' },
    domains: { 'northwind.example': 'verified', 'slow.example': 'pending' },
  });
  paused = [];
});
afterEach(() => server.close());

const person = (name: string): Recipient => ({
  id: `${name}-`.padEnd(22, 'x'),
  address: `${name}@reader.example`,
  unsubscribeUrl: `${LEAVE}?r=${name}`,
});
const [ADA, BOB, CLEO] = [person('ada'), person('bob'), person('cleo')];

const email = publicationOf({
  id: 'weekly',
  channel: 'outbox',
  at: NOW,
  files: { 'email.html': `<p>Grüße</p><a href="${LEAVE}">Leave</a>`, 'email.txt': `Grüße.\n\nLeave: ${LEAVE}\n` },
  asset: { copy: [{ slot: 'subject', text: 'Grüße aus dem Norden', facts: [] }] },
});

const unitFrom = (from_address: string) => {
  const { brand } = publishingUnit;
  return { ...publishingUnit, brand: { ...brand, addresses: { ...brand.addresses, from_address } } };
};

const contextWith = (params: Readonly<Record<string, unknown>> = {}, unit = publishingUnit) => ({
  now: NOW,
  unit,
  channel: {
    id: 'letter',
    adapter: 'resend',
    timezone: 'Europe/Berlin',
    breakers: { max_publishes_per_day: 9 },
    params: { audience: 'url', base_url: server.url, ...params },
  },
});

const ioWith = (key = API_KEY, changes: Partial<Io> = {}): Io => ({
  ...secluded,
  env: { RESEND_API_KEY: key },
  now: NOW,
  file: async () => undefined,
  events: async () => [],
  fetch,
  pause: async (milliseconds) => void paused.push(milliseconds),
  ...changes,
});

const batchOf = (recipients: readonly Recipient[], key = 'a'.repeat(64)): MailBatch => ({
  publication: email,
  recipients,
  key,
});

async function send(batch: MailBatch, io = ioWith(), context = contextWith()): Promise<readonly Delivery[]> {
  const session = await channel.mailing?.open(context, io);
  const deliveries = (await session?.send(batch)) ?? [];
  await session?.close();
  expect(JSON.stringify(deliveries)).not.toMatch(/@|a-key/);
  return deliveries;
}

async function refusal(call: Promise<unknown>): Promise<Blocked | Failed> {
  const error = await call.then(
    (value) => new Error(`it did not throw, but gave ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Blocked || error instanceof Failed)) throw error;
  expect(error.message).not.toMatch(/reader\.example|a-key/);
  return error;
}
const doubtOf = (error: Blocked | Failed) => (error instanceof Failed ? error.mayHaveHappened : 'blocked');
const sentTo = () => server.sent.map(({ to }) => to.join()).sort();
const stateOf = (deliveries: readonly Delivery[]) => deliveries.map(({ state }) => state);

test('everybody gets an email of their own, in one call with the key of the batch', async () => {
  expect(await send(batchOf([ADA, BOB]))).toEqual([
    { recipient: ADA.id, state: 'sent' },
    { recipient: BOB.id, state: 'sent' },
  ]);
  expect(server.calls.map(({ key }) => key)).toEqual(['a'.repeat(64)]);
  expect(server.sent[1]).toMatchObject({
    from: 'Northwind <hello@northwind.example>',
    to: ['bob@reader.example'],
    subject: 'Grüße aus dem Norden',
    html: `<p>Grüße</p><a href="${LEAVE}?r=bob">Leave</a>`,
    text: `Grüße.\n\nLeave: ${LEAVE}?r=bob\n`,
    headers: {
      'List-Id': '<news.lists.northwind.example>',
      'List-Unsubscribe': `<${LEAVE}?r=bob>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Feedback-Id': 'found-again:weekly:outbox:mhub19e3d10b',
      'X-Mhub-Effect': email.receipt.key,
    },
  });
});

test('one call holds a hundred, and the server refuses more', async () => {
  const many = Array.from({ length: 101 }, (_, index) => person(`p${index}`));
  expect(stateOf(await send(batchOf(many.slice(0, channel.mailing?.atOnce))))).toHaveLength(100);
  const error = await refusal(send(batchOf(many, 'b'.repeat(64))));
  expect([error.message, doubtOf(error)]).toEqual([
    'Resend answered 422: The batch must hold between 1 and 100 emails.',
    false,
  ]);
});

test('a batch that is sent again within a day changes nothing, and after it would', async () => {
  await send(batchOf([ADA, BOB]));
  server.setClock(Date.parse(NOW) + 24 * HOUR - 1);
  expect(stateOf(await send(batchOf([ADA, BOB])))).toEqual(['sent', 'sent']);
  expect(sentTo()).toEqual(['ada@reader.example', 'bob@reader.example']);
  expect(new Set(server.calls.map(({ body }) => body)).size).toBe(1);
  server.setClock(Date.parse(NOW) + 24 * HOUR);
  await send(batchOf([ADA, BOB]));
  expect(server.sent).toHaveLength(4);
  expect(channel.keyMinutes).toBe(24 * 60);
});

test('the same key with other recipients leaves everybody in doubt, and sends nothing', async () => {
  await send(batchOf([ADA]));
  const error = await refusal(send(batchOf([ADA, BOB])));
  expect([error.message, doubtOf(error)]).toEqual(['Resend answered 409 invalid_idempotent_request', true]);
  expect(sentTo()).toEqual(['ada@reader.example']);
});

test('one address that is none does not keep the others from their mail', async () => {
  const nowhere = { ...BOB, address: 'bob at reader.example' };
  expect(await send(batchOf([ADA, nowhere, CLEO]))).toEqual([
    { recipient: ADA.id, state: 'sent' },
    { recipient: BOB.id, state: 'refused', because: expect.stringContaining('Invalid `to` field.') },
    { recipient: CLEO.id, state: 'sent' },
  ]);
  expect(sentTo()).toEqual(['ada@reader.example', 'cleo@reader.example']);
});

test.each<[Fault, boolean | 'blocked', number]>([
  ['rate_limit_exceeded', false, 0],
  ['daily_quota_exceeded', 'blocked', 0],
  ['monthly_quota_exceeded', 'blocked', 0],
  ['internal_server_error', true, 0],
  ['internal_server_error-after', true, 1],
  ['reset', true, 0],
  ['reset-after', true, 1],
  ['concurrent_idempotent_requests', true, 0],
])('%s leaves %s to be feared, and settles when it is sent again', async (fault, doubt, arrived) => {
  server.fail(fault);
  expect(doubtOf(await refusal(send(batchOf([ADA]))))).toBe(doubt);
  expect(server.sent).toHaveLength(arrived);
  expect(stateOf(await send(batchOf([ADA])))).toEqual(['sent']);
  expect(sentTo()).toEqual(['ada@reader.example']);
});

test('a rate limit says until when', async () => {
  server.fail('rate_limit_exceeded');
  expect(await refusal(send(batchOf([ADA])))).toMatchObject({ until: '2026-11-24T09:00:01Z' });
});

test('the next call of a session waits for as long as the server asks', async () => {
  const session = await channel.mailing?.open(contextWith(), ioWith());
  for (const key of ['a', 'b', 'c']) await session?.send(batchOf([ADA], key.repeat(64)));
  expect([paused, server.sent.length]).toEqual([[1000], 3]);
});

test.each([
  ['re_wrong', publishingUnit, ['RESEND_API_KEY']],
  ['two\nlines', publishingUnit, ['RESEND_API_KEY']],
  [API_KEY, unitFrom('Slow <news@slow.example>'), ['addresses.from_address']],
])('key %j with another sender is blocked, and nothing is sent', async (key, unit, missing) => {
  const error = await refusal(send(batchOf([ADA]), ioWith(key), contextWith({}, unit)));
  expect([error, server.sent.length]).toMatchObject([{ missing }, 0]);
});

test('the key goes nowhere in plain text, and to no other path', async () => {
  for (const base_url of ['http://resend.northwind.example', 'https://a@resend.northwind.example']) {
    expect(await refusal(send(batchOf([ADA]), ioWith(), contextWith({ base_url })))).toMatchObject({
      missing: ['base_url'],
    });
  }
});

test('an answer that does not account for everybody leaves everybody in doubt', async () => {
  const answers = [{ data: [{ id: 'one' }] }, { data: [], errors: [{ index: 7, message: '`to`' }] }, {}, []];
  for (const answer of answers) {
    const io = ioWith(API_KEY, { fetch: async () => Response.json(answer) });
    expect(doubtOf(await refusal(send(batchOf([ADA, BOB]), io)))).toBe(true);
  }
});

test('what is wrong with every email is held against nobody', async () => {
  const errors = [0, 1].map((index) => ({ index, message: 'Invalid `subject` field' }));
  const io = ioWith(API_KEY, { fetch: async () => Response.json({ data: [], errors }) });
  expect(doubtOf(await refusal(send(batchOf([ADA, BOB]), io)))).toBe(false);
});

test('a look before the first mailing asks for the key and the domain', async () => {
  const look = async (key: string, from: string) => {
    const checks = await channel.preflight?.(contextWith({}, unitFrom(from)), ioWith(key));
    return Object.fromEntries((checks ?? []).map(({ what, state }) => [what, state]));
  };
  expect(await look(API_KEY, 'A <a@slow.example>')).toEqual({
    RESEND_API_KEY: 'ok',
    'Resend domain slow.example': 'broken',
    sender: 'broken',
  });
  expect(await look(SENDING_KEY, 'A <a@acme.com>')).toEqual({
    RESEND_API_KEY: 'unknown',
    'SPF of send.acme.com': 'broken',
    'DKIM of acme.com': 'broken',
    'DMARC of acme.com': 'broken',
  });
  expect((await look('re_wrong', 'A <a@acme.com>'))['RESEND_API_KEY']).toBe('broken');
  await server.close();
  expect((await look(API_KEY, 'A <a@acme.com>'))['RESEND_API_KEY']).toBe('unknown');
  expect(server.calls).toEqual([]);
});
