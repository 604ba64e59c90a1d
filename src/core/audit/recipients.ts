/** Mail to lists: nobody is claimed by two runs or sent anything twice, and receipts count what is on record. */

import type { RecipientBatch } from '../../generated/entities.ts';
import { readLines } from '../entity.ts';
import { MailingRecords, recordsFolder } from '../mailing/records.ts';
import { appendedLines, type FiledReceipt } from './ledger.ts';
import type { AuditCommit } from './model.ts';
import { type AuditRule, type Irregularity, irregular } from './rules.ts';

const FOLDER = recordsFolder('');

export const isRecipientFile = (path: string): boolean => path.startsWith(FOLDER);

const people = (count: number): string => (count === 1 ? 'a recipient' : `${count} recipients`);

export class RecipientAudit {
  /** By key of the publication. */
  private readonly mailings = new Map<string, MailingRecords>();

  /** One change of one file of claims. @param before undefined for a new file */
  change(commit: AuditCommit, file: string, before: string | undefined, after: string | null): Irregularity[] {
    const { first, lines, found } = appendedLines(commit, file, before, after);
    const [key = '', name = ''] = file.slice(FOLDER.length).split('/');
    const records = this.mailings.get(key) ?? new MailingRecords();
    this.mailings.set(key, records);
    const batch = name.replace(/\.jsonl$/, '');
    const wrong = lines.flatMap((content, index) => {
      const place = { commit: commit.id, file, line: first + index };
      const { values, problems } = readLines('RecipientBatch', file, content);
      const [line] = values;
      const [problem] = problems;
      if (problem || !line) return [irregular('recipients/unreadable', place, problem?.message ?? 'the line is empty')];
      const misdeeds = misdeedsOf(records, batch, line);
      records.add(batch, [line]);
      return misdeeds.map(({ rule, count, what }) => irregular(rule, place, `${people(count)} ${what}`));
    });
    return [...found, ...wrong];
  }

  /** Whether a receipt counts the people of its publication as they are on record. */
  auditReceipt(commit: AuditCommit, { receipt, file, line }: FiledReceipt): Irregularity[] {
    const counts = this.mailings.get(receipt.key)?.counts();
    if (!counts || receipt.status === 'released' || receipt.status === 'withdrawn') return [];
    const told = { sent: 0, in_doubt: 0, refused: 0, ...receipt.recipients };
    const states = ['sent', 'in_doubt', 'refused'] as const;
    const miscounted = states.filter((state) => told[state] !== counts[state]);
    const wrong = [
      ...miscounted.map((state) => `${state} is ${told[state]}, but ${counts[state]} are on record`),
      ...(counts.claimed > 0 ? [`${people(counts.claimed)} are still claimed`] : []),
    ];
    return wrong.map((what) => irregular('recipients/miscounted', { commit: commit.id, file, line }, what));
  }
}

interface Misdeed {
  readonly rule: AuditRule;
  readonly count: number;
  readonly what: string;
}

function misdeedsOf(records: MailingRecords, batch: string, { state, recipients }: RecipientBatch): Misdeed[] {
  const count = (test: (person: string) => boolean): number => recipients.filter(test).length;
  const here = (person: string) => records.stateIn(batch, person);
  const isTaken = (person: string): boolean => !['released', 'deferred', undefined].includes(records.stateOf(person));
  const isSentElsewhere = (person: string): boolean => records.stateOf(person) === 'sent' && here(person) !== 'sent';
  const found: readonly Misdeed[] = [
    {
      rule: 'recipients/claimed-twice',
      count: state === 'claimed' ? count(isTaken) : 0,
      what: 'were claimed before and not released',
    },
    {
      rule: 'recipients/sent-twice',
      count: state === 'sent' ? count(isSentElsewhere) : 0,
      what: 'had been sent it under another claim',
    },
    {
      // Whoever cannot be mailed at all is refused without a claim.
      rule: 'recipients/unclaimed',
      count: state === 'claimed' || state === 'refused' ? 0 : count((person) => here(person) === undefined),
      what: 'were not claimed in this file',
    },
  ];
  return found.filter((one) => one.count > 0);
}
