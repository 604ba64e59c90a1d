/** What went out is looked at in public: a real site on loopback, which serves what the workspace has written. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mhub } from './testing/mhub.ts';
import { baseWorkspace, FIRST_RUN } from './testing/play.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';

const PAGE = '/spring/';

let server: Server;
let repo: TempRepo;
/** What the site says instead of the file of that path. */
let instead: Map<string, { readonly status: number; readonly body: string }>;

/** The base workspace, with its site on this server. */
function workspace(url: string): Record<string, string> {
  const files = baseWorkspace();
  const brand = 'brands/tidewell/brand.yaml';
  const own = (files[brand] ?? '')
    .replace('site_url: https://tidewell.example', `site_url: ${url}`)
    .replaceAll('tidewell.example', 'tidewell.internal');
  return { ...files, [brand]: own, 'mhub.yaml': `${files['mhub.yaml'] ?? ''}\nverify_every_hours: 24\n` };
}

beforeEach(async () => {
  instead = new Map();
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.invalid');
    const other = instead.get(pathname);
    if (other) return response.writeHead(other.status).end(other.body);
    const file = join(repo.root, 'site', pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    return response.writeHead(200).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  repo = await tempRepo(workspace(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
});
afterEach(async () => {
  repo.remove();
  await new Promise((resolve) => server.close(resolve));
});

const run = (now: string, ...flags: string[]) => mhub(['run', '--cwd', repo.root, ...flags], { now, env: repo.env });
const commits = (): number => Number(repo.git('rev-list', '--count', 'HEAD'));
/** What was filed of the page, oldest first. */
const looks = (): { readonly state: string; readonly differences: readonly string[] }[] =>
  repo
    .git('ls-files', 'hub/ledger/verified')
    .split('\n')
    .filter((path) => path !== '')
    .flatMap((path) => repo.read(path).trim().split('\n'))
    .map((line) => JSON.parse(line))
    .filter(({ url }) => new URL(url).pathname === PAGE)
    .sort((a, b) => (a.at < b.at ? -1 : 1));

test('a page is awaited, seen, left alone, and missed on the day on which somebody has changed it', async () => {
  const first = await run(FIRST_RUN);
  // The files reach the folder that is served when the run is over.
  expect(first.output).toContain('is not to be seen at');
  expect([first.exit, looks()]).toEqual([0, []]);

  const second = await run('2026-11-24T12:15:00Z');
  expect(second.exit, second.output).toBe(0);
  expect(looks()).toMatchObject([{ state: 'verified', differences: [] }]);
  const seen = commits();
  await run('2026-11-24T12:30:00Z');
  expect(commits()).toBe(seen);

  const page = repo.read(`site${PAGE}index.html`);
  instead.set(PAGE, { status: 200, body: page.replace(/data-cta-id="[^"]*"/, '').replace('</h1>', '!</h1>') });
  const altered = await run('2026-11-25T12:20:00Z');
  expect(altered.exit).toBe(3);
  expect(altered.output).toMatch(/landing-page-a on web is not what was sent, .*data-cta-id gone: .*the text that a/);
  expect(looks().at(-1)).toMatchObject({ state: 'altered' });

  instead.set(PAGE, { status: 404, body: '' });
  expect((await run('2026-11-26T12:25:00Z')).exit).toBe(3);
  expect(looks().at(-1)).toMatchObject({ state: 'absent', differences: [] });

  instead.clear();
  expect((await run('2026-11-27T12:30:00Z')).output).not.toContain('is not what was sent');
  expect(looks().at(-1)).toMatchObject({ state: 'verified' });
});

test('a site that answers with an error says nothing about the page: it is asked again', async () => {
  await run(FIRST_RUN);
  instead.set(PAGE, { status: 503, body: '' });
  const { exit, output } = await run('2026-11-24T14:00:00Z');
  expect(exit, output).toBe(0);
  expect(output).toContain('landing-page-a on web cannot be looked at now');
  expect(looks()).toEqual([]);
  instead.clear();
  await run('2026-11-24T14:30:00Z');
  expect(looks()).toMatchObject([{ state: 'verified' }]);
});
