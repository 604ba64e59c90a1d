import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mailingMemory } from './memory.ts';

const KEY = 'ab'.repeat(32);
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mhub-memory-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const chunk = { run: 'one', chunk: 1 };

test('a chunk that was never begun is known, and one of another machine is not', () => {
  const memory = mailingMemory(root, KEY);
  memory.write({ ...chunk, state: 'claiming' });
  expect(memory.batchesOf('one', 1)).toEqual([]);
  expect(memory.batchesOf('one', 2)).toBeUndefined();
  expect(mailingMemory(root, 'cd'.repeat(32)).batchesOf('one', 1)).toBeUndefined();
});

test('a batch without an answer may have been sent; a line that a kill has cut is as if it had not been written', () => {
  const memory = mailingMemory(root, KEY);
  memory.write({ ...chunk, state: 'claiming' });
  memory.write({ ...chunk, state: 'calling', batch: 0, recipients: ['a'] });
  memory.write({ ...chunk, state: 'answered', batch: 0, results: [{ state: 'sent', recipients: ['a'] }], bounced: [] });
  memory.write({ ...chunk, state: 'calling', batch: 1, recipients: ['b'] });
  const [file = ''] = readdirSync(join(root, '.mhub/journal'));
  appendFileSync(join(root, '.mhub/journal', file), '\n{"run":"one","chunk":1,"state":"answ');
  memory.write({ ...chunk, state: 'calling', batch: 2, recipients: ['c'] });
  expect(memory.batchesOf('one', 1)).toEqual([
    { recipients: ['a'], bounced: [], results: [{ state: 'sent', recipients: ['a'] }] },
    { recipients: ['b'], bounced: [] },
    { recipients: ['c'], bounced: [] },
  ]);
});

test('what is over is forgotten', () => {
  const memory = mailingMemory(root, KEY);
  memory.write({ ...chunk, state: 'claiming' });
  memory.forget();
  expect(memory.batchesOf('one', 1)).toBeUndefined();
});
