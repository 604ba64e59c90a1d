/**
 * What this machine knows of its own calls: a line before and a line after each, on disk before the next step. It only
 * saves questions to channels, it never decides alone: without it the channel's class decides.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Instant } from '../core/contracts.ts';
import type { Intent } from '../generated/entities.ts';
import { ensureIgnored } from './fast.ts';

const FILE = '.mhub/journal/calls.jsonl';

/** begun: a run owns this machine's calls from here on; calling: a call may be under way. */
export type CallState = 'begun' | 'calling' | 'sent' | 'refused' | 'unknown';

export interface JournalLine {
  readonly run: string;
  readonly state: CallState;
  readonly at: Instant;
  /** Process that wrote it, and what tells it from another one of the same number. */
  readonly pid: number;
  readonly birth: string;
  readonly key?: string;
  readonly attempt?: number;
  readonly intent?: Intent;
  readonly url?: string;
  readonly because?: string;
}

/** What is known of an intent: its last state, or that its run never came to call it. */
export interface CallMemory {
  /** undefined: nothing, the intent is not from this machine. */
  stateOf(run: string, key: string, attempt: number): JournalLine | 'never-called' | undefined;
  /** Whether the process that owns a run on this machine still lives. */
  isRunning(run: string): boolean;
  readonly lines: readonly JournalLine[];
}

function parsed<T>(line: string): T[] {
  try {
    return [JSON.parse(line) as T];
  } catch {
    // Torn by a kill while it was written: as if it had not been.
    return [];
  }
}

/** Whole lines of a file below the root; none when it is not there. */
export function readLinesOf<T>(root: string, file: string): T[] {
  const path = join(root, file);
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .flatMap(parsed<T>)
    : [];
}

/** A line of `.mhub`; it is on disk when this returns. */
export function appendLine(root: string, file: string, record: object): void {
  ensureIgnored(root);
  appendRecord(join(root, file), record);
}

/** A line of any file; it is on disk when this returns. */
export function appendRecord(path: string, record: object): void {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, 'a');
  try {
    // A line break first: a line that a kill or a full disk has cut must not swallow this one.
    writeFileSync(descriptor, `\n${JSON.stringify(record)}\n`);
    fdatasyncSync(descriptor);
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  } finally {
    closeSync(descriptor);
  }
}

/** Start time of a process since boot, from proc(5); empty where there is no /proc. */
function birthOf(pid: number | 'self'): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // No such process, or no such file system.
    return '';
  }
}

function isAlive({ pid, birth }: JournalLine): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return birth === birthOf(pid);
}

export function readJournal(root: string): CallMemory {
  const lines = readLinesOf<JournalLine>(root, FILE);
  return {
    lines,
    stateOf(run, key, attempt) {
      const own = lines.filter((line) => line.run === run);
      if (own.length === 0) return undefined;
      return own.findLast((line) => line.key === key && line.attempt === attempt) ?? 'never-called';
    },
    isRunning: (run) => lines.some((line) => line.run === run && line.state === 'begun' && isAlive(line)),
  };
}

export interface Journal {
  write(line: Omit<JournalLine, 'run' | 'pid' | 'birth'>): void;
}

/** Opens the journal for a run; each line is on disk when `write` returns. */
export function openJournal(root: string, run: string): Journal {
  const birth = birthOf('self');
  return { write: (line) => appendLine(root, FILE, { run, pid: process.pid, birth, ...line }) };
}

/** Nothing of this machine is open any more: what the journal could tell stands in the ledger. */
export function clearJournal(root: string): void {
  const { lines } = readJournal(root);
  if (lines.some((line) => line.state === 'begun' && isAlive(line))) return;
  rmSync(join(root, FILE), { force: true });
}
