/** Intents and receipts: keys, what they add up to, and the lines they are filed as. */
import type { Intent, Receipt } from '../generated/entities.ts';
import type { EffectOf, Instant, Publication } from './contracts.ts';
import { sha256 } from './hash.ts';

/** A key names an occasion, never a content: made again or worded anew, the occasion stays the same. */
export const publicationKey = (campaign: string, asset: string, channel: string, slot: string): string =>
  sha256([campaign, asset, channel, slot].join('\0'));

/**
 * What links of a publication carry as utm_content: it joins what is measured to the receipt, on every network, and stays
 * the same for all revisions of an asset on a channel. 48 bits in base 36.
 */
export const effectId = ({ campaign, asset, channel }: Pick<Receipt, 'campaign' | 'asset' | 'channel'>): string =>
  BigInt(`0x${sha256([campaign, asset, channel].join('\0')).slice(0, 12)}`)
    .toString(36)
    .padStart(10, '0');

/** What may have gone out. It stays true of what was taken down later: that is a receipt of its own. */
export const wentOut = ({ status }: Pick<Receipt, 'status'>): boolean => status === 'sent' || status === 'assumed_sent';

const isWithdrawal = ({ status }: Pick<Receipt, 'status'>): boolean => status === 'withdrawn';

/** Receipts as they stand: what was only assumed gives way to what became known of the same attempt later. */
export const standingReceipts = (receipts: readonly Receipt[]): Receipt[] =>
  receipts.filter(
    (receipt, index) =>
      receipt.status !== 'assumed_sent' ||
      !receipts
        .slice(index + 1)
        .some((later) => later.key === receipt.key && later.attempt === receipt.attempt && !isWithdrawal(later)),
  );

export const isTaken = (key: string, receipts: readonly Receipt[], intents: readonly Intent[]): boolean =>
  intents.some((intent) => intent.key === key) || receipts.some((receipt) => receipt.key === key && wentOut(receipt));

/** Whether the occasion of a slot is used up, also when what went out was taken down; a revision never is. */
export const isUsed = (
  campaign: string,
  { asset, channel, slot }: { readonly asset: string; readonly channel: string; readonly slot: string },
  { receipts, intents }: { readonly receipts: readonly Receipt[]; readonly intents: readonly Intent[] },
): boolean => slot !== 'on_change' && isTaken(publicationKey(campaign, asset, channel, slot), receipts, intents);

/** Attempts that provably came to nothing. */
export const releasedAttempts = (key: string, receipts: readonly Receipt[]): number =>
  receipts.filter((receipt) => receipt.key === key && receipt.status === 'released').length;

/** Attempts that the channel refused, since the last time a person resumed. */
export const refusedAttempts = (key: string, receipts: readonly NewReceipt[], since: Instant): number =>
  receipts.filter((receipt) => receipt.key === key && receipt.refused === true && receipt.at > since).length;

type Occasion = Pick<Receipt, 'campaign' | 'asset' | 'brand' | 'channel'>;
const occasionOf = ({ campaign, asset, brand, channel }: Occasion): string =>
  [campaign, asset, brand, channel].join('\0');

/**
 * What stands in public now, oldest first: of each asset on a channel the latest that went out, unless that was taken
 * down. An earlier revision does not come back: it was replaced.
 */
export function liveReceipts(receipts: readonly Receipt[]): Receipt[] {
  const withdrawn = new Set(receipts.filter(isWithdrawal).map(({ key }) => key));
  const latest = new Map<string, Receipt>();
  for (const receipt of receipts.filter(wentOut)) {
    latest.delete(occasionOf(receipt));
    latest.set(occasionOf(receipt), receipt);
  }
  return [...latest.values()].filter(({ key }) => !withdrawn.has(key));
}

/** What the asset stands as on the channel now; undefined also when it was taken down. */
export const latestSent = (receipts: readonly Receipt[], campaign: string, asset: string, channel: string) =>
  liveReceipts(
    receipts.filter(
      (receipt) => receipt.campaign === campaign && receipt.asset === asset && receipt.channel === channel,
    ),
  ).at(-1);

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

/** Beside receipts the ledger holds records of recipients and of what was seen in public. */
export const isReceiptFile = (path: string): boolean => /^hub\/ledger\/\d{4}\//.test(path);

/** One JSON object a line. */
export const jsonLines = (records: readonly unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** The file of a run's open intents; null when none is left. */
export const openFile = (intents: readonly Intent[]): string | null => (intents.length > 0 ? jsonLines(intents) : null);

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

/** What the ledger says of an intent, or of a publication, whatever came of it. */
export const receiptOf = (
  intent: Omit<Intent, 'run' | 'at' | 'class' | 'effect'>,
  run: string,
  at: Instant,
): Omit<NewReceipt, 'status'> => ({
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
  effect_id: effectId(intent),
});

/**
 * The publication as it will stand when the effect is done, for channels that write what they show. It is dated by its
 * intent: done again it is the same one, and whoever looks for it knows how far back to look.
 */
export const plannedPublication = ({ intent, asset }: Pick<EffectOf<'publish'>, 'intent' | 'asset'>): Publication => ({
  ...asset,
  receipt: { ...receiptOf(intent, intent.run, intent.at), status: 'sent', title: asset.asset.title, prev: '' },
});
