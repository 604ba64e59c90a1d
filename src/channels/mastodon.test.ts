/** Against a contract server on loopback, written from Mastodon's documentation; it is not the real service. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FiledSignal, Io, Publication } from '../core/contracts.ts';
import { trackedUrl } from '../core/links.ts';
import type { Fault } from '../testing/contract-server.ts';
import { type MastodonServer, type Route, SCOPES, serveMastodon } from '../testing/mastodon-server.ts';
import { publicationOf, publishingUnit } from '../testing/publications.ts';
import { doubtOf, refusalOf } from '../testing/refusal.ts';
import { secluded } from '../testing/secluded.ts';
import { channel } from './mastodon.ts';

const TOKEN = 'a-token-that-nobody-may-see';
const NOW = '2026-11-23T09:00:00Z';
const AT = Date.parse(NOW);
const HOUR = 3_600_000;
const CONFIG = {
  id: 'feed',
  adapter: 'mastodon',
  timezone: 'Europe/Berlin',
  breakers: { max_publishes_per_day: 9 },
};
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const unit = publishingUnit;

const linkOf = (id: string): string =>
  trackedUrl(`${unit.brand.addresses.site_url}/found/?ref=a&b=c`, {
    source: CONFIG.id,
    medium: 'social',
    campaign: 'found-again',
    content: id,
  });

const textOf = (id: string): string => `Notes that turn up again <today> & tomorrow.\n\n${linkOf(id)}\n\n#notes\n`;

const postOf = (id: string, files: Readonly<Record<string, string | Uint8Array>> = {}): Publication =>
  publicationOf({ id, channel: 'feed', at: NOW, files: { 'post.txt': textOf(id), ...files } });

const CARD = { 'card.png': PNG, 'card.alt.txt': 'Northwind: notes that turn up again\n' };

let server: MastodonServer;
let paused: number[];

beforeEach(async () => {
  server = await serveMastodon({ now: AT });
  server.grant(TOKEN, 'northwind');
  paused = [];
});
afterEach(() => server.close());

const ioWith = (changes: Partial<Io> = {}): Io => ({
  ...secluded,
  env: { MASTODON_BASE_URL: server.url, MASTODON_ACCESS_TOKEN: TOKEN },
  now: NOW,
  file: async () => undefined,
  events: async () => [],
  fetch,
  pause: async (milliseconds) => void paused.push(milliseconds),
  ...changes,
});

const contextWith = (params: Readonly<Record<string, unknown>> = {}, published: readonly Publication[] = []) => ({
  now: NOW,
  unit,
  channel: { ...CONFIG, params },
  published,
});

const publish = (post: Publication, io = ioWith(), params = {}) => channel.publish?.(post, contextWith(params), io);
const find = (post: Publication, io = ioWith(), published: readonly Publication[] = []) =>
  channel.find?.(post, contextWith({}, published), io);

const refusal = (call: Promise<unknown> | undefined) => refusalOf(call, TOKEN);

test('a post goes out once, with its key, language and visibility, and answers with its address', async () => {
  const published = await publish(postOf('monday'));
  const [posted] = server.posted;
  expect(published).toEqual({ url: `${server.url}/@northwind/${posted?.id}`, changes: [] });
  expect(posted).toMatchObject({ text: textOf('monday').trim(), language: 'en', visibility: 'public', pictures: [] });
  expect(server.calls).toEqual([{ method: 'POST', path: '/api/v1/statuses', key: postOf('monday').receipt.key }]);
});

test('the card goes along with its alt text, once the server has processed it', async () => {
  server.processFor(3);
  await publish(postOf('monday', CARD), ioWith(), { visibility: 'unlisted' });
  const [picture] = server.pictures;
  expect(picture).toMatchObject({ description: 'Northwind: notes that turn up again', bytes: PNG.length });
  expect(server.posted[0]).toMatchObject({ pictures: [picture?.id], visibility: 'unlisted' });
  expect(paused).toEqual([1000, 1000, 1000]);
});

test('a picture that stays in processing keeps the post from going out, after a while', async () => {
  server.processFor(100);
  const error = await refusal(publish(postOf('monday', CARD)));
  expect([error.message, doubtOf(error)]).toEqual(['Mastodon is still processing the picture', false]);
  expect([server.posted.length, paused.length]).toEqual([0, 6]);
});

test('a file that is no picture is refused, and nothing goes out', async () => {
  const error = await refusal(publish(postOf('monday', { ...CARD, 'card.png': 'not a picture' })));
  expect(error.message).toBe('Mastodon answered 422: Validation failed: File content type is invalid, File is invalid');
  expect([doubtOf(error), server.posted.length]).toEqual([false, 0]);
});

test('a server that takes longer posts is told apart by a param', () => {
  expect(channel.limitsFor?.({})).toEqual(channel.limits);
  expect(channel.limitsFor?.({ max_characters: 5000 })).toEqual({ maxLength: 5000, link: 23 });
});

test('500 characters are counted with 23 for the address, as Guard counts them', async () => {
  const fit = `${'a'.repeat(500 - 24)} ${linkOf('long')}`;
  await publish(postOf('long', { 'post.txt': fit }));
  const error = await refusal(publish(postOf('longer', { 'post.txt': `b${fit}` })));
  expect([error.message, doubtOf(error)]).toEqual([
    'Mastodon answered 422: Validation failed: Text character limit of 500 exceeded',
    false,
  ]);
  expect(server.posted).toHaveLength(1);
});

test.each<[Route, Fault, boolean | 'blocked', number]>([
  ['status', '500', true, 0],
  ['status', '500-after', true, 1],
  ['status', 'reset', true, 0],
  ['status', 'reset-after', true, 1],
  ['status', 'silent-after', true, 1],
  ['status', '429', false, 0],
  ['status', 'redirect', 'blocked', 0],
  ['media', '500-after', false, 0],
  ['media', 'reset', false, 0],
  ['media', 'silent-after', false, 0],
  ['media', '429', false, 0],
])('at the %s, %s leaves in doubt: %s', async (route, fault, doubt, posts) => {
  server.fail(route, fault);
  const impatient: typeof fetch = (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(200) });
  const io = ioWith(fault === 'silent-after' ? { fetch: impatient } : {});
  const error = await refusal(publish(postOf('monday', CARD), io));
  expect([doubtOf(error), server.posted.length]).toEqual([doubt, posts]);
});

test('a server that cannot be reached has not been sent anything', async () => {
  await server.close();
  const error = await refusal(publish(postOf('monday')));
  expect([error.message, doubtOf(error)]).toEqual(['the connection to Mastodon failed', false]);
  server = await serveMastodon({ now: AT });
});

test('a rate limit says when it ends', async () => {
  server.fail('status', '429');
  const error = await refusal(publish(postOf('monday')));
  expect(error.message).toBe('Mastodon takes no more calls until 2026-11-23T09:05:00Z');
});

test('more calls than the server allows are refused, until its window ends', async () => {
  await server.close();
  server = await serveMastodon({ now: AT, callsPerWindow: 1 });
  server.grant(TOKEN, 'northwind');
  await publish(postOf('monday'));
  expect(doubtOf(await refusal(publish(postOf('tuesday'))))).toBe(false);
  server.setClock(AT + 5 * 60_000);
  await publish(postOf('tuesday'));
  expect(server.posted).toHaveLength(2);
});

test('a token that was revoked blocks by name', async () => {
  server.revoke(TOKEN);
  const error = await refusal(publish(postOf('monday')));
  expect(error).toMatchObject({ missing: ['MASTODON_ACCESS_TOKEN'] });
  expect(error.message).toBe(
    'BLOCKED channel mastodon: the server does not accept MASTODON_ACCESS_TOKEN: set a new access token',
  );
});

test.each(SCOPES)('a token without %s blocks by name, and says which scopes are needed', async (scope) => {
  server.grant(
    TOKEN,
    'northwind',
    SCOPES.filter((one) => one !== scope),
  );
  const isForWriting = scope.startsWith('write');
  const error = await refusal(isForWriting ? publish(postOf('monday', CARD)) : find(postOf('monday')));
  expect(error).toMatchObject({ missing: ['MASTODON_ACCESS_TOKEN'] });
  expect(error.message).toContain('This action is outside the authorized scopes; it needs write:statuses');
  expect(server.posted).toEqual([]);
});

test.each([
  ['http://mastodon.example', 'without TLS'],
  ['https://mastodon.example/web', 'with a path'],
  ['https://ada:secret@mastodon.example', 'with a password'],
  ['mastodon.example', 'without a scheme'],
])('%s is no address of a server: %s', async (address) => {
  const io = ioWith({ env: { MASTODON_BASE_URL: address, MASTODON_ACCESS_TOKEN: TOKEN } });
  const error = await refusal(publish(postOf('monday'), io));
  expect(error).toMatchObject({ missing: ['MASTODON_BASE_URL'] });
  expect(error.message).not.toContain(address);
});

test('a token that cannot stand in a header blocks before anything is sent', async () => {
  const env = { MASTODON_BASE_URL: server.url, MASTODON_ACCESS_TOKEN: 'two\nlines-of-secret' };
  const error = await refusal(publish(postOf('monday'), ioWith({ env })));
  expect(error).toMatchObject({ missing: ['MASTODON_ACCESS_TOKEN'] });
  expect(error.message).not.toContain('secret');
});

test('what a proxy answers in place of the server is told by its status', async () => {
  await server.close();
  server = await serveMastodon({ now: AT, maxBytes: 300 });
  server.grant(TOKEN, 'northwind');
  const error = await refusal(publish(postOf('monday', { ...CARD, 'card.png': new Uint8Array(400) })));
  expect([error.message, doubtOf(error)]).toEqual(['Mastodon answered 413', false]);
});

test('something that is no Mastodon is refused, or leaves doubt when it says yes', async () => {
  const answering = (status: number, body: string): Io => ioWith({ fetch: async () => new Response(body, { status }) });
  const say = async (status: number, body: string) =>
    doubtOf(await refusal(publish(postOf('a'), answering(status, body))));
  expect(await say(404, '<html>')).toBe(false);
  expect(await say(200, '<html>')).toBe(true);
  expect(await say(200, '{"url":"javascript:alert(1)"}')).toBe(true);
});

test('the words of a server stand on one line, and not too long', async () => {
  const said = { error: `no\n\u001b[31m${'x'.repeat(500)}` };
  const fetching: typeof fetch = async () => new Response(JSON.stringify(said), { status: 422 });
  const { message } = await refusal(publish(postOf('a'), ioWith({ fetch: fetching })));
  expect(message).toMatch(/^Mastodon answered 422: no \[31mx+$/);
  expect(message.length).toBeLessThan(230);
});

test('after a signal no post goes out any more', async () => {
  const error = await refusal(publish(postOf('monday'), ioWith({ stopping: AbortSignal.abort('SIGINT') })));
  expect([doubtOf(error), server.posted.length]).toEqual([false, 0]);
});

test('within the hour the same key is answered with the same post, after it with another one', async () => {
  const first = await publish(postOf('monday'));
  server.setClock(AT + HOUR - 1);
  expect(await publish(postOf('monday'))).toEqual(first);
  expect(server.posted).toHaveLength(1);
  server.setClock(AT + HOUR);
  expect(await publish(postOf('monday'))).not.toEqual(first);
  expect(server.posted).toHaveLength(2);
});

test('keys are remembered per account, not per token', async () => {
  server.grant('another-token-of-it', 'northwind');
  const env = { MASTODON_BASE_URL: server.url, MASTODON_ACCESS_TOKEN: 'another-token-of-it' };
  const first = await publish(postOf('monday'));
  expect(await publish(postOf('monday'), ioWith({ env }))).toEqual(first);
});

// ---- looking for it ---------------------------------------------------------------------------------------------

test('a post is found by the marks of its link, long after its key is forgotten', async () => {
  const published = await publish(postOf('monday'));
  server.setClock(AT + 5 * HOUR);
  await publish(postOf('tuesday'));
  expect(await find(postOf('monday'))).toEqual(published);
});

test('it is found behind pages of other posts', async () => {
  const published = await publish(postOf('monday'));
  for (let minute = 1; minute <= 130; minute += 1) {
    server.setClock(AT + minute * 60_000);
    server.post('northwind', `Note ${minute}, by hand: ${linkOf('another')}`);
  }
  expect(await find(postOf('monday'))).toEqual(published);
  expect(server.calls.filter(({ path }) => path.includes('/statuses?'))).toHaveLength(4);
});

test('nothing is there: proven by the first post from before the intent, or by the end of the list', async () => {
  expect(await find(postOf('monday'))).toBeNull();
  server.setClock(AT - 2 * HOUR);
  for (let count = 0; count < 50; count += 1) server.post('northwind', `Old post ${count}`);
  server.setClock(AT + 1000);
  server.post('northwind', 'A new one');
  const before = server.calls.length;
  expect(await find(postOf('monday'))).toBeNull();
  expect(server.calls.slice(before).map(({ path }) => path.split('?')[0])).toEqual([
    '/api/v1/accounts/verify_credentials',
    expect.stringMatching(/^\/api\/v1\/accounts\/\d+\/statuses$/),
  ]);
});

test('a search that does not reach back far enough proves nothing', async () => {
  for (let count = 0; count < 1001; count += 1) server.post('northwind', `Post ${count}`);
  const error = await refusal(find(postOf('monday')));
  expect([error.message, doubtOf(error)]).toEqual([
    'the newest 1000 posts of the account do not reach back to 2026-11-23T09:00:00Z',
    true,
  ]);
});

test('posts of another asset, campaign or channel, and an earlier revision, are not taken for it', async () => {
  server.setClock(AT + 1000);
  server.post('northwind', `Same campaign: ${linkOf('tuesday')}`);
  server.post('northwind', `Same asset: ${linkOf('monday').replace('found-again', 'lost-again')}`);
  server.post('northwind', `Same asset: ${linkOf('monday').replace('utm_source=feed', 'utm_source=x')}`);
  server.post('someone-else', textOf('monday'));
  expect(await find(postOf('monday'))).toBeNull();
  const earlier = postOf('monday');
  const { url } = (await publish(earlier)) ?? {};
  const standing = { ...earlier, receipt: { ...earlier.receipt, ...(url ? { url } : {}) } };
  expect(await find(postOf('monday'), ioWith(), [standing])).toBeNull();
});

test('a server whose clock is slow by minutes does not hide a post', async () => {
  server.setClock(AT - 50 * 60_000);
  const published = await publish(postOf('monday'));
  expect(await find(postOf('monday'))).toEqual(published);
});

test.each<Fault>(['429', '500', 'reset'])('%s while looking is never taken for a no', async (fault) => {
  server.fail('read', fault);
  expect(doubtOf(await refusal(find(postOf('monday'))))).toBe(true);
});

test('an answer that is no list of posts is never taken for a no', async () => {
  const answers = ['{"id":"1"}', '{"statuses":[]}'];
  const fetching: typeof fetch = async () => new Response(answers.shift());
  expect(doubtOf(await refusal(find(postOf('monday'), ioWith({ fetch: fetching }))))).toBe(true);
});

// ---- looking at it, and what it achieved ------------------------------------------------------------------------

const verify = (post: Publication, io = ioWith()) => channel.verify?.(post, contextWith(), io);
const preflight = (io = ioWith()) => channel.preflight?.(contextWith(), io);

/** The publication as the ledger has it. */
async function sent(id: string, files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Publication> {
  const post = postOf(id, files);
  const { url = '' } = (await publish(post)) ?? {};
  return { ...post, receipt: { ...post.receipt, url } };
}

test('what stands as it was sent is verified; what is gone or altered is told', async () => {
  const post = await sent('monday', CARD);
  expect(await verify(post)).toEqual({ state: 'verified', differences: [] });
  const say = async (files: Readonly<Record<string, string | Uint8Array>>) =>
    (await verify({ ...postOf('monday', { ...CARD, ...files }), receipt: post.receipt }))?.differences;
  expect(await say({ 'post.txt': `Other words.\n\n${linkOf('monday')}\n\n#notes\n` })).toEqual(['its text differs']);
  expect(await say({ 'post.txt': textOf('monday').replace(linkOf('monday'), linkOf('tuesday')) })).toEqual([
    'its text differs',
    `the link ${linkOf('tuesday')} is gone`,
  ]);
  expect(await say({ 'card.alt.txt': 'Something else' })).toEqual(['its alt text differs']);
  expect(await verify({ ...(await sent('tuesday')), files: post.files })).toMatchObject({
    state: 'altered',
    differences: expect.arrayContaining(['its picture differs']) as string[],
  });
  server.delete(server.posted[0]?.id ?? '');
  expect(await verify(post)).toEqual({ state: 'absent', differences: [] });
});

test.each<Fault>(['429', '500', 'reset'])('%s while looking at a post does not make it absent', async (fault) => {
  const post = await sent('monday');
  server.fail('read', fault);
  await refusal(verify(post));
});

test('a page of a proxy for a missing address does not make a post absent', async () => {
  const fetching: typeof fetch = async () => new Response('<html>', { status: 404 });
  await refusal(verify(await sent('monday'), ioWith({ fetch: fetching })));
});

test('favourites, boosts with quotes, and replies are counted once each, a day apart', async () => {
  const measure = (signals: readonly FiledSignal[], now: string) =>
    channel.metrics?.([post], { unit, channel: CONFIG, signals, io: ioWith({ now }) });
  const post = await sent('monday');
  const id = server.posted[0]?.id ?? '';
  server.react(id, { favourites_count: 3, reblogs_count: 1, replies_count: 0, quotes_count: 1 });
  const [first] = (await measure([], '2026-11-24T09:00:00Z')) ?? [];
  expect([first?.kind, first?.n, first?.counts]).toEqual([
    'outcomes',
    5,
    [
      { asset: 'monday', metric: 'likes', count: 3 },
      { asset: 'monday', metric: 'reposts', count: 2 },
    ],
  ]);
  const signals = first ? [{ path: 'hub/1.yaml', signal: { source: CONFIG.id, ...first } }] : [];
  const asked = server.calls.length;
  expect(await measure(signals, '2026-11-25T08:00:00Z')).toEqual([]);
  expect(server.calls).toHaveLength(asked);
  server.react(id, { favourites_count: 2, reblogs_count: 1, replies_count: 4 });
  expect((await measure(signals, '2026-11-25T09:00:00Z'))?.[0]?.counts).toEqual([
    { asset: 'monday', metric: 'replies', count: 4 },
  ]);
  server.delete(id);
  expect(await measure(signals, '2026-11-26T09:00:00Z')).toEqual([]);
});

test('before it is used, whose token it is and what it may do is told', async () => {
  expect(await preflight()).toEqual([
    { what: 'MASTODON_ACCESS_TOKEN', state: 'ok', say: 'is a token of @northwind' },
    {
      what: 'scopes of MASTODON_ACCESS_TOKEN',
      state: 'ok',
      say: 'may write:statuses, write:media, read:statuses, read:accounts',
    },
  ]);
  expect(server.calls.map(({ method }) => method)).toEqual(['GET', 'GET']);
  server.hideScopes();
  expect(await preflight()).toMatchObject([{ state: 'ok' }, { state: 'unknown' }]);
  server.revoke(TOKEN);
  expect(await preflight()).toMatchObject([{ state: 'broken' }, { state: 'broken' }]);
  server.fail('read', '500', 'reset');
  expect(await preflight()).toMatchObject([{ state: 'unknown' }, { state: 'unknown' }]);
});

test('a scope that is missing is named', async () => {
  server.grant(TOKEN, 'northwind', ['read:accounts', 'read:statuses', 'write:statuses']);
  const [, scopes] = (await preflight()) ?? [];
  expect(scopes).toEqual({
    what: 'MASTODON_ACCESS_TOKEN',
    state: 'broken',
    say: 'MASTODON_ACCESS_TOKEN needs write:media: give its application the scope, and make a new token',
  });
});
