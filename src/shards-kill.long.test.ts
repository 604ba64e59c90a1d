/** Real processes of a sharded run, killed at each step: whatever is lost of them, nothing goes out twice. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultPoint } from './shell/fault.ts';
import { PAIRS } from './testing/killing.ts';
import type { Classes } from './testing/loopback-channel.ts';
import { liveWorkspace } from './testing/rig.ts';
import { AFTER_SHARDS, openYard, type Planned, ShardedRun, type Yard } from './testing/sharding.ts';

const TIMEOUT_MS = 120_000;

const [ASKED, REPEATED] = PAIRS;

/** Each step of a shard at least once, with the classes for which it matters most, and the call that it dies at. */
const STEPS: readonly (readonly [FaultPoint, number, Classes])[] = [
  ['shard-opened', 1, ASKED],
  ['call-journaled', 2, ASKED],
  ['call-made', 1, REPEATED],
  ['call-made', 2, ASKED],
  ['call-remembered', 2, REPEATED],
  ['outcome-appended', 1, ASKED],
];

let yard: Yard;
const plans = new Map<Classes, { readonly run: ShardedRun; readonly planned: Planned }>();

function planOf(classes: Classes) {
  const plan = plans.get(classes);
  if (!plan) throw new Error('nothing is planned');
  return plan;
}

beforeAll(async () => {
  yard = await openYard(liveWorkspace(), ['sense', 'decide', 'make', 'guard']);
  for (const classes of PAIRS) {
    const run = new ShardedRun(yard, `planned-${classes.feed}`, classes);
    plans.set(classes, { run, planned: await run.plan() });
  }
}, TIMEOUT_MS);
afterAll(() => yard.close());

/** Two ordinary runs once no shard can be at work any more. @returns what is wrong then */
async function wrongInTheEnd(run: ShardedRun): Promise<readonly unknown[]> {
  const { reports, stderr } = await run.start([['run'], ['run']], AFTER_SHARDS);
  const [, second] = reports;
  if (!second) return [stderr];
  return [...run.wrong, ...run.facts.intents, ...(second.commits === 0 ? [] : ['the second run made commits'])];
}

test.each(STEPS)(
  'a shard killed at %s, visit %i, with channels of class %o, loses at most the call at work',
  async (step, visit, classes) => {
    const { run, planned } = planOf(classes);
    const killed = run.copy(`${step}-${visit}`);
    const shard = planned.matrix[0] ?? '';
    const { signal } = await killed.work(planned, shard, { env: { MHUB_FAULT: `${step}:${visit}` } }).ended;
    expect(signal).toBe('SIGKILL');
    const called = killed.accepted.length;
    const { published } = await killed.fold('--ended');
    expect(published.length).toBeGreaterThanOrEqual(called - 1);
    expect(killed.facts.intents.length).toBeLessThanOrEqual(1);
    expect(await wrongInTheEnd(killed)).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'a shard that is started again after a kill makes only the calls that it had not begun',
  async () => {
    const { run, planned } = planOf(ASKED);
    const again = run.copy('again');
    const shard = planned.matrix[0] ?? '';
    await again.work(planned, shard, { env: { MHUB_FAULT: 'call-made:1' } }).ended;
    expect(again.accepted).toHaveLength(1);
    expect((await again.workHere(planned, shard)).output).toContain('1 of 1 calls sent, 1 begun before');
    expect(again.accepted).toHaveLength(2);
    await again.fold();
    expect(await wrongInTheEnd(again)).toEqual([]);
  },
  TIMEOUT_MS,
);

test.each(PAIRS)(
  'all calls of class %o made and every outcome lost: nothing is sent again',
  async (classes) => {
    const { run, planned } = planOf(classes);
    const lost = run.copy(`lost-${classes.feed}`);
    const shard = planned.matrix[0] ?? '';
    await lost.workHere(planned, shard);
    rmSync(lost.outcomes(shard));
    expect((await lost.fold('--ended')).published).toEqual([]);
    expect(await wrongInTheEnd(lost)).toEqual([]);
    expect(lost.accepted).toHaveLength(2);
  },
  TIMEOUT_MS,
);

test.each(['commits-pushed', 'shards-written'] satisfies FaultPoint[])(
  'a plan killed at %s leaves nothing that a later run cannot settle',
  async (step) => {
    const killed = new ShardedRun(yard, `plan-${step}`, ASKED);
    const words = ['shard', 'plan', '--out', killed.out];
    expect((await killed.start([words], undefined, { MHUB_FAULT: step })).signal).toBe('SIGKILL');
    expect(await wrongInTheEnd(killed)).toEqual([]);
  },
  TIMEOUT_MS,
);

test.each(['outcomes-read', 'commits-pushed'] satisfies FaultPoint[])(
  'a fold killed at %s is done again without harm',
  async (step) => {
    const { run, planned } = planOf(ASKED);
    const killed = run.copy(`fold-${step}`);
    await killed.workHere(planned, planned.matrix[0] ?? '');
    const words = ['shard', 'fold', '--receipts', killed.receipts];
    expect((await killed.start([words], undefined, { MHUB_FAULT: step })).signal).toBe('SIGKILL');
    await killed.fold();
    expect(killed.facts.intents).toEqual([]);
    expect(await wrongInTheEnd(killed)).toEqual([]);
  },
  TIMEOUT_MS,
);
