/**
 * A sharded run: what one machine has decided to publish is called by many, and filed by one. What they hand to each
 * other are files: a shard with everything that its calls need, and lines that tell what became of each.
 */
import type { Intent, Receipt } from '../generated/entities.ts';
import type { Instant, Outcome } from './contracts.ts';
import { sha256 } from './hash.ts';
import type { ShardCall } from './shard-file.ts';
import { epochOf, toInstant } from './time.ts';

/** Calls that one shard makes in a few minutes, one after the other. */
const CALLS_PER_SHARD = 200;
/** Most jobs that GitHub makes of one matrix. */
export const MOST_SHARDS = 256;

/** How many shards there are to be; none without calls. */
export const shardCount = (calls: number, wanted: number | 'auto', most: number): number =>
  Math.min(calls, most, wanted === 'auto' ? Math.ceil(calls / CALLS_PER_SHARD) : wanted);

/** A campaign is never in two shards. 48 bits of its hash are more even than 256 shards need. */
export const shardOf = (campaign: string, shards: number): string =>
  `s${String(Number.parseInt(sha256(campaign).slice(0, 12), 16) % shards).padStart(3, '0')}`;

/** Calls by the shard that makes them, in the order of the shards. */
export function inShards(calls: readonly ShardCall[], shards: number): ReadonlyMap<string, readonly ShardCall[]> {
  const all = new Map<string, ShardCall[]>();
  for (const one of calls) {
    const shard = shardOf(one.effect.intent.campaign, shards);
    const own = all.get(shard);
    if (own) own.push(one);
    else all.set(shard, [one]);
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A call that was begun in time takes at most half a minute; the rest is for clocks of machines that differ. */
const AFTER_WINDOW_MS = 5 * 60_000;

/** From when on no shard can be about to call; undefined for what no shard calls. */
export const shardEnd = ({ until }: Pick<Intent, 'until'>): Instant | undefined =>
  until === undefined ? undefined : toInstant(epochOf(until) + AFTER_WINDOW_MS);

// ---- what became of calls -------------------------------------------------------------------------------------------

type Attempt = Pick<Intent, 'run' | 'key' | 'attempt' | 'content'>;

/** What a shard tells of a call. */
export type Told =
  | { readonly state: 'done'; readonly url: string }
  | { readonly state: 'blocked'; readonly missing: readonly string[]; readonly todo: string }
  | {
      readonly state: 'failed';
      readonly reason: string;
      readonly may_have_happened: boolean;
      readonly held?: true;
      readonly until?: Instant;
    };

export type OutcomeLine =
  /** Before all others: what the shard is about to call, one after the other. */
  | { readonly state: 'opened'; readonly run: string; readonly shard: string; readonly keys: readonly string[] }
  /** A call may be under way. */
  | (Attempt & { readonly state: 'calling' })
  | (Attempt & Told);

export const attemptOf = ({ run, key, attempt, content }: Attempt): Attempt => ({ run, key, attempt, content });

export const tell = (outcome: Outcome<'publish'>): Told => {
  if (outcome.status === 'done') return { state: 'done', url: outcome.value.url };
  if (outcome.status === 'blocked') return { state: 'blocked', missing: outcome.missing, todo: outcome.todo };
  const { reason, mayHaveHappened: may_have_happened, held, until } = outcome;
  return { state: 'failed', reason, may_have_happened, ...(held && { held }), ...(until !== undefined && { until }) };
};

/** The outcome as the stage would have had it in a run of its own. */
export const outcomeOf = (effect: Outcome<'publish'>['effect'], told: Told): Outcome<'publish'> => {
  if (told.state === 'done') return { effect, status: 'done', value: { url: told.url, changes: [] } };
  if (told.state === 'blocked') return { effect, status: 'blocked', missing: told.missing, todo: told.todo };
  const { reason, may_have_happened: mayHaveHappened, held, until } = told;
  return {
    effect,
    status: 'failed',
    reason,
    mayHaveHappened,
    ...(held && { held }),
    ...(until !== undefined && { until }),
  };
};

/** Longest text that is taken from a line. */
const LONGEST = 4_000;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST;
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isInstant = (value: unknown): boolean => isText(value) && !Number.isNaN(epochOf(value)) && value.endsWith('Z');

type Fields = Readonly<Record<string, unknown>>;

const isAttempt = ({ run, key, attempt, content }: Fields): boolean =>
  isText(run) && isText(key) && Number.isInteger(attempt) && isText(content);

const IS_LINE: Readonly<Record<OutcomeLine['state'], (fields: Fields) => boolean>> = {
  opened: ({ run, shard, keys }) => isText(run) && isText(shard) && isTexts(keys),
  calling: isAttempt,
  done: (fields) => isAttempt(fields) && isText(fields['url']),
  blocked: (fields) => isAttempt(fields) && isTexts(fields['missing']) && isText(fields['todo']),
  failed: (fields) =>
    isAttempt(fields) &&
    isText(fields['reason']) &&
    typeof fields['may_have_happened'] === 'boolean' &&
    (fields['held'] === undefined || fields['held'] === true) &&
    (fields['until'] === undefined || isInstant(fields['until'])),
};

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function lineIn(text: string): OutcomeLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isFields(value)) return undefined;
    const { state } = value;
    const isKnown = typeof state === 'string' && Object.hasOwn(IS_LINE, state);
    return isKnown && IS_LINE[state as OutcomeLine['state']](value) ? (value as OutcomeLine) : undefined;
  } catch {
    // Torn by a kill while it was written, or no line of ours.
    return undefined;
  }
}

