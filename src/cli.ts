/** The command line: a loop over the manifest's jobs, plus the operator's commands. Heavy parts load on demand. */
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { TRACE_HELP, VERIFY_HELP } from './core/audit/help.ts';
import type { Instant } from './core/contracts.ts';
import { Blocked, Failed, Invalid, Usage } from './core/errors.ts';
import { exitCodeOf, renderReport, showStageLine } from './core/report.ts';
import { type FaultName, faultNames, isFaultName } from './core/simulation/faults.ts';
import { SIMULATE_HELP } from './core/simulation/help.ts';
import type { StageName } from './generated/entities.ts';
import { jobs } from './generated/jobs.ts';
import { type Terminal, terminal } from './shell/host.ts';
import type { Operated, OperateOptions } from './shell/operate.ts';
import type { Adapters } from './shell/perform.ts';
import type { RunOptions, Timing } from './shell/run.ts';

export interface Package {
  readonly name: string;
  readonly version: string;
}

/** What the process was started with. */
interface Start extends Package {
  /** The one reading of the clock. */
  readonly now: Instant;
  /** Those of the registry when left out. */
  readonly adapters?: Adapters | undefined;
  /** The machine's own time for calls when left out. */
  readonly timing?: Partial<Timing> | undefined;
}

interface Common {
  readonly cwd: string;
  readonly json?: boolean;
}

interface RunFlags extends Common {
  readonly now?: Instant;
  readonly dryRun?: boolean;
  readonly delivery?: 'local' | 'direct';
}

interface SimulateFlags extends Common {
  readonly now?: Instant;
  readonly days: number;
  readonly seed: number;
  readonly faults: readonly FaultName[];
  readonly keep?: boolean;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

function instant(text: string): Instant {
  if (INSTANT.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('expected an instant in UTC such as 2026-11-23T09:00:00Z');
}

function whole(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`expected a whole number from ${minimum} to ${maximum}`);
  };
}

function faultList(text: string): FaultName[] {
  if (text === 'none') return [];
  if (text === 'all') return faultNames;
  return text.split(',').map((name) => {
    if (isFaultName(name)) return name;
    throw new InvalidArgumentError(`no fault ${name}, expected all, none, or some of ${faultNames.join(', ')}`);
  });
}

const EXIT_CODES = `
Exit codes:
  0    done, or nothing to do
  1    a bug of mhub
  2    wrong usage, or nothing could run
  3    finished, but something is BLOCKED, halted, rejected, in doubt, or invalid
  130  interrupted (143: terminated)`;

const common = (command: Command): Command =>
  command
    .addOption(
      new Option('--cwd <dir>', 'folder of the workspace')
        .default(process.cwd(), 'current folder')
        .argParser((dir) => resolve(dir)),
    )
    .option('--json', 'print one JSON value on stdout; progress goes to stderr');

const running = (command: Command): Command =>
  common(command)
    .option('--dry-run', 'go through everything and write nothing')
    .option('--now <instant>', 'the clock of the run, in UTC; decides what is due', instant)
    .addOption(
      new Option('--delivery <mode>', 'overrides mhub.yaml: local commits, direct also pushes').choices([
        'local',
        'direct',
      ]),
    );

/** Sets the exit code at the end, so that output is never cut. */
function conclude(code: number): void {
  process.exitCode = code;
}

async function runStages(
  pack: Start,
  stages: readonly StageName[],
  campaigns: string[],
  flags: RunFlags,
): Promise<void> {
  await pass(flags, {
    ...startOf(pack, flags),
    stages: new Set(stages),
    campaigns,
    dryRun: flags.dryRun === true,
    ...(flags.delivery ? { delivery: flags.delivery } : {}),
  });
}

const startOf = ({ now, version, adapters, timing }: Start, flags: RunFlags) => ({
  now: flags.now ?? now,
  version,
  adapters,
  timing,
});

