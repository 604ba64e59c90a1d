/** The channel `bluesky` against a real server of accounts (@atproto/pds) with its directory, on loopback. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { channel } from '../src/channels/bluesky.ts';
import { recordKey } from '../src/core/bluesky-post.ts';
import type { Io, Publication } from '../src/core/contracts.ts';
import { trackedUrl } from '../src/core/links.ts';
import { openPngPen } from '../src/shell/draw/png.ts';
import { onceEach } from '../src/shell/outside.ts';
import { publicationOf, publishingUnit } from '../src/testing/publications.ts';
import { doubtOf, refusalOf } from '../src/testing/refusal.ts';
import { secluded } from '../src/testing/secluded.ts';
import { type Cutter, cutterBefore, type PdsServer, startPds } from './pds-server.ts';

const HANDLE = 'northwind.test';
const NOW = '2026-11-23T09:00:00Z';
const SLOT = '2026-11-23T09:30[Europe/Berlin]';
/** With which the test network signs sessions. */
const SESSION_KEY = 'jwt-secret';
const POSTS = 'app.bsky.feed.post';
const LINK = trackedUrl('https://northwind.example/found/', {
  source: 'feed',
  medium: 'social',
  campaign: 'found-again',
  content: 'monday',
});

let pds: PdsServer;
let cutter: Cutter;
let did: string;
let password: string;
let card: Uint8Array;
let count = 0;
/** A name of its own for each test. */
let id: string;

async function call(name: string, body: object, token?: string): Promise<Readonly<Record<string, string>>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${pds.url}/xrpc/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const said = (await answer.json()) as Record<string, string>;
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${JSON.stringify(said)}`);
  return said;
}

interface Standing {
  readonly uri: string;
  readonly cid: string;
  readonly value: {
    readonly text: string;
    readonly createdAt: string;
    readonly langs: readonly string[];
    readonly facets: readonly {
      readonly index: { readonly byteStart: number; readonly byteEnd: number };
      readonly features: readonly { readonly uri?: string; readonly tag?: string }[];
    }[];
    readonly embed?: { readonly images: readonly { readonly alt: string }[] };
  };
}

/** Posts of the account that this test has made. */
async function standing(): Promise<readonly Standing[]> {
  const query = new URLSearchParams({ repo: did, collection: POSTS, limit: '100' });
  const answer = await fetch(`${pds.url}/xrpc/com.atproto.repo.listRecords?${query}`);
  const { records } = (await answer.json()) as { readonly records: readonly Standing[] };
  return records.filter(({ value }) => value.text.includes(id));
}

async function revision(): Promise<string> {
  const answer = await fetch(`${pds.url}/xrpc/com.atproto.sync.getLatestCommit?did=${did}`);
  return ((await answer.json()) as { readonly rev: string }).rev;
}

beforeAll(async () => {
  const pen = await openPngPen();
  const drawn = await pen.draw('<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630"></svg>');
  if (typeof drawn === 'string') throw new TypeError('a picture is bytes');
  card = drawn;
  pds = await startPds();
  cutter = await cutterBefore(pds.url);
  const account = await call('com.atproto.server.createAccount', {
    handle: HANDLE,
    email: 'crew@northwind.test',
    password: 'the-main-password',
  });
  did = account['did'] ?? '';
  const app = await call('com.atproto.server.createAppPassword', { name: 'mhub' }, account['accessJwt']);
  password = app['password'] ?? '';
}, 120_000);
afterAll(async () => {
  await cutter?.close();
  await pds?.close();
});
beforeEach(() => {
  count += 1;
  id = `post-${count}`;
});

function postOf(change: { readonly text?: string; readonly at?: string; readonly url?: string } = {}): Publication {
  const { at = NOW, url, text = `Später 😀 ${id}\n\n${LINK}\n\n#Notizen` } = change;
  const files = { 'post.txt': `${text}\n`, 'card.png': card, 'card.alt.txt': 'Northwind: notes\n' };
  const post = publicationOf({ id, channel: 'feed', at, files });
  return { ...post, receipt: { ...post.receipt, slot: SLOT, ...(url === undefined ? {} : { url }) } };
}

const ioWith = (changes: Partial<Io> = {}): Io => ({
  ...secluded,
  env: { BLUESKY_IDENTIFIER: HANDLE, BLUESKY_APP_PASSWORD: password },
  now: NOW,
  once: onceEach(),
  file: async () => undefined,
  events: async () => [],
  fetch,
  ...changes,
});

/** The directory names the address of the account; the calls pass through the cutter all the same. */
const throughCutter: typeof fetch = (address, init) => fetch(String(address).replace(pds.url, cutter.url), init);

const context = () => ({
  now: NOW,
  unit: publishingUnit,
  channel: {
    id: 'feed',
    adapter: 'bluesky',
    timezone: 'Europe/Berlin',
    breakers: { max_publishes_per_day: 9 },
    params: { service: pds.url },
  },
  published: [],
});

const publish = (post: Publication, io = ioWith()) => channel.publish?.(post, context(), io);
const find = (post: Publication, io = ioWith()) => channel.find?.(post, context(), io);
const verify = (post: Publication, io = ioWith()) => channel.verify?.(post, context(), io);
const addressOf = (post: Publication) => `https://bsky.app/profile/${did}/post/${recordKey(post)}`;

