/** Ends a mailing with what is known of it: nobody of the list gets it any more. */
import type { RecipientBatch } from '../../generated/entities.ts';
import type { NewReceipt } from '../ledger.ts';
import { type MailingRecords, recordsFolder } from './records.ts';
import type { Filing } from './results.ts';

export interface Closing {
  /** What is to stand at the end of files of claims: whoever was claimed is in doubt from here on. */
  readonly entries: readonly { readonly batch: string; readonly lines: readonly RecipientBatch[] }[];
  readonly receipt: Pick<NewReceipt, 'status' | 'because' | 'url' | 'recipients'>;
}

/**
 * @param key      of the publication
 * @param because  why it ends
 */
export function closingOf(
  key: string,
  records: MailingRecords,
  { run, at }: Pick<Filing, 'run' | 'at'>,
  because: string,
): Closing {
  const [secret] = records.secrets;
  if (secret === undefined || !records.hasReachedAnybody()) {
    return { entries: [], receipt: { status: 'released', because } };
  }
  const entries = records.open().map(({ batch, states }) => ({
    batch,
    lines: [
      {
        state: 'in_doubt' as const,
        run,
        at,
        secret,
        recipients: [...states].flatMap(([person, state]) => (state === 'claimed' ? [person] : [])).sort(),
        because,
      },
    ],
  }));
  const { sent, in_doubt, claimed, refused } = records.counts();
  const recipients = { sent, in_doubt: in_doubt + claimed, refused, unsubscribed: 0, without_consent: 0 };
  const status = sent > 0 ? 'sent' : 'assumed_sent';
  return { entries, receipt: { status, because, url: recordsFolder(key), recipients } };
}
