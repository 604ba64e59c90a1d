/** What `mhub status` says about runs, with GitHub's answers from a server on loopback. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type TempRepo, tempRepo } from '../testing/repo.ts';
import { renderSchedule, type ScheduleStatus, scheduleStatus } from './schedule.ts';
import { commitSnapshot } from './snapshot.ts';
import { World } from './world.ts';

/** Some hours after the commits of a temporary repository. */
const NOW = '2026-01-05T12:00:00Z';
const LOOP = "on:\n  schedule:\n    - cron: '17,47 * * * *'\n";
const NIGHTLY = "on:\n  schedule:\n    - cron: '23 3 * * *'\n";

interface Told {
  readonly state: string;
  readonly runs: readonly { readonly created_at: string; readonly event: string; readonly conclusion: string | null }[];
}

/** Every half hour of the day before NOW, at :19 and :49. */
const punctual = Array.from({ length: 48 }, (_, index) => ({
  created_at: new Date(Date.parse('2026-01-04T12:19:00Z') + index * 30 * 60_000).toISOString(),
  event: 'schedule',
  conclusion: 'success',
}));

/** @param told  by the file name of the workflow; what GitHub does not know is answered with 404 */
async function github(told: Readonly<Record<string, Told>>): Promise<Readonly<Record<string, string>>> {
  const server: Server = createServer(({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://loopback');
    const [, workflow = '', list] =
      /^\/repos\/ada\/garden\/actions\/workflows\/([\w.-]+)(\/runs)?$/.exec(pathname) ?? [];
    const known = headers.authorization === 'token the-token' ? told[workflow] : undefined;
    const since = searchParams.get('created')?.replace('>=', '') ?? '';
    const page = Number(searchParams.get('page') ?? 1);
    const runs = known?.runs.filter(({ created_at: at }) => at >= since) ?? [];
    const body = list
      ? { total_count: runs.length, workflow_runs: runs.slice((page - 1) * 100, page * 100) }
      : { state: known?.state };
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? body : { message: 'Not Found' }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    GITHUB_TOKEN: 'the-token',
    GITHUB_REPOSITORY: 'ada/garden',
    GITHUB_API_URL: `http://127.0.0.1:${port}`,
  };
}

let repo: TempRepo;
beforeAll(async () => {
  repo = await tempRepo({
    '.github/workflows/ci.yml': LOOP,
    '.github/workflows/mhub.yml': LOOP,
    '.github/workflows/mhub-pages.yml': 'on: push\n',
    '.github/workflows/mhub-verify.yml': NIGHTLY,
  });
  repo.commit('mhub(make): start, 1 asset\n\nMhub-Run: first');
  repo.commit('mhub(publish): start, 1 post\n\nMhub-Run: first');
  repo.commit('mhub(measure): start, 2 signals\n\nMhub-Run: second');
});
afterAll(() => repo.remove());

async function statusWith(env: Readonly<Record<string, string>>, now = NOW): Promise<ScheduleStatus | undefined> {
  const { commit } = await repo.repo.head();
  return scheduleStatus(new World(await commitSnapshot(repo.repo, commit)), repo.repo.git, now, env);
}

const shown = (status: ScheduleStatus | undefined): string =>
  status ? renderSchedule(status, 'UTC', (_style, text) => text) : '';

test('runs of the last day are held against the schedule, calm ones as well', async () => {
  const late = punctual.filter((_, index) => index !== 10 && index !== 11);
  const byHand = { created_at: '2026-01-05T09:00:00Z', event: 'workflow_dispatch', conclusion: 'failure' };
  const env = await github({
    'mhub.yml': { state: 'active', runs: [...late, byHand] },
    'mhub-verify.yml': { state: 'active', runs: [] },
  });
  expect(shown(await statusWith(env))).toBe(
    [
      'Runs since 2026-01-04 12:00 UTC',
      '  mhub-verify.yml  expected 1 run    0 seen, longest time without one 24 h',
      '  mhub.yml         expected 48 runs  46 seen, 1 started otherwise, 1 failed, longest time without one 1 h 30 min',
    ].join('\n'),
  );
});

test('more runs than one page are all counted', async () => {
  const dispatched = Array.from({ length: 150 }, () => ({ ...punctual[0], event: 'repository_dispatch' }));
  const runs = [...punctual, ...dispatched] as Told['runs'];
  const env = await github({ 'mhub.yml': { state: 'active', runs }, 'mhub-verify.yml': { state: 'active', runs } });
  expect((await statusWith(env))?.workflows.map((workflow) => workflow.runs)).toMatchObject([
    { seen: 48, others: 150 },
    { seen: 48, others: 150 },
  ]);
});

test('a workflow that GitHub has stopped is named, with the command that starts it again', async () => {
  const env = await github({
    'mhub.yml': { state: 'disabled_inactivity', runs: [] },
    'mhub-verify.yml': { state: 'disabled_manually', runs: [] },
  });
  expect(shown(await statusWith(env))).toContain(
    '  mhub-verify.yml: disabled_manually; to start it again: gh workflow enable mhub-verify.yml\n' +
      '  mhub.yml: GitHub has stopped it after 60 days without activity; to start it again: gh workflow enable mhub.yml',
  );
});

test('without GitHub it says what the commits tell, and what nobody here knows', async () => {
  const text = shown(await statusWith({}));
  expect(text).toContain('mhub.yml         expected 48 runs  seen: not known');
  expect(text).toContain('2 runs left commits; calm ones leave none. The others are not known: BLOCKED');
  expect(text).toContain('GITHUB_TOKEN');
});

test('commits of another day are not counted', async () => {
  expect(await statusWith({}, '2026-01-06T09:00:00Z')).toMatchObject({ committed: 0 });
  expect(await statusWith({}, '2026-01-05T07:59:59Z')).toMatchObject({ committed: 0 });
});

test('a token that GitHub does not take leaves the runs unknown, and breaks nothing', async () => {
  const env = await github({ 'mhub.yml': { state: 'active', runs: punctual } });
  const status = await statusWith({ ...env, GITHUB_TOKEN: 'another-token' });
  expect(status?.unknown).toContain('Not Found');
  expect(status?.workflows.map((workflow) => workflow.runs)).toEqual([undefined, undefined]);
});

test('a schedule that GitHub cannot keep is named', async () => {
  repo.write('.github/workflows/mhub.yml', "on:\n  schedule:\n    - cron: '*/61 * * * *'\n    - cron: '0 4 * * *'\n");
  repo.commit('another schedule');
  const status = await statusWith({});
  expect(status?.workflows[1]).toMatchObject({ workflow: 'mhub.yml', expected: 1 });
  expect(status?.workflows[1]?.faults).toEqual([
    expect.stringContaining('cron "*/61 * * * *": '),
    'cron "0 4 * * *": at the full hour GitHub delays and drops schedules most: choose another minute',
  ]);
});

test('where no workflow of mhub has a schedule, nothing is said', async () => {
  const other = await tempRepo({ '.github/workflows/ci.yml': LOOP, '.github/workflows/mhub.yml': 'on: push\n' });
  onTestFinished(() => other.remove());
  const { commit } = await other.repo.head();
  const world = new World(await commitSnapshot(other.repo, commit));
  expect(await scheduleStatus(world, other.repo.git, NOW, {})).toBeUndefined();
});
