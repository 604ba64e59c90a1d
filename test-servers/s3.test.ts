/** A bucket of a store that was not written for these tests: keys, metadata, lists and conditions. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Io } from '../src/core/contracts.ts';
import { type Bucket, type NewObject, openBucket } from '../src/shell/deploy/bucket.ts';
import { secluded } from '../src/testing/secluded.ts';
import { type S3Store, startS3Store } from './s3-store.ts';

let store: S3Store;
let bucket: Bucket;

const ioFor = (env: Io['env']): Io => ({
  ...secluded,
  env,
  now: '2026-11-24T12:00:00Z',
  fetch: (...request) => fetch(...request),
  file: async () => undefined,
  events: async () => [],
});

const object = (key: string, content: string): NewObject => ({
  key,
  content,
  type: 'text/html; charset=utf-8',
  cacheControl: 'no-cache',
});

beforeAll(async () => {
  store = await startS3Store({ obeys: true });
  bucket = openBucket(ioFor(store.env), 'acme/web');
});
afterAll(() => store.close());

test('objects are written, listed, told apart, replaced and removed', async () => {
  for (const key of ['www/index.html', 'www/spring/index.html', 'www/a b+c&d.html']) {
    await bucket.put(object(key, key), undefined);
  }
  expect((await bucket.list('www/')).map(({ key }) => key).sort()).toEqual([
    'www/a b+c&d.html',
    'www/index.html',
    'www/spring/index.html',
  ]);
  const facts = await bucket.facts('www/spring/index.html');
  expect(facts?.owner).toBe('acme/web');
  expect((await bucket.list('www/spring/')).map(({ etag }) => etag)).toEqual([facts?.etag]);
  await bucket.put(object('www/spring/index.html', 'new'), facts?.etag);
  await expect(bucket.put(object('www/spring/index.html', 'newer'), facts?.etag)).rejects.toThrow('somebody else');
  await bucket.remove('www/spring/index.html');
  expect(await bucket.facts('www/spring/index.html')).toBeUndefined();
});

test('of twenty that write different things to one place at once one wins', async () => {
  const writes = Array.from({ length: 20 }, (_, n) => bucket.put(object('race.html', `${n}`), undefined));
  const ended = await Promise.allSettled(writes);
  expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a store that obeys conditions is accepted, and one that does not is refused', async () => {
  await bucket.requireConditions('');
  const heedless = await startS3Store({ obeys: false });
  const other = openBucket(ioFor(heedless.env), 'acme/web');
  await expect(other.requireConditions('')).rejects.toThrow('the store ignores the conditions of a write');
  expect(await other.list('')).toEqual([]);
  await heedless.close();
});

test('a key that the store does not know is refused by name', async () => {
  const other = openBucket(ioFor({ ...store.env, S3_ACCESS_KEY_ID: 'wrong' }), 'acme/web');
  await expect(other.list('')).rejects.toThrow('BLOCKED channel web: the store refuses S3_ACCESS_KEY_ID');
});
