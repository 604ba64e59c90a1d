import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearJournal, openJournal, readJournal } from './journal.ts';

const FILE = '.mhub/journal/calls.jsonl';
const AT = '2026-11-24T12:00:00Z';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mhub-journal-'));
});

afterEach(() => rmSync(root, { recursive: true }));

test('of a call only the last state counts, and a key that never came up was never called', () => {
  const journal = openJournal(root, 'run-1');
  journal.write({ state: 'begun', at: AT });
  journal.write({ state: 'calling', key: 'k1', attempt: 1, at: AT });
  journal.write({ state: 'sent', key: 'k1', attempt: 1, at: AT, url: 'https://service.example/1' });
  const memory = readJournal(root);
  expect(memory.stateOf('run-1', 'k1', 1)).toMatchObject({ state: 'sent', url: 'https://service.example/1' });
  expect(memory.stateOf('run-1', 'k2', 1)).toBe('never-called');
  expect(memory.stateOf('run-2', 'k1', 1)).toBeUndefined();
});

test('a line that a full disk or a kill has cut does not swallow the next one', () => {
  openJournal(root, 'run-1').write({ state: 'begun', at: AT });
  appendFileSync(join(root, FILE), '\n{"run":"run-1","state":"call');
  openJournal(root, 'run-1').write({ state: 'calling', key: 'k1', attempt: 1, at: AT });
  expect(readJournal(root).stateOf('run-1', 'k1', 1)).toMatchObject({ state: 'calling' });
});

test('a run of this very process is over when its journal is read again, and its memory may go', () => {
  openJournal(root, 'run-1').write({ state: 'begun', at: AT });
  expect(readJournal(root).isRunning('run-1')).toBe(false);
  clearJournal(root);
  expect(existsSync(join(root, FILE))).toBe(false);
});
