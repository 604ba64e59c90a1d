import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { faultNames } from './core/simulation/faults.ts';
import type { TempRepo } from './testing/repo.ts';
import { exampleRepo, simulated, told } from './testing/simulating.ts';

/** Each takes seconds; a busy machine may take much longer. */
vi.setConfig({ testTimeout: 180_000 });

let repo: TempRepo;

beforeAll(async () => {
  repo = await exampleRepo();
});
afterAll(() => repo.remove());

test.each([1, 2, 3])('14 days with every fault break nothing, seed %i', async (seed) => {
  const simulation = await simulated(repo.root, { seed, faults: faultNames });
  expect(simulation.breaks, told(simulation)).toEqual([]);
  expect(simulation.totals.faults).toBeGreaterThan(3);
  expect(told(simulation)).toContain('Channels answered by simulated performers');
});