test('a post stands with its picture, alt text, language, and what its links and hashtags lead to', async () => {
  expect(await publish(postOf())).toEqual({ url: addressOf(postOf()), changes: [] });
  const [post] = await standing();
  expect(post?.uri).toBe(`at://${did}/${POSTS}/${recordKey(postOf())}`);
  expect(post?.value).toMatchObject({ langs: ['en'], createdAt: NOW });
  expect(post?.value.embed?.images).toMatchObject([
    {
      alt: 'Northwind: notes',
      aspectRatio: { width: 1200, height: 630 },
      image: { mimeType: 'image/png', size: card.length },
    },
  ]);
  const bytes = Buffer.from(post?.value.text ?? '');
  const marked = post?.value.facets.map(({ index, features: [feature] }) => [
    bytes.subarray(index.byteStart, index.byteEnd).toString('utf8'),
    feature?.uri ?? feature?.tag,
  ]);
  expect(marked).toEqual([
    ['northwind.example/found', LINK],
    ['#Notizen', 'Notizen'],
  ]);
});

test('twenty calls with one key at once make one post', async () => {
  const io = ioWith();
  const published = await Promise.all(Array.from({ length: 20 }, () => publish(postOf(), io)));
  expect(new Set(published.map((one) => one?.url))).toEqual(new Set([addressOf(postOf())]));
  expect(await standing()).toHaveLength(1);
});

test('an answer that is lost after the post is out leaves doubt; done again, nothing is written', async () => {
  cutter.cutAfter('com.atproto.repo.putRecord');
  const error = await refusalOf(publish(postOf(), ioWith({ fetch: throughCutter })), password);
  expect([doubtOf(error), (await standing()).length]).toEqual([true, 1]);
  const before = await revision();
  expect(await publish(postOf())).toEqual({ url: addressOf(postOf()), changes: [] });
  expect([await revision(), (await standing()).length]).toEqual([before, 1]);
});

test('another content or another clock under the same key overwrites nothing', async () => {
  await publish(postOf());
  const before = await standing();
  const other = await publish(postOf({ text: `Something else, ${id}` }));
  expect(other).toEqual({ url: addressOf(postOf()), changes: [] });
  expect(await publish(postOf({ at: '2026-11-24T10:00:00Z' }))).toEqual(other);
  expect(await standing()).toEqual(before);
});

test('it is found under its key, seen as it was sent, and seen to be altered or gone', async () => {
  expect(await find(postOf())).toBeNull();
  const { url = '' } = (await publish(postOf())) ?? {};
  expect(await find(postOf())).toEqual({ url, changes: [] });
  expect(await verify(postOf({ url }))).toEqual({ state: 'verified', differences: [] });
  expect(await verify(postOf({ url, text: `Other words ${id}\n\n${LINK}\n\n#Notizen` }))).toEqual({
    state: 'altered',
    differences: ['its text differs'],
  });
  const { accessJwt } = await call('com.atproto.server.createSession', { identifier: HANDLE, password });
  await call('com.atproto.repo.deleteRecord', { repo: did, collection: POSTS, rkey: recordKey(postOf()) }, accessJwt);
  expect(await verify(postOf({ url }))).toEqual({ state: 'absent', differences: [] });
  expect(await find(postOf())).toBeNull();
});

test('a text that is one grapheme too long is refused, and nothing stands', async () => {
  const error = await refusalOf(publish(postOf({ text: `${id} ${'é'.repeat(300 - id.length)}` })), password);
  expect([doubtOf(error), await standing()]).toEqual([false, []]);
  expect(error.message).toMatch(/^Bluesky answered 400: /);
  await publish(postOf({ text: `${id} ${'é'.repeat(299 - id.length)}` }));
  expect(await standing()).toHaveLength(1);
});

test('a wrong password blocks by name, before a post and before anything else', async () => {
  const io = ioWith({ env: { BLUESKY_IDENTIFIER: HANDLE, BLUESKY_APP_PASSWORD: 'wrong' } });
  expect(await refusalOf(publish(postOf(), io), 'wrong')).toMatchObject({
    missing: ['BLUESKY_IDENTIFIER', 'BLUESKY_APP_PASSWORD'],
  });
  expect(await channel.preflight?.(context(), io)).toMatchObject([{ state: 'broken' }]);
  expect(await channel.preflight?.(context(), ioWith())).toMatchObject([{ state: 'ok', say: `logs in as ${did}` }]);
  expect(await standing()).toEqual([]);
});

/** The same session, as it is hours after its login. */
function expired(token: string): string {
  const [head = '', claims = ''] = token.split('.');
  const { iat, exp, ...rest } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, number>;
  const then = { ...rest, iat: Number(iat) - 9_000, exp: Number(exp) - 9_000 };
  const signed = `${head}.${Buffer.from(JSON.stringify(then)).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', SESSION_KEY).update(signed).digest('base64url')}`;
}

test('a session that has expired begins again, and the post goes out', async () => {
  const inner = onceEach();
  const logins: string[] = [];
  const once: Io['once'] = (name, make) =>
    inner(name, async () => {
      const session = await make();
      logins.push(name);
      const { token } = session as { readonly token: string };
      return name.includes('first session') ? { ...session, token: expired(token) } : session;
    });
  expect(await publish(postOf(), ioWith({ once }))).toEqual({ url: addressOf(postOf()), changes: [] });
  expect([logins.length, (await standing()).length]).toEqual([2, 1]);
});
