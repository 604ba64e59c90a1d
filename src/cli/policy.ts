/** `mhub policy`: what packs forbid, and whether they prove it. */
import { finish, terminalOf } from './answer.ts';
import type { AddCommand } from './command.ts';
import { type Clocked, type Common, collect, common, instant } from './options.ts';

interface TestFlags extends Clocked {
  readonly style: readonly string[];
}

interface EffectiveFlags extends Common {
  readonly campaign?: string;
  readonly locale?: string;
  readonly channel?: string;
}

const TEST_HELP = `
Each sample must come out as it says, and each rule must be missed by a sample when it is taken away.
Exit codes: 0 all proven, 2 wrong usage or a pack that is not valid, 3 something is not proven.

Examples:
  mhub policy test
  mhub policy test base email-eu
  mhub policy test --style ~/styles/Google`;

export const policy: AddCommand = (root, { now }) => {
  const group = root.command('policy').description('Prove policy packs by their samples, explain rules and findings.');

  common(group.command('test').argument('[packs...]', 'packs to test; all when left out'))
    .description('Run the samples of policy packs, and take each rule away to see that a sample notices.')
    .option('--style <dir>', 'also read a Vale style from any folder (repeatable)', collect, [])
    .option('--now <instant>', 'the clock, in UTC; decides which exceptions have expired', instant)
    .addHelpText('after', TEST_HELP)
    .action(async (packs: string[], flags: TestFlags) => {
      const { isProven, testPolicy } = await import('../shell/policy.ts');
      const { renderTest } = await import('../shell/show-policy.ts');
      const out = terminalOf(flags);
      const test = await testPolicy({ cwd: flags.cwd, now: flags.now ?? now, packs, styles: flags.style });
      finish(out, flags, test, renderTest(test, out.paint), isProven(test) ? 0 : 3);
    });

  common(group.command('explain').argument('<target>', 'pack/rule, asset, or campaign/asset'))
    .description('Say what a rule forbids and where it comes from, or what is wrong with an asset and what to do.')
    .action(async (target: string, flags: Common) => {
      const { explainPolicy } = await import('../shell/policy.ts');
      const { renderExplanation } = await import('../shell/show-policy.ts');
      const out = terminalOf(flags);
      const explanation = await explainPolicy(flags.cwd, target);
      finish(out, flags, explanation, renderExplanation(explanation, out.paint), 0);
    });

  common(group.command('effective'))
    .description('Show the rules that a campaign is under, in order, and the packs that are left out.')
    .option('--campaign <id>', 'only this campaign')
    .option('--locale <tag>', 'as if the brand wrote in this language')
    .option('--channel <id>', 'only what applies on this channel')
    .action(async (flags: EffectiveFlags) => {
      const { effectiveFor } = await import('../shell/policy.ts');
      const { renderEffective } = await import('../shell/show-policy.ts');
      const out = terminalOf(flags);
      const { cwd, campaign, locale, channel } = flags;
      const views = await effectiveFor({
        cwd,
        ...(campaign === undefined ? {} : { campaign }),
        ...(locale === undefined ? {} : { locale }),
        ...(channel === undefined ? {} : { channel }),
      });
      finish(out, flags, { campaigns: views }, renderEffective(views, out.paint), 0);
    });
};
