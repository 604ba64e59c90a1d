/** Intents and receipts: keys, what they add up to, and the lines they are filed as. */
import type { Intent, Receipt } from '../generated/entities.ts';
import type { EffectOf, Instant, Publication } from './contracts.ts';
import { sha256 } from './hash.ts';

/** A key names an occasion, never a content: made again or worded anew, the occasion stays the same. */
export const publicationKey = (campaign: string, asset: string, channel: string, slot: string): string =>
  sha256([campaign, asset, channel, slot].join('\0'));

/** What may have gone out: everything but what provably did not. */
export const wentOut = (receipt: Receipt): boolean => receipt.status !== 'released';

/** Receipts as they stand: what was only assumed gives way to what became known of the same attempt later. */
export const standingReceipts = (receipts: readonly Receipt[]): Receipt[] =>
  receipts.filter(
    (receipt, index) =>
      receipt.status !== 'assumed_sent' ||
      !receipts.slice(index + 1).some(({ key, attempt }) => key === receipt.key && attempt === receipt.attempt),
  );

export const isTaken = (key: string, receipts: readonly Receipt[], intents: readonly Intent[]): boolean =>
  intents.some((intent) => intent.key === key) || receipts.some((receipt) => receipt.key === key && wentOut(receipt));

/** Attempts that provably came to nothing. */
export const releasedAttempts = (key: string, receipts: readonly Receipt[]): number =>
  receipts.filter((receipt) => receipt.key === key && receipt.status === 'released').length;

/** Attempts that the channel refused, since the last time a person resumed. */
export const refusedAttempts = (key: string, receipts: readonly NewReceipt[], since: Instant): number =>
  receipts.filter((receipt) => receipt.key === key && receipt.refused === true && receipt.at > since).length;

/** What the asset stands as on the channel now. */
export const latestSent = (receipts: readonly Receipt[], campaign: string, asset: string, channel: string) =>
  receipts
    .filter((receipt) => receipt.campaign === campaign && receipt.asset === asset && receipt.channel === channel)
    .filter(wentOut)
    .at(-1);

/** The revision that comes next for something published on change: r1, r2, ... */
export const nextRevision = (
  receipts: readonly Receipt[],
  campaign: string,
  asset: string,
  channel: string,
): string => {
  const sent = receipts.filter(
    (receipt) =>
      receipt.campaign === campaign && receipt.asset === asset && receipt.channel === channel && wentOut(receipt),
  );
  return `r${sent.length + 1}`;
};

/** hub/open/<run>.jsonl */
export const openPath = (run: string): string => `hub/open/${run}.jsonl`;

/** hub/ledger/<yyyy>/<mm>/<dd>/<run>.jsonl, by the clock of the run. */
export const ledgerPath = (run: string, now: Instant): string =>
  `hub/ledger/${now.slice(0, 10).replaceAll('-', '/')}/${run}.jsonl`;

const lines = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** The file of a run's open intents; null when none is left. */
export const openFile = (intents: readonly Intent[]): string | null => (intents.length > 0 ? lines(intents) : null);

/** A receipt before it is chained. */
export type NewReceipt = Omit<Receipt, 'prev'>;

/**
 * The ledger file of one run: each line names the SHA-256 of the line before it, the first one the commit that the
 * run started from, so that an edit, a gap or a reordering shows.
 */
export function ledgerFile(base: string, filed: readonly Receipt[], added: readonly NewReceipt[]): string {
  let prev = base;
  return [...filed, ...added]
    .map((receipt) => {
      const line = JSON.stringify({ ...receipt, prev });
      prev = sha256(line);
      return `${line}\n`;
    })
    .join('');
}

/** Whether every line of a ledger file but the first names the line before it: none is edited, missing or moved. */
export function isChained(content: Uint8Array | string): boolean {
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  const all = text.split('\n').filter((line) => line !== '');
  return all.every((line, index) => index === 0 || line.endsWith(`"prev":"${sha256(all[index - 1] ?? '')}"}`));
}

/** What the ledger says of an intent, whatever came of it. */
export const receiptOf = (intent: Intent, run: string, at: Instant): Omit<NewReceipt, 'status'> => ({
  key: intent.key,
  attempt: intent.attempt,
  run,
  at,
  campaign: intent.campaign,
  asset: intent.asset,
  brand: intent.brand,
  channel: intent.channel,
  slot: intent.slot,
  content: intent.content,
});

/** The publication as it will stand when the effect is done, for channels that write what they show. */
export const plannedPublication = (
  { intent, asset }: Pick<EffectOf<'publish'>, 'intent' | 'asset'>,
  at: Instant,
): Publication => ({
  ...asset,
  receipt: { ...receiptOf(intent, intent.run, at), status: 'sent', title: asset.asset.title, prev: '' },
});
