/** `mhub check`: Guard for any file, as a pre-commit hook or a step of CI. */
import { setTimeout as wait } from 'node:timers/promises';
import { Usage } from '../core/errors.ts';
import { conclude, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Clocked, collect, common, instant, oneOf } from './options.ts';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
const KINDS = ['landing_page', 'email', 'social_post', 'one_pager', 'text'] as const;

interface Flags extends Clocked {
  readonly campaign?: string;
  readonly channel?: string;
  readonly kind?: (typeof KINDS)[number];
  readonly pack: readonly string[];
  readonly style: readonly string[];
  readonly format?: (typeof FORMATS)[number];
  readonly upload?: boolean;
}

const EXAMPLES = `
Without files it judges what the campaign has made, as it lies in the work tree.
Exit codes: 0 everything passed, 2 wrong usage, 3 something did not pass or could not be judged.

Examples:
  mhub check site/index.html mail.eml README.md
  mhub check --pack base --format sarif > mhub.sarif
  mhub check --style ~/styles/Google --kind text docs/*.md`;

export const check: AddCommand = (root, { now, version }) => {
  common(
    root
      .command('check')
      .argument('[files...]', 'HTML, Markdown, text or .eml')
      .description('Judge files by the policy packs, outside the loop: for a pre-commit hook or a CI step.'),
  )
    .option('--campaign <id>', 'whose policy; needed where there are several')
    .option('--channel <id>', 'whose limits; else the one that the campaign schedules such a file on')
    .addOption(oneOf('--kind <kind>', 'what the files are; else told by their names', KINDS))
    .option('--pack <id>', "only this one of the campaign's packs (repeatable)", collect, [])
    .option('--style <dir>', 'also a Vale style from any folder (repeatable)', collect, [])
    .addOption(oneOf('--format <format>', 'how to print the report (default: text)', FORMATS))
    .option('--upload', 'also send what was found to code scanning on GitHub')
    .option('--now <instant>', 'the clock, in UTC', instant)
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: Flags) => {
      const { check } = await import('../shell/check.ts');
      const format = flags.format ?? (flags.json ? 'json' : 'text');
      if (flags.json && format !== 'json')
        throw new Usage('--json and --format ask for different things: leave one out');
      const out = terminalOf({ json: format !== 'text' });
      const { pack: packs, style: styles, campaign, channel, kind } = flags;
      const report = await check({
        cwd: flags.cwd,
        now: flags.now ?? now,
        env: process.env,
        files,
        packs,
        styles,
        ...(campaign === undefined ? {} : { campaign }),
        ...(channel === undefined ? {} : { channel }),
        ...(kind === undefined ? {} : { kind }),
        onProgress: (what) => out.progress(what),
      });
      const { passed } = await import('../core/policy/reports/report.ts');
      const code = passed(report) ? 0 : 3;
      const { sarifOf } = await import('../core/policy/reports/sarif.ts');
      if (flags.upload) {
        const { uploadSarif } = await import('../shell/github/sarif.ts');
        const { clocksWith } = await import('../shell/github/landing.ts');
        await uploadSarif(flags.cwd, sarifOf(report, version), process.env, clocksWith(wait));
      }
      if (format === 'sarif') {
        out.data(sarifOf(report, version));
      } else if (format === 'github') {
        const { renderAnnotations } = await import('../core/policy/reports/github.ts');
        process.stdout.write(`${renderAnnotations(report)}\n`);
      } else if (format === 'json') out.data({ ...report, exit_code: code });
      else {
        const { renderChecks } = await import('../core/policy/reports/text.ts');
        out.say(renderChecks(report, out.paint));
      }
      conclude(code);
    });
};
