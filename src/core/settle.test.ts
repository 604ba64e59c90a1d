import { expect, test } from 'vitest';
import type { Intent } from '../generated/entities.ts';
import type { Channel, ChannelClass, MadeAsset } from './contracts.ts';
import { type Knowledge, type Memory, type Settlement, settlementOf } from './settle.ts';

const AT = '2026-11-23T08:47:00Z';
const SOON = '2026-11-23T09:17:00Z';
const NEXT_DAY = '2026-11-24T09:17:00Z';

const intentOf = (kind: ChannelClass, effect: Intent['effect'] = 'outside'): Intent => ({
  key: 'a'.repeat(64),
  attempt: 1,
  run: '20261123T084700Z-00000001',
  at: AT,
  campaign: 'spring',
  asset: 'social-post',
  brand: 'tidewell',
  channel: 'feed',
  slot: '2026-11-23T09:30[Europe/Berlin]',
  class: kind,
  effect,
  content: 'c'.repeat(64),
});

const channel: Knowledge['channel'] & Pick<Channel, 'publish' | 'find'> = {
  keyMinutes: 60,
  publish: () => Promise.reject(new Error('not called here')),
  find: () => Promise.reject(new Error('not called here')),
};
const asset = { id: 'social-post' } as MadeAsset;

const settled = (kind: ChannelClass, memory?: Memory, changes: Partial<Knowledge> = {}): string => {
  const known = { now: SOON, memory, ownerMayLive: false, channel, asset, ...changes };
  const settlement: Settlement = settlementOf(intentOf(kind), known);
  return settlement.how === 'file' ? settlement.receipt.status : settlement.how;
};

const CLASSES: readonly ChannelClass[] = ['natural', 'key', 'query', 'opaque'];

test('of an effect in the tree nothing can have happened', () => {
  for (const kind of CLASSES) {
    const known: Knowledge = { now: SOON, memory: undefined, ownerMayLive: true, channel, asset };
    expect(settlementOf(intentOf(kind, 'tree'), known)).toMatchObject({ receipt: { status: 'released' } });
  }
});

test('what this machine knows to be sent is sent, even while its owner may live', () => {
  for (const kind of CLASSES) expect(settled(kind, { state: 'sent' }, { ownerMayLive: true })).toBe('sent');
});

test('nobody touches what its owner may still be calling', () => {
  for (const kind of CLASSES) expect(settled(kind, undefined, { ownerMayLive: true })).toBe('wait');
});

test.each<Memory['state']>(['never-called', 'refused'])(
  'a call that this machine remembers as %s is given back only where no other machine may have repeated it',
  (state) => {
    const memory = { state } as Memory;
    expect(CLASSES.map((kind) => settled(kind, memory))).toEqual(['replay', 'replay', 'released', 'released']);
  },
);

test.each<Memory | undefined>([undefined, { state: 'calling' }, { state: 'unknown' }])(
  'a call in doubt is settled by the class of its channel, whatever its memory: %o',
  (memory) => {
    expect(CLASSES.map((kind) => settled(kind, memory))).toEqual(['replay', 'replay', 'find', 'assumed_sent']);
  },
);

test('a key is asked for once the receiver may have forgotten it', () => {
  expect(settled('key', undefined, { now: '2026-11-23T09:34:59Z' })).toBe('replay');
  expect(settled('key', undefined, { now: '2026-11-23T09:35:00Z' })).toBe('find');
  expect(settled('key', undefined, { now: NEXT_DAY })).toBe('find');
});

test('what can be neither repeated nor asked for is taken as sent', () => {
  for (const kind of CLASSES) expect(settled(kind, undefined, { asset: undefined })).toBe('assumed_sent');
  for (const kind of CLASSES) expect(settled(kind, undefined, { channel: undefined })).toBe('assumed_sent');
});
