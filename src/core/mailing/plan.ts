/** Who is mailed next, and what is done about claims that somebody left behind. */
import type { RecipientBatch } from '../../generated/entities.ts';
import type { ChannelClass } from '../contracts.ts';
import { sha256 } from '../hash.ts';
import type { Audience, Person } from './audience.ts';
import type { Claims, MailingRecords } from './records.ts';
import type { Result } from './results.ts';

export interface Waiting {
  /** In the order in which they are mailed. */
  readonly next: readonly Person[];
  /** Those whom a server has put off since `tried` began: they wait for the next run. */
  readonly putOff: number;
  readonly unsubscribed: number;
}

/**
 * Whoever is on the list, wants mail and has none of this publication yet.
 *
 * @param tried  ids of those who were tried in this run
 */
export function waiting(
  { people }: Audience,
  records: MailingRecords,
  suppressed: ReadonlySet<string>,
  tried: ReadonlySet<string>,
): Waiting {
  const next: Person[] = [];
  let putOff = 0;
  let unsubscribed = 0;
  for (const person of people) {
    const state = records.stateOf(person.id);
    const isFree = state === undefined || state === 'released' || state === 'deferred';
    if (!isFree) continue;
    if (suppressed.has(person.suppression)) unsubscribed += 1;
    else if (state === 'deferred' && tried.has(person.id)) putOff += 1;
    else next.push(person);
  }
  return { next, putOff, unsubscribed };
}

/** How much is claimed at once, and how it is sent. */
export interface Pace {
  readonly chunk: number;
  /** Recipients of one call. */
  readonly batch: number;
  /** Milliseconds from the beginning of one call of so many recipients to that of the next; 0: no limit. */
  gap(recipients: number): number;
}

/** Of the time in which calls may begin, so that what was claimed is also sent in it. */
const FILLED = 0.8;
const MINUTE = 60_000;

export function paceOf(
  { chunk, maxPerMinute }: { readonly chunk: number; readonly maxPerMinute?: number },
  atOnce: number,
  windowMs: number,
): Pace {
  if (maxPerMinute === undefined) return { chunk, batch: Math.min(atOnce, chunk), gap: () => 0 };
  const inWindow = Math.max(1, Math.floor((maxPerMinute * windowMs * FILLED) / MINUTE));
  const size = Math.min(chunk, inWindow);
  return {
    chunk: size,
    batch: Math.min(atOnce, size),
    gap: (recipients) => Math.ceil((recipients * MINUTE) / maxPerMinute),
  };
}

/** Names a batch for receivers that know a key again. */
export const batchKey = (publication: string, { run, chunk }: Pick<Claims, 'run' | 'chunk'>, index: number): string =>
  sha256([publication, run, chunk, index].join('\0'));

/** What this machine remembers of one batch. */
export interface BatchMemory {
  readonly recipients: readonly string[];
  /** undefined: it was begun, and nobody knows how it ended. */
  readonly results?: readonly Result[];
}

/** A line of claims that is to be sent again with its key. */
export interface Again {
  readonly index: number;
  readonly recipients: readonly string[];
}

export interface Unsettled {
  /** What is to be written down. */
  readonly results: readonly Result[];
  readonly again: readonly Again[];
}

/** Whether a receiver would know a batch again that may have been sent to it. */
export const isRepeatable = (kind: ChannelClass): boolean => kind === 'key' || kind === 'natural';

/** What holds whoever else may have sent the same batch with the same key. */
export const isFinal = ({ state }: Pick<Result, 'state'>): boolean => state === 'sent' || state === 'refused';

const NOBODY_KNOWS = 'the run that sent it ended before it could tell';

/**
 * What became of claims that their run did not settle. What this machine remembers decides; what it does not know is in
 * doubt, unless the receiver knows a batch again. Such a batch another machine may have sent meanwhile, so that only
 * what was sent or refused is taken from memory, and nothing is released.
 *
 * @param memory  undefined: the run was not this machine's; batches that it lacks were never begun
 */
export function verdictOn(
  { claimed, states }: Claims,
  memory: readonly BatchMemory[] | undefined,
  kind: ChannelClass,
): Unsettled {
  const isOpen = (person: string): boolean => {
    const state = states.get(person);
    // What another machine only supposed, this one may know.
    return state === 'claimed' || (state === 'in_doubt' && memory !== undefined);
  };
  const known = memory && rememberedResults(memory);
  const results: Result[] = [];
  const again: Again[] = [];
  for (const [index, recipients] of claimed.entries()) {
    const told = recipients.filter(isOpen).map((person) => ({ person, result: toldOf(person, known) }));
    const isEnough = isRepeatable(kind) ? isFinal : ({ state }: Result) => state !== 'in_doubt';
    results.push(...told.flatMap(({ result }) => (isEnough(result) ? [result] : [])));
    const open = told
      .filter(({ person, result }) => !isEnough(result) && states.get(person) === 'claimed')
      .map(({ person }) => person);
    if (open.length === 0) continue;
    if (isRepeatable(kind)) again.push({ index, recipients });
    else results.push({ state: 'in_doubt', because: NOBODY_KNOWS, recipients: open });
  }
  return { results, again };
}

/** By person. */
function rememberedResults(memory: readonly BatchMemory[]): Map<string, Result> {
  const known = new Map<string, Result>();
  for (const { recipients, results = [] } of memory) {
    for (const person of recipients) known.set(person, { state: 'in_doubt', recipients: [person] });
    for (const result of results)
      for (const person of result.recipients) known.set(person, { ...result, recipients: [person] });
  }
  return known;
}

const toldOf = (person: string, known: ReadonlyMap<string, Result> | undefined): Result =>
  known === undefined
    ? { state: 'in_doubt', recipients: [person] }
    : (known.get(person) ?? { state: 'released', recipients: [person] });

/** The line of a file that claims nobody: of people to whom nothing can be sent. */
export const malformedLine = (
  filing: Pick<RecipientBatch, 'run' | 'at' | 'secret'>,
  recipients: readonly string[],
): RecipientBatch => ({
  state: 'refused',
  ...filing,
  recipients,
  because: 'the list has no address that can be mailed',
});
