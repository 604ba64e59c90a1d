import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Usage } from '../core/errors.ts';
import { readBatches } from './events.ts';
import { type Served, serve } from './serve.ts';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36';
const VISIT = '{"type":"visit","path":"/launch/"}';
let root = '';
let served: Served;

const eventsDir = (): string => join(root, '.mhub/events');

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'mhub-serve-'));
  mkdirSync(join(root, 'site/launch'), { recursive: true });
  writeFileSync(join(root, 'site/index.html'), '<h1>Index</h1>');
  writeFileSync(join(root, 'site/launch/index.html'), '<h1>Launch</h1>');
  writeFileSync(join(root, 'site/404.html'), '<h1>Not found</h1>');
  writeFileSync(join(root, 'site/feed.xml'), '<feed/>');
  writeFileSync(join(root, 'site/.hidden'), 'secret');
  writeFileSync(join(root, '.env'), 'SECRET=1');
  symlinkSync('../.env', join(root, 'site/link.txt'));
  served = await serve({
    root,
    port: 0,
    eventsDir: eventsDir(),
    collectorPath: '/e',
    now: () => '2026-11-23T09:41:27Z',
  });
});
afterEach(async () => {
  await served.close();
  rmSync(root, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request exactly as given: fetch would tidy up the path and add headers. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const report = (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask('POST', '/e', { 'user-agent': BROWSER, origin: served.url, ...headers }, body);

async function collected(): Promise<string> {
  await served.close();
  const text = readBatches(eventsDir())
    .map((batch) => batch.text)
    .join('');
  served = await serve({
    root,
    port: 0,
    eventsDir: eventsDir(),
    collectorPath: '/e',
    now: () => '2026-11-23T09:41:27Z',
  });
  return text;
}

test('pages, folders and feeds are served with their types', async () => {
  expect(await ask('GET', '/?utm_source=feed')).toMatchObject({ status: 200, text: '<h1>Index</h1>' });
  expect(await ask('GET', '/launch/')).toMatchObject({ status: 200, text: '<h1>Launch</h1>' });
  expect(await ask('GET', '/launch')).toMatchObject({ status: 301, headers: { location: '/launch/' } });
  expect((await ask('GET', '/feed.xml')).headers['content-type']).toBe('application/atom+xml; charset=utf-8');
  expect(await ask('HEAD', '/')).toMatchObject({ status: 200, text: '', headers: { 'content-length': '14' } });
});

test('an address without a page answers 404 with the page for it', async () => {
  expect(await ask('GET', '/nothing')).toMatchObject({ status: 404, text: '<h1>Not found</h1>' });
  rmSync(join(root, 'site/404.html'));
  expect(await ask('GET', '/nothing')).toMatchObject({ status: 404, text: 'not found\n' });
});

test.each([
  '/../.env',
  '/launch/../../.env',
  '/%2e%2e/.env',
  '/..%2f.env',
  '/..%5c.env',
  '/.hidden',
  '/link.txt',
  '/launch/%00',
  '//launch/',
  '/%',
  '/index.html/',
  'http://elsewhere.example/.env',
])('%s leads to nothing outside of the site', async (path) => {
  expect(await ask('GET', path)).toMatchObject({ status: 404, text: '<h1>Not found</h1>' });
});

test('nothing but reading is possible', async () => {
  expect(await ask('PUT', '/index.html')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  expect(await ask('GET', '/e')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
});

test('visits and clicks are filed as a batch, with the minute and nothing about the visitor', async () => {
  expect(await report(VISIT)).toMatchObject({ status: 204, text: '' });
  expect(await report('{"type":"click","path":"/launch/","cta":"start-hero"}')).toMatchObject({ status: 204 });
  expect(await collected()).toBe(
    '{"at":"2026-11-23T09:41:00Z","type":"visit","path":"/launch/"}\n' +
      '{"at":"2026-11-23T09:41:00Z","type":"click","path":"/launch/","cta":"start-hero"}\n',
  );
});

test.each([
  ['a crawler', { 'user-agent': 'Googlebot/2.1' }],
  ['a program without a name', { 'user-agent': '' }],
  ['a reader who sends Global Privacy Control', { 'sec-gpc': '1' }],
  ['a reader who sends Do Not Track', { dnt: '1' }],
])('%s gets the usual answer and leaves no trace', async (_who, headers: Record<string, string>) => {
  expect(await report(VISIT, headers)).toMatchObject({ status: 204 });
  expect(await collected()).toBe('');
});

test('a visit of a page that is not there leaves no trace', async () => {
  expect(await report('{"type":"visit","path":"/users/jane-doe/"}')).toMatchObject({ status: 204 });
  expect(await collected()).toBe('');
});

test('other sites cannot report, nor read through a name that they point here', async () => {
  expect(await report(VISIT, { origin: 'https://elsewhere.example' })).toMatchObject({ status: 403 });
  expect(await report(VISIT, { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
  expect(await ask('GET', '/', { host: 'rebound.example' })).toMatchObject({ status: 403 });
  expect(await collected()).toBe('');
});

test('what is no event is refused', async () => {
  expect(await report('{"type":"visit"}')).toMatchObject({ status: 400 });
  expect(await report('not json')).toMatchObject({ status: 400 });
  expect(await report(`{"type":"visit","path":"/${'a'.repeat(3000)}"}`)).toMatchObject({ status: 413 });
  expect(await collected()).toBe('');
});

test('a taken port and a public address are refused with what to change', async () => {
  const options = { root, eventsDir: eventsDir(), collectorPath: '/e', now: () => '2026-11-23T09:41:27Z' };
  const port = Number(new URL(served.url).port);
  await expect(serve({ ...options, port })).rejects.toThrow(new Usage(`port ${port} is taken, expected a free one`));
  await expect(serve({ ...options, port: 0, host: '0.0.0.0' })).rejects.toThrow('expected one of 127.0.0.1');
});
