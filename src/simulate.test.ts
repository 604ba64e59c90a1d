import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { faultNames, type PlannedFault } from './core/simulation/faults.ts';
import type { Simulation } from './shell/simulate.ts';
import type { TempRepo } from './testing/repo.ts';
import { exampleRepo, START, simulated, told } from './testing/simulating.ts';

/** Each takes seconds; a busy machine may take much longer. */
vi.setConfig({ testTimeout: 180_000 });

let repo: TempRepo;

beforeAll(async () => {
  repo = await exampleRepo();
});
afterAll(() => repo.remove());

const brokenIn = ({ breaks }: Simulation): string[] => [...new Set(breaks.map(({ invariant }) => invariant))];

test('the calm preview publishes on every planned slot, and leaves the workspace alone', async () => {
  const before = repo.git('rev-parse', 'HEAD');
  const simulation = await simulated(repo.root, {});
  expect(simulation.breaks).toEqual([]);
  expect(simulation.slots.filter(({ published }) => !published)).toEqual([]);
  const kinds = simulation.slots.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'social_post')).toHaveLength(6);
  expect(kinds.filter((kind) => kind === 'email')).toHaveLength(2);
  expect(told(simulation)).toContain('No channel leaves the repository');
  expect(repo.git('rev-parse', 'HEAD')).toBe(before);
  expect(repo.git('status', '--porcelain')).toBe('');
});

test('a receiver that has forgotten what it accepted is seen in the real loop, and the scenario shrinks', async () => {
  const lost: PlannedFault = { name: 'timeout-after-success', at: START, salt: '0' };
  const late: PlannedFault = { name: 'late-cron', at: START, salt: '1' };
  const simulation = await simulated(repo.root, {
    days: 2,
    seed: 2,
    faults: ['timeout-after-success', 'late-cron'],
    plan: [lost, late],
    faulty: (channel) => channel === 'feed',
  });
  expect(simulation.simulated['feed']).toBe('query');
  expect(brokenIn(simulation), told(simulation)).toEqual(['twice']);
  expect(simulation.shrunk?.plan).toEqual([lost]);
  rmSync(simulation.folder ?? '', { recursive: true });
});

test('a receipt that somebody drops is seen in the real loop', async () => {
  const simulation = await simulated(repo.root, {
    days: 2,
    faults: ['dst'],
    mischief: ({ place, step, now }) => {
      const [file] = place.paths('hub/ledger');
      if (step !== 1 || file === undefined) return;
      place.byPerson.delete(place.commit('Mischief', { [file]: null }, now));
    },
  });
  expect(brokenIn(simulation)).toEqual(['I7']);
  expect(simulation.step).toBe(1);
  rmSync(simulation.folder ?? '', { recursive: true });
});

test('a run that was late starts, also when the next one is to be late as well', async () => {
  const late = (salt: string): PlannedFault => ({ name: 'late-cron', at: START, salt });
  const runs: string[] = [];
  const { timeline } = await simulated(repo.root, {
    days: 3,
    faults: ['late-cron'],
    plan: ['0', '1', '2'].map(late),
    mischief: ({ now }) => runs.push(now),
  });
  const delays = timeline.filter(({ kind }) => kind === 'fault').map(({ at }) => at);
  expect(delays).toHaveLength(3);
  for (const [index, delay] of delays.slice(1).entries()) {
    expect(runs.some((run) => run > (delays[index] ?? '') && run < delay)).toBe(true);
  }
});

test('a seed decides everything: the same seed gives the same timeline', async () => {
  const play = (): Promise<Simulation> => simulated(repo.root, { days: 4, seed: 4, faults: faultNames });
  const one = await play();
  expect(one.totals.faults).toBeGreaterThan(0);
  expect(told(await play())).toBe(told(one));
});
