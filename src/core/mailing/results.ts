/** From what a channel says about messages to lines of the ledger. */
import type { RecipientBatch } from '../../generated/entities.ts';
import type { Delivery } from '../contracts.ts';

/** Alike for several people. */
export interface Result {
  /** released: not even tried, so that it does not count as a try. */
  readonly state: Delivery['state'] | 'released';
  readonly because?: string;
  readonly recipients: readonly string[];
}

/** Tries that a server may put off before it counts as a no. */
export const MAX_TRIES = 3;

const MAX_REASON = 200;
/** Reasons that are told apart in the results of one chunk; servers like to number theirs. */
const MAX_REASONS = 20;
const OTHERS = 'for another reason';

/** What a server says may quote whom it was asked about. */
export const withoutAddresses = (text: string): string =>
  text
    .replace(/[^\s<>"'`(),;:]*@[^\s<>"'`(),;:]+/g, '<address>')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_REASON);

/**
 * @param asked       ids of the batch that was sent
 * @param deliveries  what the channel says; whoever it does not name, or names twice with different words, is in doubt
 */
export function resultsOf(asked: readonly string[], deliveries: readonly Delivery[]): Result[] {
  const said = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    const other = said.get(delivery.recipient);
    const isSame = other === undefined || other.state === delivery.state;
    said.set(delivery.recipient, isSame ? delivery : { ...delivery, state: 'in_doubt' });
  }
  const one = (person: string): Result => {
    const { state, because } = said.get(person) ?? { state: 'in_doubt', because: 'the channel did not say' };
    return { state, recipients: [person], ...(because === undefined ? {} : { because: withoutAddresses(because) }) };
  };
  return grouped(asked.map(one));
}

/** Results that say the same, taken together. */
export function grouped(results: readonly Result[]): Result[] {
  const groups = new Map<string, Result & { recipients: string[] }>();
  for (const { state, because, recipients } of results) {
    const isKnown = groups.has(`${state}\0${because ?? ''}`);
    const told = because === undefined || isKnown || groups.size < MAX_REASONS ? because : OTHERS;
    const name = `${state}\0${told ?? ''}`;
    const group = groups.get(name);
    if (group) group.recipients.push(...recipients);
    else groups.set(name, { state, recipients: [...recipients], ...(told === undefined ? {} : { because: told }) });
  }
  return [...groups.values()];
}

/** Who filed a line, when, and by which secret its ids were made. */
export type Filing = Pick<RecipientBatch, 'run' | 'at' | 'secret'>;

export const claimLine = (filing: Filing, recipients: readonly string[]): RecipientBatch => ({
  state: 'claimed',
  ...filing,
  recipients,
});

/**
 * @param deferrals  how often each of them was put off before; the last time it counts as a no
 */
export function resultLines(
  filing: Filing,
  results: readonly Result[],
  deferrals: (person: string) => number,
): RecipientBatch[] {
  const filed = results.flatMap((result): Result[] => {
    if (result.state !== 'deferred') return [result];
    const because = result.because ?? 'put off by the server';
    const isLast = (person: string): boolean => deferrals(person) + 1 >= MAX_TRIES;
    const last = result.recipients.filter(isLast);
    return [
      { state: 'refused', because: `put off ${MAX_TRIES} times, at last: ${because}`, recipients: last },
      { state: 'deferred', because, recipients: result.recipients.filter((person) => !isLast(person)) },
    ];
  });
  return grouped(filed.filter(({ recipients }) => recipients.length > 0)).map(({ state, because, recipients }) => ({
    state: state === 'deferred' ? 'released' : state,
    ...filing,
    recipients: [...recipients].sort(),
    ...(because === undefined || state === 'sent' ? {} : { because }),
  }));
}

/** Sizes as they fit: at most `size` each, order kept. */
export function slices<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