async function pass(
  flags: RunFlags,
  options: Omit<RunOptions, 'cwd' | 'env' | 'onStage' | 'onProgress'>,
): Promise<void> {
  const { run } = await import('./shell/run.ts');
  const { stopOnSignals } = await import('./shell/signals.ts');
  const out = terminal(flags.json === true, process.env);
  const interruption = stopOnSignals();
  try {
    const report = await run({
      ...options,
      cwd: flags.cwd,
      env: process.env,
      stopping: interruption.stopping,
      onStage: (line) => out.say(showStageLine(line, out.paint)),
      onProgress: (what) => out.progress(what),
    });
    finish(out, flags, report, renderReport(report, out.paint), interruption.exitCode() ?? exitCodeOf(report));
  } catch (error) {
    if (!interruption.stopping.aborted) throw error;
    complain(error);
  } finally {
    interruption.release();
  }
  // A call that was given up keeps its connection, and with it the process.
  if (interruption.stopping.aborted) await endWith(interruption.exitCode() ?? 1);
}

/** Ends the process once everything it has said is out. */
async function endWith(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit(code);
}

function finish(out: Terminal, { json }: Common, data: object, text: string, code: number): void {
  if (json) out.data({ ...data, exit_code: code });
  else out.say(text);
  conclude(code);
}

const operating = (pack: Start, { cwd, now, dryRun, delivery }: RunFlags): OperateOptions => ({
  cwd,
  now: now ?? pack.now,
  env: process.env,
  dryRun: dryRun === true,
  ...(delivery ? { delivery } : {}),
});

function tell(flags: RunFlags, done: Operated, what: string): void {
  const out = terminal(flags.json === true, process.env);
  const how = flags.dryRun ? 'Dry run, nothing was written: ' : '';
  const files = done.changed.map((path) => `  ${path}`);
  finish(
    out,
    flags,
    done,
    [`${how}${what}${flags.dryRun ? '' : ` (commit ${done.commit.slice(0, 8)})`}`, ...files].join('\n'),
    0,
  );
}

const ALL_STAGES = jobs.map(({ stage }) => stage);

