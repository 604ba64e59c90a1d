/** Simulations for tests, on the example workspace. */
import { existsSync } from 'node:fs';
import { renderSimulation, type SimulateOptions, type Simulation, simulate } from '../shell/simulate.ts';
import { baseWorkspace } from './play.ts';
import { type TempRepo, tempRepo } from './repo.ts';

export const START = '2026-11-23T07:30:00Z';

/** Files of a simulation live for seconds: memory is the place for them, where there is such a folder. */
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

export const exampleRepo = (): Promise<TempRepo> => tempRepo(baseWorkspace());

export const simulated = (cwd: string, options: Partial<SimulateOptions>): Promise<Simulation> =>
  simulate({
    cwd,
    now: START,
    days: 14,
    seed: 1,
    faults: [],
    version: '0.0.0-test',
    keep: false,
    onProgress: () => undefined,
    ...options,
  });

export const told = (simulation: Simulation): string => renderSimulation(simulation, (_style, text) => text);
