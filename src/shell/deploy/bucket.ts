/**
 * One bucket of an S3-compatible store. Objects are written by compare-and-swap alone: a new one where there is none, a
 * changed one in the place of exactly what was seen there. Source: the API reference of Amazon S3, PutObject.
 */
import { randomUUID } from 'node:crypto';
import type { Io } from '../../core/contracts.ts';
import { S3_KEYS } from '../../core/deployments.ts';
import { Blocked, Failed } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import {
  type Answer,
  exchange,
  fitsHeader,
  PREPARING,
  refusalOf,
  type Service,
  secretOrigin,
} from '../../core/service.ts';

export interface StoredObject {
  readonly key: string;
  /** In quotes, as the store gives it. */
  readonly etag: string;
}

export interface ObjectFacts {
  readonly etag: string;
  /** SHA-256 of its content, by its metadata. */
  readonly sha256: string | undefined;
  /** Brand and channel that have put it there; undefined: somebody else did. */
  readonly owner: string | undefined;
}

export interface NewObject {
  readonly key: string;
  readonly content: string | Uint8Array;
  readonly type: string;
  readonly cacheControl: string;
}

export interface Bucket {
  list(prefix: string): Promise<StoredObject[]>;
  facts(key: string): Promise<ObjectFacts | undefined>;
  /**
   * @param etag  of what it is to replace; undefined: there must be nothing
   * @throws Failed naming the key when something else is there
   */
  put(object: NewObject, etag: string | undefined): Promise<void>;
  remove(key: string): Promise<void>;
  /** Whether the store refuses what it is asked to refuse; it leaves nothing behind. @throws Blocked when it does not */
  requireConditions(prefix: string): Promise<void>;
}

const CALL_MS = 20_000;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([a-z]+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(Number.parseInt(decimal ?? hex ?? '', decimal === undefined ? 16 : 10));
  });

/** Texts of the elements of a name that hold nothing but text. */
const textsIn = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => unescaped(text));

const textOf = ({ bytes }: Answer): string => Buffer.from(bytes).toString('utf8');

const codeIn = (answer: Answer): string => textsIn(textOf(answer), 'Code')[0] ?? '';

const said = (answer: Answer): string =>
  [codeIn(answer), textsIn(textOf(answer), 'Message')[0] ?? ''].filter((words) => words !== '').join(': ');

/** Codes that are about where the bucket is. */
const ELSEWHERE = new Set(['AuthorizationHeaderMalformed', 'PermanentRedirect', 'IllegalLocationConstraintException']);

function blockedBy(who: string, answer: Answer): Blocked | undefined {
  const { status } = answer;
  const why = said(answer) === '' ? `${status}` : said(answer);
  if (ELSEWHERE.has(codeIn(answer))) {
    return new Blocked(who, ['S3_REGION'], `set S3_REGION to the region of the bucket (the store says ${why})`);
  }
  if (codeIn(answer) === 'NoSuchBucket')
    return new Blocked(who, ['S3_BUCKET'], 'set S3_BUCKET: there is no such bucket');
  if (status !== 401 && status !== 403) return undefined;
  return new Blocked(who, S3_KEYS, `the store refuses ${S3_KEYS.join(' and ')} (${why}): set keys that may do this`);
}

/** https, or this machine; a path is fine, for some stores have their API below one. */
function endpointOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username || url.password || url.search || url.hash || !secretOrigin(url.origin)) return undefined;
  return url.href.replace(/\/+$/, '');
}

/** Tells buckets apart without naming them; undefined while the variables name none. */
export function bucketReference({ S3_ENDPOINT = '', S3_BUCKET = '' }: Io['env']): string | undefined {
  const endpoint = endpointOf(S3_ENDPOINT);
  return endpoint === undefined || S3_BUCKET === '' ? undefined : sha256(`${endpoint}\n${S3_BUCKET}`).slice(0, 12);
}

const encoded = (key: string): string => key.split('/').map(encodeURIComponent).join('/');

const query = (words: Readonly<Record<string, string>>): string =>
  Object.entries(words)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/**
 * @param owner   brand and channel, the mark of what it puts there
 * @param callMs  how long a call may take
 * @throws Blocked when the variables cannot be meant
 */
