/**
 * The third part of a sharded run: files what became of the calls, measures and optimizes, in one push. A shard that
 * told nothing leaves its intents open: a later run settles them by the class of their channel.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CampaignInput, Channel, Note, Outcome, Unit } from '../../core/contracts.ts';
import { Usage } from '../../core/errors.ts';
import { type NewReceipt, receiptOf } from '../../core/ledger.ts';
import type { RunReport } from '../../core/report.ts';
import { settleChangeSet, settledReceipt } from '../../core/settle.ts';
import {
  type Matched,
  matchReports,
  outcomeOf,
  type Placed,
  type Reports,
  readOutcomes,
  shardEnd,
  type ToldOf,
} from '../../core/shards.ts';
import type { Intent } from '../../generated/entities.ts';
import type { PublishEffect } from '../calling.ts';
import { faultPoint } from '../fault.ts';
import { type Pass, publishedLine } from '../pass.ts';
import { type Adapters, registeredAdapters } from '../perform.ts';
import type { PublishStep } from '../publishing.ts';
import { type RunOptions, run } from '../run.ts';
import type { Environment } from '../run-git.ts';
import { areRecordsTorn } from '../settling.ts';

const STAGES = new Set(['publish', 'measure', 'optimize'] as const);

export interface FoldOptions extends Omit<RunOptions, 'stages' | 'settle' | 'publish' | 'campaigns' | 'dryRun'> {
  /** Folders with the files that shards wrote, at any depth. */
  readonly receipts: readonly string[];
  /** Whether the shards are known to have ended. */
  readonly ended: boolean;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    throw new Usage(`there is no folder ${folder} to read`);
  }
}

/** Lines of all shards below the folders. @throws Usage */
const readReports = (folders: readonly string[]): readonly Placed[] =>
  folders.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .flatMap((name) => readOutcomes(name, readFileSync(join(folder, name), 'utf8'))),
  );

/** undefined: what was to be published, or where, is no longer in the tree. */
function effectFor({ unit, state }: CampaignInput, intent: Intent): PublishEffect | undefined {
  const asset = state.assets.find(({ id, asset }) => id === intent.asset && asset.content === intent.content);
  const channel = unit.channels.find(({ id }) => id === intent.channel);
  return asset && channel && { kind: 'publish', intent, asset, channel };
}

/** Files the outcomes of one campaign as its own run would have. @returns those that are no longer its own */
async function foldCampaign(
  pass: Pass,
  stage: Parameters<PublishStep>[2],
  unit: Unit,
  told: readonly ToldOf[],
): Promise<ToldOf[]> {
  const input = await pass.inputOf('publish', unit);
  const outcomes: Outcome<'publish'>[] = [];
  const orphans: ToldOf[] = [];
  for (const one of told) {
    const effect = effectFor(input, one.intent);
    if (effect) outcomes.push(outcomeOf(effect, one.told));
    else orphans.push(one);
  }
  if (outcomes.length > 0) await pass.finish(stage.fold(input, outcomes));
  pass.published.push(...outcomes.flatMap(publishedLine));
  return orphans;
}

type Books = Parameters<typeof settleChangeSet>[0];

/** Of a campaign, an asset or a channel that is gone by now; undefined when nobody knows. */
function orphanReceipt(books: Books, { intent, told }: ToldOf): NewReceipt | undefined {
  if (told.state === 'done') return settledReceipt(books, intent, { status: 'sent', url: told.url });
  if (told.state === 'failed' && told.may_have_happened) return undefined;
  const because = told.state === 'blocked' ? told.todo : told.reason;
  return settledReceipt(books, intent, { status: 'released', because });
}

const lateReceipt = ({ run: own, now }: Books, { receipt, url }: Matched['late'][number]): NewReceipt => ({
  ...receiptOf(receipt, own, now),
  status: 'sent',
  url,
  late: true,
});

const runsIn = (lines: readonly Placed[]): ReadonlySet<string> => new Set(lines.flatMap(({ line }) => line?.run ?? []));

