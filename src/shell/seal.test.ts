import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeBatch } from './events.ts';
import { dropEvents, takeEvents } from './seal.ts';

const NOW = '2026-11-23T09:41:27Z';
const forReal = { dryRun: false };
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mhub-seal-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('batches are taken together, stay the same when more arrives, and go when they are dropped', () => {
  writeBatch(dir, NOW, 'one\n');
  writeBatch(dir, NOW, 'two\n');
  const first = takeEvents(dir, forReal);
  expect(first.map(({ text }) => text)).toEqual(['one\ntwo\n']);
  writeBatch(dir, NOW, 'three\n');
  const second = takeEvents(dir, forReal);
  expect(second).toContainEqual(first[0]);
  expect(second.map(({ text }) => text)).toEqual(['one\ntwo\n', 'three\n']);
  dropEvents(dir, second);
  expect(readdirSync(dir)).toEqual([]);
});

test('what a dead run had begun to move is taken by the next one', () => {
  mkdirSync(join(dir, '.sealing-999999999'));
  writeFileSync(join(dir, '.sealing-999999999', '20261123T094127Z-0001.jsonl'), 'half\n');
  expect(takeEvents(dir, forReal).map(({ text }) => text)).toEqual(['half\n']);
});

test('a dry run reads the events and leaves them where they are', () => {
  const name = writeBatch(dir, NOW, 'one\n');
  expect(takeEvents(dir, { dryRun: true })).toEqual([{ name: 'waiting', text: 'one\n' }]);
  expect(readdirSync(dir)).toEqual([name]);
});

test('only sealed batches can be dropped', () => {
  expect(() => dropEvents(dir, [{ name: '../mhub.yaml', text: '' }])).toThrow(RangeError);
});

test('without the folder there is nothing', () => {
  expect(takeEvents(join(dir, 'missing'), forReal)).toEqual([]);
});
