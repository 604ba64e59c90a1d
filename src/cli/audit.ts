/** Commands that read the history: log, verify, trace. */
import { TRACE_HELP, VERIFY_HELP } from '../core/audit/help.ts';
import { jobs } from '../generated/jobs.ts';
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Common, common, oneOf, whole } from './options.ts';

interface LogFlags extends Common {
  readonly campaign?: string;
  readonly stage?: string;
  readonly run?: string;
  readonly limit: number;
  readonly reasons?: boolean;
}

export const log: AddCommand = (root) => {
  const stages = jobs.map(({ stage }) => stage);
  common(root.command('log').description("Show the engine's commits, from their trailers, newest first."))
    .option('--campaign <id>', 'only this campaign')
    .addOption(oneOf('--stage <stage>', 'only this stage', stages))
    .option('--run <id>', 'only this run')
    .option('-n, --limit <count>', 'at most so many commits', whole(1, 100_000), 20)
    .option('--reasons', 'with a line per file: what changed and why')
    .action(async (flags: LogFlags) => {
      const { readHistory, renderHistory } = await import('../shell/show-log.ts');
      const out = terminalOf(flags);
      const entries = await readHistory(flags.cwd, flags);
      if (flags.json) out.data(entries);
      else out.say(renderHistory(entries, flags.reasons === true, out.paint));
    });
};

export const verify: AddCommand = (root) => {
  common(
    root
      .command('verify')
      .description('Walk the whole history and prove it: ledger, intents, verdicts, caps, authorship, site.'),
  )
    .option('--since <commit>', 'report only what came after this commit')
    .addHelpText('after', VERIFY_HELP)
    .action(async (flags: Common & { since?: string }) => {
      const { renderVerification, verifyHistory } = await import('../shell/verify.ts');
      const out = terminalOf(flags);
      const verification = await verifyHistory(flags.cwd, {
        since: flags.since,
        onProgress: (what) => out.progress(what),
      });
      const code = verification.findings.length > 0 ? 3 : 0;
      finish(out, flags, verification, renderVerification(verification, out.paint), code);
    });
};

export const trace: AddCommand = (root) => {
  common(
    root
      .command('trace')
      .description('Trace what went out back to why: receipt, asset, verdict, plan, signals, facts.'),
  )
    .argument('<target>', 'URL, start of a receipt key, or asset')
    .addHelpText('after', TRACE_HELP)
    .action(async (target: string, flags: Common) => {
      const { traceOf } = await import('../shell/trace.ts');
      const { renderTrace } = await import('../shell/show-trace.ts');
      const out = terminalOf(flags);
      const trace = await traceOf(flags.cwd, target);
      finish(out, flags, trace, renderTrace(trace, out.paint), 0);
    });
};
