/** A branch of the same remote shows what the folder in the tree holds: real repositories, the real command line. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type Bed, BRAND, EXPIRE, LATER, openBed, RECORD, WEB } from './testing/deploying.ts';
import { serveLoopback } from './testing/loopback.ts';
import { loopbackAdapters } from './testing/loopback-channel.ts';
import { FIRST_RUN } from './testing/play.ts';
import type { Site } from './testing/rig.ts';

const TOMORROW = '2026-11-25T07:00:00Z';

let bed: Bed;
let site: Site;

beforeAll(async () => {
  bed = await openBed('{ branch: gh-pages }');
});
afterAll(() => bed.remove());
beforeEach(() => {
  site = bed.copy();
});

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
/** Mode, type, id and path of everything that a revision holds. */
const filesAt = (revision: string): string[] => linesOf(bed.git(site.origin, 'ls-tree', '-r', revision));
const shown = (): string[] => filesAt('gh-pages').filter((line) => !/\t(\.nojekyll|CNAME)$/.test(line));
const meant = (): string[] => filesAt('main:site');
const tip = (branch = 'gh-pages'): string => bed.git(site.origin, 'rev-parse', branch).trim();
const commitsOn = (branch: string): number => Number(bed.git(site.origin, 'rev-list', '--count', branch));
const publish = (now = FIRST_RUN, ...flags: string[]) => bed.run(site, now, ['publish', ...flags]);

/** Somebody else commits files to the branch that is served. */
function commitAsSomebodyElse(files: Readonly<Record<string, string>>): string {
  const copy = join(site.folder, 'somebody-else');
  bed.git(site.folder, 'clone', '-q', '-b', 'gh-pages', site.origin, copy);
  for (const [path, content] of Object.entries(files)) writeFileSync(join(copy, path), content);
  bed.git(copy, 'add', '-A');
  bed.git(copy, 'commit', '-q', '-m', 'Create CNAME');
  bed.git(copy, 'push', '-q', 'origin', 'gh-pages');
  return bed.git(copy, 'rev-parse', 'HEAD').trim();
}

test('the branch shows the folder and nothing else, and the next run leaves it alone', async () => {
  const first = await publish();
  expect(first.exit, first.output).toBe(0);
  expect(first.output).toContain('site on branch gh-pages, 9 files');
  expect(shown()).toEqual(meant());
  expect(filesAt('gh-pages').filter((line) => line.endsWith('\t.nojekyll'))).toHaveLength(1);
  expect(readFileSync(join(site.clone, RECORD), 'utf8')).toContain(`reference: ${tip()}`);
  const before = [tip(), tip('main')];
  expect((await publish(LATER)).exit).toBe(0);
  expect([tip(), tip('main')]).toEqual(before);
  const status = await bed.run(site, LATER, ['status']);
  expect(status.output).toContain('tidewell/web  branch gh-pages  current  deployed 2026-11-24 13:00 Europe/Berlin');
  const verified = await bed.run(site, LATER, ['verify']);
  expect(verified.exit, verified.output).toBe(0);
  expect(verified.output).toContain('1 deployment');
});

test('a page is on its target before anything leads people to it', async () => {
  const service = await serveLoopback();
  onTestFinished(() => service.close());
  service.expect('book', 'hold');
  const running = bed.run(site, FIRST_RUN, ['publish'], {}, loopbackAdapters(`${service.url}/book`, { feed: 'key' }));
  await service.held();
  expect(shown().some((line) => line.endsWith('\tspring/index.html'))).toBe(true);
  service.release();
  const { exit, output } = await running;
  expect(exit, output).toBe(0);
  expect(service.accepted).toHaveLength(1);
  expect(shown()).toEqual(meant());
});

test('what is shown makes the commit, so that a run after a loss of everything makes the same one', async () => {
  await publish();
  const first = tip();
  const record = bed.git(site.origin, 'rev-list', '-1', 'main', '--', RECORD).trim();
  bed.git(site.origin, 'update-ref', 'refs/heads/main', `${record}~1`);
  bed.git(site.origin, 'update-ref', '-d', 'refs/heads/gh-pages');
  const elsewhere = join(site.folder, 'elsewhere');
  bed.git(site.folder, 'clone', '-q', site.origin, elsewhere);
  const again = await bed.run({ ...site, clone: elsewhere }, LATER, ['publish']);
  expect(again.exit, again.output).toBe(0);
  expect(tip()).toBe(first);
});

test('a page that is taken down disappears from the branch, also while its campaign is halted', async () => {
  await publish();
  expect((await bed.run(site, LATER, ['halt', 'spring', '--why', 'a pause'])).exit).toBe(0);
  expect(bed.git(site.origin, 'show', 'gh-pages:spring/index.html')).toContain('9 EUR');
  bed.edit(site, BRAND, ...EXPIRE);
  const run = await bed.run(site, LATER, ['run']);
  expect(run.output).toContain('was taken down from web');
  expect(shown()).toEqual(meant());
  expect(bed.git(site.origin, 'show', 'gh-pages:spring/index.html')).not.toContain('9 EUR');
  expect(bed.git(site.origin, 'show', 'gh-pages:sitemap.xml')).not.toContain('/spring/');
});

