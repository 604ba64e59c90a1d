/** Write-ahead: an intent is on record before its receipt, goes with it, and is never made again after a success. */
import type { Intent } from '../../generated/entities.ts';
import { readLines } from '../entity.ts';
import type { Evidence } from './approval.ts';
import type { FiledReceipt } from './ledger.ts';
import type { Limits } from './limits.ts';
import { type AuditCommit, isMerge } from './model.ts';
import { type AuditRule, type Irregularity, irregular } from './rules.ts';

/** An open intent with what it was decided by. */
export interface OpenIntent {
  readonly intent: Intent;
  readonly file: string;
  readonly line: number;
  readonly limits: Limits;
  readonly evidence: Evidence;
}

export interface ReadIntents {
  readonly intents: readonly { readonly intent: Intent; readonly line: number }[];
  readonly found: readonly Irregularity[];
}

export function readIntents(commit: AuditCommit, file: string, text: string): ReadIntents {
  const intents: { intent: Intent; line: number }[] = [];
  const found: Irregularity[] = [];
  for (const [index, content] of (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).entries()) {
    const line = index + 1;
    const { values, problems } = readLines('Intent', file, content);
    const [intent] = values;
    const [problem] = problems;
    if (intent && !problem) intents.push({ intent, line });
    else
      found.push(
        irregular('intents/unreadable', { commit: commit.id, file, line }, problem?.message ?? 'the line is empty'),
      );
  }
  return { intents, found };
}

type Attempt = Pick<Intent, 'key' | 'attempt'>;
const isSameAttempt = (a: Attempt, b: Attempt): boolean => a.key === b.key && a.attempt === b.attempt;
export const isSameIntent = (a: Intent, b: Intent): boolean => isSameAttempt(a, b) && a.content === b.content;

const brief = (key: string): string => `${key.slice(0, 12)}...`;

/** What stood open before and after a commit, and the receipts that it filed. */
export interface IntentStep {
  readonly before: readonly OpenIntent[];
  readonly after: readonly OpenIntent[];
  readonly receipts: readonly FiledReceipt[];
  /** What the ledger held before the commit. */
  readonly isSent: (key: string) => boolean;
  readonly isFiled: (receipt: FiledReceipt['receipt']) => boolean;
}

/** The intent that a receipt answers, if it stood open before the commit. */
export const answered = ({ receipt }: FiledReceipt, before: readonly OpenIntent[]): OpenIntent | undefined =>
  before.find(({ intent }) => isSameAttempt(intent, receipt) && intent.content === receipt.content);

export function auditIntents(
  commit: AuditCommit,
  { before, after, receipts, isSent, isFiled }: IntentStep,
): Irregularity[] {
  // What happened on the other side of a merge is not seen commit by commit; that it came by a merge is reported.
  if (isMerge(commit)) return [];
  const report = (rule: AuditRule, { file, line }: { file: string; line: number }, wrong: string) =>
    irregular(rule, { commit: commit.id, file, line }, wrong);
  const fresh = after.filter(({ intent }) => !before.some((open) => isSameIntent(open.intent, intent)));
  const gone = before.filter(({ intent }) => !after.some((open) => isSameIntent(open.intent, intent)));

  const unannounced = receipts.flatMap((filed) => {
    const { receipt } = filed;
    // A second success is reported as such; a late one was announced before what it corrects.
    if (answered(filed, before) || isSent(receipt.key) || (receipt.late && isFiled(receipt))) return [];
    const what = `${receipt.asset} on ${receipt.channel}, attempt ${receipt.attempt}`;
    return fresh.some(({ intent }) => isSameAttempt(intent, receipt))
      ? [report('intents/not-ahead', filed, `${what}: its intent is in the same commit`)]
      : [report('intents/missing', filed, `${what}: no earlier commit has such an intent`)];
  });
  const vanished = gone
    .filter(({ intent }) => !receipts.some(({ receipt }) => isSameAttempt(receipt, intent)))
    .map((open) =>
      report('intents/vanished', open, `the intent of ${open.intent.asset} is gone and no receipt is filed`),
    );
  const kept = before
    .filter(({ intent }) => after.some((open) => isSameIntent(open.intent, intent)))
    .filter(({ intent }) => receipts.some(({ receipt }) => isSameAttempt(receipt, intent)))
    .map((open) => report('intents/kept', open, `the intent of ${open.intent.asset} is still open after its receipt`));
  const twice = fresh
    .filter((open) => after.find(({ intent }) => intent.key === open.intent.key) !== open)
    .map((open) => report('intents/two-open', open, `another intent is open for key ${brief(open.intent.key)}`));
  const afterSent = fresh
    .filter(({ intent }) => isSent(intent.key))
    .map((open) => {
      const { asset, attempt, key } = open.intent;
      return report(
        'intents/after-sent',
        open,
        `attempt ${attempt} at ${asset}, but key ${brief(key)} was sent already`,
      );
    });
  return [...unannounced, ...vanished, ...kept, ...twice, ...afterSent];
}
