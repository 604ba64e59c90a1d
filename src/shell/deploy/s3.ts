/** A folder of the site as objects of a bucket: only what differs is sent, what readers find other pages by comes last. */
import { createHash } from 'node:crypto';
import type { Io, PreflightCheck } from '../../core/contracts.ts';
import { type Content, idOf, type Target } from '../../core/deployments.ts';
import { Failed } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { typeOf } from '../static.ts';
import { type Bucket, type NewObject, openBucket, type StoredObject } from './bucket.ts';
import { requireNewest, type Upstream } from './upstream.ts';

/** Writes under way at once. */
const AT_ONCE = 8;

/** What leads to pages goes out after them, so that nobody is led to where nothing is yet. */
const isListing = (path: string): boolean => path === 'index.html' || /\.(xml|json|txt)$/.test(path);

const keyPrefix = (prefix: string): string => (prefix === '' ? '' : `${prefix}/`);

const objectOf = (prefix: string, [path, content]: readonly [string, string | Uint8Array]): NewObject => ({
  key: `${keyPrefix(prefix)}${path}`,
  content,
  type: typeOf(path),
  cacheControl: /\.(html|xml|json|txt)$/.test(path) ? 'no-cache' : 'public, max-age=300',
});

/** Of an object that was written in one piece, most stores give the MD5 as its ETag. */
const etagOf = (content: string | Uint8Array): string => `"${createHash('md5').update(content).digest('hex')}"`;

interface Write {
  readonly object: NewObject;
  /** Of what it replaces. */
  readonly etag: string | undefined;
}

/** @throws Failed when the key is taken by what somebody else has put there */
async function writeFor(
  bucket: Bucket,
  owner: string,
  object: NewObject,
  stored: ReadonlyMap<string, StoredObject>,
): Promise<Write[]> {
  const there = stored.get(object.key);
  if (!there) return [{ object, etag: undefined }];
  if (there.etag === etagOf(object.content)) return [];
  const facts = await bucket.facts(object.key);
  if (!facts) return [{ object, etag: undefined }];
  if (facts.owner !== owner) {
    const message = `S3 object ${object.key} is there already, and ${owner} has not put it there: move it away, or set an s3.prefix`;
    throw new Failed(message, { mayHaveHappened: false });
  }
  return facts.sha256 === sha256(object.content) ? [] : [{ object, etag: facts.etag }];
}

/** In order, a few at once; every one that has begun has ended when this does. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const ended = await Promise.allSettled(items.slice(start, start + AT_ONCE).map(work));
    const failed = ended.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
}

/**
 * @throws LostRace when the engine's own branch has moved; Blocked; Failed, and the next run goes on from there
 */
export async function showInBucket(
  upstream: Upstream,
  target: Target,
  { prefix }: { readonly prefix: string },
  content: Content,
  io: Io,
): Promise<void> {
  const owner = idOf(target);
  const bucket = openBucket(io, owner);
  const stored = new Map((await bucket.list(keyPrefix(prefix))).map((object) => [object.key, object]));
  const objects = [...content.files].map((file) => objectOf(prefix, file));
  const writes: Write[] = [];
  for (const object of objects) writes.push(...(await writeFor(bucket, owner, object, stored)));
  const kept = new Set(objects.map(({ key }) => key));
  const gone: string[] = [];
  for (const key of stored.keys()) {
    if (!kept.has(key) && (await bucket.facts(key))?.owner === owner) gone.push(key);
  }
  if (writes.length > 0)
    await io.once(`conditional writes ${owner}`, () => bucket.requireConditions(keyPrefix(prefix)));
  await requireNewest(upstream);
  const last = writes.filter(({ object }) => isListing(object.key.slice(keyPrefix(prefix).length)));
  const first = writes.filter((write) => !last.includes(write));
  const send = ({ object, etag }: Write): Promise<void> => bucket.put(object, etag);
  await eachOf(first, send);
  await eachOf(last, send);
  await eachOf(gone, (key) => bucket.remove(key));
}

/** Whether a bucket can be read and written to, with conditions. @throws Blocked, Failed */
export async function checkBucket(
  io: Io,
  owner: string,
  { prefix }: { readonly prefix: string },
): Promise<PreflightCheck> {
  const bucket = openBucket(io, owner);
  await bucket.list(keyPrefix(prefix));
  await bucket.requireConditions(keyPrefix(prefix));
  return { what: 'bucket', state: 'ok', say: 'can be read and written to, and obeys the conditions of a write' };
}
