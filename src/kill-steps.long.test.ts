/** Real processes, killed for real whenever they come to a step of a run; those around a call are in kill-calls.long.test.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULT_POINTS } from './shell/fault.ts';
import { type Bench, isOfCalls, KillAtEveryStep, openBench, PAIRS } from './testing/killing.ts';

let bench: Bench;
let kills: KillAtEveryStep;

beforeAll(async () => {
  bench = await openBench();
  kills = await KillAtEveryStep.of(bench, PAIRS[0]);
});

afterAll(() => bench.close());

test.concurrent.each(FAULT_POINTS.filter((point) => !isOfCalls(point)))(
  'killed at %s, the next run leaves nothing twice, unrecorded or open',
  async (point) => expect(await kills.wrongAt(point)).toEqual([]),
  60_000,
);
