/** SIGINT and SIGTERM in the middle of a call. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokenPromises } from './testing/facts.ts';
import { type Loopback, serveLoopback } from './testing/loopback.ts';
import { FIRST_RUN } from './testing/play.ts';
import {
  brokenBooks,
  type Ended,
  inBook,
  liveWorkspace,
  openRig,
  type Rig,
  type Running,
  type Site,
  siteBefore,
} from './testing/rig.ts';

let loopback: Loopback;
let rig: Rig;
let template: Site;

beforeAll(async () => {
  loopback = await serveLoopback();
  rig = await openRig(loopback);
  template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, liveWorkspace());
});

afterAll(async () => {
  rig.remove();
  await loopback.close();
});

const start = (site: Site, book: string, runs: number): Running =>
  rig.start(site, {
    book,
    now: FIRST_RUN,
    commands: Array.from({ length: runs }, () => ['run']),
    classes: { feed: 'query', outbox: 'opaque' },
    windowMs: 20_000,
    timeoutMs: 20_000,
    alone: true,
  });

/** Every call of the first chunk is on its way, none is answered. */
async function inACall(book: string): Promise<{ readonly site: Site; readonly running: Running }> {
  const site = rig.copy(template, book);
  loopback.expect(book, 'hold');
  const running = start(site, book, 1);
  await loopback.held();
  return { site, running };
}

/** As Ctrl-C does: to everything in the foreground. */
const signal = ({ process: child }: Running, name: NodeJS.Signals): boolean => process.kill(-(child.pid ?? 0), name);

async function goesOn(site: Site, book: string): Promise<void> {
  const { reports, stderr } = await start(site, book, 2).ended;
  expect(
    reports.map(({ exit_code }) => exit_code),
    stderr,
  ).toEqual([0, 0]);
  expect(reports[1]?.commits).toBe(0);
  expect(rig.git(site.clone, 'status', '--porcelain')).toBe('');
  const facts = rig.facts(site);
  expect([...brokenBooks(inBook(loopback, book), facts.receipts), ...brokenPromises(facts)]).toEqual([]);
  expect(inBook(loopback, book).map(({ channel }) => channel)).toEqual(['feed', 'outbox']);
}

const openIntents = ({ origin }: Site): string => rig.git(origin, 'ls-tree', '-r', '--name-only', 'main', 'hub/open');

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'on %s the call in flight may finish, its receipt is filed, and no other call begins',
  async (name, code) => {
    const { site, running } = await inACall(name);
    signal(running, name);
    loopback.release();
    expect(await running.ended).toMatchObject({ code } satisfies Partial<Ended>);
    expect(inBook(loopback, name).map(({ channel }) => channel)).toEqual(['feed']);
    expect(openIntents(site)).toBe('');
    expect(rig.git(site.clone, 'status', '--porcelain')).toBe('');
    await goesOn(site, name);
  },
);

test('a call that does not come to an end is given up some seconds after the signal, and settled by the next run', async () => {
  const { site, running } = await inACall('slow');
  signal(running, 'SIGINT');
  expect(await running.ended).toMatchObject({ code: 130 } satisfies Partial<Ended>);
  expect(openIntents(site)).not.toBe('');
  loopback.release();
  await expect.poll(() => inBook(loopback, 'slow').length).toBe(1);
  await goesOn(site, 'slow');
});

test('a second signal ends the process at once, and the next run settles what it left', async () => {
  const { site, running } = await inACall('twice');
  signal(running, 'SIGINT');
  signal(running, 'SIGTERM');
  const asked = performance.now();
  expect((await running.ended).code).toBeOneOf([130, 143]);
  expect(performance.now() - asked).toBeLessThan(2_000);
  loopback.release();
  await expect.poll(() => inBook(loopback, 'twice').length).toBe(1);
  await goesOn(site, 'twice');
});
