/** Real processes, killed for real before, during and after a call, on channels of every class. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULT_POINTS } from './shell/fault.ts';
import { type Bench, isOfCalls, KillAtEveryStep, openBench, PAIRS } from './testing/killing.ts';

let bench: Bench;
const kills: KillAtEveryStep[] = [];

beforeAll(async () => {
  bench = await openBench();
  for (const classes of PAIRS) kills.push(await KillAtEveryStep.of(bench, classes));
});

afterAll(() => bench.close());

const cases = FAULT_POINTS.filter(isOfCalls).flatMap((point) =>
  PAIRS.map((classes, index) => [point, Object.values(classes).join(' and '), index] as const),
);

test.concurrent.each(cases)(
  'killed at %s, a call on a channel of class %s is never made twice, unrecorded or open',
  async (point, _classes, index) => expect(await kills[index]?.wrongAt(point)).toEqual([]),
  60_000,
);