test('commits of others stay in the history, their files go, and the domain of the host stays', async () => {
  await publish();
  const foreign = commitAsSomebodyElse({ CNAME: 'www.tidewell.internal\n', 'stray.html': 'stray' });
  bed.edit(site, BRAND, ...EXPIRE);
  await bed.run(site, LATER, ['run']);
  expect(shown()).toEqual(meant());
  expect(bed.git(site.origin, 'show', 'gh-pages:CNAME')).toBe('www.tidewell.internal\n');
  expect(linesOf(bed.git(site.origin, 'rev-list', 'gh-pages'))).toContain(foreign);
});

test('in delivery local it is blocked, and the files are written all the same', async () => {
  const { exit, output } = await publish(FIRST_RUN, '--delivery', 'local');
  expect(exit).toBe(3);
  expect(output).toContain(
    'BLOCKED tidewell: channel web, branch gh-pages: it is outside of the repository, set delivery: direct',
  );
  expect(existsSync(join(site.clone, 'site/spring/index.html'))).toBe(true);
  expect(existsSync(join(site.clone, RECORD))).toBe(false);
  expect(linesOf(bed.git(site.origin, 'branch', '--list'))).toEqual(['* main']);
});

test('a dry run says what it would deploy, and leaves the remote alone', async () => {
  const before = tip('main');
  const { output } = await publish(FIRST_RUN, '--dry-run');
  expect(output).toContain('site on branch gh-pages, 9 files');
  expect(tip('main')).toBe(before);
  expect(linesOf(bed.git(site.origin, 'branch', '--list'))).toEqual(['* main']);
});

test.each([
  ['the kill switch', 'mhub.yaml', 'publish_enabled: true'],
  ['the switch of the channel', WEB, 'breakers: { max'],
])('%s holds a deployment back, and the run after it makes up for it', async (_name, file, text) => {
  await publish();
  const before = tip();
  bed.edit(site, BRAND, ...EXPIRE);
  const off = file === WEB ? text.replace('{', '{ publish_enabled: false,') : text.replace('true', 'false');
  bed.edit(site, file, text, off);
  const held = await bed.run(site, LATER, ['run']);
  expect(held.output).toContain(`channel web, branch gh-pages: held back, publish_enabled is false in ${file}`);
  expect(tip()).toBe(before);
  expect((await bed.run(site, LATER, ['status'])).output).toContain('tidewell/web  branch gh-pages  behind');
  bed.edit(site, file, off, text);
  await bed.run(site, LATER, ['publish']);
  expect(shown()).toEqual(meant());
});

test('example names are refused, as for every other publication', async () => {
  await publish();
  bed.edit(site, BRAND, 'site_url: http://127.0.0.1:9', 'site_url: https://tidewell.example');
  bed.edit(site, BRAND, ...EXPIRE);
  const before = tip();
  const { output } = await bed.run(site, LATER, ['run']);
  expect(output).toContain('still has reserved example names (RFC 2606) in addresses.site_url');
  expect(tip()).toBe(before);
});

test.each([
  ['{ branch: main }', '{ branch: gh-pages }', `${WEB}:4:19: target.branch is "main", the branch that mhub works on`],
  ['{ branch: ../pages }', '{ branch: gh-pages }', `${WEB}:4:`],
  ['{ branch: gh-pages, s3: {} }', '{ branch: gh-pages }', `${WEB}:4:`],
])('target %s is refused when the files are checked', async (wrong, right, says) => {
  bed.edit(site, WEB, right, wrong);
  const checked = await bed.run(site, FIRST_RUN, ['validate']);
  expect(checked.exit).not.toBe(0);
  expect(checked.output).toContain(says);
});

test('two channels may not have one target, and the run leaves the second one out', async () => {
  writeFileSync(
    join(site.clone, 'brands/tidewell/channels/west.yaml'),
    readFileSync(join(site.clone, WEB), 'utf8').replace('folder: site', 'folder: site/west'),
  );
  bed.git(site.clone, 'add', '-A');
  bed.git(site.clone, 'commit', '-q', '-m', 'a second site');
  bed.git(site.clone, 'push', '-q', 'origin', 'main');
  const says = 'target is branch gh-pages, which overlaps that of channel tidewell/web, expected a branch of its own';
  expect((await bed.run(site, TOMORROW, ['validate'])).output).toContain(says);
  expect((await publish()).output).toContain(`BLOCKED tidewell: channel west: ${says}`);
  expect(commitsOn('gh-pages')).toBe(1);
  expect(shown()).toEqual(meant());
});

test('a remote that refuses the branch fails the deployment alone', async () => {
  const hook = '#!/bin/sh\nwhile read -r old new ref; do [ "$ref" = refs/heads/gh-pages ] && exit 1; done; exit 0\n';
  bed.git(site.origin, 'config', 'core.hooksPath', 'hooks');
  mkdirSync(join(site.origin, 'hooks'), { recursive: true });
  writeFileSync(join(site.origin, 'hooks/pre-receive'), hook, { mode: 0o755 });
  const { exit, output } = await publish();
  expect(exit).toBe(3);
  expect(output).toContain('FAILED tidewell: channel web, branch gh-pages: git push to origin gh-pages');
  expect(output).toContain('landing-page-a');
  expect(existsSync(join(site.clone, RECORD))).toBe(false);
});
