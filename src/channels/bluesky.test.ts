/** Against a contract server on loopback, written from the documentation; test-servers/ has the real server. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordKey } from '../core/bluesky-post.ts';
import type { FiledSignal, Io, Publication } from '../core/contracts.ts';
import { trackedUrl } from '../core/links.ts';
import { onceEach } from '../shell/outside.ts';
import { type BlueskyServer, type Route, serveBluesky } from '../testing/bluesky-server.ts';
import type { Fault } from '../testing/contract-server.ts';
import { publicationOf, publishingUnit } from '../testing/publications.ts';
import { doubtOf, refusalOf } from '../testing/refusal.ts';
import { secluded } from '../testing/secluded.ts';
import { channel } from './bluesky.ts';

const IDENTIFIER = 'northwind.example';
const PASSWORD = 'pass-word-that-nobody-sees';
const NOW = '2026-11-23T09:00:00Z';
const AT = Date.parse(NOW);
const SLOT = '2026-11-23T09:30[Europe/Berlin]';
const CONFIG = { id: 'feed', adapter: 'bluesky', timezone: 'Europe/Berlin', breakers: { max_publishes_per_day: 9 } };
const CARD = { 'card.png': new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]), 'card.alt.txt': 'Northwind: notes\n' };
const unit = publishingUnit;

const LINK = trackedUrl(`${unit.brand.addresses.site_url}/found/?ref=a&b=c`, {
  source: CONFIG.id,
  medium: 'social',
  campaign: 'found-again',
  content: 'monday',
});

interface Change {
  readonly id?: string;
  readonly at?: string;
  readonly slot?: string;
  readonly text?: string;
  readonly url?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

function postOf({
  id = 'monday',
  at = NOW,
  slot = SLOT,
  url,
  files = CARD,
  text = `Später 😀\n\n${LINK}`,
}: Change = {}) {
  const post = publicationOf({ id, channel: 'feed', at, files: { 'post.txt': `${text}\n`, ...files } });
  return { ...post, receipt: { ...post.receipt, slot, ...(url === undefined ? {} : { url }) } } satisfies Publication;
}

let server: BlueskyServer;
let once: Io['once'];

beforeEach(async () => {
  once = onceEach();
  server = await serveBluesky({ now: AT, identifier: IDENTIFIER, password: PASSWORD });
});
afterEach(() => server.close());

const ioWith = (changes: Partial<Io> = {}): Io => ({
  ...secluded,
  env: { BLUESKY_IDENTIFIER: IDENTIFIER, BLUESKY_APP_PASSWORD: PASSWORD },
  now: NOW,
  once,
  file: async () => undefined,
  events: async () => [],
  fetch,
  ...changes,
});

const contextWith = (params: Readonly<Record<string, unknown>> = {}) => ({
  now: NOW,
  unit,
  channel: { ...CONFIG, params: { service: server.url, appview: server.url, ...params } },
  published: [],
});

const publish = (post = postOf(), io = ioWith(), params = {}) => channel.publish?.(post, contextWith(params), io);
const find = (post = postOf(), io = ioWith()) => channel.find?.(post, contextWith(), io);
const verify = (post = postOf(), io = ioWith()) => channel.verify?.(post, contextWith(), io);
const preflight = (io = ioWith()) => channel.preflight?.(contextWith(), io);
const refusal = (call: Promise<unknown> | undefined) => refusalOf(call, PASSWORD);

const addressOf = (post: Publication) => `https://bsky.app/profile/${server.did}/post/${recordKey(post)}`;
const callsTo = (name: string) => server.calls.filter(({ path }) => path.startsWith(name));
const logins = (): number => callsTo('com.atproto.server.createSession').length;

test('a post goes out with its card, alt text, language and the clock of its intent', async () => {
  const post = postOf();
  expect(await publish(post)).toEqual({ url: addressOf(post), changes: [] });
  const [{ value } = {}] = server.standing;
  expect(value).toMatchObject({ langs: ['en'], createdAt: NOW });
  const image = { $type: 'blob', mimeType: 'image/png', size: 7 };
  const images = [{ alt: 'Northwind: notes', image, aspectRatio: { width: 1200, height: 630 } }];
  expect(value?.embed).toMatchObject({ $type: 'app.bsky.embed.images', images });
});

test('an address is shown short and leads to the whole of it; offsets count bytes', async () => {
  await publish(postOf({ text: `Später 😀\n\n${LINK}\n\n#Notes #2026 no#tag` }));
  const [{ value } = {}] = server.standing;
  const shown = 'northwind.example/found';
  expect(value?.text).toBe(`Später 😀\n\n${shown}\n\n#Notes #2026 no#tag`);
  const bytes = Buffer.from(value?.text ?? '');
  const marked = value?.facets.map(({ index, features: [feature] }) => [
    bytes.subarray(index.byteStart, index.byteEnd).toString('utf8'),
    feature?.uri ?? feature?.tag,
  ]);
  expect(marked).toEqual([
    [shown, LINK],
    ['#Notes', 'Notes'],
  ]);
});

test('a post without a card is a post', async () => {
  await publish(postOf({ files: {} }));
  expect(server.standing[0]?.value.embed).toBeUndefined();
});

test('one login serves the whole run', async () => {
  await publish(postOf({ id: 'monday' }));
  await publish(postOf({ id: 'tuesday' }));
  await find(postOf({ id: 'wednesday' }));
  expect([logins(), server.standing.length]).toEqual([1, 2]);
});

test('twenty calls with one key at once make one post', async () => {
  const urls = await Promise.all(Array.from({ length: 20 }, () => publish(postOf(), ioWith({ once: onceEach() }))));
  expect(new Set(urls.map((published) => published?.url)).size).toBe(1);
  expect([server.standing.length, server.commits, logins()]).toEqual([1, 1, 20]);
});

test('done again, whatever attempt and clock, there is one post, and the first one stands', async () => {
  const first = await publish();
  expect(await publish()).toEqual(first);
  expect(await publish(postOf({ at: '2026-11-24T10:00:00Z' }))).toEqual(first);
  expect(await publish(postOf({ text: 'Something else' }))).toEqual(first);
  expect([server.commits, server.standing[0]?.value.createdAt]).toEqual([1, NOW]);
  expect(server.standing[0]?.value.text).toContain('Später');
});

test('what somebody else wrote under the key is not overwritten', async () => {
  const post = postOf();
  server.write(recordKey(post), 'By hand');
  expect(await publish(post)).toEqual({ url: addressOf(post), changes: [] });
  expect(server.standing.map(({ value }) => value.text)).toEqual(['By hand']);
});

test('the name of a post rests on key and slot, in the zone that the slot names', () => {
  const [post, other] = [postOf(), postOf({ id: 'tuesday' })];
  expect(recordKey(post)).toMatch(/^3[2-7a-z]{12}$/);
  expect(recordKey(postOf({ at: '2027-01-01T00:00:00Z' }))).toBe(recordKey(post));
  expect(recordKey(other)).not.toBe(recordKey(post));
  const later = postOf({ slot: '2026-11-23T09:31[Europe/Berlin]' });
  expect(recordKey(later) > recordKey(post)).toBe(true);
  expect(recordKey(postOf({ slot: '2026-11-23T08:30[UTC]' }))).toBe(recordKey(post));
  expect(recordKey(postOf({ slot: 'r1', at: '2026-11-23T08:30:00Z' }))).toBe(recordKey(post));
});

test.each<[Route, Fault, boolean | 'blocked', number]>([
  ['put', '500', true, 0],
  ['put', '500-after', true, 1],
  ['put', '502', true, 0],
  ['put', 'reset', true, 0],
  ['put', 'reset-after', true, 1],
  ['put', 'silent-after', true, 1],
  ['put', '429', false, 0],
  ['put', 'redirect', 'blocked', 0],
  ['blob', '500-after', false, 0],
  ['blob', 'reset', false, 0],
  ['blob', '429', false, 0],
  ['session', '500', false, 0],
  ['session', 'reset-after', false, 0],
  ['session', '429', false, 0],
])('at the %s, %s leaves in doubt: %s; done again there is one post', async (route, fault, doubt, posts) => {
  server.fail(route, fault);
  const impatient: typeof fetch = (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(200) });
  const io = ioWith(fault === 'silent-after' ? { fetch: impatient } : {});
  const error = await refusal(publish(postOf(), io));
  expect([doubtOf(error), server.standing.length]).toEqual([doubt, posts]);
  expect(await publish()).toEqual({ url: addressOf(postOf()), changes: [] });
  expect([server.standing.length, server.commits]).toEqual([1, 1]);
});

test('a rate limit says when it ends', async () => {
  server.fail('session', '429');
  const error = await refusal(publish());
  expect(error).toMatchObject({ until: '2026-11-23T09:05:00Z', mayHaveHappened: false });
  expect(error.message).toBe('Bluesky takes no more calls until 2026-11-23T09:05:00Z');
});

test.each(['ExpiredToken', 'InvalidToken'] as const)(
  'a session that has ended (%s) begins again, once',
  async (error) => {
    await publish();
    server.endSessions(error);
    const tuesday = postOf({ id: 'tuesday', files: error === 'ExpiredToken' ? CARD : {} });
    expect(await publish(tuesday)).toEqual({ url: addressOf(tuesday), changes: [] });
    expect([logins(), server.standing.length]).toEqual([2, 2]);
    server.endSessions(error);
    expect(await refusal(publish(postOf({ id: 'wednesday', files: {} })))).toMatchObject({
      missing: ['BLUESKY_APP_PASSWORD'],
    });
    expect([logins(), server.standing.length]).toEqual([2, 2]);
  },
);

test('an app password that was revoked blocks by name, also in the middle of a run', async () => {
  await publish();
  server.revoke();
  await publish(postOf({ id: 'sunday' }));
  server.endSessions('ExpiredToken');
  const error = await refusal(publish(postOf({ id: 'tuesday' })));
  expect(error).toMatchObject({ missing: ['BLUESKY_IDENTIFIER', 'BLUESKY_APP_PASSWORD'] });
  expect(error.message).toBe(
    'BLOCKED channel bluesky: the server does not accept BLUESKY_IDENTIFIER with BLUESKY_APP_PASSWORD',
  );
  const nextRun = ioWith({ once: onceEach() });
  expect(doubtOf(await refusal(find(postOf(), nextRun)))).toBe('blocked');
});

test.each([
  ['takendown', 'has been taken down'],
  ['deactivated', 'is deactivated'],
] as const)('an account that is %s blocks by its name', async (status, said) => {
  server.setStatus(status);
  const error = await refusal(publish());
  expect(error).toMatchObject({ missing: ['BLUESKY_IDENTIFIER'] });
  expect(error.message).toContain(said);
});

test.each([
  ['http://bsky.example', 'without TLS'],
  ['https://bsky.example/xrpc', 'with a path'],
])('%s is no address of a server: %s', async (service) => {
  expect(await refusal(publish(postOf(), ioWith(), { service }))).toMatchObject({ missing: ['service'] });
});

test('an account is written to at the server that keeps it', async () => {
  const entry = await serveBluesky({ now: AT, identifier: IDENTIFIER, password: PASSWORD, home: server.url });
  try {
    const error = await refusal(publish(postOf({ files: {} }), ioWith(), { service: entry.url }));
    // The server that keeps it does not know the session of the other one here.
    expect(doubtOf(error)).toBe('blocked');
    expect([entry.standing.length, entry.calls.length, callsTo('com.atproto.repo.putRecord').length]).toEqual([
      0, 2, 2,
    ]);
  } finally {
    await entry.close();
  }
});

test('what is too long or too large is refused with its size, and nothing goes out', async () => {
  const heavy = { ...CARD, 'card.png': new Uint8Array(1_000_000) };
  const say = async (post: Publication) => (await refusal(publish(post))).message;
  expect(await say(postOf({ files: heavy }))).toBe('card.png has 1000000 bytes, Bluesky takes less than 1000000');
  expect(await say(postOf({ text: '👩‍👩‍👧‍👦'.repeat(130) }))).toBe('the text has 3250 bytes, Bluesky takes 3000');
  expect(await say(postOf({ text: 'a'.repeat(301) }))).toBe(
    'Bluesky answered 400: Record/text must not be longer than 300 graphemes',
  );
  expect(server.standing).toEqual([]);
});

test('the longest text that Guard lets through fits, its address counted with 30', async () => {
  expect(channel.limits).toEqual({ maxLength: 300, link: 30 });
  const long = `https://a-very-long-name-of-a-server.example/${'path/'.repeat(30)}?a=b`;
  await publish(postOf({ text: `${'a'.repeat(269)} ${long}` }));
  expect(server.standing[0]?.value.text).toHaveLength(300);
});

test('after a signal no post goes out any more', async () => {
  const error = await refusal(publish(postOf(), ioWith({ stopping: AbortSignal.abort('SIGINT') })));
  expect([doubtOf(error), server.standing.length]).toEqual([false, 0]);
});

test('something that is no server of accounts leaves no doubt before the post, and doubt after it', async () => {
  const answering = (name: string, body: string): Io =>
    ioWith({ fetch: async (url, init) => (String(url).includes(name) ? new Response(body) : fetch(url, init)) });
  const say = async (name: string, body: string) => doubtOf(await refusal(publish(postOf(), answering(name, body))));
  expect(await say('createSession', '{}')).toBe(false);
  expect(await say('uploadBlob', '{"blob":{"ref":{"$link":"bafkrei"}}}')).toBe(false);
  expect(await say('putRecord', '<html>')).toBe(true);
  expect(await say('putRecord', '{"uri":"at://elsewhere"}')).toBe(true);
});

// ---- looking for it, and at it ----------------------------------------------------------------------------------

test('a post is found under its key, whatever its content is by now, and nothing is proven by silence alone', async () => {
  expect(await find()).toBeNull();
  const published = await publish();
  expect(await find(postOf({ text: 'Reworded' }))).toEqual(published);
});

test.each<Fault>(['429', '500', '502', 'reset'])('%s while looking is never taken for a no', async (fault) => {
  server.fail('read', fault);
  expect(doubtOf(await refusal(find()))).toBe(true);
  server.fail('read', fault);
  expect(doubtOf(await refusal(verify()))).toBe(true);
});

test('what stands as it was sent is verified; what is gone or altered is told', async () => {
  const { url = '' } = (await publish()) ?? {};
  expect(await verify(postOf({ url }))).toEqual({ state: 'verified', differences: [] });
  const others: Publication[] = [
    postOf({ url, text: `Other words\n\n${LINK}` }),
    postOf({ url, text: `Später 😀\n\n${LINK}&more=1` }),
    postOf({ url, files: { ...CARD, 'card.png': new Uint8Array([1]) } }),
    postOf({ url, files: { ...CARD, 'card.alt.txt': 'Northwind' } }),
  ];
  const seen = await Promise.all(others.map((post) => verify(post)));
  expect(seen.map((check) => check?.state)).toEqual(['altered', 'altered', 'altered', 'altered']);
  expect(seen.flatMap((check) => check?.differences)).toEqual([
    'its text differs',
    `the link ${LINK}&more=1 is gone`,
    'its picture differs',
    'its alt text differs',
  ]);
  server.delete(server.standing[0]?.uri ?? '');
  expect(await verify(postOf({ url }))).toEqual({ state: 'absent', differences: [] });
});

test('before it is used it logs in, and changes nothing', async () => {
  expect(await preflight()).toEqual([{ what: 'BLUESKY_APP_PASSWORD', state: 'ok', say: `logs in as ${server.did}` }]);
  expect(server.calls.map(({ path }) => path)).toEqual(['com.atproto.server.createSession']);
});

test('a login that is refused is broken, one that nobody answers says nothing', async () => {
  server.fail('session', '502');
  expect(await preflight()).toMatchObject([{ state: 'unknown', say: 'Bluesky answered 502: Upstream Failure' }]);
  server.revoke();
  expect(await preflight()).toMatchObject([{ what: 'BLUESKY_IDENTIFIER, BLUESKY_APP_PASSWORD', state: 'broken' }]);
});

// ---- what it achieved -------------------------------------------------------------------------------------------

const measure = (published: readonly Publication[], signals: readonly FiledSignal[], now: string) =>
  channel.metrics?.(published, { unit, channel: contextWith().channel, signals, io: ioWith({ now }) });

const filed = (signals: readonly FiledSignal[], readings: Awaited<ReturnType<typeof measure>> = []): FiledSignal[] => [
  ...signals,
  ...readings.map((reading) => ({ path: `hub/${reading.to}`, signal: { source: CONFIG.id, ...reading } })),
];

test('likes, reposts with quotes, and replies are counted once each, a day apart', async () => {
  const post = postOf();
  const { url = '' } = (await publish(post)) ?? {};
  const published = [postOf({ url })];
  const [{ uri } = { uri: '' }] = server.standing;
  server.react(uri, { likes: 3, reposts: 1, quotes: 1, replies: 0 });
  const first = filed([], await measure(published, [], '2026-11-24T09:00:00Z'));
  expect(first.map(({ signal: { kind, n, to, counts } }) => ({ kind, n, to, counts }))).toEqual([
    {
      kind: 'outcomes',
      n: 5,
      to: '2026-11-24T09:00:00Z',
      counts: [
        { asset: 'monday', metric: 'likes', count: 3 },
        { asset: 'monday', metric: 'reposts', count: 2 },
      ],
    },
  ]);
  server.react(uri, { likes: 5, reposts: 0, quotes: 1, replies: 1 });
  const before = callsTo('app.bsky').length;
  expect(await measure(published, first, '2026-11-25T08:59:59Z')).toEqual([]);
  expect(callsTo('app.bsky')).toHaveLength(before);
  const second = await measure(published, first, '2026-11-25T09:00:00Z');
  expect(second?.[0]).toMatchObject({ from: '2026-11-24T09:00:00Z', n: 3 });
  expect(second?.[0]?.counts).toEqual([
    { asset: 'monday', metric: 'likes', count: 2 },
    { asset: 'monday', metric: 'replies', count: 1 },
  ]);
  expect(await measure(published, filed(first, second), '2026-11-26T09:00:00Z')).toEqual([]);
  expect(callsTo('app.bsky')).toHaveLength(before + 2);
});

test('no more than 25 posts are asked for at once, none older than 30 days, and what is gone counts nothing', async () => {
  const posts = Array.from({ length: 30 }, (_, day) => postOf({ id: `day-${day}`, files: {} }));
  const published = await Promise.all(
    posts.map(async (post) => ({ ...post, receipt: { ...post.receipt, ...(await publish(post)) } })),
  );
  for (const { uri } of server.standing) server.react(uri, { likes: 1, reposts: 0, quotes: 0, replies: 0 });
  server.delete(server.standing[0]?.uri ?? '');
  const [reading] = (await measure(published, [], '2026-12-01T09:00:00Z')) ?? [];
  expect([reading?.n, reading?.counts.length, callsTo('app.bsky').length]).toEqual([29, 29, 2]);
  expect(await measure(published, [], '2026-12-23T09:00:00Z')).toEqual([]);
  expect(callsTo('app.bsky')).toHaveLength(2);
});

test('counts that cannot be had now are a failure, and never a zero', async () => {
  const { url = '' } = (await publish()) ?? {};
  server.fail('counts', '502');
  expect(doubtOf(await refusal(measure([postOf({ url })], [], NOW)))).toBe(false);
});
