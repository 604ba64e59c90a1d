/** The command line: commands by group, in the order of the help. Heavy parts load when a command acts. */
import { Command } from 'commander';
import { complain, conclude } from './cli/answer.ts';
import { log, trace, verify } from './cli/audit.ts';
import { check } from './cli/check.ts';
import type { AddCommand, Package, Start } from './cli/command.ts';
import { COMPLETE, complete, completion } from './cli/completion.ts';
import { init } from './cli/init.ts';
import { doctor, reference, status, validate } from './cli/look.ts';
import { create } from './cli/new.ts';
import { halt, resolve, resume, why } from './cli/operate.ts';
import { policy } from './cli/policy.ts';
import { preview } from './cli/preview.ts';
import { plan, reconcile, run, stages } from './cli/run.ts';
import { serve } from './cli/serve.ts';
import { shard } from './cli/shard.ts';
import { simulate } from './cli/simulate.ts';
import { upgrade } from './cli/upgrade.ts';

const GROUPS: Readonly<Record<string, readonly AddCommand[]>> = {
  'Begin and extend:': [init, create, upgrade, completion],
  'The loop:': [run, shard],
  'One stage of it:': [stages],
  'Look and check:': [validate, policy, check, plan, preview, status, log, verify, trace, doctor, serve, simulate],
  'Step in:': [reconcile, resolve, halt, resume, why, reference],
};

const EXIT_CODES = `
Exit codes:
  0    done, or nothing to do
  1    a bug of mhub
  2    wrong usage, or nothing could run
  3    finished, but something is BLOCKED, halted, rejected, in doubt, or invalid
  130  interrupted (143: terminated)`;

export function program(start: Start): Command {
  const root = new Command('mhub')
    .description(
      'GitOps marketing engine: a repository of YAML in, published and measured marketing out, every step a commit.',
    )
    .version(start.version)
    .showHelpAfterError('(run "mhub help" for the commands, "mhub help <command>" for one of them)')
    .addHelpText('after', EXIT_CODES)
    // Before the commands, which inherit it: a wrong option is thrown, and answered in one place.
    .exitOverride();
  for (const [heading, commands] of Object.entries(GROUPS)) {
    root.commandsGroup(heading);
    for (const add of commands) add(root, start);
  }
  return root;
}

export async function main(
  args: readonly string[],
  pack: Package,
  now: Start['now'],
  adapters?: Start['adapters'],
  timing?: Start['timing'],
): Promise<void> {
  // A reader that has seen enough, such as head, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const root = program({ ...pack, now, adapters, timing });
  try {
    if (args[0] === COMPLETE) await complete(root, args.slice(1));
    else if (args.length === 0) root.outputHelp();
    else await root.parseAsync(args, { from: 'user' });
  } catch (error) {
    conclude(complain(error));
  }
}
