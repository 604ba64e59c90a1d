/** `mhub completion`: a script for the shell, which asks `mhub __complete` what could come next. */
import { Argument, type Command } from 'commander';
import type { AddCommand } from './command.ts';

/** Asked by the scripts, told to nobody. */
export const COMPLETE = '__complete';

const HELP = `
Commands, options, their values, and ids of campaigns, channels, packs and more of the workspace that you are in.

Examples:
  eval "$(npx --no -- mhub completion bash)"
  npx --no -- mhub completion zsh | less      the script says where it goes`;

export const completion: AddCommand = (root) => {
  root
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish']))
    .description('Print a script that completes mhub in a shell.')
    .addHelpText('after', HELP)
    .action(async (shell: string) => {
      const { packageFiles } = await import('../shell/start/package.ts');
      process.stdout.write(packageFiles('src/shell/completion/scripts').get(shell) ?? '');
    });
};

/** @param words  of the command line without the program's name, the last one being written */
export async function complete(root: Command, words: readonly string[]): Promise<void> {
  const { candidates, showCandidates } = await import('../shell/completion/candidates.ts');
  process.stdout.write(showCandidates(candidates(root, words, process.cwd())));
}
