/** Real processes that are killed, or race, while they show a site somewhere else. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BRAND, EXPIRE, LATER, RECORD, workspaceWith } from './testing/deploying.ts';
import { type Loopback, serveLoopback } from './testing/loopback.ts';
import { FIRST_RUN } from './testing/play.ts';
import { openRig, type Rig, type Site, siteBefore } from './testing/rig.ts';
import { serveS3 } from './testing/s3-server.ts';

const TIMEOUT_MS = 120_000;

let loopback: Loopback;
let rig: Rig;
let template: Site;

beforeAll(async () => {
  loopback = await serveLoopback();
  rig = await openRig(loopback);
  template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, workspaceWith('{ branch: gh-pages }'));
});
afterAll(async () => {
  rig.remove();
  await loopback.close();
});

const order = (book: string, now: string, ...command: string[]) => ({
  book,
  now,
  commands: [command],
  classes: { feed: 'key', outbox: 'natural' } as const,
  windowMs: 15_000,
  timeoutMs: 3_000,
});

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const meant = ({ origin }: Site): string[] => linesOf(rig.git(origin, 'ls-tree', '-r', 'main:site'));
const shown = ({ origin }: Site): string[] =>
  linesOf(rig.git(origin, 'ls-tree', '-r', 'gh-pages')).filter((line) => !line.endsWith('\t.nojekyll'));
const count = ({ origin }: Site, ...revisions: string[]): number =>
  linesOf(rig.git(origin, 'rev-list', ...revisions)).length;

test(
  'killed after the branch has moved and before that is on record, the next run files it and commits nothing twice',
  async () => {
    const site = rig.copy(template, 'killed');
    const counted = await rig.start(rig.copy(template, 'counted'), {
      ...order('counted', FIRST_RUN, 'publish'),
      counting: true,
    }).ended;
    const landings = (counted.passed[0] ?? []).filter(([point]) => point === 'commits-imported').length;
    // The record lands with the intents of what leaves the repository; receipts come after it.
    const fault = { MHUB_FAULT: `commits-imported:${landings - 1}` };
    const killed = await rig.start(site, order('killed', FIRST_RUN, 'publish'), fault).ended;
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    expect([count(site, 'gh-pages'), count(site, 'main', '--', RECORD)]).toEqual([1, 0]);
    const next = await rig.start(rig.freshClone(site), order('killed', LATER, 'publish')).ended;
    expect(next.code, next.stderr).toBe(0);
    expect([count(site, 'gh-pages'), count(site, 'main', '--', RECORD)]).toEqual([1, 1]);
    expect(shown(site)).toEqual(meant(site));
  },
  TIMEOUT_MS,
);

test(
  'killed after some objects of a bucket are written, the next run writes the others',
  async () => {
    const store = await serveS3();
    const files = workspaceWith('{ s3: { prefix: www } }');
    const site = await siteBefore(join(rig.folder, 'bucket'), FIRST_RUN, files);
    const running = rig.start(site, order('bucket', FIRST_RUN, 'publish'), store.env);
    store.onRequest = ({ method, key }) => {
      if (method === 'PUT' && key === 'www/404.html') running.process.kill('SIGKILL');
    };
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(store.objects.has('www/index.html')).toBe(false);
    store.onRequest = () => undefined;
    const next = await rig.start(site, { ...order('bucket', LATER, 'publish'), alone: true }, store.env).ended;
    expect(next.code, next.stderr).toBe(0);
    const meant = linesOf(rig.git(site.origin, 'ls-tree', '-r', '--name-only', 'main:site'));
    // Whoever died could not remove what it had asked the store with.
    const shown = [...store.objects.keys()].filter((key) => !key.includes('.mhub-probe-'));
    expect(shown.sort()).toEqual(meant.map((path) => `www/${path}`).sort());
    await store.close();
  },
  TIMEOUT_MS,
);

test(
  'of writers that race, also to take pages down again, the branch ends with what the tree says',
  async () => {
    const site = rig.copy(template, 'race');
    const clones = Array.from({ length: 3 }, () => rig.freshClone(site));
    const person = rig.freshClone(site);
    const first = clones.map((clone) => rig.start(clone, order('race', FIRST_RUN, 'publish')).ended);
    rig.edit(person, BRAND, ...EXPIRE);
    const second = clones.map(
      (_, index) => rig.start(rig.freshClone(site), order(`race-${index}`, LATER, 'run')).ended,
    );
    const ended = await Promise.all([...first, ...second]);
    expect(ended.filter(({ code }) => code !== 0 && code !== 3).map(({ stderr }) => stderr)).toEqual([]);
    const last = await rig.start(rig.freshClone(site), order('race', LATER, 'run')).ended;
    expect(last.stderr).toBe('');
    expect(shown(site)).toEqual(meant(site));
    expect(rig.git(site.origin, 'show', 'gh-pages:spring/index.html')).not.toContain('9 EUR');
    expect(count(site, '--merges', 'gh-pages')).toBe(0);
    const digests = linesOf(rig.git(site.origin, 'log', '--format=%(trailers:key=Mhub-Effect,valueonly)', 'gh-pages'));
    expect(digests.filter((digest, index) => digest === digests[index + 1])).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'a simulation shows the site on a branch of its own remote, and leaves the real one alone',
  async () => {
    const site = rig.copy(template, 'simulated');
    const days = ['simulate', '--days', '4', '--seed', '3'];
    const ended = await rig.start(site, order('simulated', FIRST_RUN, ...days)).ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(linesOf(rig.git(site.origin, 'branch', '--list'))).toEqual(['* main']);
  },
  TIMEOUT_MS,
);
