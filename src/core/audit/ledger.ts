/** One change of one ledger file: append-only, readable, chained. */
import type { Receipt } from '../../generated/entities.ts';
import { readLines } from '../entity.ts';
import { sha256 } from '../hash.ts';
import type { AuditCommit } from './model.ts';
import { type AuditRule, type Irregularity, irregular } from './rules.ts';

export interface FiledReceipt {
  readonly receipt: Receipt;
  readonly file: string;
  readonly line: number;
}

export interface LedgerChange {
  readonly added: readonly FiledReceipt[];
  readonly found: readonly Irregularity[];
  /** The commit that the first line of a new file names. */
  readonly base?: string;
}

/** Lines with their line ends, so that a torn last line differs from a whole one. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** What happened to the lines that were there before; undefined when nothing did. */
function tampering(
  before: readonly string[],
  after: readonly string[],
): { readonly rule: AuditRule; readonly line: number; readonly wrong: string } | undefined {
  const at = before.findIndex((line, index) => line !== after[index]);
  if (at === -1) return undefined;
  const line = at + 1;
  const isCut = after.length < before.length && after.every((text, index) => text === before[index]);
  if (isCut)
    return {
      rule: 'ledger/shortened',
      line,
      wrong: `${before.length - after.length} of ${before.length} lines are gone`,
    };
  const isShuffled = before.toSorted().join('') === after.toSorted().join('');
  if (isShuffled) return { rule: 'ledger/reordered', line, wrong: `line ${line} is not the line that stood here` };
  return { rule: 'ledger/edited', line, wrong: `line ${line} is not what it was when it was filed` };
}

export interface Appended {
  /** Number of the first of them, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
  /** The line before the first one. */
  readonly last?: string;
  readonly found: readonly Irregularity[];
}

/**
 * What a commit has appended to a file of the ledger; nothing when it did anything else to it.
 *
 * @param before  undefined for a new file
 */
export function appendedLines(
  commit: AuditCommit,
  file: string,
  before: string | undefined,
  after: string | null,
): Appended {
  const place = { commit: commit.id, file };
  const old = linesOf(before ?? '');
  const nothing = { first: old.length + 1, lines: [] };
  if (after === null) return { ...nothing, found: [irregular('ledger/deleted', place, 'the file is gone')] };
  const lines = linesOf(after);
  const tampered = tampering(old, lines);
  if (tampered) {
    const { rule, line, wrong } = tampered;
    return { ...nothing, found: [irregular(rule, { ...place, line }, wrong)] };
  }
  const last = old.at(-1);
  return { first: old.length + 1, lines: lines.slice(old.length), found: [], ...(last === undefined ? {} : { last }) };
}

/** @param before  undefined for a new file */
export function auditLedgerChange(
  commit: AuditCommit,
  file: string,
  before: string | undefined,
  after: string | null,
): LedgerChange {
  const place = { commit: commit.id, file };
  const { first, lines, last, found: tampered } = appendedLines(commit, file, before, after);
  let previous = last;
  const added: FiledReceipt[] = [];
  const found: Irregularity[] = [...tampered];
  let base: string | undefined;
  for (const [index, content] of lines.entries()) {
    const here = { ...place, line: first + index };
    const lineBefore = previous;
    previous = content;
    const { values, problems } = readLines('Receipt', file, content);
    const [receipt] = values;
    const [problem] = problems;
    if (problem || !receipt) {
      found.push(irregular('ledger/unreadable', here, problem?.message ?? 'the line is empty'));
      continue;
    }
    if (lineBefore === undefined) base = receipt.prev;
    else if (receipt.prev !== sha256(lineBefore.trimEnd())) {
      const wrong = `prev is ${receipt.prev.slice(0, 12)}..., which is not line ${here.line - 1}`;
      found.push(irregular('ledger/chain', here, wrong));
    }
    added.push({ receipt, file, line: here.line });
  }
  return { added, found, ...(base === undefined ? {} : { base }) };
}

/** Clocks of two machines may differ by so much without anything being wrong. */
const CLOCK_SKEW_MS = 10 * 60_000;

/**
 * @param latest  the latest date among receipts of earlier commits
 */
export function auditDate(commit: AuditCommit, { receipt, file, line }: FiledReceipt, latest: string): Irregularity[] {
  const place = { commit: commit.id, file, line };
  if (Date.parse(receipt.at) > Date.parse(commit.at)) {
    return [irregular('ledger/future', place, `dated ${receipt.at}, but the commit is of ${commit.at}`)];
  }
  if (latest !== '' && Date.parse(latest) - Date.parse(receipt.at) > CLOCK_SKEW_MS) {
    return [irregular('ledger/backdated', place, `dated ${receipt.at}, but one of ${latest} was filed before`)];
  }
  return [];
}
