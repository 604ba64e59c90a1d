/** Commands that look at the workspace and the machine and write nothing: validate, status, doctor, reference. */
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Clocked, type Common, common, instant } from './options.ts';

export const validate: AddCommand = (root, { now }) => {
  common(
    root
      .command('validate')
      .description('Check every file that people write; all problems at once, as file:line:column.'),
  )
    .option('--now <instant>', 'the clock, in UTC; decides which exceptions have expired', instant)
    .addHelpText('after', '\nIt reads the work tree, so you can check before you commit.')
    .action(async (flags: Clocked) => {
      const { renderValidation, validate } = await import('../shell/validate.ts');
      const out = terminalOf(flags);
      const result = await validate(flags.cwd, flags.now ?? now);
      finish(out, flags, result, renderValidation(result, out.paint), result.problems.length > 0 ? 3 : 0);
    });
};

const STATUS_HELP = `
Where workflows of GitHub run the loop, it also says how many runs of the last day their schedules promise. With
GITHUB_REPOSITORY (owner/name) and GITHUB_TOKEN (it needs actions, read) in the environment it asks GitHub how many took
place, and whether a workflow has been stopped.`;

export const status: AddCommand = (root, { now }) => {
  common(
    root.command('status').description('Show where every campaign stands: what is live, next, halted or under test.'),
  )
    .option('--now <instant>', 'the clock, in UTC', instant)
    .addHelpText('after', STATUS_HELP)
    .action(async (flags: Clocked) => {
      const { renderStatus, statusOf } = await import('../shell/status.ts');
      const { STOPPED } = await import('../shell/schedule.ts');
      const out = terminalOf(flags);
      const status = await statusOf(flags.cwd, flags.now ?? now, process.env);
      const needsAttention =
        status.problems.length > 0 ||
        status.campaigns.some(({ stops }) => stops.some(({ level }) => level === 'halted')) ||
        status.schedule?.workflows.some(({ state }) => state === STOPPED) === true;
      finish(out, flags, status, renderStatus(status, out.paint), needsAttention ? 3 : 0);
    });
};

export const doctor: AddCommand = (root, { now }) => {
  common(
    root
      .command('doctor')
      .description('Check the machine, the repository and every variable that the workspace needs.'),
  )
    .option('--live', 'ask the services as well: tokens and their scopes, quota, records of the sender domain')
    .addHelpText('after', '\nIt says whether a variable is set and where it comes from, never its value.')
    .action(async (flags: Common & { live?: true }) => {
      const { examine, renderDiagnosis } = await import('../shell/doctor.ts');
      const out = terminalOf(flags);
      const diagnosis = await examine(flags.cwd, process.env, { now, live: flags.live === true });
      const isWell = diagnosis.checks.every(({ ok }) => ok);
      finish(out, flags, diagnosis, renderDiagnosis(diagnosis, out.paint), isWell ? 0 : 3);
    });
};

export const reference: AddCommand = (root) => {
  root
    .command('reference')
    .description('Print the reference page: commands, files, jobs and plugins, as Markdown.')
    .action(async () => {
      const { referencePage } = await import('../shell/reference.ts');
      process.stdout.write(referencePage(root));
    });
};
