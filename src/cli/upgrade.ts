/** `mhub upgrade`: workflows of the installed version. */
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Common, collect, common } from './options.ts';

const HELP = `
The first line of a workflow of mhub says which version wrote it, with a digest of the rest. One that is still as it was
written becomes that of the installed version. One that somebody has edited stays as it is, and the difference is shown.
Files without such a line are never touched. Workflows of the installed version that are not here are named. It commits
nothing.

Exit codes: 0 done, 2 wrong usage, 3 something was edited and is left to you.

Examples:
  mhub upgrade --dry-run
  npm install --save-exact mhub-engine@latest && npx mhub upgrade`;

export const upgrade: AddCommand = (root, { version }) => {
  common(root.command('upgrade').description('Bring the workflows of the workspace to the installed version.'))
    .option('--add <workflow>', 'also add this one, which is not here (repeatable)', collect, [])
    .option('--pin', 'also pin the installed version in package.json')
    .option('--dry-run', 'say what would change and write nothing')
    .addHelpText('after', HELP)
    .action(
      async (
        flags: Common & { readonly add: readonly string[]; readonly pin?: boolean; readonly dryRun?: boolean },
      ) => {
        const { renderUpgrade, upgrade } = await import('../shell/start/upgrade.ts');
        const out = terminalOf(flags);
        const done = await upgrade({
          cwd: flags.cwd,
          version,
          add: flags.add,
          pin: flags.pin === true,
          dryRun: flags.dryRun === true,
        });
        const isLeft = done.workflows.some(({ state }) => state === 'edited');
        finish(out, flags, done, renderUpgrade(done, out.paint), isLeft ? 3 : 0);
      },
    );
};
