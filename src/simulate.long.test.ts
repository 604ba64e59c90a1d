import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultNames, type PlannedFault } from './core/simulation/faults.ts';
import { randomOf } from './core/simulation/random.ts';
import { shrinkList } from './core/simulation/shrink.ts';
import { Turns } from './core/simulation/turns.ts';
import { renderSimulation, type SimulateOptions, type Simulation, simulate } from './shell/simulate.ts';
import { baseWorkspace } from './testing/play.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';

let repo: TempRepo;

beforeAll(async () => {
  repo = await tempRepo(baseWorkspace());
});
afterAll(() => repo.remove());

const play = (options: Partial<SimulateOptions>): Promise<Simulation> =>
  simulate({
    cwd: repo.root,
    now: '2026-11-23T07:30:00Z',
    days: 14,
    seed: 1,
    faults: [],
    version: '0.0.0-test',
    keep: false,
    onProgress: () => undefined,
    ...options,
  });

const told = (simulation: Simulation): string => renderSimulation(simulation, (_style, text) => text);
const brokenIn = ({ breaks }: Simulation): string[] => [...new Set(breaks.map(({ invariant }) => invariant))];

test('the calm preview publishes on every planned slot, and leaves the workspace alone', async () => {
  const before = repo.git('rev-parse', 'HEAD');
  const simulation = await play({});
  expect(simulation.breaks).toEqual([]);
  expect(simulation.slots.filter(({ published }) => !published)).toEqual([]);
  const kinds = simulation.slots.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'social_post')).toHaveLength(6);
  expect(kinds.filter((kind) => kind === 'email')).toHaveLength(2);
  expect(told(simulation)).toContain('No channel leaves the repository');
  expect(repo.git('rev-parse', 'HEAD')).toBe(before);
  expect(repo.git('status', '--porcelain')).toBe('');
});

test.each([1, 2, 3])('14 days with every fault break nothing, seed %i', async (seed) => {
  const simulation = await play({ seed, faults: faultNames });
  expect(simulation.breaks, told(simulation)).toEqual([]);
  expect(simulation.totals.faults).toBeGreaterThan(3);
  expect(told(simulation)).toContain('Channels answered by simulated performers');
});

describe('the checker sees in the real loop', () => {
  const lost: PlannedFault = { name: 'timeout-after-success', at: '2026-11-23T07:30:00Z', salt: '0' };
  const feedForgets = (channel: string): boolean => channel === 'feed';
  const short = { days: 3, faults: ['timeout-after-success'], plan: [lost] } satisfies Partial<SimulateOptions>;

  test.each([
    ['key', 1],
    ['query', 2],
  ])('a receiver of class %s that has forgotten what it accepted', async (kind, seed) => {
    const simulation = await play({ ...short, seed, faulty: feedForgets });
    expect(simulation.simulated['feed']).toBe(kind);
    expect(brokenIn(simulation), told(simulation)).toEqual(['twice']);
    expect(simulation.shrunk?.plan).toEqual([lost]);
    rmSync(simulation.folder ?? '', { recursive: true });
  });

  test.each(['key', 'query', 'natural', 'opaque'])(
    'nothing wrong with class %s when the receiver is sound',
    async (kind) => {
      const seed = ['natural', 'key', 'query', 'opaque'].indexOf(kind);
      const simulation = await play({ ...short, seed });
      expect(simulation.simulated['feed']).toBe(kind);
      expect(simulation.breaks, told(simulation)).toEqual([]);
    },
  );

  test('a receipt that somebody drops', async () => {
    const simulation = await play({
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
});

test('a seed decides everything: the same seed gives the same timeline', async () => {
  const [one, two] = [
    await play({ days: 5, seed: 4, faults: faultNames }),
    await play({ days: 5, seed: 4, faults: faultNames }),
  ];
  expect(told(two)).toBe(told(one));
});

test('chance comes from the seed alone', () => {
  const draw = (seed: number): number[] =>
    Array.from({ length: 4 }, () => 0).map(
      (
        (random) => () =>
          random.whole(1, 100)
      )(randomOf('x', seed)),
    );
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const random = randomOf('mean');
  const counts = Array.from({ length: 2_000 }, () => random.poisson(12));
  expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeCloseTo(12, 0);
});

test('shrinking leaves only what it takes to break', async () => {
  const asked: number[] = [];
  const needed = (items: readonly number[]): Promise<boolean> => {
    asked.push(items.length);
    return Promise.resolve(items.includes(7) && items.includes(23));
  };
  const items = Array.from({ length: 40 }, (_, index) => index);
  expect(await shrinkList(items, needed, 60)).toEqual([7, 23]);
  expect(asked.length).toBeLessThanOrEqual(60);
});

test('tasks take turns by the length of their sleeps, and time jumps', async () => {
  const turns = new Turns(0);
  const log: string[] = [];
  const napping = (name: string, naps: readonly number[]) => async () => {
    for (const nap of naps) {
      await turns.sleep(nap);
      log.push(`${name} ${turns.now}`);
    }
  };
  await turns.together({
    a: { delay: 0, work: napping('a', [10, 10]) },
    b: { delay: 5, work: napping('b', [1, 100]) },
  });
  expect(log).toEqual(['b 6', 'a 10', 'a 20', 'b 106']);
});
