import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Io } from '../../core/contracts.ts';
import { Blocked, Failed } from '../../core/errors.ts';
import { type S3Server, serveS3 } from '../../testing/s3-server.ts';
import { secluded } from '../../testing/secluded.ts';
import { type Bucket, bucketReference, type NewObject, openBucket } from './bucket.ts';

let server: S3Server;
let io: Io;
let bucket: Bucket;

const object = (content: string, key = 'spring/index.html'): NewObject => ({
  key,
  content,
  type: 'text/html; charset=utf-8',
  cacheControl: 'no-cache',
});

const contents = (): string[] => [...server.objects.values()].map(({ body }) => body.toString());

beforeEach(async () => {
  server = await serveS3();
  io = {
    ...secluded,
    env: server.env,
    now: '2026-11-24T12:00:00Z',
    fetch: (...request) => fetch(...request),
    file: async () => undefined,
    events: async () => [],
  };
  bucket = openBucket(io, 'acme/web', 300);
});
afterEach(() => server.close());

test('an object carries its type, how long it may be kept, its digest and who has put it there', async () => {
  await bucket.put(object('Hello'), undefined);
  expect(server.objects.get('spring/index.html')?.headers).toEqual({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'x-amz-meta-sha256': '185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969',
    'x-amz-meta-mhub': 'acme/web',
  });
  expect(await bucket.facts('spring/index.html')).toMatchObject({ owner: 'acme/web' });
  expect(await bucket.facts('summer/index.html')).toBeUndefined();
});

test('of twenty that write different things to one place at once one wins, and the others are told the key', async () => {
  const ended = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => bucket.put(object(`${n}`), undefined)));
  expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const reasons = ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason.message)] : []));
  expect(new Set(reasons)).toEqual(new Set(['S3 object spring/index.html was changed by somebody else meanwhile']));
  expect(contents()).toEqual([String(ended.findIndex(({ status }) => status === 'fulfilled'))]);
});

test('of twenty that write the same to one place at once nobody fails', async () => {
  await Promise.all(Array.from({ length: 20 }, () => bucket.put(object('same'), undefined)));
  expect(contents()).toEqual(['same']);
});

test('what was changed after a look is not overwritten', async () => {
  await bucket.put(object('first'), undefined);
  const seen = await bucket.facts('spring/index.html');
  await bucket.put(object('of somebody else'), seen?.etag);
  await expect(bucket.put(object('second'), seen?.etag)).rejects.toThrow(Failed);
  await bucket.remove('spring/index.html');
  await expect(bucket.put(object('second'), seen?.etag)).rejects.toThrow('was changed by somebody else');
  expect(contents()).toEqual([]);
});

test('a conflict of two writers at the same moment is tried once more', async () => {
  const conflict = { status: 409, code: 'ConditionalRequestConflict' };
  server.expect('PUT', conflict);
  await bucket.put(object('Hello'), undefined);
  expect(contents()).toEqual(['Hello']);
  server.expect('PUT', conflict, conflict);
  await expect(bucket.put(object('Hello', 'other.html'), undefined)).rejects.toThrow('S3 answered 409');
});

test('a write whose answer was lost is found done when it is done again', async () => {
  server.expect('PUT', 'reset-after');
  await expect(bucket.put(object('Hello'), undefined)).rejects.toThrow('the connection to S3 failed');
  await bucket.put(object('Hello'), undefined);
  expect(contents()).toEqual(['Hello']);
});

test.each([
  [{ status: 503, code: 'SlowDown' }, 'S3 answered 503: SlowDown: as the test wants it'],
  [{ status: 429, code: 'TooManyRequests' }, 'S3 takes no more calls until 2026-11-24T12:15:00Z'],
  [{ status: 400, code: 'InvalidRequest' }, 'S3 answered 400: InvalidRequest'],
  ['silent', 'S3 did not answer in time'],
] as const)('%j is a failure of this moment', async (misbehaviour, message) => {
  server.expect('PUT', misbehaviour);
  const failed = bucket.put(object('Hello'), undefined);
  await expect(failed).rejects.toThrow(message);
  await expect(failed).rejects.toBeInstanceOf(Failed);
});

test.each([
  [{ S3_ACCESS_KEY_ID: 'AKIADEAD' }, ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'], 'InvalidAccessKeyId'],
  [{ S3_SECRET_ACCESS_KEY: 'wrong' }, ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'], 'SignatureDoesNotMatch'],
  [{ S3_BUCKET: 'no-such-bucket' }, ['S3_BUCKET'], 'there is no such bucket'],
  [{ S3_REGION: 'us-east-1' }, ['S3_REGION'], 'set S3_REGION to the region of the bucket'],
])('%j is refused by the store, and the variable is named', async (env, missing, words) => {
  const other = openBucket({ ...io, env: { ...server.env, ...env } }, 'acme/web');
  const refusal = await other.list('').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Blocked);
  expect(refusal).toMatchObject({ missing, todo: expect.stringContaining(words) });
});

test.each([
  [{ S3_ENDPOINT: 'http://store.internal' }, 'S3_ENDPOINT'],
  [{ S3_ENDPOINT: 'https://key:secret@store.internal' }, 'S3_ENDPOINT'],
  [{ S3_BUCKET: 'pages/www' }, 'S3_BUCKET'],
  [{ S3_SECRET_ACCESS_KEY: 'two\nlines' }, 'S3_SECRET_ACCESS_KEY'],
  [{ S3_REGION: '' }, 'S3_REGION'],
])('%j cannot be meant, and nobody is called', (env, name) => {
  const open = () => openBucket({ ...io, env: { ...server.env, ...env } }, 'acme/web');
  expect(open).toThrow(`BLOCKED channel web: set ${name}`);
  expect(server.requests).toEqual([]);
});

test('a list goes on until its last page, whatever the keys are', async () => {
  const keys = ['a&b.html', 'spring/index.html', 'über/index.html', 'x y+z.html'];
  for (const key of keys) await bucket.put(object(key, key), undefined);
  server.pageSize = 1;
  expect((await bucket.list('')).map(({ key }) => key).sort()).toEqual([...keys].sort());
  expect((await bucket.list('spring/')).map(({ etag }) => etag)).toEqual([
    server.objects.get('spring/index.html')?.etag,
  ]);
});

test('a store is asked whether it obeys conditions, and nothing is left behind', async () => {
  await bucket.requireConditions('www/');
  expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'PUT', 'DELETE']);
  expect(server.objects.size).toBe(0);
  server.ignoresConditions = true;
  await expect(bucket.requireConditions('')).rejects.toThrow('the store ignores the conditions of a write');
  expect(server.objects.size).toBe(0);
});

test('once a run was asked to stop, no call begins any more', async () => {
  const stopped = openBucket({ ...io, stopping: AbortSignal.abort() }, 'acme/web');
  await expect(stopped.put(object('Hello'), undefined)).rejects.toThrow('the run was asked to stop');
  expect(server.requests).toEqual([]);
});

test('a bucket has a name of its own that does not tell which it is', () => {
  const one = bucketReference(server.env);
  expect(one).toMatch(/^[0-9a-f]{12}$/);
  expect(bucketReference({ ...server.env, S3_ENDPOINT: `${server.url}/` })).toBe(one);
  expect(bucketReference({ ...server.env, S3_BUCKET: 'other' })).not.toBe(one);
  expect(bucketReference({})).toBeUndefined();
});
