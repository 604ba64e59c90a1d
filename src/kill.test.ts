/** A real process, killed for real once at each step of a run. Every visit and class: npm run test:long. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULT_POINTS } from './shell/fault.ts';
import {
  type Bench,
  KILL_TIMEOUT_MS,
  KillAtEveryStep,
  openBench,
  PAIRS,
  wrongWithoutIntents,
} from './testing/killing.ts';

let bench: Bench;
let kills: KillAtEveryStep;

beforeAll(async () => {
  bench = await openBench();
  kills = await KillAtEveryStep.of(bench, PAIRS[0]);
});

afterAll(() => bench.close());

const cases = FAULT_POINTS.map(
  (point, index) => [point, index % 2 === 0 ? 'on the same machine' : 'in a fresh clone'] as const,
);

test.concurrent.each(cases)(
  'killed at %s, the next run %s leaves nothing twice, unrecorded or open',
  async (point, place) => expect(await kills.wrongAtLast(point, place)).toEqual([]),
  KILL_TIMEOUT_MS,
);

test('without the intents the same check finds a duplicate', async () => {
  const wrong = await wrongWithoutIntents(bench, 'call-made', 1);
  expect(wrong).toContainEqual(expect.stringMatching(/^feed got [0-9a-f]{8} twice$/));
});