export function program(pack: Start): Command {
  const root = new Command('mhub')
    .description(
      'GitOps marketing engine: a repository of YAML in, published and measured marketing out, every step a commit.',
    )
    .version(pack.version)
    .showHelpAfterError('(run "mhub help" for the commands, "mhub help <command>" for one of them)')
    .addHelpText('after', EXIT_CODES);

  root.commandsGroup('The loop:');
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
    .action((campaigns: string[], flags: RunFlags) => runStages(pack, ALL_STAGES, campaigns, flags));

  root.commandsGroup('One stage of it:');
  for (const { stage, about, name, writes } of jobs) {
    running(root.command(stage).description(about).argument('[campaign...]', 'only these campaigns'))
      .addHelpText('after', `\nThis is job ${name} alone. It writes:\n${writes.map((path) => `  ${path}`).join('\n')}`)
      .action((campaigns: string[], flags: RunFlags) => runStages(pack, [stage], campaigns, flags));
  }

  root.commandsGroup('Look and check:');
  common(
    root
      .command('validate')
      .description('Check every file that people write; all problems at once, as file:line:column.'),
  )
    .addHelpText('after', '\nIt reads the work tree, so you can check before you commit.')
    .action(async (flags: Common) => {
      const { validate, renderValidation } = await import('./shell/validate.ts');
      const out = terminal(flags.json === true, process.env);
      const result = await validate(flags.cwd);
      finish(out, flags, result, renderValidation(result, out.paint), result.problems.length > 0 ? 3 : 0);
    });

  common(root.command('plan').description('Show what the next run would do, and what goes out when. Writes nothing.'))
    .argument('[campaign...]', 'only these campaigns')
    .option('--now <instant>', 'the clock of that run, in UTC', instant)
    .addHelpText('after', '\nIt reads the work tree: change a file, and see what it would change.')
    .action(async (campaigns: string[], flags: RunFlags) => {
      await pass(flags, {
        ...startOf(pack, flags),
        stages: new Set(ALL_STAGES),
        campaigns,
        dryRun: true,
        workTree: true,
      });
    });

  common(
    root.command('status').description('Show where every campaign stands: what is live, next, halted or under test.'),
  )
    .option('--now <instant>', 'the clock, in UTC', instant)
    .action(async (flags: RunFlags) => {
      const { renderStatus, statusOf } = await import('./shell/status.ts');
      const out = terminal(flags.json === true, process.env);
      const status = await statusOf(flags.cwd, flags.now ?? pack.now);
      const attention =
        status.problems.length > 0 ||
        status.campaigns.some(({ stops }) => stops.some(({ level }) => level === 'halted'));
      finish(out, flags, status, renderStatus(status, out.paint), attention ? 3 : 0);
    });

  common(root.command('log').description("Show the engine's commits, from their trailers, newest first."))
    .option('--campaign <id>', 'only this campaign')
    .addOption(new Option('--stage <stage>', 'only this stage').choices(ALL_STAGES))
    .option('--run <id>', 'only this run')
    .option('-n, --limit <count>', 'at most so many commits', whole(1, 100_000), 20)
    .option('--reasons', 'with a line per file: what changed and why')
    .action(
      async (flags: Common & { campaign?: string; stage?: string; run?: string; limit: number; reasons?: boolean }) => {
        const { readHistory, renderHistory } = await import('./shell/show-log.ts');
        const out = terminal(flags.json === true, process.env);
        const entries = await readHistory(flags.cwd, flags);
        if (flags.json) out.data(entries);
        else out.say(renderHistory(entries, flags.reasons === true, out.paint));
      },
    );

  common(
    root
      .command('verify')
      .description('Walk the whole history and prove it: ledger, intents, verdicts, caps, authorship, site.'),
  )
    .option('--since <commit>', 'report only what came after this commit')
    .addHelpText('after', VERIFY_HELP)
    .action(async (flags: Common & { since?: string }) => {
      const { renderVerification, verifyHistory } = await import('./shell/verify.ts');
      const out = terminal(flags.json === true, process.env);
      const verification = await verifyHistory(flags.cwd, {
        since: flags.since,
        onProgress: (what) => out.progress(what),
      });
      finish(
        out,
        flags,
        verification,
        renderVerification(verification, out.paint),
        verification.findings.length > 0 ? 3 : 0,
      );
    });

  common(
    root
      .command('trace')
      .description('Trace what went out back to why: receipt, asset, verdict, plan, signals, facts.'),
  )
    .argument('<target>', 'URL, start of a receipt key, or asset')
    .addHelpText('after', TRACE_HELP)
    .action(async (target: string, flags: Common) => {
      const { traceOf } = await import('./shell/trace.ts');
      const { renderTrace } = await import('./shell/show-trace.ts');
      const out = terminal(flags.json === true, process.env);
      const trace = await traceOf(flags.cwd, target);
      finish(out, flags, trace, renderTrace(trace, out.paint), 0);
    });

  common(
    root
      .command('doctor')
      .description('Check the machine, the repository and every variable that the workspace needs.'),
  )
    .addHelpText('after', '\nIt says whether a variable is set and where it comes from, never its value.')
    .action(async (flags: Common) => {
      const { examine, renderDiagnosis } = await import('./shell/doctor.ts');
      const out = terminal(flags.json === true, process.env);
      const diagnosis = await examine(flags.cwd, process.env);
      finish(
        out,
        flags,
        diagnosis,
        renderDiagnosis(diagnosis, out.paint),
        diagnosis.checks.some(({ ok }) => !ok) ? 3 : 0,
      );
    });

  common(root.command('serve').description('Serve site/ on this machine and collect visits and clicks for web_log.'))
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', whole(0, 65_535), 4321)
    .addHelpText(
      'after',
      '\nRaw events lie in .mhub/events, which git ignores, until the next run has counted them. They hold no address, no\n' +
        'user agent and no identifier, and visitors who ask not to be tracked are not counted.',
    )
    .action(async (flags: Common & { port: number }) => {
      const { serveWorkspace } = await import('./shell/serve-workspace.ts');
      const out = terminal(flags.json === true, process.env);
      await serveWorkspace(flags.cwd, flags.port, (served) => {
        if (flags.json) out.data(served);
        else out.say(`Serving ${served.folder}/ on ${served.url}, end with Ctrl-C`);
      });
    });

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
    .action(async ({ cwd, json, now, days, seed, faults, keep }: SimulateFlags) => {
      const { renderSimulation, simulate } = await import('./shell/simulate.ts');
      const out = terminal(json === true, process.env);
      const onProgress = (what: string): void => out.progress(what);
      const isKept = keep === true;
      const chosen = { days, seed, faults, keep: isKept, now: now ?? pack.now, version: pack.version };
      const simulation = await simulate({ ...chosen, cwd, onProgress });
      const code = simulation.breaks.length > 0 ? 3 : 0;
      finish(out, { cwd, json: json === true }, simulation, renderSimulation(simulation, out.paint), code);
    });

  root.commandsGroup('Step in:');
  running(
    root
      .command('reconcile')
      .description('Settle what is in doubt: ask the channels what became of open intents, and file it.'),
  )
    .addHelpText('after', '\nEvery run begins with this; the command does nothing else.')
    .action((flags: RunFlags) =>
      pass(flags, {
        ...startOf(pack, flags),
        stages: new Set(),
        settle: true,
        campaigns: [],
        dryRun: flags.dryRun === true,
        ...(flags.delivery ? { delivery: flags.delivery } : {}),
      }),
    );

  running(
    root
      .command('resolve')
      .description('Say what became of a publication in doubt.')
      .argument('<key>', 'its key, or the beginning of it'),
  )
    .addOption(
      new Option('--as <status>', 'sent, or released to have it published again')
        .choices(['sent', 'released'])
        .makeOptionMandatory(),
    )
    .action(async (key: string, flags: RunFlags & { as: 'sent' | 'released' }) => {
      const { resolveDoubt } = await import('./shell/operate.ts');
      tell(flags, await resolveDoubt(operating(pack, flags), key, flags.as), `resolved as ${flags.as}`);
    });

  running(root.command('halt').description('Stop a campaign, on one channel or on all of them.').argument('<campaign>'))
    .option('--channel <id>', 'only on this channel')
    .requiredOption('--why <text>', 'the reason, for the record')
    .option('--until <instant>', 'ends by itself, in UTC', instant)
    .action(async (campaign: string, flags: RunFlags & { channel?: string; why: string; until?: Instant }) => {
      const { halt } = await import('./shell/operate.ts');
      tell(flags, await halt(operating(pack, flags), { campaign, ...flags }), `${campaign} is halted`);
    });

  running(
    root.command('resume').description('End the halts of a campaign, or one halt.').argument('<campaign-or-halt>'),
  )
    .option('--channel <id>', 'only on this channel')
    .action(async (target: string, flags: RunFlags & { channel?: string }) => {
      const { resume } = await import('./shell/operate.ts');
      tell(flags, await resume(operating(pack, flags), target, flags.channel), `${target} goes on`);
    });

  common(
    root
      .command('why')
      .description('Say what stops a campaign or channel, and which files say so.')
      .argument('<campaign-or-channel>'),
  )
    .option('--now <instant>', 'the clock, in UTC', instant)
    .action(async (target: string, flags: RunFlags) => {
      const { renderWhy, whyOf } = await import('./shell/why.ts');
      const out = terminal(flags.json === true, process.env);
      const { answers, timezone } = await whyOf(flags.cwd, target, flags.now ?? pack.now);
      finish(out, flags, { answers }, renderWhy(answers, timezone, out.paint), 0);
    });

  root
    .command('reference')
    .description('Print the reference page: commands, files, jobs and plugins, as Markdown.')
    .action(async () => {
      const { referencePage } = await import('./shell/reference.ts');
      process.stdout.write(referencePage(program(pack)));
    });

  return root;
}

function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Usage || error instanceof Invalid) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (error instanceof Blocked) {
    process.stderr.write(`${error.message}\n`);
    return 3;
  }
  if (error instanceof Failed) {
    process.stderr.write(`FAILED ${error.message}\n`);
    return 2;
  }
  process.stderr.write(
    `This is a bug of mhub, please report it.\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 1;
}

export async function main(
  args: readonly string[],
  pack: Package,
  now: Instant,
  adapters?: Adapters,
  timing?: Partial<Timing>,
): Promise<void> {
  // A reader that has seen enough, such as head, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const root = program({ ...pack, now, adapters, timing }).exitOverride();
  for (const command of root.commands) command.exitOverride();
  try {
    if (args.length === 0) root.outputHelp();
    else await root.parseAsync(args, { from: 'user' });
  } catch (error) {
    conclude(complain(error));
  }
}
