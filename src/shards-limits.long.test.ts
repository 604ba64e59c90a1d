/** What shards must not do, and what is not taken from them. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Shard } from './core/shard-file.ts';
import { epochOf } from './core/time.ts';
import { PAIRS } from './testing/killing.ts';
import { liveWorkspace } from './testing/rig.ts';
import { AFTER_SHARDS, FIRST_RUN, openYard, type Planned, ShardedRun, type Yard } from './testing/sharding.ts';

const TIMEOUT_MS = 60_000;
const [CLASSES, OTHERS] = PAIRS;

let yard: Yard;
let run: ShardedRun;
let planned: Planned;
let shard: string;

beforeAll(async () => {
  yard = await openYard(liveWorkspace(), ['sense', 'decide', 'make', 'guard']);
  run = new ShardedRun(yard, 'planned', CLASSES);
  planned = await run.plan({ GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: join(run.site.folder, 'output') });
  shard = planned.matrix[0] ?? '';
}, TIMEOUT_MS);
afterAll(() => yard.close());

test(
  'a plan without anything to call has an empty matrix; a calm one pushes nothing',
  async () => {
    const calm = new ShardedRun(yard, 'calm', CLASSES);
    await calm.start([['run']]);
    const before = calm.pushes;
    expect(await calm.plan()).toMatchObject({ exit_code: 0, matrix: [], digests: {}, calls: 0, commits: 0 });
    expect(calm.pushes).toBe(before);
  },
  TIMEOUT_MS,
);

test('files of the tree are published by the plan, in the push of the intents', () => {
  const { receipts, intents } = run.facts;
  expect([run.pushes, planned.calls, intents.length]).toEqual([1, 2, 2]);
  expect(receipts.map(({ channel, status }) => `${channel} ${status}`)).toContain('web sent');
  expect(run.accepted).toEqual([]);
});

test('a shard holds no secret and no address of a reader, and states each shared thing once', () => {
  const text = readFileSync(join(run.out, `${shard}.json`), 'utf8');
  expect(text.match(/"voice":/g)).toHaveLength(1);
  const written = JSON.parse(text) as Shard & { readonly mhub_shard: number };
  expect(written).toMatchObject({ mhub_shard: 1, shard, started: 1 });
  for (const { until = '' } of run.facts.intents) {
    const window = epochOf(until) - epochOf(FIRST_RUN);
    expect([window >= 30 * 60_000, window < 35 * 60_000]).toEqual([true, true]);
  }
});

test('GitHub is handed the ids of the shards for a matrix, and the digest of each', () => {
  const lines = readFileSync(join(run.site.folder, 'output'), 'utf8').split('\n');
  expect(lines).toContain('["s000"]');
  expect(lines).toContain(JSON.stringify({ s000: planned.digests['s000'] }));
  for (const id of planned.matrix) expect(id).toMatch(/^[a-z0-9-]+$/);
});

describe.each([CLASSES, OTHERS])('channels of class %o', (classes) => {
  test(
    'go out once, through a run that comes in between, and are filed by the first of two folds',
    async () => {
      const one = new ShardedRun(yard, `once-${classes.feed}`, classes);
      const own = await one.plan();
      const between = await one.start([['run']]);
      expect([between.reports[0]?.published, one.accepted.length], between.stderr).toEqual([[], 0]);
      expect(between.reports[0]?.notes.map(({ message }) => message).join()).toContain('is with a shard');
      expect((await one.workHere(own, shard)).exit).toBe(0);
      expect((await one.fold()).published).toHaveLength(2);
      const pushes = one.pushes;
      expect(await one.fold()).toMatchObject({ commits: 0, exit_code: 0 });
      const after = await one.start([['run']], AFTER_SHARDS);
      expect([after.reports[0]?.commits, one.pushes, one.wrong, one.facts.intents]).toEqual([0, pushes, [], []]);
    },
    TIMEOUT_MS,
  );
});

test(
  'no call begins once the window has passed, and the next run makes it',
  async () => {
    const late = run.copy('late');
    const { exit, output } = await late.workHere(planned, shard, {}, AFTER_SHARDS);
    expect([exit, late.accepted]).toEqual([3, []]);
    expect(output).toContain('held back, its window ended at 2026-11-24T12:3');
    expect((await late.fold()).published).toEqual([]);
    expect(late.facts.intents).toEqual([]);
    const next = await late.start([['run']], AFTER_SHARDS);
    expect([next.reports[0]?.published.length, late.wrong]).toEqual([2, []]);
  },
  TIMEOUT_MS,
);

test(
  'MHUB_KILL stops every call, and fold files that nothing happened',
  async () => {
    const stopped = run.copy('stopped');
    const { exit, output } = await stopped.workHere(planned, shard, { MHUB_KILL: '1' });
    expect([exit, stopped.accepted]).toEqual([3, []]);
    expect(output).toContain('held back, MHUB_KILL is set');
    const folded = await stopped.fold();
    expect([folded.exit_code, stopped.facts.intents]).toEqual([3, []]);
  },
  TIMEOUT_MS,
);

test(
  'after SIGTERM no call begins, the one at work is finished, and all outcomes are told',
  async () => {
    const ended = run.copy('terminated');
    yard.loopback.expect('terminated', 'hold');
    const working = ended.work(planned, shard);
    await yard.loopback.held();
    working.process.kill('SIGTERM');
    yard.loopback.release();
    expect((await working.ended).code).toBe(143);
    expect(ended.accepted).toHaveLength(1);
    expect((await ended.fold()).published).toHaveLength(1);
    expect([ended.facts.intents, ended.wrong]).toEqual([[], []]);
  },
  TIMEOUT_MS,
);

test('a shard that was changed after the plan is refused', async () => {
  const changed = run.copy('changed');
  appendFileSync(join(changed.out, `${shard}.json`), '\n');
  const { exit, output } = await changed.workHere(planned, shard);
  expect([exit, changed.accepted]).toEqual([2, []]);
  expect(output).toContain('is not what the plan has written');
});

test('a shard that GitHub starts again without its plan is refused, for nobody knows what it has called', async () => {
  const again = run.copy('again');
  const { exit, output } = await again.workHere(planned, shard, { GITHUB_RUN_ATTEMPT: '2' });
  expect([exit, again.accepted]).toEqual([2, []]);
  expect(output).toContain('is of another start of this workflow run');
});

test(
  'outcomes of another run, attempt or content, and of what no shard was to call, are refused and named',
  async () => {
    const foreign = run.copy('foreign');
    await foreign.workHere(planned, shard);
    const told = readFileSync(foreign.outcomes(shard), 'utf8');
    const forged = (change: (line: Record<string, unknown>) => object): string =>
      told
        .split('\n')
        .filter((line) => line.includes('"done"'))
        .map((line) => JSON.stringify(change(JSON.parse(line) as Record<string, unknown>)))
        .join('\n');
    writeFileSync(
      foreign.outcomes(shard),
      [
        forged((line) => ({ ...line, run: '20261124T120000Z-00000000' })),
        forged((line) => ({ ...line, attempt: 2 })),
        forged((line) => ({ ...line, content: '0'.repeat(64) })),
        forged((line) => ({ ...line, key: 'f'.repeat(64) })),
        '{"state":"done","run":',
      ].join('\n'),
    );
    const folded = await foreign.fold();
    const refusals = folded.notes.filter(({ message }) => message.includes(' is refused: '));
    expect(refusals).toHaveLength(9);
    expect(refusals[0]?.message).toContain(`${shard}.jsonl:1`);
    expect([folded.exit_code, folded.published, foreign.facts.intents.length]).toEqual([3, [], 2]);
  },
  TIMEOUT_MS,
);

test(
  'what a shard has sent is filed also after a run has settled it otherwise',
  async () => {
    const slow = run.copy('slow');
    await slow.workHere(planned, shard);
    const settled = await slow.start([['run']], AFTER_SHARDS);
    expect(settled.reports[0]?.notes.map(({ message }) => message).join()).toContain('is taken as sent');
    await slow.foldAt('2026-11-24T12:41:00Z');
    const outbox = slow.facts.receipts.filter(({ channel }) => channel === 'outbox');
    expect(outbox.map(({ status, late }) => [status, late])).toEqual([
      ['assumed_sent', undefined],
      ['sent', true],
    ]);
    expect(slow.accepted).toHaveLength(2);
  },
  TIMEOUT_MS,
);
