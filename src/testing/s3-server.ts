/**
 * An S3-compatible store on loopback, as far as mhub uses one: signatures are verified, writes obey their conditions, and
 * the next calls misbehave on demand. Sources: "Signature Version 4 signing process" and the API reference of Amazon S3.
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StoredFile {
  readonly body: Buffer;
  readonly etag: string;
  /** content-type, cache-control and x-amz-meta-... */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Request {
  readonly method: string;
  /** Empty for a list. */
  readonly key: string;
}

/** Answers a status with this code, takes effect and then breaks the connection, or says nothing at all. */
export type Misbehaviour = { readonly status: number; readonly code: string } | 'reset-after' | 'silent';

export interface S3Server {
  readonly url: string;
  /** Variables for the bucket. */
  readonly env: Readonly<Record<string, string>>;
  readonly objects: Map<string, StoredFile>;
  readonly requests: Request[];
  /** As some stores do: writes take place whatever their conditions say. */
  ignoresConditions: boolean;
  /** Most objects of one answer to a list. */
  pageSize: number;
  /** What becomes of the next calls of a method, in order; undefined: nothing out of the ordinary. */
  expect(method: string, ...next: (Misbehaviour | undefined)[]): void;
  /** Asked before each call is answered; it may end whoever has made it. */
  onRequest: (request: Request) => void;
  close(): Promise<void>;
}