export function openBucket(io: Io, owner: string, callMs = CALL_MS): Bucket {
  const who = `channel ${owner.slice(owner.indexOf('/') + 1)}`;
  const { S3_ENDPOINT = '', S3_BUCKET = '', S3_REGION = '', S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '' } = io.env;
  const endpoint = endpointOf(S3_ENDPOINT);
  if (endpoint === undefined) {
    throw new Blocked(
      who,
      ['S3_ENDPOINT'],
      'set S3_ENDPOINT to the address of the store, with https and without the bucket',
    );
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(S3_BUCKET)) {
    throw new Blocked(who, ['S3_BUCKET'], 'set S3_BUCKET to the name of the bucket alone');
  }
  const unusable = [...S3_KEYS, 'S3_REGION'].filter((name) => !fitsHeader(io.env[name] ?? ''));
  if (unusable.length > 0) throw new Blocked(who, unusable, `set ${unusable.join(', ')}, each on one line`);

  const service: Service = {
    name: 'S3',
    who,
    address: `${endpoint}/${S3_BUCKET}`,
    addressName: 'S3_ENDPOINT',
    io,
    saidIn: said,
    blockedBy: (answer) => blockedBy(who, answer),
  };

  /** Any answer at all. */
  async function send(method: string, path: string, { headers = {}, body }: Call = {}): Promise<Answer> {
    if (io.stopping.aborted) throw new Failed('the run was asked to stop', { mayHaveHappened: false });
    const { AwsV4Signer } = await import('aws4fetch');
    const signed = await new AwsV4Signer({
      method,
      url: service.address + path,
      headers: { ...headers, 'x-amz-content-sha256': sha256(body ?? '') },
      accessKeyId: S3_ACCESS_KEY_ID,
      secretAccessKey: S3_SECRET_ACCESS_KEY,
      service: 's3',
      region: S3_REGION,
    }).sign();
    const own = Object.fromEntries(signed.headers.entries());
    return exchange(service, path, PREPARING, {
      method,
      headers: own,
      signal: AbortSignal.timeout(callMs),
      ...(body === undefined ? {} : { body }),
    });
  }

  const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;
  const refused = (answer: Answer): Blocked | Failed => refusalOf(service, answer, PREPARING);

  async function facts(key: string): Promise<ObjectFacts | undefined> {
    const answer = await send('HEAD', `/${encoded(key)}`);
    if (answer.status === 404) return undefined;
    if (!isSuccess(answer)) throw refused(answer);
    const { headers } = answer;
    return {
      etag: headers.get('etag') ?? '',
      sha256: headers.get('x-amz-meta-sha256') ?? undefined,
      owner: headers.get('x-amz-meta-mhub') ?? undefined,
    };
  }

  const conditionOf = (etag: string | undefined): Record<string, string> =>
    etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag };

  async function putOnce({ key, content, type, cacheControl }: NewObject, etag: string | undefined): Promise<Answer> {
    const body = new Uint8Array(Buffer.from(content));
    const headers = {
      ...conditionOf(etag),
      'content-type': type,
      'cache-control': cacheControl,
      'x-amz-meta-sha256': sha256(body),
      'x-amz-meta-mhub': owner,
    };
    return send('PUT', `/${encoded(key)}`, { headers, body });
  }

  async function remove(key: string): Promise<void> {
    const answer = await send('DELETE', `/${encoded(key)}`);
    if (!isSuccess(answer) && answer.status !== 404) throw refused(answer);
  }

  /** Whether a write that must be refused is. */
  const refuses = async (object: NewObject, etag: string | undefined): Promise<boolean> => {
    const answer = await putOnce(object, etag);
    if (answer.status !== 412 && !isSuccess(answer)) throw refused(answer);
    return answer.status === 412;
  };

  return {
    facts,
    remove,

    async list(prefix) {
      const objects: StoredObject[] = [];
      for (let token: string | undefined; ; ) {
        const more: Record<string, string> = token === undefined ? {} : { 'continuation-token': token };
        const answer = await send('GET', `?${query({ 'list-type': '2', prefix, ...more })}`);
        if (!isSuccess(answer)) throw refused(answer);
        const xml = textOf(answer);
        if (!xml.includes('<ListBucketResult')) {
          throw new Failed('S3 answered with something that is no list of objects', { mayHaveHappened: false });
        }
        for (const item of xml.split('<Contents>').slice(1)) {
          objects.push({ key: textsIn(item, 'Key')[0] ?? '', etag: textsIn(item, 'ETag')[0] ?? '' });
        }
        token = textsIn(xml, 'NextContinuationToken')[0];
        if (token === undefined) return objects;
      }
    },

    async put(object, etag) {
      let answer = await putOnce(object, etag);
      // Two writers at the same moment: the store asks for another try.
      if (answer.status === 409) answer = await putOnce(object, etag);
      if (isSuccess(answer)) return;
      if (answer.status !== 412 && answer.status !== 404) throw refused(answer);
      const there = await facts(object.key);
      if (there?.sha256 === sha256(object.content)) return;
      throw new Failed(`S3 object ${object.key} was changed by somebody else meanwhile`, { mayHaveHappened: false });
    },

    async requireConditions(prefix) {
      const key = `${prefix}.mhub-probe-${randomUUID()}`;
      const probe: NewObject = { key, content: 'probe', type: 'text/plain', cacheControl: 'no-store' };
      const first = await putOnce(probe, undefined);
      if (!isSuccess(first)) throw refused(first);
      try {
        if ((await refuses(probe, undefined)) && (await refuses(probe, `"${'0'.repeat(32)}"`))) return;
      } finally {
        await remove(key);
      }
      const todo =
        'the store ignores the conditions of a write (If-None-Match, If-Match), so mhub does not write there';
      throw new Blocked(who, ['S3_ENDPOINT'], todo);
    },
  };
}
