import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LinkObservation } from '../../core/contracts.ts';
import { type LinkChecker, type LinkOptions, openLinkChecker } from './links.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let origin: string;
let asked: string[];
let atOnce: number;
let most: number;
let checkers: LinkChecker[];

const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(code, headers).end('x');
const headRefused =
  (code: number): Handler =>
  ({ method }, response) =>
    response.writeHead(method === 'HEAD' ? code : 200).end();
let wasBusy = false;

const ROUTES: Readonly<Record<string, Handler>> = {
  '/ok': status(200),
  '/gone': status(404),
  '/410': status(410),
  '/forbidden': status(403),
  '/error': status(500),
  '/busy-forever': status(429),
  '/linkedin': status(999),
  '/no-head': headRefused(405),
  '/head-404': headRefused(404),
  '/hop-1': status(301, { location: '/hop-2' }),
  '/hop-2': status(302, { location: '/ok' }),
  '/to-gone': status(301, { location: '/gone' }),
  '/loop': status(302, { location: '/loop' }),
  '/to-keys': status(302, { location: 'http://169.254.169.254/latest/meta-data/' }),
  '/to-inside': status(302, { location: 'http://inside.example.com/' }),
  '/to-file': status(302, { location: 'file:///etc/passwd' }),
  '/busy-once': (_request, response) => {
    if (wasBusy) return response.writeHead(200).end();
    wasBusy = true;
    return response.writeHead(429, { 'retry-after': '3' }).end();
  },
  '/busy-for-hours': status(503, { 'retry-after': '7200' }),
  '/silent': () => {},
  '/endless': ({ method }, response) => {
    response.writeHead(method === 'HEAD' ? 405 : 200);
    if (method === 'HEAD') return response.end();
    const pour = (): void => {
      while (response.write(Buffer.alloc(16_384))) if (response.destroyed) return;
      response.once('drain', pour);
    };
    return pour();
  },
};

