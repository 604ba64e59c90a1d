import { expect, test } from 'vitest';
import { contextOf, publicationOf } from '../testing/publications.ts';
import { channel } from './feed.ts';

const post = (id: string, at: string, text: string) =>
  publicationOf({ id, channel: 'feed', at, files: { 'post.txt': text } });

const monday = post(
  'monday',
  '2026-11-23T08:00:00Z',
  'A note <found> & kept: https://northwind.example/launch/?a=1&b=2.\n',
);
const friday = post('friday', '2026-11-20T08:00:00Z', 'No link here');

interface JsonFeed {
  version: string;
  feed_url: string;
  items: { id: string; url: string; content_text: string; date_published: string }[];
}

async function written(publication = monday, published = [friday]) {
  const { url, changes } = await channel.files(publication, contextOf('feed', published));
  const [atom, json] = changes.map(({ content }) => String(content));
  return { url, changes, atom: atom ?? '', json: JSON.parse(json ?? '') as JsonFeed };
}

test('posts stand in both feeds, newest first, with their text unchanged', async () => {
  const { atom, json, changes } = await written();
  expect(changes.map(({ path }) => path)).toEqual(['site/feed.xml', 'site/feed.json']);
  expect(json.version).toBe('https://jsonfeed.org/version/1.1');
  expect(json.items.map(({ content_text }) => content_text)).toEqual([
    monday.files.get('post.txt'),
    friday.files.get('post.txt'),
  ]);
  expect(atom).toContain('<content type="text">A note &lt;found&gt; &amp; kept: https://northwind.example/launch/');
  expect(atom).toContain('<updated>2026-11-23T08:00:00Z</updated>');
  expect(atom).toContain('<link rel="self" type="application/atom+xml" href="https://northwind.example/feed.xml"/>');
});

test('an item leads to the link in its post, without the full stop after it, or else to itself', async () => {
  const { json } = await written();
  expect(json.items.map(({ url }) => url)).toEqual([
    'https://northwind.example/launch/?a=1&b=2',
    `https://northwind.example/feed.xml#${friday.receipt.key.slice(0, 16)}`,
  ]);
});

test('an id comes from the receipt and stays when the feed is derived again later', async () => {
  const first = (await written(friday, [])).json.items[0]?.id;
  const later = (await written()).json.items[1]?.id;
  expect(first).toBe(`tag:northwind.example,2026-11-20:${friday.receipt.key}`);
  expect(later).toBe(first);
});

test('a post that was taken down is in neither feed, and an empty feed is dated by the day it was emptied', async () => {
  const rest = await channel.withdraw?.(monday, contextOf('feed', [friday]));
  const [atom, json] = (rest ?? []).map(({ content }) => String(content));
  expect(atom).not.toContain(monday.receipt.key);
  expect(json).not.toContain(monday.receipt.key);
  expect(json).toContain(friday.receipt.key);
  const empty = await channel.withdraw?.(monday, contextOf('feed', []));
  expect(String(empty?.[0]?.content)).toContain('<updated>2026-11-23T09:00:00Z</updated>');
});

test('a post whose text is being written anew is left out: the new text has not gone out', async () => {
  const redrafted = { ...friday, asset: { ...friday.asset, content: 'f'.repeat(64) } };
  expect((await written(monday, [redrafted])).json.items).toHaveLength(1);
});

test('the publication has an address of its own', async () => {
  expect((await written()).url).toBe(`https://northwind.example/feed.xml#${monday.receipt.key.slice(0, 16)}`);
});

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
const carded = publicationOf({
  id: 'carded',
  channel: 'feed',
  at: '2026-11-23T08:30:00Z',
  files: { 'post.txt': 'Look', 'card.png': PNG, 'card.alt.txt': 'Northwind: "Look" & see\n' },
});
const card = `cards/${carded.receipt.key.slice(0, 16)}.png`;

test('the card of a post is served beside the feeds, and both name it with its alternative text', async () => {
  const { changes, atom, json } = await written(carded, [friday]);
  expect(changes[2]).toMatchObject({ path: `site/${card}`, content: PNG });
  const [item] = json.items;
  expect(item).toMatchObject({
    image: `https://northwind.example/${card}`,
    attachments: [{ mime_type: 'image/png', title: 'Northwind: "Look" & see', size_in_bytes: 4 }],
  });
  expect(atom).toContain(
    `<link rel="enclosure" type="image/png" length="4" href="https://northwind.example/${card}"/>`,
  );
  expect(atom).toContain('<media:description type="plain">Northwind: &quot;Look&quot; &amp; see</media:description>');
  expect(json.items[1]).not.toHaveProperty('image');
});

test('with its post, a card is taken down', async () => {
  const changes = await channel.withdraw?.(carded, contextOf('feed', [friday]));
  expect(changes?.find(({ path }) => path === `site/${card}`)?.content).toBeNull();
  expect(String(changes?.[0]?.content)).not.toContain('cards/');
});

test.each([
  [undefined, { maxLength: 300 }],
  ['any', { maxLength: 300 }],
  ['mastodon', { maxLength: 500, link: 23 }],
  ['x', { maxLength: 280, weighted: true }],
  ['linkedin', { maxLength: 3000 }],
])('for network %s a post may be as long as that takes', (network, limits) => {
  expect(channel.limitsFor?.(network === undefined ? {} : { network })).toEqual(limits);
});

test('a feed holds the 50 newest posts', async () => {
  const many = Array.from({ length: 60 }, (_, index) =>
    post(`p${index}`, `2026-10-01T08:00:${String(index).padStart(2, '0')}Z`, `post ${index}`),
  );
  const { json } = await written(monday, many);
  expect(json.items).toHaveLength(50);
  expect(json.items[1]?.content_text).toBe('post 59');
});

test('an old post whose file was removed leaves the feed, a new one without it is refused', async () => {
  const bare = { ...friday, files: new Map() };
  expect((await written(monday, [bare])).json.items).toHaveLength(1);
  await expect(written(bare, [])).rejects.toThrow('found-again/friday has no post.txt');
});