function notesOn({ refused, silent }: Matched, { lines }: Reports): Note[] {
  const runs = runsIn(lines);
  return [
    ...refused.map(
      ({ place, why }): Note => ({ level: 'failed', scope: 'workspace', message: `${place} is refused: ${why}` }),
    ),
    ...silent.map((intent): Note => {
      const { campaign: scope, asset, channel, run: owner } = intent;
      const until = shardEnd(intent);
      const message = `no shard has told what became of ${asset} on ${channel}; it is settled from ${until} on`;
      // Of another sharded run that may well be at work, there is nothing to worry about yet.
      const level = runs.has(owner) ? 'in_doubt' : 'waiting';
      return { level, scope, message, ...(until === undefined ? {} : { until }) };
    }),
  ];
}

type Missing = ReadonlyMap<string, readonly string[]>;

/** Adapters of channels whose variables are with the shards, and which of them are not set here. */
const missingIn = ({ channels }: Adapters, env: Environment): Missing =>
  new Map(
    Object.entries(channels).flatMap(([id, { env: names = [] }]) => {
      const missing = names.filter((name) => !env[name]);
      return missing.length > 0 ? [[id, missing]] : [];
    }),
  );

/** The same, but that such a channel is asked for nothing: an ordinary run has what it takes. */
const withoutThese = (adapters: Adapters, missing: Missing): Adapters => ({
  ...adapters,
  channels: Object.fromEntries(
    Object.entries(adapters.channels).map(([id, registered]) => {
      const load = async (): Promise<Channel> => {
        const { metrics: _metrics, verify: _verify, ...others } = await registered.load();
        return others;
      };
      return [id, missing.has(id) ? { ...registered, load } : registered];
    }),
  ),
});

/** Channels that went out and are not measured here. */
const unmeasured = ({ published, workspace }: Pass, missing: Missing): Note[] =>
  workspace.units.flatMap((unit) =>
    unit.channels
      .filter(({ id }) => published.some((line) => line.campaign === unit.campaign.id && line.channel === id))
      .flatMap(({ id, adapter }): Note[] => {
        const names = missing.get(adapter);
        const message = `channel ${id} is measured by the next ordinary run: here ${names?.join(', ')} is not set`;
        return names ? [{ level: 'info', scope: unit.brand.id, message }] : [];
      }),
  );

const filing =
  (reports: Reports, missing: Missing): PublishStep =>
  async (pass, _guard, stage) => {
    const [first] = pass.workspace.units;
    if (!first) return;
    const state = await pass.workspace.hub(first);
    if (areRecordsTorn(pass, state)) return;
    const matched = matchReports(reports, state);
    const units = new Map(pass.workspace.units.map((unit) => [unit.campaign.id, unit]));
    const orphans = matched.told.filter(({ intent }) => !units.has(intent.campaign));
    for (const [campaign, unit] of units) {
      const own = matched.told.filter(({ intent }) => intent.campaign === campaign);
      if (own.length === 0) continue;
      pass.onProgress(`file ${campaign}`);
      await pass.guarded(campaign, async () => void orphans.push(...(await foldCampaign(pass, stage, unit, own))));
    }
    const books: Books = { ...pass.context, state: await pass.workspace.hub(first) };
    const receipts = [
      ...orphans.flatMap((one) => orphanReceipt(books, one) ?? []),
      ...matched.late.map((one) => lateReceipt(books, one)),
    ];
    await pass.take(settleChangeSet(books, receipts));
    pass.notes.push(...notesOn(matched, reports), ...unmeasured(pass, missing));
  };

/** @throws as `run` */
export async function foldShards({ receipts, ended, ...options }: FoldOptions): Promise<RunReport> {
  const lines = readReports(receipts);
  faultPoint('outcomes-read');
  const adapters = options.adapters ?? registeredAdapters;
  const missing = missingIn(adapters, options.env);
  return run({
    ...options,
    adapters: withoutThese(adapters, missing),
    campaigns: [],
    dryRun: false,
    stages: STAGES,
    settle: false,
    publish: filing({ lines, ended }, missing),
  });
}
