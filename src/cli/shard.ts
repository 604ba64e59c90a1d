/** `mhub shard`: one run that many machines share. */
import { resolve } from 'node:path';
import { MOST_SHARDS, type Told } from '../core/shards.ts';
import type { WorkReport } from '../shell/shards/work.ts';
import { endWith, finish, terminalOf } from './answer.ts';
import type { AddCommand, Start } from './command.ts';
import { autoOrWhole, type Common, committing, instant, type Running, whole } from './options.ts';
import { passWith, startOf } from './run.ts';

interface PlanFlags extends Running {
  readonly out: string;
  readonly shards: number | 'auto';
  readonly max: number;
  readonly windowMinutes: number;
}

interface WorkFlags extends Pick<Common, 'json'> {
  readonly plan: string;
  readonly digest: string;
  readonly out: string;
  readonly now?: Start['now'];
}

interface FoldFlags extends Running {
  readonly receipts: readonly string[];
  readonly ended?: boolean;
}

const PLAN_HELP = `
It writes one file per shard, and to GITHUB_OUTPUT a matrix of their ids and the SHA-256 of each file. Needs delivery
direct. Until the window has passed and five minutes more, other runs leave what is planned to the shards.

Example:
  mhub shard plan --out "$RUNNER_TEMP/shards" --delivery direct`;

const WORK_HELP = `
Secrets come from the environment. It asks for MHUB_KILL and for the window before every call; after SIGTERM no call
begins any more. Started again with the same --out, it makes no call that it has begun before.

Example:
  mhub shard work --plan shards/s003.json --digest "$DIGEST" --out receipts/s003.jsonl`;

const FOLD_HELP = `
Outcomes count only for open intents of the same run, key, attempt and content; others are refused and named. A shard
that told nothing leaves its intents open: a later run settles them.

Example:
  mhub shard fold --receipts receipts --ended --delivery direct`;

const LEVEL = { done: 'sent', blocked: 'BLOCKED', failed: 'FAILED', held: 'held back', doubt: 'IN DOUBT' } as const;

function levelOf(told: Told): (typeof LEVEL)[keyof typeof LEVEL] {
  if (told.state !== 'failed') return LEVEL[told.state];
  if (told.held) return LEVEL.held;
  return told.may_have_happened ? LEVEL.doubt : LEVEL.failed;
}

const detailOf = (told: Told): string =>
  told.state === 'done' ? told.url : told.state === 'blocked' ? told.todo : told.reason;

function renderWork({ shard, calls, before }: WorkReport): string {
  const lines = calls.map(
    ({ campaign, asset, channel, told }) => `  ${levelOf(told)} ${campaign}/${asset} on ${channel}: ${detailOf(told)}`,
  );
  const sent = calls.filter(({ told }) => told.state === 'done').length;
  const earlier = before > 0 ? `, ${before} begun before` : '';
  return [...lines, `Shard ${shard}: ${sent} of ${calls.length} calls sent${earlier}.`].join('\n');
}

async function work(start: Start, flags: WorkFlags): Promise<void> {
  const { workShard } = await import('../shell/shards/work.ts');
  const { stopOnSignals } = await import('../shell/signals.ts');
  const out = terminalOf(flags);
  const interruption = stopOnSignals();
  try {
    const report = await workShard({
      plan: flags.plan,
      digest: flags.digest,
      out: flags.out,
      now: flags.now ?? start.now,
      env: process.env,
      adapters: start.adapters,
      timing: start.timing,
      stopping: interruption.stopping,
      onProgress: (what) => out.progress(what),
    });
    const isClean = report.calls.every(({ told }) => told.state === 'done');
    finish(out, flags, report, renderWork(report), interruption.exitCode() ?? (isClean ? 0 : 3));
  } finally {
    interruption.release();
  }
  // A call that was given up keeps its connection, and with it the process.
  if (interruption.stopping.aborted) await endWith(interruption.exitCode() ?? 1);
}

export const shard: AddCommand = (root, start) => {
  const group = root.command('shard').description('Share one run among many machines: plan, work in each, fold.');

  committing(group.command('plan').description('Go through the loop up to the pushed intents, and write the shards.'))
    .requiredOption('--out <dir>', 'folder for the files of the shards', (dir) => resolve(dir))
    .option('--shards <number>', 'how many shards, or auto: one per 200 calls', autoOrWhole(1, MOST_SHARDS), 'auto')
    .option('--max <number>', 'most shards', whole(1, MOST_SHARDS), 64)
    .option('--window-minutes <number>', 'how long after the push calls may begin', whole(1, 360), 30)
    .addHelpText('after', PLAN_HELP)
    .action((flags: PlanFlags) =>
      passWith(flags, async (surroundings) => {
        const { planShards } = await import('../shell/shards/plan.ts');
        const { giveOutputs } = await import('../shell/github/actions.ts');
        const { out, shards, max, windowMinutes } = flags;
        const how = { out, shards, max, windowMinutes };
        const { report, ...data } = await planShards({ ...startOf(start, flags), ...surroundings, ...how });
        const { matrix, digests, calls } = data;
        giveOutputs({ matrix: JSON.stringify(matrix), digests: JSON.stringify(digests) }, process.env);
        return { report, data, text: `${calls} calls in ${matrix.length} shards.\n` };
      }),
    );

  group
    .command('work')
    .description('Make the calls of one shard, without git and without a repository.')
    .requiredOption('--plan <file>', 'the file of the shard', (file) => resolve(file))
    .requiredOption('--digest <sha256>', 'what the plan says that its SHA-256 is')
    .requiredOption('--out <file>', 'where outcomes are appended, one JSON object a line', (file) => resolve(file))
    .option('--now <instant>', 'the clock, in UTC', instant)
    .option('--json', 'print one JSON value on stdout; progress goes to stderr')
    .addHelpText('after', WORK_HELP)
    .action((flags: WorkFlags) => work(start, flags));

  committing(group.command('fold').description('File what the shards told, measure and optimize.'))
    .requiredOption('--receipts <dir...>', 'folders with the .jsonl files of the shards, at any depth')
    .option('--ended', 'every shard has ended: what one of them has not begun is released')
    .addHelpText('after', FOLD_HELP)
    .action((flags: FoldFlags) =>
      passWith(flags, async (surroundings) => {
        const { foldShards } = await import('../shell/shards/fold.ts');
        const receipts = flags.receipts.map((dir) => resolve(dir));
        const options = { ...startOf(start, flags), ...surroundings, receipts, ended: flags.ended === true };
        return { report: await foldShards(options) };
      }),
    );
};
