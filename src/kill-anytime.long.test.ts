/** Real processes, killed for real at any time; and what it would be like without intents. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Bench,
  elsewhere,
  KILL_TIMEOUT_MS,
  killed,
  openBench,
  PAIRS,
  TOLD_BY_INTENTS_ALONE,
  wrongAfterRecovery,
  wrongWithoutIntents,
} from './testing/killing.ts';

const KILLS = 10;
/** About as long as a run takes. */
const LONGEST_MS = 1_500;

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});

afterAll(() => bench.close());

test.concurrent.each(Array.from({ length: KILLS }, (_, index) => index))(
  'killed at a random time, the next run leaves nothing twice, unrecorded or open (%i)',
  async (index) => {
    const afterMs = Math.round(((index + Math.random()) / KILLS) * LONGEST_MS);
    const classes = PAIRS[index % 2] ?? PAIRS[0];
    const here = await killed(bench, classes, { afterMs });
    const next = index % 4 < 2 ? here : elsewhere(bench, here);
    expect(await wrongAfterRecovery(bench, classes, next), `killed after ${afterMs} ms`).toEqual([]);
  },
  KILL_TIMEOUT_MS,
);

test.concurrent.each(TOLD_BY_INTENTS_ALONE)(
  'the same check finds duplicates where the intents are taken away before the next run: %s, visit %i',
  async (at, visit) => {
    expect(await wrongWithoutIntents(bench, at, visit)).toContainEqual(
      expect.stringMatching(/ got [0-9a-f]{8} twice$/),
    );
  },
  KILL_TIMEOUT_MS,
);
