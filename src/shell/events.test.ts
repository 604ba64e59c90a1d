import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failed } from '../core/errors.ts';
import { collectInto, readBatches, writeBatch } from './events.ts';

const NOW = '2026-11-23T09:41:27Z';
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mhub-events-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('batches are read in the order they were finished', () => {
  const names = [writeBatch(dir, NOW, 'one\n'), writeBatch(dir, NOW, 'two\n')];
  expect(names).toEqual(['20261123T094127Z-0001.jsonl', '20261123T094127Z-0002.jsonl']);
  expect(readBatches(dir)).toEqual([
    { name: names[0], text: 'one\n' },
    { name: names[1], text: 'two\n' },
  ]);
});

test('unfinished files, other files and links are no batches', () => {
  writeFileSync(join(dir, '.20261123T094127Z-0001.jsonl.42'), 'half');
  writeFileSync(join(dir, 'notes.txt'), 'text');
  symlinkSync('/etc/hostname', join(dir, 'link.jsonl'));
  expect(readBatches(dir)).toEqual([]);
  expect(readBatches(join(dir, 'missing'))).toEqual([]);
});

test('a file that no collector wrote is an error with its size', () => {
  writeFileSync(join(dir, 'huge.jsonl'), Buffer.alloc(8 * 1024 * 1024 + 1));
  expect(() => readBatches(dir)).toThrow(Failed);
  expect(() => readBatches(dir)).toThrow('has 8388609 bytes, expected at most 8388608');
});

test('a burst of events is filed in batches of 500, the rest on flush', () => {
  const collector = collectInto(dir, () => NOW);
  for (let visit = 0; visit < 501; visit += 1) collector.add({ type: 'visit', path: '/' });
  expect(readdirSync(dir)).toHaveLength(1);
  collector.flush();
  expect(readBatches(dir).map(({ text }) => text.split('\n').length - 1)).toEqual([500, 1]);
  collector.flush();
  expect(readdirSync(dir)).toHaveLength(2);
});

test('events wait while they cannot be written', () => {
  const lost = join(dir, 'lost');
  writeFileSync(lost, 'a file where the folder should be');
  const collector = collectInto(lost, () => NOW);
  collector.add({ type: 'visit', path: '/' });
  expect(() => collector.flush()).toThrow();
  rmSync(lost);
  collector.flush();
  expect(readBatches(lost)).toHaveLength(1);
});