const BUCKET = 'pages';
const ACCESS_KEY = 'AKIATIDEWELL';
const SECRET_KEY = 'a-secret-for-loopback-only';
const REGION = 'eu-central-1';
const MAX_SKEW_MS = 15 * 60_000;

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hashOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const rfc3986 = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** What is wrong with the signature of a call; undefined when nothing is. */
function signatureFault({ method = '', url = '', headers }: IncomingMessage, body: Buffer): Refusal | undefined {
  const words = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, credential = '', names = '', given = ''] = words.exec(headers.authorization ?? '') ?? [];
  const [key, day = '', region = '', service = '', end = ''] = credential.split('/');
  if (key !== ACCESS_KEY) return { status: 403, code: 'InvalidAccessKeyId' };
  if (region !== REGION) return { status: 400, code: 'AuthorizationHeaderMalformed' };
  const date = String(headers['x-amz-date']);
  const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  if (!(Math.abs(Date.now() - at) < MAX_SKEW_MS)) return { status: 403, code: 'RequestTimeTooSkewed' };
  const hash = String(headers['x-amz-content-sha256']);
  if (hash !== hashOf(body)) return { status: 400, code: 'XAmzContentSHA256Mismatch' };
  const signed = names.split(';');
  const mustBe = ['host', 'x-amz-date', 'x-amz-content-sha256', 'if-none-match', 'if-match'];
  if (mustBe.some((name) => headers[name] !== undefined && !signed.includes(name))) {
    return { status: 403, code: 'AccessDenied' };
  }
  const { pathname, searchParams } = new URL(url, 'http://store.invalid');
  const query = [...searchParams]
    .map(([name, value]) => `${rfc3986(name)}=${rfc3986(value)}`)
    .sort()
    .join('&');
  const listed = signed.map((name) => `${name}:${String(headers[name]).trim().replace(/\s+/g, ' ')}\n`).join('');
  const canonical = [method, pathname, query, listed, names, hash].join('\n');
  const scope = [day, region, service, end].join('/');
  const text = ['AWS4-HMAC-SHA256', date, scope, hashOf(canonical)].join('\n');
  const signingKey = [day, region, service, end].reduce<string | Buffer>(
    (one, part) => hmac(one, part),
    `AWS4${SECRET_KEY}`,
  );
  const wanted = createHmac('sha256', signingKey).update(text).digest('hex');
  return given === wanted ? undefined : { status: 403, code: 'SignatureDoesNotMatch' };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export async function serveS3(): Promise<S3Server> {
  const moods = new Map<string, (Misbehaviour | undefined)[]>();

  function refuse(response: ServerResponse, { status, code }: Refusal, isHead = false): void {
    const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as the test wants it</Message></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml' }).end(isHead ? undefined : xml);
  }

  function list(search: URLSearchParams, response: ServerResponse): void {
    const prefix = search.get('prefix') ?? '';
    const after = search.get('continuation-token') ?? '';
    const keys = [...server.objects.keys()].sort().filter((key) => key.startsWith(prefix) && key > after);
    const page = keys.slice(0, server.pageSize);
    const items = page.map(
      (key) =>
        `<Contents><Key>${escaped(key)}</Key><ETag>${escaped(server.objects.get(key)?.etag ?? '')}</ETag></Contents>`,
    );
    const more = keys.length > page.length;
    const next = more ? `<NextContinuationToken>${escaped(page.at(-1) ?? '')}</NextContinuationToken>` : '';
    const xml = `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${items.join('')}${next}</ListBucketResult>`;
    response.writeHead(200, { 'content-type': 'application/xml' }).end(xml);
  }

  /** Whether a write may take place. */
  function obeys({ headers }: IncomingMessage, key: string): Refusal | undefined {
    if (server.ignoresConditions) return undefined;
    const there = server.objects.get(key);
    const failed = { status: 412, code: 'PreconditionFailed' };
    if (headers['if-none-match'] === '*' && there) return failed;
    const match = headers['if-match'];
    if (match === undefined || match === there?.etag) return undefined;
    return there ? failed : { status: 404, code: 'NoSuchKey' };
  }

  function put({ headers }: IncomingMessage, key: string, body: Buffer): string {
    const kept = Object.entries(headers).filter(([name]) => /^(content-type|cache-control|x-amz-meta-.+)$/.test(name));
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    server.objects.set(key, {
      body,
      etag,
      headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    });
    return etag;
  }

  function write(request: IncomingMessage, key: string, body: Buffer, response: ServerResponse, breaks: boolean): void {
    const refusal = obeys(request, key);
    if (refusal) {
      refuse(response, refusal);
      return;
    }
    const etag = put(request, key, body);
    if (breaks) response.destroy();
    else response.writeHead(200, { etag }).end();
  }

  function read(key: string, response: ServerResponse, isHead: boolean): void {
    const there = server.objects.get(key);
    if (there) response.writeHead(200, { ...there.headers, etag: there.etag }).end(isHead ? undefined : there.body);
    else refuse(response, { status: 404, code: 'NoSuchKey' }, isHead);
  }

  function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { method = '', url = '' } = request;
    const { pathname, searchParams } = new URL(url, 'http://store.invalid');
    const [, bucket, ...rest] = decodeURIComponent(pathname).split('/');
    const key = rest.join('/');
    server.requests.push({ method, key });
    server.onRequest({ method, key });
    const mood = moods.get(method)?.shift();
    if (mood === 'silent') return;
    const elsewhere = bucket === BUCKET ? undefined : { status: 404, code: 'NoSuchBucket' };
    const fault = typeof mood === 'object' ? mood : (signatureFault(request, body) ?? elsewhere);
    if (fault) refuse(response, fault, method === 'HEAD');
    else if (method === 'GET' && key === '') list(searchParams, response);
    else if (method === 'PUT') write(request, key, body, response, mood === 'reset-after');
    else if (method === 'DELETE') {
      server.objects.delete(key);
      response.writeHead(204).end();
    } else read(key, response, method === 'HEAD');
  }

  const http = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, Buffer.concat(parts), response));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const server: S3Server = {
    url,
    env: {
      S3_ENDPOINT: url,
      S3_BUCKET: BUCKET,
      S3_REGION: REGION,
      S3_ACCESS_KEY_ID: ACCESS_KEY,
      S3_SECRET_ACCESS_KEY: SECRET_KEY,
    },
    objects: new Map(),
    requests: [],
    ignoresConditions: false,
    pageSize: 1000,
    expect: (method, ...next) => void moods.set(method, next),
    onRequest: () => undefined,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}
