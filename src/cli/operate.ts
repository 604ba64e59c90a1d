/** Commands of the person in charge: resolve, halt, resume, and why something stands still. */
import type { Instant } from '../core/contracts.ts';
import type { Operated, OperateOptions } from '../shell/operate.ts';
import { finish, terminalOf } from './answer.ts';
import type { AddCommand, Start } from './command.ts';
import { type Clocked, common, instant, oneOf, type Running, running } from './options.ts';

interface ResolveFlags extends Running {
  readonly as: 'sent' | 'released';
}

interface HaltFlags extends Running {
  readonly channel?: string;
  readonly why: string;
  readonly until?: Instant;
}

const operating = (start: Start, { cwd, now, dryRun, delivery }: Running): OperateOptions => ({
  cwd,
  now: now ?? start.now,
  env: process.env,
  dryRun: dryRun === true,
  ...(delivery ? { delivery } : {}),
});

function tell(flags: Running, done: Operated, what: string): void {
  const how = flags.dryRun ? 'Dry run, nothing was written: ' : '';
  const commit = flags.dryRun ? '' : ` (commit ${done.commit.slice(0, 8)})`;
  const files = done.changed.map((path) => `  ${path}`);
  finish(terminalOf(flags), flags, done, [`${how}${what}${commit}`, ...files].join('\n'), 0);
}

export const resolve: AddCommand = (root, start) => {
  running(
    root
      .command('resolve')
      .description('Say what became of a publication in doubt.')
      .argument('<key>', 'its key, or the beginning of it'),
  )
    .addOption(
      oneOf('--as <status>', 'sent, or released to have it published again', [
        'sent',
        'released',
      ]).makeOptionMandatory(),
    )
    .action(async (key: string, flags: ResolveFlags) => {
      const { resolveDoubt } = await import('../shell/operate.ts');
      tell(flags, await resolveDoubt(operating(start, flags), key, flags.as), `resolved as ${flags.as}`);
    });
};

export const halt: AddCommand = (root, start) => {
  running(root.command('halt').description('Stop a campaign, on one channel or on all of them.').argument('<campaign>'))
    .option('--channel <id>', 'only on this channel')
    .requiredOption('--why <text>', 'the reason, for the record')
    .option('--until <instant>', 'ends by itself, in UTC', instant)
    .action(async (campaign: string, flags: HaltFlags) => {
      const { halt } = await import('../shell/operate.ts');
      tell(flags, await halt(operating(start, flags), { campaign, ...flags }), `${campaign} is halted`);
    });
};

export const resume: AddCommand = (root, start) => {
  running(
    root.command('resume').description('End the halts of a campaign, or one halt.').argument('<campaign-or-halt>'),
  )
    .option('--channel <id>', 'only on this channel')
    .action(async (target: string, flags: Running & { channel?: string }) => {
      const { resume } = await import('../shell/operate.ts');
      tell(flags, await resume(operating(start, flags), target, flags.channel), `${target} goes on`);
    });
};

export const why: AddCommand = (root, { now }) => {
  common(
    root
      .command('why')
      .description('Say what stops a campaign or channel, and which files say so.')
      .argument('<campaign-or-channel>'),
  )
    .option('--now <instant>', 'the clock, in UTC', instant)
    .action(async (target: string, flags: Clocked) => {
      const { renderWhy, whyOf } = await import('../shell/why.ts');
      const out = terminalOf(flags);
      const { answers, timezone } = await whyOf(flags.cwd, target, flags.now ?? now);
      finish(out, flags, { answers }, renderWhy(answers, timezone, out.paint), 0);
    });
};
