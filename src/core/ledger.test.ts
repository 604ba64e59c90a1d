import { expect, test } from 'vitest';
import type { Intent, Receipt } from '../generated/entities.ts';
import { sha256 } from './hash.ts';
import {
  isChained,
  isTaken,
  isUsed,
  latestSent,
  ledgerFile,
  ledgerPath,
  liveReceipts,
  type NewReceipt,
  nextRevision,
  openFile,
  publicationKey,
  releasedAttempts,
  standingReceipts,
  wentOut,
} from './ledger.ts';

const BASE = 'a'.repeat(40);
const SLOT = '2026-11-23T09:00[Europe/Berlin]';
const key = publicationKey('spring', 'post-1', 'feed', SLOT);

const receipt = (status: Receipt['status'], slot = SLOT): NewReceipt => ({
  key: publicationKey('spring', 'post-1', 'feed', slot),
  attempt: 1,
  status,
  run: 'r1',
  at: '2026-11-23T08:00:00Z',
  campaign: 'spring',
  asset: 'post-1',
  brand: 'acme',
  channel: 'feed',
  slot,
  content: 'c'.repeat(64),
});
const filed = (status: Receipt['status'], slot = SLOT): Receipt => ({ ...receipt(status, slot), prev: BASE });

test('a key rests on campaign, asset, channel and slot, and on nothing else', () => {
  expect(publicationKey('spring', 'post-1', 'feed', SLOT)).toBe(key);
  const others = [
    publicationKey('autumn', 'post-1', 'feed', SLOT),
    publicationKey('spring', 'post-2', 'feed', SLOT),
    publicationKey('spring', 'post-1', 'web', SLOT),
    publicationKey('spring', 'post-1', 'feed', '2026-11-23T09:00[Europe/Paris]'),
    publicationKey('spring', 'post-1f', 'eed', SLOT),
  ];
  expect(new Set([key, ...others]).size).toBe(6);
});

test('a key is taken while its intent is open and once it may have gone out, but not after a release', () => {
  const intent: Intent = { ...receipt('sent'), class: 'natural', effect: 'tree' };
  expect(isTaken(key, [], [])).toBe(false);
  expect(isTaken(key, [], [intent])).toBe(true);
  expect(isTaken(key, [filed('sent')], [])).toBe(true);
  expect(isTaken(key, [filed('assumed_sent')], [])).toBe(true);
  expect(isTaken(key, [filed('released')], [])).toBe(false);
  expect(releasedAttempts(key, [filed('released'), filed('released'), filed('sent', 'r1')])).toBe(2);
});

test('each line of the ledger names the line before it, the first one the base commit', () => {
  const [first = '', second = ''] = ledgerFile(BASE, [], [receipt('sent'), receipt('sent', 'r2')])
    .trimEnd()
    .split('\n');
  expect(JSON.parse(first)).toMatchObject({ prev: BASE, slot: SLOT });
  expect(JSON.parse(second)).toMatchObject({ prev: sha256(first), slot: 'r2' });
});

test('adding to a file of the ledger keeps the lines that stand there', () => {
  const once = ledgerFile(BASE, [], [receipt('sent')]);
  const lines = once
    .trimEnd()
    .split('\n')
    .map((line): Receipt => JSON.parse(line));
  expect(ledgerFile(BASE, lines, [receipt('sent', 'r2')]).startsWith(once)).toBe(true);
});

test('a line that was edited, taken out or moved breaks the chain', () => {
  const file = ledgerFile(BASE, [], [receipt('sent'), receipt('released', 'r2'), receipt('sent', 'r3')]);
  const [first, second, third] = file.trimEnd().split('\n');
  expect(isChained(file)).toBe(true);
  expect(isChained(file.replace('released', 'sent'))).toBe(false);
  expect(isChained(`${first}\n${third}\n`)).toBe(false);
  expect(isChained(`${first}\n${third}\n${second}\n`)).toBe(false);
});

test('a revision counts what went out, not what was released', () => {
  const history = [filed('sent', 'r1'), filed('released', 'r2')];
  expect(nextRevision(history, 'spring', 'post-1', 'feed')).toBe('r2');
  expect(nextRevision(history, 'spring', 'post-1', 'web')).toBe('r1');
});

test('what was taken down keeps its key, does not stand any more and counts as one publication', () => {
  const receipts = [filed('sent'), filed('withdrawn')];
  expect(isTaken(key, receipts, [])).toBe(true);
  expect(isUsed('spring', { asset: 'post-1', channel: 'feed', slot: SLOT }, { receipts, intents: [] })).toBe(true);
  expect(liveReceipts(receipts)).toEqual([]);
  expect(receipts.filter(wentOut)).toHaveLength(1);
});

test('a page that was taken down comes back as its next revision, and no earlier one does', () => {
  const down = [filed('sent', 'r1'), filed('sent', 'r2'), filed('withdrawn', 'r2')];
  expect(latestSent(down, 'spring', 'post-1', 'feed')).toBeUndefined();
  expect(nextRevision(down, 'spring', 'post-1', 'feed')).toBe('r3');
  const back = [...down, filed('sent', 'r3')];
  expect(latestSent(back, 'spring', 'post-1', 'feed')?.slot).toBe('r3');
  expect(liveReceipts(back).map(({ slot }) => slot)).toEqual(['r3']);
});

test('taking down does not make an assumption a fact', () => {
  const receipts = [filed('assumed_sent'), filed('withdrawn')];
  expect(standingReceipts(receipts)).toEqual(receipts);
});

test('files are named by run and day, and the last intent takes its file with it', () => {
  expect(ledgerPath('20261123T080000Z-0a1b', '2026-11-23T08:00:00Z')).toBe(
    'hub/ledger/2026/11/23/20261123T080000Z-0a1b.jsonl',
  );
  expect(openFile([])).toBeNull();
});
