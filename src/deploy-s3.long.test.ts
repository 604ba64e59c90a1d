/** A bucket shows what the folder in the tree holds: a store on loopback that verifies signatures and obeys conditions. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bed, BRAND, EXPIRE, LATER, openBed, RECORD, WEB } from './testing/deploying.ts';
import { leaksIn } from './testing/leaks.ts';
import { FIRST_RUN } from './testing/play.ts';
import type { Site } from './testing/rig.ts';
import { type S3Server, serveS3 } from './testing/s3-server.ts';

const PAGE = 'www/spring/index.html';
const PROBE = /\.mhub-probe-/;

let bed: Bed;
let site: Site;
let store: S3Server;
/** What the runs of a test have printed. */
let said: string[];

beforeAll(async () => {
  bed = await openBed('{ s3: { prefix: www } }');
});
afterAll(() => bed.remove());
beforeEach(async () => {
  site = bed.copy();
  store = await serveS3();
  said = [];
});
afterEach(async () => {
  await store.close();
  const { S3_ACCESS_KEY_ID: id = '', S3_SECRET_ACCESS_KEY: secret = '' } = store.env;
  expect(leaksIn({ folders: [site.folder], said }, { 'the key': secret, 'its id': id })).toEqual([]);
});

async function mhub(now: string, command: string, env: Readonly<Record<string, string>> = {}) {
  const ended = await bed.run(site, now, command.split(' '), { ...store.env, ...env });
  said.push(ended.output);
  return ended;
}
const publish = (now = FIRST_RUN, env = {}) => mhub(now, 'publish', env);
const run = (now = LATER) => mhub(now, 'run');

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
/** Key and content of what is to be shown, and of what mhub has put into the store. */
const meant = (): [string, string][] => {
  const folder = join(site.clone, 'site');
  return filesOf(folder).map((path) => [`www/${path}`, readFileSync(join(folder, path)).toString('base64')]);
};
const shown = (): [string, string][] =>
  [...store.objects]
    .filter(([, { headers }]) => headers['x-amz-meta-mhub'] === 'tidewell/web')
    .map(([key, { body }]): [string, string] => [key, body.toString('base64')])
    .sort(([a], [b]) => (a < b ? -1 : 1));
const sent = (method: string): string[] =>
  store.requests.filter((one) => one.method === method && !PROBE.test(one.key)).map(({ key }) => key);

test('the first deployment sends everything, what leads to pages last; the next run asks for nothing', async () => {
  const { exit, output } = await publish();
  expect(exit, output).toBe(0);
  expect(output).toContain('site on s3 www, 9 files');
  expect(shown()).toEqual(meant());
  expect(store.objects.get(PAGE)?.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const order = sent('PUT');
  expect(order).toHaveLength(9);
  expect(order.slice(-5).sort()).toEqual(
    ['feed.json', 'feed.xml', 'index.html', 'robots.txt', 'sitemap.xml'].map((name) => `www/${name}`),
  );
  expect(readFileSync(join(site.clone, RECORD), 'utf8')).toMatch(/^target: s3 www\n(.+\n)+reference: [0-9a-f]{12}\n/);
  const before = store.requests.length;
  await publish(LATER);
  expect(store.requests).toHaveLength(before);
  expect((await mhub(LATER, 'status')).output).toContain('tidewell/web  s3 www  current');
  expect((await mhub(LATER, 'verify')).output).toContain('1 deployment');
});

test('of pages that are taken down only what differs is sent, and what is gone from the folder is deleted', async () => {
  await publish();
  bed.edit(site, BRAND, ...EXPIRE);
  store.requests.length = 0;
  const { output } = await run();
  expect(output).toContain('was taken down from web');
  expect(shown()).toEqual(meant());
  expect(store.objects.get(PAGE)?.body.toString()).not.toContain('9 EUR');
  const changed = ['feed.json', 'feed.xml', 'index.html', 'sitemap.xml', 'spring/b/index.html', 'spring/index.html'];
  expect(sent('PUT').sort()).toEqual(changed.map((name) => `www/${name}`));
  expect(sent('DELETE')).toEqual([expect.stringMatching(/^www\/cards\/[0-9a-f]{16}\.png$/)]);
});

test('what others have put into the bucket is left alone, and is not overwritten', async () => {
  const theirs = { body: Buffer.from('theirs'), etag: '"1"', headers: {} };
  store.objects.set('www/guide.html', theirs);
  store.objects.set('logs/today.txt', theirs);
  await publish();
  expect(store.objects.get('www/guide.html')).toBe(theirs);
  store.objects.set(PAGE, theirs);
  bed.edit(site, BRAND, ...EXPIRE);
  const { exit, output } = await run();
  expect(exit).toBe(3);
  expect(output).toContain(`S3 object ${PAGE} is there already, and tidewell/web has not put it there`);
  expect(store.objects.get(PAGE)).toBe(theirs);
});

test('another bucket is another target', async () => {
  await publish();
  const other = await serveS3();
  const { output } = await publish(LATER, other.env);
  expect(output).toContain('site on s3 www, 9 files');
  expect(other.objects.size).toBe(9);
  await other.close();
});

test.each([
  [{ S3_SECRET_ACCESS_KEY: '' }, 'channel web, s3 www: set S3_SECRET_ACCESS_KEY'],
  [
    { S3_ACCESS_KEY_ID: 'AKIADEAD' },
    'channel web, s3 www: the store refuses S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY',
  ],
])('%j blocks the deployment alone', async (env, says) => {
  const { exit, output } = await publish(FIRST_RUN, env);
  expect(exit).toBe(3);
  expect(output).toContain(`BLOCKED tidewell: ${says}`);
  expect(existsSync(join(site.clone, 'site/spring/index.html'))).toBe(true);
  expect(store.objects.size).toBe(0);
});

test('a store that ignores conditions is refused before anything is written', async () => {
  store.ignoresConditions = true;
  const { output } = await publish();
  expect(output).toContain('the store ignores the conditions of a write (If-None-Match, If-Match)');
  expect(store.objects.size).toBe(0);
});

test('what fails in the middle is gone on with by the next run', async () => {
  store.expect('PUT', undefined, undefined, undefined, undefined, { status: 503, code: 'SlowDown' });
  const { exit, output } = await publish();
  expect(exit).toBe(3);
  expect(output).toContain('FAILED tidewell: channel web, s3 www: S3 answered 503: SlowDown');
  expect(existsSync(join(site.clone, RECORD))).toBe(false);
  expect(store.objects.has('www/index.html')).toBe(false);
  await publish(LATER);
  expect(shown()).toEqual(meant());
});

test('two channels may not share what lies under a prefix', async () => {
  const west = readFileSync(join(site.clone, WEB), 'utf8').replace('prefix: www', 'prefix: www/west');
  writeFileSync(join(site.clone, 'brands/tidewell/channels/west.yaml'), west);
  const { exit, output } = await mhub(FIRST_RUN, 'validate');
  expect(exit).not.toBe(0);
  expect(output).toContain('target is s3 www/west, which overlaps that of channel tidewell/web');
});

test('the doctor asks the store whether it would take a deployment, and leaves nothing there', async () => {
  const doctor = async (): Promise<string> => (await mhub(FIRST_RUN, 'doctor --live')).output.replace(/ +/g, ' ');
  expect(await doctor()).toContain('ok tidewell/web bucket can be read and written to');
  expect(store.objects.size).toBe(0);
  store.ignoresConditions = true;
  expect(await doctor()).toContain('fix tidewell/web bucket the store ignores the conditions of a write');
});
