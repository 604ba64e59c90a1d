/**
 * The second part of a sharded run: the calls of one shard, without git and without a repository. Every outcome is on
 * disk before the next call begins.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { switchStop } from '../../core/breakers.ts';
import type { Instant, Io, Outcome } from '../../core/contracts.ts';
import { Usage } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { readShard, type Shard, type ShardCall } from '../../core/shard-file.ts';
import { attemptOf, type OutcomeLine, readOutcomes, type Told, tell } from '../../core/shards.ts';
import { epochOf, toInstant } from '../../core/time.ts';
import { call } from '../calling.ts';
import { environmentSecrets } from '../env.ts';
import { faultPoint } from '../fault.ts';
import { appendRecord } from '../journal.ts';
import { onceEach, txtRecords } from '../outside.ts';
import { type Adapters, type Performer, registeredAdapters } from '../perform.ts';
import type { Timing } from '../run.ts';
import type { Environment } from '../run-git.ts';
import { KILL_VARIABLE } from '../switches.ts';
import { startedOn } from './started.ts';

const TIMEOUT_MS = 30_000;

export interface WorkOptions {
  /** File of the shard. */
  readonly plan: string;
  /** What its SHA-256 must be. */
  readonly digest: string;
  /** File that outcomes are appended to. */
  readonly out: string;
  readonly now: Instant;
  readonly env: Environment;
  readonly adapters?: Adapters | undefined;
  readonly timing?: Partial<Timing> | undefined;
  readonly stopping: AbortSignal;
  readonly onProgress: (what: string) => void;
}

/** One call, and what became of it. */
export interface WorkLine {
  readonly campaign: string;
  readonly asset: string;
  readonly channel: string;
  readonly told: Told;
}

export interface WorkReport {
  readonly run: string;
  readonly shard: string;
  readonly calls: readonly WorkLine[];
  /** Calls that an earlier start with the same file has begun: they are not made again. */
  readonly before: number;
}

/** @throws Usage when it is not what the plan has written, or not the plan of this start of the workflow */
function openShard({ plan, digest, env }: WorkOptions): Shard {
  if (!existsSync(plan)) throw new Usage(`there is no shard ${plan}`);
  const bytes = readFileSync(plan);
  if (sha256(bytes) !== digest) {
    throw new Usage(`${plan} is not what the plan has written: its SHA-256 is ${sha256(bytes)}, expected ${digest}`);
  }
  const shard = readShard(plan, bytes.toString('utf8'));
  if (shard.started === startedOn(env)) return shard;
  throw new Usage(
    `shard ${shard.shard} is of another start of this workflow run, and its calls may have been made: ` +
      'start a new run, which settles them',
  );
}

interface Watch {
  readonly monotonic: () => number;
  readonly begun: number;
}

/** Why a call must not begin. */
function stopBefore(
  { now, env, stopping }: WorkOptions,
  { effect: { intent } }: ShardCall,
  { monotonic, begun }: Watch,
): string | undefined {
  const instant = toInstant(epochOf(now) + monotonic() - begun);
  const kill = env[KILL_VARIABLE] ? { kill: KILL_VARIABLE } : {};
  const stop = switchStop({ ...kill, breakers: {}, halts: [] }, intent.campaign, intent.channel, instant);
  if (stop) return stop.why;
  if (stopping.aborted) return `the shard was stopped by ${stopping.reason}`;
  const { until = now } = intent;
  return instant < until ? undefined : `its window ended at ${until}`;
}

const outsideOfRepository = (): never => {
  throw new Error('a shard has no repository');
};

function performerFor({ now, env, adapters, stopping }: WorkOptions, sleep: Io['pause']): Performer {
  const once = onceEach();
  return {
    adapters: adapters ?? registeredAdapters,
    secrets: environmentSecrets(env),
    io: (own) => ({
      env: own,
      now,
      fetch: (...request) => fetch(...request),
      once,
      txtRecords,
      pause: sleep,
      stopping,
      file: outsideOfRepository,
      events: outsideOfRepository,
    }),
    written: new Map(),
  };
}

/** Makes the calls of a shard. @throws Usage */
export async function workShard(options: WorkOptions): Promise<WorkReport> {
  const { out, now, stopping, timing = {} } = options;
  const { monotonic = () => performance.now(), sleep = (ms: number) => wait(ms), timeoutMs = TIMEOUT_MS } = timing;
  const watch: Watch = { monotonic, begun: monotonic() };
  const shard = openShard(options);
  const append = (line: OutcomeLine): void => appendRecord(out, line);
  const earlier = existsSync(out) ? readOutcomes(out, readFileSync(out, 'utf8')) : [];
  const done = new Set(earlier.flatMap(({ line }) => (line && line.state !== 'opened' ? [line.key] : [])));
  const intents = shard.calls.map(({ effect }) => effect.intent);
  // Of one run, but for a plan that somebody overtook when its first intents had landed.
  for (const run of new Set(intents.map((intent) => intent.run))) {
    const keys = intents.filter((intent) => intent.run === run).map(({ key }) => key);
    append({ state: 'opened', run, shard: shard.shard, keys });
  }
  faultPoint('shard-opened');
  const performer = performerFor(options, sleep);
  const calls: WorkLine[] = [];
  for (const one of shard.calls) {
    const { effect, unit, published } = one;
    const { intent } = effect;
    if (done.has(intent.key)) continue;
    options.onProgress(`${intent.asset} on ${intent.channel}`);
    const own = attemptOf(intent);
    const write = ({ state }: { readonly state: string }): void => {
      if (state === 'calling') append({ ...own, state: 'calling' });
    };
    // A signal that came with the last answer is heard first: it may reach the loop one turn later.
    await turn();
    await turn();
    const why = stopBefore(options, one, watch);
    const context = { now, unit, published: new Map([[effect.channel.id, published]]) };
    const outcome: Outcome<'publish'> =
      why === undefined
        ? await call({ performer, stopping }, { journal: { write }, timeoutMs, dryRun: false }, context, effect)
        : { effect, status: 'failed', reason: `held back, ${why}`, mayHaveHappened: false, held: true };
    const told = tell(outcome);
    append({ ...own, ...told });
    faultPoint('outcome-appended');
    calls.push({ campaign: intent.campaign, asset: intent.asset, channel: intent.channel, told });
  }
  return { run: shard.run, shard: shard.shard, calls, before: done.size };
}
