import { InvalidArgumentError } from 'commander';
import { type FaultName, faultNames, isFaultName } from '../core/simulation/faults.ts';
import { SIMULATE_HELP } from '../core/simulation/help.ts';
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Clocked, common, instant, whole } from './options.ts';

interface SimulateFlags extends Clocked {
  readonly days: number;
  readonly seed: number;
  readonly faults: readonly FaultName[];
  readonly keep?: boolean;
}

function faultList(text: string): FaultName[] {
  if (text === 'none') return [];
  if (text === 'all') return faultNames;
  return text.split(',').map((name) => {
    if (isFaultName(name)) return name;
    throw new InvalidArgumentError(`no fault ${name}, expected all, none, or some of ${faultNames.join(', ')}`);
  });
}

export const simulate: AddCommand = (root, start) => {
  common(
    root
      .command('simulate')
      .description('Go through the coming weeks on a throw-away clone, with simulated channels, visitors and faults.'),
  )
    .option('--days <count>', 'how many days', whole(1, 730), 14)
    .option('--seed <number>', 'decides every chance: the same seed, the same simulation', whole(0, 2 ** 31), 1)
    .option('--faults <names>', 'all, none, or a list of names', faultList, [])
    .option('--now <instant>', 'when it starts, in UTC', instant)
    .option('--keep', 'leave the clone behind')
    .addHelpText('after', SIMULATE_HELP)
    .action(async (flags: SimulateFlags) => {
      const { renderSimulation, simulate } = await import('../shell/simulate.ts');
      const out = terminalOf(flags);
      const { cwd, days, seed, faults } = flags;
      const simulation = await simulate({
        cwd,
        days,
        seed,
        faults,
        keep: flags.keep === true,
        now: flags.now ?? start.now,
        version: start.version,
        onProgress: (what) => out.progress(what),
      });
      const code = simulation.breaks.length > 0 ? 3 : 0;
      finish(out, flags, simulation, renderSimulation(simulation, out.paint), code);
    });
};
