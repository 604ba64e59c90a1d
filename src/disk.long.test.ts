/** A disk that is full, and a folder that cannot be written, each in a mount namespace of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokenPromises } from './testing/facts.ts';
import { type Loopback, serveLoopback } from './testing/loopback.ts';
import { FIRST_RUN } from './testing/play.ts';
import { brokenBooks, inBook, liveWorkspace, openRig, type Rig, type Site, siteBefore } from './testing/rig.ts';

/** Why nothing can be mounted here. */
const obstacle = ((): string | undefined => {
  const { status, error, stderr } = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
})();
const mounting = test.skipIf(obstacle !== undefined);
const titled = (what: string): string => (obstacle === undefined ? what : `${what} (cannot mount here: ${obstacle})`);

let loopback: Loopback;
let rig: Rig;
let template: Site;

beforeAll(async () => {
  if (obstacle !== undefined) return;
  loopback = await serveLoopback();
  rig = await openRig(loopback);
  template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, liveWorkspace());
});

afterAll(async () => {
  rig?.remove();
  await loopback?.close();
});
const order = (book: string, runs: number) => ({
  book,
  now: FIRST_RUN,
  commands: Array.from({ length: runs }, () => ['run']),
  classes: { feed: 'query', outbox: 'opaque' } as const,
  windowMs: 20_000,
  timeoutMs: 5_000,
  alone: true,
});

interface Said {
  readonly code: number | null;
  readonly said: string;
}

/** Runs a shell script as the root of a mount namespace; $RUN there runs the order. */
function mounted(site: Site, book: string, script: string): Promise<Said> {
  const { command, env } = rig.command(site, order(book, 1));
  const child = spawn('unshare', ['-rm', 'sh', '-euc', script], {
    cwd: site.folder,
    env: { ...env, RUN: command.join(' '), CLONE: site.clone },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, said })));
}

/** What is wrong after the next run and one more. */
async function wrongAfterwards(site: Site, book: string): Promise<string[]> {
  const { reports, stderr } = await rig.start(site, order(book, 2)).ended;
  if (reports.length !== 2) return [stderr];
  const facts = rig.facts(site);
  return [
    ...brokenBooks(inBook(loopback, book), facts.receipts),
    ...brokenPromises(facts),
    ...(reports[1]?.commits === 0 ? [] : ['one more run commits']),
    ...rig
      .git(site.clone, 'status', '--porcelain')
      .split('\n')
      .filter((line) => line !== ''),
  ];
}

/** Moves the clone to a small disk, leaves so much room on it, runs, and moves the clone back. */
const onSmallDisk = (kilobytes: number): string => `
  mkdir disk
  mount -t tmpfs -o size=24m none disk
  cp -a "$CLONE/." disk
  mount --bind disk "$CLONE"
  dd if=/dev/zero of=disk/.git/ballast bs=1k 2>/dev/null || true
  truncate -s -${kilobytes}k disk/.git/ballast
  code=0
  (cd "$CLONE" && $RUN) || code=$?
  rm disk/.git/ballast
  cp -a disk back
  exit $code
`;

mounting.each([0, 24, 64, 160, 400])(
  titled('on a disk with room for %i kB a run says so or gets through; with room again, the next one heals'),
  async (kilobytes) => {
    const book = `room-${kilobytes}`;
    const site = rig.copy(template, book);
    const { code, said } = await mounted(site, book, onSmallDisk(kilobytes));
    expect(said).not.toContain('bug of mhub');
    expect(code, said).toBeOneOf(kilobytes === 0 ? [2] : [0, 2, 3]);
    if (code === 2) expect(said).toMatch(/no space|out of diskspace/i);
    expect(await wrongAfterwards({ ...site, clone: join(site.folder, 'back') }, book)).toEqual([]);
  },
);

mounting(
  titled('in a folder that cannot be written a run says so and changes nothing; the next one goes on'),
  async () => {
    const site = rig.copy(template, 'read-only');
    const tip = rig.git(site.origin, 'rev-parse', 'main');
    const readOnly = 'mount --bind "$CLONE" "$CLONE"; mount -o remount,ro,bind "$CLONE"; cd "$CLONE"; exec $RUN';
    const { code, said } = await mounted(site, 'read-only', readOnly);
    expect(code, said).toBe(2);
    expect(said).toMatch(/read-only/i);
    expect(rig.git(site.origin, 'rev-parse', 'main')).toBe(tip);
    expect(inBook(loopback, 'read-only')).toEqual([]);
    expect(await wrongAfterwards(site, 'read-only')).toEqual([]);
    expect(inBook(loopback, 'read-only')).toHaveLength(2);
  },
);
