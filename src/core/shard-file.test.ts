import { expect, test } from 'vitest';
import { contextOf, publicationOf, publishingUnit } from '../testing/publications.ts';
import { filesDigest } from './hash.ts';
import { readShard, type Shard, type ShardCall, writeShard } from './shard-file.ts';

const AT = '2026-11-24T12:00:00Z';
const { channel } = contextOf('feed', []);
const files = { 'post.txt': 'Every morning.', 'card.png': new Uint8Array([137, 80, 78, 71, 0, 255]) };

const content = filesDigest(new Map(Object.entries(files)));

const callFor = (id: string): ShardCall => {
  const { receipt, ...asset } = publicationOf({ id, channel: 'feed', at: AT, files, asset: { content } });
  const { key, attempt, slot, campaign, brand } = receipt;
  const intent = {
    key,
    attempt,
    content,
    slot,
    campaign,
    brand,
    asset: id,
    channel: 'feed',
    run: 'r1',
    at: AT,
  } as const;
  return {
    effect: { kind: 'publish', intent: { ...intent, class: 'query', effect: 'outside', until: AT }, asset, channel },
    unit: publishingUnit,
    published: [publicationOf({ id: 'earlier', channel: 'feed', at: AT, files, asset: { content } })],
  };
};

const shard: Shard = {
  run: 'r1',
  shard: 's000',
  started: 1,
  calls: [callFor('monday'), callFor('tuesday')],
};

test('what is read is what was written: text stays text, and bytes stay bytes', () => {
  expect(readShard('s000.json', writeShard(shard))).toEqual(shard);
});

test('what calls share stands in the file once', () => {
  const text = writeShard(shard);
  const picture = Buffer.from(files['card.png']).toString('base64');
  expect([text.split(picture).length, text.split('"voice":').length]).toEqual([2, 2]);
});

test.each([
  ['is not JSON', (text: string) => text.slice(0, -10), 'JSON'],
  ['is of another version', (text: string) => text.replace('"mhub_shard":1', '"mhub_shard":2'), 'version 1'],
  ['has content that nobody judged', (text: string) => text.replace('Every morning.', 'Every evening.'), 'content'],
  ['lacks a value', (text: string) => text.replace(/"workspace":"[0-9a-f]{64}"/, '"workspace":"0"'), 'no Workspace 0'],
  ['has an entity against its schema', (text: string) => text.replace('"class":"query"', '"class":"any"'), 'Intent'],
])('a file that %s is refused, and it says what is wrong', (_, change, why) => {
  const read = () => readShard('s000.json', change(writeShard(shard)));
  expect(read).toThrow(/^cannot read s000\.json as a shard: /);
  expect(read).toThrow(why);
});
