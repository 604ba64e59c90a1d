/** `mhub init`: a new workspace, from flags or from a few questions. */
import { resolve } from 'node:path';
import { Usage } from '../core/errors.ts';
import { channels } from '../generated/registry.ts';
import type { Answers } from '../shell/start/blueprint.ts';
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Clocked, collect, common, instant } from './options.ts';

interface Flags extends Clocked {
  readonly name?: string;
  readonly siteUrl?: string;
  readonly offer?: string;
  readonly audience?: string;
  readonly channel?: readonly string[];
  readonly timezone?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

const HELP = `
It writes brand, offer, segment, channels, source, campaign, policy packs, templates, workflows for GitHub, .gitignore
and package.json, checks them like "mhub validate", and makes a git repository with a first commit where there is none.
It overwrites nothing: when a file is in the way it says which one and writes nothing at all. A .gitignore or
package.json that is there already stays as it is.

What you do not say is asked in a terminal, and has a default with --yes or without a terminal: the folder's name as
brand, sample texts that say that they are samples, and reserved addresses under .example (RFC 2606), which a try may use
and delivery direct refuses. Where a Chromium is found, pages are looked at in it and a one-pager is printed; where there
is none, both are left out, and it says how to add them.

Exit codes: 0 done, 2 wrong usage, something is in the way, or an answer is not valid.

Examples:
  mhub init acme
  mhub init --yes --name "Acme Tools" --site-url https://acme.com
  mhub init --yes --channel web --channel mastodon --dry-run`;

const answersOf = ({ name, siteUrl, offer, audience, channel, timezone }: Flags): Partial<Answers> => ({
  ...(name === undefined ? {} : { name }),
  ...(siteUrl === undefined ? {} : { siteUrl }),
  ...(offer === undefined ? {} : { offer }),
  ...(audience === undefined ? {} : { audience }),
  ...(channel === undefined ? {} : { channels: channel }),
  ...(timezone === undefined ? {} : { timezone }),
});

const isTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

export const init: AddCommand = (root, { now, version }) => {
  common(
    root
      .command('init')
      .argument('[folder]', 'where to; made when it does not exist', '.')
      .description('Start a new workspace that is valid and runs at once, without a key.'),
  )
    .option('--name <text>', 'name of the brand, as it is written in copy')
    .option('--site-url <url>', 'where the site will be served')
    .option('--offer <text>', 'name of what is offered')
    .option('--audience <text>', 'name of the people it is for')
    .option(
      '--channel <adapter>',
      `where it goes (repeatable): ${Object.keys(channels).join(', ')} (default: web, feed, outbox)`,
      (value, before: readonly string[] = []) => collect(value, before),
    )
    .option('--timezone <zone>', "IANA time zone of slots (default: the machine's)")
    .option('--yes', 'ask nothing, take the defaults')
    .option('--dry-run', 'check everything and write nothing')
    .option('--now <instant>', 'the clock, in UTC', instant)
    .addHelpText('after', HELP)
    .action(async (folder: string, flags: Flags) => {
      const { defaultAnswers, init, renderInit } = await import('../shell/start/init.ts');
      const out = terminalOf(flags);
      const given = answersOf(flags);
      const isAsking = isTerminal() && !flags.yes && !flags.json;
      const answers = isAsking
        ? await (await import('../shell/start/questions.ts')).ask(given, defaultAnswers(resolve(flags.cwd, folder)))
        : given;
      const unknown = answers.channels?.find((id) => !Object.hasOwn(channels, id));
      if (unknown !== undefined) {
        const { expectedOneOf } = await import('../core/suggest.ts');
        throw new Usage(`--channel is "${unknown}"${expectedOneOf(unknown, Object.keys(channels), 'none')}`);
      }
      const done = await init({
        cwd: flags.cwd,
        folder,
        env: process.env,
        now: flags.now ?? now,
        version,
        answers,
        dryRun: flags.dryRun === true,
      });
      finish(out, flags, done, renderInit(done, out.paint), 0);
    });
};
