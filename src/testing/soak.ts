/**
 * `npm run soak [-- --minutes M --days D --first S --seeds N]`: simulates 90 days with every fault, seed after seed, on
 * two processes, for as long as the minutes last.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultNames } from '../core/simulation/faults.ts';
import { renderSimulation, simulate } from '../shell/simulate.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    days: { type: 'string', default: '90' },
    seeds: { type: 'string', default: '100000' },
    first: { type: 'string', default: '1' },
    cwd: { type: 'string', default: fileURLToPath(new URL('../..', import.meta.url)) },
  },
});
const WORKERS = 2;
/** A fixed start: the same seed is the same simulation on every day. */
const START = '2026-11-23T07:30:00Z';

interface Outcome {
  readonly seed: number;
  readonly seconds: number;
  readonly runs: number;
  readonly faults: number;
  /** The whole report when something broke. */
  readonly broken?: string;
}

async function soakOne(seed: number): Promise<Outcome> {
  const started = performance.now();
  const simulation = await simulate({
    cwd: values.cwd,
    now: START,
    days: Number(values.days),
    seed,
    faults: faultNames,
    version: '0.0.0-soak',
    keep: false,
    onProgress: () => undefined,
  });
  return {
    seed,
    seconds: (performance.now() - started) / 1000,
    runs: simulation.totals.runs,
    faults: simulation.totals.faults,
    ...(simulation.breaks.length > 0 ? { broken: renderSimulation(simulation, (_style, text) => text) } : {}),
  };
}

function worker(): void {
  process.on('message', async (seed: number) => process.send?.(await soakOne(seed)));
}

/** Files of a simulation live for seconds: memory is the place for them, where there is such a folder. */
const temporary = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};

/** Room for short-lived objects, in MiB: a fifth of the time would go into collecting them. */
const YOUNG = '--max-semi-space-size=64';

async function lead(): Promise<number> {
  const deadline = performance.now() + Number(values.minutes) * 60_000;
  const last = Number(values.first) + Number(values.seeds);
  let next = Number(values.first);
  let [passed, failed] = [0, 0];
  const started = performance.now();

  const work = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
        env: { ...process.env, ...temporary, MHUB_SOAK_WORKER: '1' },
        execArgv: [...process.execArgv, YOUNG],
      });
      const give = (): void => {
        if (performance.now() >= deadline || next >= last) child.disconnect();
        else child.send(next++);
      };
      child.on('message', ({ seed, seconds, runs, faults, broken }: Outcome) => {
        if (broken === undefined) passed += 1;
        else failed += 1;
        const verdict = broken === undefined ? 'passed' : 'BROKEN';
        console.log(`seed ${seed}: ${verdict}, ${runs} runs, ${faults} faults, ${seconds.toFixed(1)} s`);
        if (broken !== undefined) console.log(broken);
        give();
      });
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with code ${code}`))));
      give();
    });
  await Promise.all(Array.from({ length: WORKERS }, work));

  const minutes = (performance.now() - started) / 60_000;
  console.log(
    `${values.days} days each, channels and visitors simulated, ${((passed + failed) / minutes).toFixed(2)} seeds a minute`,
  );
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

if (process.env['MHUB_SOAK_WORKER']) worker();
else process.exitCode = await lead();
