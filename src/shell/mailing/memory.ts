/**
 * What this machine knows of the mailings it has sent: a line before and a line after each batch, on disk before the
 * next step. Like the journal of calls it may be deleted; then nobody knows, which is safe.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchMemory } from '../../core/mailing/plan.ts';
import type { Result } from '../../core/mailing/results.ts';
import { appendLine, readLinesOf } from '../journal.ts';

/**
 * claiming: from here on this file knows every batch of the chunk; calling: a batch may be under way; answered: what
 * the channel said.
 */
interface MailingLine {
  readonly run: string;
  readonly chunk: number;
  readonly state: 'claiming' | 'calling' | 'answered';
  /** Of the batch among those of the chunk. */
  readonly batch?: number;
  readonly recipients?: readonly string[];
  readonly results?: readonly Result[];
  /** Ids among those who get no more mail. */
  readonly bounced?: readonly string[];
}

const fileOf = (publication: string): string => `.mhub/journal/mailing-${publication}.jsonl`;

export interface RememberedBatch extends BatchMemory {
  readonly bounced: readonly string[];
}

export interface MailingMemory {
  /** undefined: the chunk was not this machine's. */
  batchesOf(run: string, chunk: number): readonly RememberedBatch[] | undefined;
  write(line: MailingLine): void;
  /** The ledger knows everything by now. */
  forget(): void;
}

export function mailingMemory(root: string, publication: string): MailingMemory {
  const file = fileOf(publication);
  let read: MailingLine[] | undefined;
  const lines = (): MailingLine[] => {
    read ??= readLinesOf<MailingLine>(root, file);
    return read;
  };
  return {
    batchesOf(run, chunk) {
      const own = lines().filter((line) => line.run === run && line.chunk === chunk);
      if (own.length === 0) return undefined;
      const begun = own.filter(({ state }) => state === 'calling');
      return begun.map(({ batch, recipients = [] }) => {
        const answer = own.findLast((line) => line.state === 'answered' && line.batch === batch);
        return { recipients, bounced: answer?.bounced ?? [], ...(answer?.results && { results: answer.results }) };
      });
    },
    write(line) {
      appendLine(root, file, line);
      read?.push(line);
    },
    forget() {
      rmSync(join(root, file), { force: true });
      read = undefined;
    },
  };
}