/** A line with where it stands, such as s003.jsonl:7. */
export interface Placed {
  readonly place: string;
  /** undefined: it cannot be read. */
  readonly line: OutcomeLine | undefined;
}

export const readOutcomes = (name: string, text: string): readonly Placed[] =>
  text.split('\n').flatMap((own, index) => (own === '' ? [] : [{ place: `${name}:${index + 1}`, line: lineIn(own) }]));

const isOf = (a: Omit<Attempt, 'run'>, b: Omit<Attempt, 'run'>): boolean =>
  a.key === b.key && a.attempt === b.attempt && a.content === b.content;

type CallLine = Exclude<OutcomeLine, { state: 'opened' }>;
type ToldLine = Exclude<CallLine, { state: 'calling' }>;

const isTold = (line: CallLine): line is ToldLine => line.state !== 'calling';

/** Over all lines of one call, sent outweighs everything; then the last one counts. */
const weightiest = (lines: readonly CallLine[]): ToldLine | undefined => {
  const told = lines.filter(isTold);
  return told.find(({ state }) => state === 'done') ?? told.at(-1);
};

const NEVER_BEGUN: Told = {
  state: 'failed',
  reason: 'held back, its shard ended before the call',
  may_have_happened: false,
  held: true,
};

export interface Reports {
  readonly lines: readonly Placed[];
  /** Whether the shards are known to have ended, so that a call of which there is no line was never begun. */
  readonly ended: boolean;
}

/** What became of an intent. */
export interface ToldOf {
  readonly intent: Intent;
  readonly told: Told;
}

export interface Matched {
  readonly told: readonly ToldOf[];
  /** Sent, although somebody had settled it otherwise in the meantime. */
  readonly late: readonly { readonly receipt: Receipt; readonly url: string }[];
  /** Intents of shards of which nothing is known. */
  readonly silent: readonly Intent[];
  /** Lines that nothing is done with, and why. */
  readonly refused: readonly { readonly place: string; readonly why: string }[];
}

const isOpened = (line: OutcomeLine): line is Extract<OutcomeLine, { state: 'opened' }> => line.state === 'opened';
const isCall = (line: OutcomeLine): line is CallLine => line.state !== 'opened';

/** Holds what shards tell against the books: only an open intent of that run, attempt and content has an outcome. */
export function matchReports(
  { lines, ended }: Reports,
  { intents, receipts }: { readonly intents: readonly Intent[]; readonly receipts: readonly Receipt[] },
): Matched {
  const known = lines.flatMap(({ line }) => line ?? []);
  const opened = new Set(known.filter(isOpened).flatMap(({ run, keys }) => keys.map((key) => `${run} ${key}`)));
  const byKey = new Map<string, CallLine[]>();
  for (const line of known.filter(isCall)) byKey.set(line.key, [...(byKey.get(line.key) ?? []), line]);
  const linesOf = (one: Attempt): CallLine[] =>
    (byKey.get(one.key) ?? []).filter((line) => line.run === one.run && isOf(line, one));

  const sharded = intents.filter(({ until }) => until !== undefined);
  const told: ToldOf[] = [];
  const silent: Intent[] = [];
  for (const intent of sharded) {
    const own = linesOf(intent);
    const weighty = weightiest(own);
    if (weighty) told.push({ intent, told: weighty });
    else if (ended && own.length === 0 && opened.has(`${intent.run} ${intent.key}`)) {
      told.push({ intent, told: NEVER_BEGUN });
    } else silent.push(intent);
  }

  const refused: { place: string; why: string }[] = [];
  const late = new Map<string, { receipt: Receipt; url: string }>();
  for (const { place, line } of lines) {
    if (line === undefined) refused.push({ place, why: 'it cannot be read' });
    if (line === undefined || isOpened(line)) continue;
    if (sharded.some((intent) => intent.run === line.run && isOf(intent, line))) continue;
    const filed = receipts.filter((receipt) => isOf(receipt, line));
    const [receipt] = filed;
    if (!receipt) {
      refused.push({ place, why: 'no shard has an open intent of that run, key, attempt and content' });
    } else if (line.state === 'done' && !filed.some(({ status }) => status === 'sent')) {
      late.set(line.key, { receipt, url: line.url });
    }
  }
  return { told, late: [...late.values()], silent, refused };
}
