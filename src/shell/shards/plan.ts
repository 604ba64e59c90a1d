/**
 * The first part of a sharded run: everything up to and with the intents, in one push. What leaves the repository is
 * not called but written into files, one for each shard.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CampaignInput, Instant, Note, Stage, Unit } from '../../core/contracts.ts';
import { Usage } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { RunReport } from '../../core/report.ts';
import { type ShardCall, writeShard } from '../../core/shard-file.ts';
import { inShards, shardCount } from '../../core/shards.ts';
import { epochOf, toInstant } from '../../core/time.ts';
import { type CallGuard, isOutside, type PublishEffect } from '../calling.ts';
import { faultPoint } from '../fault.ts';
import { orderOf } from '../mailing/deliver.ts';
import type { Pass } from '../pass.ts';
import { callChunk, heldBack, obstacleTo, type PublishStep } from '../publishing.ts';
import { takeDown } from '../recalling.ts';
import { type RunOptions, run } from '../run.ts';
import { startedOn } from './started.ts';

/** Sharding begins once all is judged, and measuring waits for what the shards bring back. */
const STAGES = new Set(['sense', 'decide', 'make', 'guard', 'publish'] as const);

export interface PlanOptions extends Omit<RunOptions, 'stages' | 'settle' | 'publish' | 'campaigns' | 'dryRun'> {
  /** Folder for the files of the shards. */
  readonly out: string;
  readonly shards: number | 'auto';
  /** Most shards. */
  readonly max: number;
  /** How long after the push a call may begin. */
  readonly windowMinutes: number;
}

export interface PlanReport {
  readonly report: RunReport;
  /** Ids of the shards, for a matrix; none: there is nothing to call. */
  readonly matrix: readonly string[];
  /** SHA-256 of the file of each shard, by its id. */
  readonly digests: Readonly<Record<string, string>>;
  readonly calls: number;
}

interface Found {
  readonly input: CampaignInput;
  /** Files of the tree, and calls that nobody has decided on in this pass. */
  readonly tree: PublishEffect[];
  readonly calls: PublishEffect[];
  readonly notes: Note[];
}

/** What is due for a campaign; the secrets of channels are asked for where they are: in the shard. */
async function dueFor(
  pass: Pass,
  guard: CallGuard,
  stage: Stage<'publish'>,
  unit: Unit,
  tried: ReadonlySet<string>,
): Promise<Found> {
  const scope = unit.campaign.id;
  const input = await pass.inputOf('publish', unit);
  const found: Found = { input, tree: [], calls: [], notes: [...(stage.notes?.(input) ?? [])] };
  for (const effect of stage.plan(input)) {
    const { intent, channel } = effect;
    if (orderOf(pass, guard, input, effect)) {
      const message = `${intent.asset} on ${channel.id} goes to a list, which no shard mails: the next ordinary run does`;
      found.notes.push({ level: 'waiting', scope, message });
      continue;
    }
    const isCall = isOutside(intent);
    const obstacle = await (isCall ? heldBack(guard, input, effect) : obstacleTo(pass, guard, input, effect));
    if (obstacle) found.notes.push({ scope, ...obstacle });
    else if (!tried.has(intent.key)) (isCall ? found.calls : found.tree).push(effect);
  }
  return found;
}

/** Publishes what stays in the repository, and files intents for the rest. @returns what is to be called */
async function intendFor(
  pass: Pass,
  guard: CallGuard,
  stage: Stage<'publish'>,
  { input, tree, calls }: Found,
  until: Instant,
): Promise<ShardCall[]> {
  const sharded = calls.map((effect) => ({ ...effect, intent: { ...effect.intent, until } }));
  const { unit, published } = input;
  if (stage.intend) await pass.take(stage.intend(input, [...tree, ...sharded]));
  if (tree.length > 0) await callChunk(pass, guard, stage, unit, tree, guard.monotonic());
  return sharded.map((effect) => ({ effect, unit, published: published.get(effect.channel.id) ?? [] }));
}

/**
 * @param landed  takes in what there is to call, once its intents have landed: also those of a round after which
 *                somebody else was faster
 * @param until   when the window of a call that is decided now will have passed
 */
function intending(landed: ShardCall[], until: (pass: Pass) => Instant): PublishStep {
  return async (pass, guard, stage) => {
    if (pass.context.delivery !== 'direct') {
      throw new Usage('a sharded run goes by way of the remote branch: run with --delivery direct');
    }
    const tried = new Set<string>();
    const calls: ShardCall[] = [];
    const end = until(pass);
    await takeDown(pass, 'replaceable');
    let notes: Note[] = [];
    for (let isDone = false; !isDone; ) {
      isDone = true;
      notes = [];
      for (const unit of pass.workspace.units) {
        if (pass.stopping.aborted) break;
        await pass.guarded(unit.campaign.id, async () => {
          pass.onProgress(`publish ${unit.campaign.id}`);
          const found = await dueFor(pass, guard, stage, unit, tried);
          notes.push(...found.notes);
          for (const { intent } of [...found.tree, ...found.calls]) tried.add(intent.key);
          if (found.tree.length + found.calls.length === 0) return;
          isDone = false;
          calls.push(...(await intendFor(pass, guard, stage, found, end)));
        });
      }
    }
    pass.notes.push(...notes);
    await takeDown(pass, 'nothing');
    faultPoint('stages-decided');
    await pass.commit();
    landed.push(...calls);
  };
}

/** Decides, pushes the intents, and writes the shards. @throws as `run` */
export async function planShards({ out, shards, max, windowMinutes, ...options }: PlanOptions): Promise<PlanReport> {
  const calls: ShardCall[] = [];
  const monotonic = options.timing?.monotonic ?? (() => performance.now());
  const begun = monotonic();
  const windowEnd = ({ context: { now } }: Pass): Instant =>
    toInstant(epochOf(now) + (monotonic() - begun) + windowMinutes * 60_000);
  const report = await run({
    ...options,
    campaigns: [],
    dryRun: false,
    stages: STAGES,
    publish: intending(calls, windowEnd),
  });
  const count = shardCount(calls.length, shards, max);
  const digests: Record<string, string> = {};
  if (count > 0) mkdirSync(out, { recursive: true });
  for (const [shard, own] of inShards(calls, count)) {
    const text = writeShard({ run: report.run, shard, started: startedOn(options.env), calls: own });
    writeFileSync(join(out, `${shard}.json`), text);
    digests[shard] = sha256(text);
  }
  faultPoint('shards-written');
  return { report, matrix: Object.keys(digests), digests, calls: calls.length };
}