beforeEach(async () => {
  asked = [];
  checkers = [];
  atOnce = 0;
  most = 0;
  wasBusy = false;
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    asked.push(`${request.method} ${pathname}`);
    atOnce += 1;
    most = Math.max(most, atOnce);
    response.once('close', () => {
      atOnce -= 1;
    });
    (ROUTES[pathname] ?? status(200))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const checker of checkers) await checker.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const opened = (options: LinkOptions = {}): LinkChecker => {
  const checker = openLinkChecker({ loopback: true, ...options });
  checkers.push(checker);
  return checker;
};

async function observed(path: string, options: LinkOptions = {}): Promise<LinkObservation | undefined> {
  const address = path.startsWith('/') ? origin + path : path;
  const found = await opened(options).check([address]);
  return (found as Record<string, LinkObservation>)[address];
}

test.each([
  ['/ok', 'ok', '200'],
  ['/gone', 'broken', '404'],
  ['/410', 'broken', '410'],
  ['/error', 'broken', '500'],
  ['/forbidden', 'unverifiable', '403'],
  ['/busy-forever', 'unverifiable', '429'],
  ['/linkedin', 'unverifiable', '999'],
])('%s is %s', async (path, state, because) => expect(await observed(path)).toEqual({ state, because }));

test('a server is asked without its content first, and for it when that says nothing', async () => {
  expect(await observed('/ok')).toMatchObject({ state: 'ok' });
  expect(await observed('/no-head')).toMatchObject({ state: 'ok' });
  expect(await observed('/head-404')).toMatchObject({ state: 'ok' });
  expect(asked).toEqual(['HEAD /ok', 'HEAD /no-head', 'GET /no-head', 'HEAD /head-404', 'GET /head-404']);
});

test('redirects are followed, up to five', async () => {
  expect(await observed('/hop-1')).toEqual({ state: 'ok', because: '200', final: `${origin}/ok` });
  expect(await observed('/to-gone')).toEqual({ state: 'broken', because: '404', final: `${origin}/gone` });
  asked = [];
  expect(await observed('/loop')).toMatchObject({ state: 'broken', because: 'more than 5 redirects' });
  expect(asked).toHaveLength(6);
});

test('a redirect to what is not public is not followed', async () => {
  const lookup: LookupFunction = (_host, _options, callback) => callback(null, [{ address: '10.0.0.1', family: 4 }]);
  expect(await observed('/to-keys')).toMatchObject({ state: 'refused', because: '169.254.169.254 is not public' });
  expect(await observed('/to-file')).toMatchObject({ state: 'refused', because: 'file: is not asked' });
  expect(await observed('/to-inside', { lookup })).toMatchObject({
    state: 'refused',
    because: 'inside.example.com leads to 10.0.0.1, which is not public',
  });
});

test('a name that leads to this machine is refused when the connection is made, and nothing arrives', async () => {
  const { port } = server.address() as AddressInfo;
  const lookup: LookupFunction = (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
  expect(await observed('http://rebound.example.com/', { loopback: false, lookup })).toMatchObject({
    state: 'refused',
    because: 'rebound.example.com leads to 127.0.0.1, which is not public',
  });
  expect(await observed(`http://rebound.example.com:${port}/`, { loopback: false, lookup })).toMatchObject({
    state: 'refused',
  });
  expect(asked).toEqual([]);
});

test('a busy server gets the time it asks for, once and not for hours', async () => {
  const waits: number[] = [];
  const sleep = (milliseconds: number) => Promise.resolve(waits.push(milliseconds));
  expect(await observed('/busy-once', { sleep })).toEqual({ state: 'ok', because: '200' });
  expect(waits).toEqual([3_000]);
  expect(await observed('/busy-for-hours', { sleep })).toEqual({ state: 'unverifiable', because: '503' });
  expect(waits).toEqual([3_000]);
});

test('a server that says nothing is given up, and so is one that never ends', async () => {
  expect(await observed('/silent', { timeoutMs: 100 })).toEqual({
    state: 'unverifiable',
    because: 'no answer in time',
  });
  expect(await observed('/endless')).toEqual({ state: 'ok', because: '200' });
});

test('a port where nobody listens is not reachable, which is not the same as broken', async () => {
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  server = createServer().listen(0, '127.0.0.1');
  expect(await observed(`http://127.0.0.1:${port}/`)).toEqual({
    state: 'unverifiable',
    because: 'cannot be reached (ECONNREFUSED)',
  });
});

const failing = (code: string): LookupFunction => {
  const error: NodeJS.ErrnoException = Object.assign(new Error(code), { code });
  return (_host, _options, callback) => callback(error, []);
};

test('without a network nothing is broken: it could not be asked', async () => {
  const addresses = Array.from({ length: 40 }, (_, index) => `https://host-${index}.example.com/`);
  for (const code of ['EAI_AGAIN', 'ENOTFOUND']) {
    expect(await opened({ lookup: failing(code) }).check(addresses)).toEqual({
      unavailable: 'no name could be resolved: there seems to be no network',
    });
  }
});

test('a resolver that does not answer is not asked for every name', async () => {
  let lookups = 0;
  const lookup: LookupFunction = (host, options, callback) => {
    lookups += 1;
    failing('EAI_AGAIN')(host, options, callback);
  };
  await opened({ lookup }).check(Array.from({ length: 100 }, (_, index) => `https://host-${index}.example.com/`));
  expect(lookups).toBeLessThanOrEqual(16);
});

test('a name that does not exist is broken where other names do', async () => {
  const lookup: LookupFunction = (host, options, callback) =>
    host === 'gone.example.com'
      ? failing('ENOTFOUND')(host, options, callback)
      : callback(null, [{ address: '10.0.0.1', family: 4 }]);
  const checker = opened({ lookup });
  await checker.check(['https://here.example.com/']);
  expect(await checker.check(['https://gone.example.com/'])).toEqual({
    'https://gone.example.com/': { state: 'broken', because: 'no such host' },
  });
});

test('an address is asked once in a run, and a host by two connections at a time', async () => {
  const checker = opened();
  const addresses = Array.from({ length: 300 }, (_, index) => `${origin}/page-${index}`);
  const found = (await checker.check(addresses.slice(0, 200))) as Record<string, LinkObservation>;
  expect(Object.values(found).every(({ state }) => state === 'ok')).toBe(true);
  await checker.check(addresses.slice(0, 200));
  expect(asked).toHaveLength(200);
  expect(most).toBeLessThanOrEqual(2);
});

test('no more than 200 addresses of one document are asked', async () => {
  const addresses = Array.from({ length: 201 }, (_, index) => `${origin}/page-${index}`);
  const found = (await opened().check(addresses)) as Record<string, LinkObservation>;
  expect(found[`${origin}/page-200`]).toMatchObject({ state: 'unverifiable' });
  expect(asked).toHaveLength(200);
});

test('when the time for a document is over, the rest is not asked', async () => {
  const found = (await opened({ totalMs: 0 }).check([`${origin}/silent`])) as Record<string, LinkObservation>;
  expect(found[`${origin}/silent`]).toMatchObject({ state: 'unverifiable' });
});
