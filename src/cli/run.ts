/** Commands that go through the loop, whole or in part: run, the stages, plan, reconcile. */
import { exitCodeOf, type RunReport, renderReport, showStageLine } from '../core/report.ts';
import { jobs } from '../generated/jobs.ts';
import type { RunOptions } from '../shell/run.ts';
import { complain, endWith, finish, terminalOf } from './answer.ts';
import type { AddCommand, Start } from './command.ts';
import { common, instant, type Running, running } from './options.ts';

const ALL_STAGES = new Set(jobs.map(({ stage }) => stage));

/** What the start of the process and the flags of a command that commits say about its run. */
export const startOf = ({ now, version, adapters, timing }: Start, flags: Running) => ({
  now: flags.now ?? now,
  version,
  adapters,
  timing,
  ...(flags.delivery ? { delivery: flags.delivery } : {}),
});

const optionsOf = (start: Start, flags: Running) => ({ ...startOf(start, flags), dryRun: flags.dryRun === true });

type Surroundings = Required<Pick<RunOptions, 'cwd' | 'env' | 'stopping' | 'onStage' | 'onProgress'>>;

interface Done {
  readonly report: RunReport;
  /** For programs, beside the report. */
  readonly data?: object;
  /** For people, after the report. */
  readonly text?: string;
}

/** Goes through the loop in one way or another, stops on signals, and tells what came of it. */
export async function passWith(flags: Running, work: (surroundings: Surroundings) => Promise<Done>): Promise<void> {
  const { stopOnSignals } = await import('../shell/signals.ts');
  const out = terminalOf(flags);
  const interruption = stopOnSignals();
  try {
    const {
      report,
      data,
      text = '',
    } = await work({
      cwd: flags.cwd,
      env: process.env,
      stopping: interruption.stopping,
      onStage: (line) => out.say(showStageLine(line, out.paint)),
      onProgress: (what) => out.progress(what),
    });
    const exitCode = interruption.exitCode() ?? exitCodeOf(report);
    const { tellActions } = await import('../shell/github/actions.ts');
    const annotations = tellActions(report, exitCode, process.env);
    finish(out, flags, { ...report, ...data }, `${renderReport(report, out.paint)}${text}`, exitCode);
    // On Actions it is one stream; with --json, stdout is somebody else's.
    (flags.json ? process.stderr : process.stdout).write(annotations.map((line) => `${line}\n`).join(''));
  } catch (error) {
    if (!interruption.stopping.aborted) throw error;
    complain(error);
  } finally {
    interruption.release();
  }
  // A call that was given up keeps its connection, and with it the process.
  if (interruption.stopping.aborted) await endWith(interruption.exitCode() ?? 1);
}

async function pass(flags: Running, options: Omit<RunOptions, keyof Surroundings>): Promise<void> {
  const { run } = await import('../shell/run.ts');
  await passWith(flags, async (surroundings) => ({ report: await run({ ...options, ...surroundings }) }));
}

export const run: AddCommand = (root, start) => {
  running(
    root
      .command('run')
      .description('Go through the whole loop once: sense, decide, make, guard, publish, measure, optimize.')
      .argument('[campaign...]', 'only these campaigns'),
  )
    .addHelpText(
      'after',
      `
It acts on the last commit of the branch, makes its own commits, and brings the work tree up to date without touching
what you have changed. Run it as often as you like: what is done is done, and a second run says "Nothing to do".

Examples:
  mhub run
  mhub run spring-launch --dry-run
  mhub run --now 2026-12-01T08:00:00Z     what would be due then is due now
  mhub run --delivery direct              for CI: pushes intents before, and receipts after publishing`,
    )
    .action((campaigns: string[], flags: Running) =>
      pass(flags, { ...optionsOf(start, flags), stages: ALL_STAGES, campaigns }),
    );
};

export const stages: AddCommand = (root, start) => {
  for (const { stage, about, name, writes } of jobs) {
    running(root.command(stage).description(about).argument('[campaign...]', 'only these campaigns'))
      .addHelpText('after', `\nThis is job ${name} alone. It writes:\n${writes.map((path) => `  ${path}`).join('\n')}`)
      .action((campaigns: string[], flags: Running) =>
        pass(flags, { ...optionsOf(start, flags), stages: new Set([stage]), campaigns }),
      );
  }
};

export const plan: AddCommand = (root, start) => {
  common(root.command('plan').description('Show what the next run would do, and what goes out when. Writes nothing.'))
    .argument('[campaign...]', 'only these campaigns')
    .option('--now <instant>', 'the clock of that run, in UTC', instant)
    .addHelpText('after', '\nIt reads the work tree: change a file, and see what it would change.')
    .action((campaigns: string[], flags: Running) =>
      pass(flags, { ...optionsOf(start, flags), stages: ALL_STAGES, campaigns, dryRun: true, workTree: true }),
    );
};

export const reconcile: AddCommand = (root, start) => {
  running(
    root
      .command('reconcile')
      .description('Settle what is in doubt: ask the channels what became of open intents, and file it.'),
  )
    .addHelpText('after', '\nEvery run begins with this; the command does nothing else.')
    .action((flags: Running) =>
      pass(flags, { ...optionsOf(start, flags), stages: new Set(), settle: true, campaigns: [] }),
    );
};
