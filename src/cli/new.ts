/** `mhub new`: one more file of a kind that people write. */
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Clocked, common, instant } from './options.ts';

interface Flags extends Clocked {
  readonly brand?: string;
  readonly from?: string;
  readonly adapter?: string;
  readonly dryRun?: boolean;
}

const HELP = `
The file names its schema for editors and says beside each key what it is for. It is filled with sample texts, and its
references name what the workspace has. --from copies one that is there; a copied campaign begins as a draft. A policy
that mhub brings along, such as browser or online, is taken as it is.

Exit codes: 0 done, 2 wrong usage or it is there already, 3 written, and the workspace has problems.

Examples:
  mhub new campaign autumn --from start
  mhub new channel mastodon
  mhub new source news --adapter changelog
  mhub new policy house-words --dry-run`;

export const create: AddCommand = (root, { now }) => {
  common(
    root
      .command('new')
      .argument('<entity>', 'brand, offer, segment, channel, source, campaign or policy')
      .argument('<id>', 'name of the file: lower-case letters, digits and hyphens')
      .description('Write one more file of the workspace: valid, and with what each key is for.'),
  )
    .option('--brand <id>', 'whose it is; needed where there are several')
    .option('--from <id>', 'begin as a copy of this one')
    .option('--adapter <adapter>', 'of a channel or source; the id when left out')
    .option('--dry-run', 'print the file and write nothing')
    .option('--now <instant>', 'the clock, in UTC', instant)
    .addHelpText('after', HELP)
    .action(async (word: string, id: string, flags: Flags) => {
      const { begin, renderNew } = await import('../shell/start/new.ts');
      const out = terminalOf(flags);
      const { cwd, brand, from, adapter } = flags;
      const begun = await begin({
        cwd,
        now: flags.now ?? now,
        word,
        id,
        dryRun: flags.dryRun === true,
        ...(brand === undefined ? {} : { brand }),
        ...(from === undefined ? {} : { from }),
        ...(adapter === undefined ? {} : { adapter }),
      });
      finish(out, flags, begun, renderNew(begun, out.paint), begun.problems.length > 0 ? 3 : 0);
    });
};
