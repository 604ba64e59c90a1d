import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAudience } from './audience.ts';
import { remoteSuppressions } from './suppression.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const KEY = 'ab'.repeat(32);
const CSV = 'email,consent_at,name\r\nada@list.example,2026-01-05,"Ada, Countess"\r\nbob@list.example,,Bob\r\n';
const NDJSON =
  '{"email":"ada@list.example","consent_at":"2026-01-05T08:00:00Z"}\n{"email":"bob@list.example","consent_at":""}\n';

let server: Server;
let folder: string;
let answer: (response: ServerResponse, request: IncomingMessage) => void;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mhub-audience-'));
  server = createServer((request, response) => answer(response, request));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
});

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`;
const ioWith = (env: Readonly<Record<string, string>>) => ({
  env,
  fetch: (...request: Parameters<typeof fetch>) => fetch(...request),
  stopping: new AbortController().signal,
});

const fromUrl = (env: Readonly<Record<string, string>> = {}) =>
  readAudience(folder, ioWith({ MHUB_AUDIENCE_URL: address(), ...env }), { audience: 'url' }, SECRET, KEY);

const answering =
  (body: string | Buffer, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(200, headers).end(body);

test.each([
  ['CSV by its type', CSV, { 'content-type': 'text/csv' }],
  ['NDJSON by its type', NDJSON, { 'content-type': 'application/x-ndjson' }],
  ['CSV by its first sign', CSV, {}],
  ['NDJSON by its first sign', NDJSON, {}],
  ['CSV that was packed', gzipSync(CSV), { 'content-encoding': 'gzip' }],
  ['CSV of a program that marks its files', `\uFEFF${CSV}`, {}],
])('%s is read whole', async (_what, body, headers) => {
  answer = answering(body, headers as Record<string, string>);
  const audience = await fromUrl();
  expect(audience.people.map((person) => person.address)).toEqual(['ada@list.example']);
  expect(audience.withoutConsent).toBe(1);
});

test('the token goes to the address of the list, and nowhere else', async () => {
  const tokens: (string | undefined)[] = [];
  answer = (response, request) => {
    tokens.push(request.headers.authorization);
    if (request.url === '/list') response.writeHead(302, { location: '/elsewhere' }).end();
    else response.end(CSV);
  };
  await expect(fromUrl({ MHUB_AUDIENCE_TOKEN: 'secret-token' })).rejects.toThrow('MHUB_AUDIENCE_URL does not answer');
  expect(tokens).toEqual(['Bearer secret-token']);
});

const cut = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/csv', 'content-length': String(CSV.length + 100) });
  response.write(CSV);
  setTimeout(() => response.destroy(), 20);
};

test.each<[string, string, typeof answer]>([
  ['a list that breaks off', 'MHUB_AUDIENCE_URL broke off after', cut],
  ['a line of NDJSON that is cut', 'the last line of the list is torn', answering(NDJSON.slice(0, -5))],
  ['a line that is no JSON', 'line 2 of the list is no JSON', answering(`${NDJSON.split('\n')[0]}\n{"email":\n`)],
  ['a row with a field too few', 'is no CSV', answering('email,consent_at\nada@list.example\n')],
  ['a quote that never ends', 'is no CSV', answering('email,consent_at\n"ada@list.example,2026-01-05\n')],
  ['no header row', 'has no field email', answering('ada@list.example,2026-01-05\nbob@list.example,2026-01-05\n')],
  ['bytes that are no UTF-8', 'is not UTF-8', answering(Buffer.from([0x65, 0xff, 0x0a]))],
  [
    'an error page',
    'MHUB_AUDIENCE_URL answered 500',
    (response) => void response.writeHead(500).end('ada@list.example'),
  ],
  ['a login page', 'answered 401', (response) => void response.writeHead(401).end()],
])('from %s nobody is mailed, and nobody is named', async (_what, message, how) => {
  answer = how;
  const reading = fromUrl();
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.not.toThrow(/list\.example/);
});

test('an answer that may be cut anywhere unseen is refused', async () => {
  const old = createSocketServer((socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${CSV}`));
  });
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  const { port } = old.address() as AddressInfo;
  await expect(fromUrl({ MHUB_AUDIENCE_URL: `http://127.0.0.1:${port}/` })).rejects.toThrow('where its answer ends');
  old.close();
});

test('a list is fetched by https, or from this machine', async () => {
  await expect(fromUrl({ MHUB_AUDIENCE_URL: 'http://lists.example/all' })).rejects.toThrow(
    'set MHUB_AUDIENCE_URL to an https address',
  );
});

async function encrypted(text: string): Promise<{ readonly bytes: Uint8Array; readonly identity: string }> {
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  return { bytes: await encrypter.encrypt(text), identity };
}

const fromFile = (identity: string) =>
  readAudience(
    folder,
    ioWith({ MHUB_AUDIENCE_FILE: 'list.csv.age', MHUB_AGE_IDENTITY: identity }),
    { audience: 'file' },
    SECRET,
    KEY,
  );

test('a file that was encrypted with age is read with its identity, and with nothing else', async () => {
  const { bytes, identity } = await encrypted(CSV);
  writeFileSync(join(folder, 'list.csv.age'), bytes);
  expect((await fromFile(identity)).people).toHaveLength(1);
  await expect(fromFile(await generateX25519Identity())).rejects.toThrow('cannot be decrypted with MHUB_AGE_IDENTITY');
  await expect(fromFile('AGE-SECRET-KEY-1NOPE')).rejects.toThrow('set MHUB_AGE_IDENTITY to an identity of age');
});

test('of an encrypted file that was cut nobody is mailed', async () => {
  const { bytes, identity } = await encrypted(CSV.repeat(5_000));
  writeFileSync(join(folder, 'list.csv.age'), bytes.subarray(0, 70_000));
  await expect(fromFile(identity)).rejects.toThrow('or is not whole');
});

test('those who left are named by id or address, in JSON or line by line', async () => {
  const io = () => ioWith({ MHUB_SUPPRESSION_URL: address() });
  answer = answering(
    `{"email":"Ada@list.example"}\nada@list.example\n{"recipient":"${'x'.repeat(22)}"}\n${'y'.repeat(22)}\n`,
  );
  const [first, second, ...ids] = await remoteSuppressions(io(), SECRET);
  expect(second).toBe(first);
  expect(ids).toEqual(['x'.repeat(22), 'y'.repeat(22)]);
  expect(await remoteSuppressions(ioWith({}), SECRET)).toEqual([]);
  answer = answering('short\n');
  await expect(remoteSuppressions(io(), SECRET)).rejects.toThrow('line 1 of MHUB_SUPPRESSION_URL names nobody');
  answer = cut;
  await expect(remoteSuppressions(io(), SECRET)).rejects.toThrow('broke off');
});

test('a list of 50,000 rows is read in a few seconds and no more memory than it needs', async () => {
  const rows = Array.from({ length: 50_000 }, (_, index) => `person-${index}@list.example,2026-01-05\n`);
  answer = answering(`email,consent_at\n${rows.join('')}`);
  const before = process.memoryUsage().rss;
  const { people } = await fromUrl();
  expect(people).toHaveLength(50_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
});
