/** From open intents to receipts: what a run files about its own, and how it settles those that others left behind. */
import type { Intent, Receipt } from '../generated/entities.ts';
import type { CampaignInput, ChangeSet, Channel, FileChange, Instant, MadeAsset } from './contracts.ts';
import { ledgerFile, ledgerPath, type NewReceipt, openFile, openPath, receiptOf } from './ledger.ts';
import { epochOf } from './time.ts';

type Books = Pick<CampaignInput, 'state' | 'run' | 'base' | 'now'>;

/** Files receipts and takes their intents off the open list, in one ChangeSet. */
export function fileReceipts({ state, run, base, now }: Books, receipts: readonly NewReceipt[]): FileChange[] {
  if (receipts.length === 0) return [];
  const filed = state.receipts.filter((receipt) => receipt.run === run);
  const keys = new Set(receipts.map(({ key }) => key));
  const runs = [...new Set(state.intents.filter(({ key }) => keys.has(key)).map((intent) => intent.run))];
  return [
    {
      path: ledgerPath(run, now),
      content: ledgerFile(base, filed, receipts),
      because: receipts.map(({ asset, status }) => `${asset} ${status}`).join(', '),
    },
    ...runs.map((owner) => ({
      path: openPath(owner),
      content: openFile(state.intents.filter((intent) => intent.run === owner && !keys.has(intent.key))),
      because: 'intents settled',
    })),
  ];
}

/** What this machine remembers of a call: nothing, that it never began, or how far it came. */
export type Memory =
  | { readonly state: 'never-called' | 'calling' | 'refused' | 'unknown'; readonly because?: string }
  | { readonly state: 'sent'; readonly url?: string };

export interface Knowledge {
  readonly now: Instant;
  /** undefined: the call was not this machine's. */
  readonly memory: Memory | undefined;
  /** Whether the owner may still be calling. */
  readonly ownerMayLive: boolean;
  /** The channel's adapter, if there still is one. */
  readonly channel: Pick<Channel, 'keyMinutes' | 'find' | 'publish'> | undefined;
  /** The asset as it is now, if it still is what the intent names. */
  readonly asset: MadeAsset | undefined;
}

/** How an open intent is settled. */
export type Settlement =
  | { readonly how: 'file'; readonly receipt: Pick<NewReceipt, 'status' | 'because' | 'url'> }
  /** Do it again with the same key and the same bytes. */
  | { readonly how: 'replay' }
  /** Ask the channel. */
  | { readonly how: 'find' }
  /** Its owner may still be at work. */
  | { readonly how: 'wait' };

const released = (because: string): Settlement => ({ how: 'file', receipt: { status: 'released', because } });
const assumed = (because: string): Settlement => ({ how: 'file', receipt: { status: 'assumed_sent', because } });

/** Clocks of two machines may differ: a replay keeps this far away from the end of the receiver's memory. */
const KEY_MARGIN = 0.8;

export const isKeyKnown = ({ at }: Pick<Intent, 'at'>, now: Instant, minutes: number): boolean => {
  const age = epochOf(now) - epochOf(at);
  return age >= 0 && age < minutes * 60_000 * KEY_MARGIN;
};

/**
 * The channel's class decides what may be done about a call of which nobody knows whether it happened. Nothing that may
 * have happened is done again unless doing it again changes nothing.
 */
export function settlementOf(intent: Intent, knowledge: Knowledge): Settlement {
  const { memory, channel, asset, now } = knowledge;
  if (intent.effect === 'tree') {
    // Effect and receipt are one commit: without a receipt there is no effect.
    return released(`run ${intent.run} ended before it published`);
  }
  if (memory?.state === 'sent') {
    return { how: 'file', receipt: { status: 'sent', ...(memory.url === undefined ? {} : { url: memory.url }) } };
  }
  if (knowledge.ownerMayLive) return { how: 'wait' };
  // What may be repeated, another machine has perhaps repeated by now: that nothing came of it here proves nothing then.
  const isOwnersAlone = intent.class === 'query' || intent.class === 'opaque';
  if (isOwnersAlone && memory?.state === 'never-called') return released(`run ${intent.run} ended before its call`);
  if (isOwnersAlone && memory?.state === 'refused') return released(memory.because ?? 'the channel refused it');
  const canReplay = channel?.publish !== undefined && asset !== undefined;
  switch (intent.class) {
    case 'natural':
      return canReplay ? { how: 'replay' } : assumed('the content of the intent is gone, so it cannot be done again');
    case 'key':
      if (canReplay && isKeyKnown(intent, now, channel?.keyMinutes ?? 0)) return { how: 'replay' };
      return channel?.find && asset ? { how: 'find' } : assumed('the receiver has forgotten the key by now');
    case 'query':
      return channel?.find && asset ? { how: 'find' } : assumed('the channel cannot be asked any more');
    case 'opaque':
      return assumed('the channel cannot tell, and nothing is ever sent twice');
  }
}

/** A receipt that settles an intent of an earlier run; late when the ledger had said otherwise before. */
export function settledReceipt(
  { run, now, state }: Pick<Books, 'run' | 'now' | 'state'>,
  intent: Intent,
  result: Pick<NewReceipt, 'status' | 'because' | 'url' | 'title' | 'recipients'>,
): NewReceipt {
  const isLate = result.status === 'sent' && !state.intents.some(({ key }) => key === intent.key);
  return { ...receiptOf(intent, run, now), ...result, ...(isLate ? { late: true } : {}) };
}

/** Calls of this machine that went out although the ledger does not know it: sent outweighs everything else. */
export const unrecorded = (sent: readonly { key: string }[], receipts: readonly Receipt[]): string[] =>
  [...new Set(sent.map(({ key }) => key))].filter(
    (key) => !receipts.some((receipt) => receipt.key === key && receipt.status === 'sent'),
  );

export const settleChangeSet = (books: Books, receipts: readonly NewReceipt[]): ChangeSet => ({
  stage: 'publish',
  scope: 'workspace',
  title: `${receipts.length} open intent${receipts.length === 1 ? '' : 's'} settled`,
  changes: fileReceipts(books, receipts),
});

/** Intents that a run did not make itself. */
export const foreignIntents = ({ state, run }: Pick<Books, 'state' | 'run'>): Intent[] =>
  state.intents.filter((intent) => intent.run !== run);
