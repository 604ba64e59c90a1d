/**
 * `npm run soak [-- --minutes M --days D --first S --seeds N]`: `mhub simulate --faults all` over 90 days, seed after
 * seed, two at a time, for as long as the minutes last.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultNames } from '../core/simulation/faults.ts';
import { renderSimulation, type Simulation } from '../shell/simulate.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    days: { type: 'string', default: '90' },
    seeds: { type: 'string', default: '100000' },
    first: { type: 'string', default: '1' },
    cwd: { type: 'string', default: ROOT },
  },
});
const AT_A_TIME = 2;
/** A fixed start: the same seed is the same simulation on every day. */
const START = '2026-11-23T07:30:00Z';

/** Files of a simulation live for seconds: memory is the place for them, where there is such a folder. */
const temporary = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};

/** Room for short-lived objects, in MiB: a fifth of the time would go into collecting them. */
const YOUNG = '--max-semi-space-size=64';

/** @returns undefined when it did not end with a report; what it said instead is printed */
function simulate(seed: number): Promise<Simulation | undefined> {
  const { cwd, days } = values;
  const scenario = ['--days', days, '--seed', String(seed), '--faults', 'all', '--now', START];
  const command = [YOUNG, join(ROOT, 'bin/mhub.js'), 'simulate', ...scenario, '--cwd', cwd, '--json'];
  const options = { env: { ...process.env, ...temporary }, maxBuffer: 2 ** 28 };
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (error, stdout, stderr) => {
      const hasEnded = !error || error.code === 3;
      if (!hasEnded) console.log(stderr);
      resolve(hasEnded ? (JSON.parse(stdout) as Simulation) : undefined);
    });
  });
}

class Tally {
  passed = 0;
  failed = 0;
  private readonly sums = { days: 0, runs: 0, killed: 0, commits: 0, publications: 0, emails: 0 };
  private readonly injected = new Map<string, number>(faultNames.map((name) => [name, 0]));

  add(simulation: Simulation | undefined): void {
    if (!simulation || simulation.breaks.length > 0) this.failed += 1;
    else this.passed += 1;
    if (!simulation) return;
    const { days, totals, slots, injected } = simulation;
    this.sums.days += days;
    for (const name of ['runs', 'killed', 'commits'] as const) this.sums[name] += totals[name];
    this.sums.publications += totals.published;
    this.sums.emails += slots.filter(({ kind, published }) => kind === 'email' && published).length;
    for (const { name } of injected) this.injected.set(name, (this.injected.get(name) ?? 0) + 1);
  }

  lines(minutes: number): string[] {
    const never = [...this.injected].filter(([, times]) => times === 0).map(([name]) => name);
    return [
      `Totals: ${Object.entries(this.sums)
        .map(([name, sum]) => `${sum} ${name}`)
        .join(', ')}`,
      `Faults: ${[...this.injected].map(([name, times]) => `${name} ${times}`).join(', ')}`,
      `Never injected: ${never.join(', ') || 'none'}`,
      `Channels and visitors were simulated. ${((this.passed + this.failed) / minutes).toFixed(2)} seeds a minute`,
      `${this.passed} passed, ${this.failed} failed`,
    ];
  }
}

async function soak(): Promise<number> {
  const started = performance.now();
  const deadline = started + Number(values.minutes) * 60_000;
  const last = Number(values.first) + Number(values.seeds);
  const tally = new Tally();
  let next = Number(values.first);

  const work = async (): Promise<void> => {
    while (performance.now() < deadline && next < last) {
      const seed = next++;
      const begun = performance.now();
      const simulation = await simulate(seed);
      tally.add(simulation);
      const isWhole = simulation?.breaks.length === 0;
      const told = simulation ? `, ${simulation.totals.runs} runs, ${simulation.totals.faults} faults` : '';
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(`seed ${seed}: ${isWhole ? 'passed' : 'BROKEN'}${told}, ${seconds} s`);
      if (simulation && !isWhole) console.log(renderSimulation(simulation, (_style, text) => text));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));

  for (const line of tally.lines((performance.now() - started) / 60_000)) console.log(line);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

process.exitCode = await soak();
