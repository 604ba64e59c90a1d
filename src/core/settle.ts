/** From open intents to receipts: what a run files about its own, and about those that an earlier run left behind. */
import type { CampaignInput, ChangeSet, FileChange } from './contracts.ts';
import { ledgerFile, ledgerPath, type NewReceipt, openFile, openPath, receiptOf } from './ledger.ts';

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

/**
 * Settles what earlier runs left open. Every channel of today lives in the tree: its effect and its receipt are one
 * commit, so an intent without a receipt provably came to nothing and is released.
 */
export function settle(books: Books): ChangeSet {
  const open = books.state.intents.filter((intent) => intent.run !== books.run);
  const receipts = open.map((intent): NewReceipt => {
    const because = `run ${intent.run} ended before it published`;
    return { ...receiptOf(intent, books.run, books.now), status: 'released', because };
  });
  const title = `${open.length} open intent${open.length === 1 ? '' : 's'} settled`;
  return { stage: 'publish', scope: 'workspace', title, changes: fileReceipts(books, receipts) };
}
