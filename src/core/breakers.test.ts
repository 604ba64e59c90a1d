import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exampleUnit } from '../core/policy/sample.ts';
import type { Breakers, Halt, Receipt } from '../generated/entities.ts';
import { guardFailureLimit, publishStop } from './breakers.ts';
import type { HubState, Named, Unit } from './contracts.ts';
import { civilDay, toInstant } from './time.ts';

type Evidence = Pick<HubState, 'receipts' | 'intents' | 'halts' | 'unreadable'>;

const NOW = '2026-11-23T09:00:00Z';
const calm: Evidence = { receipts: [], intents: [], halts: [], unreadable: [] };

const receiptAt = (at: string, changes: Partial<Receipt> = {}): Receipt => ({
  key: 'k'.repeat(64),
  attempt: 1,
  status: 'sent',
  run: 'r',
  at,
  campaign: 'another',
  asset: 'a',
  brand: 'northwind',
  channel: 'feed',
  slot: 'r1',
  content: 'c'.repeat(64),
  prev: 'p'.repeat(40),
  ...changes,
});

function unitWith(levels: { workspace?: Breakers; channel?: Breakers; campaign?: Breakers }): Unit {
  const { workspace, campaign, channels } = exampleUnit;
  return {
    ...exampleUnit,
    workspace: { ...workspace, breakers: { ...workspace.breakers, ...levels.workspace } },
    campaign: { ...campaign, breakers: levels.campaign ?? {} },
    channels: channels.map((channel) => ({ ...channel, breakers: { ...channel.breakers, ...levels.channel } })),
  };
}

test('nothing stops a calm channel', () => {
  expect(publishStop(exampleUnit, calm, 'feed', NOW)).toBeUndefined();
});

test.each(['workspace', 'channel', 'campaign'] as const)('the kill switch of the %s names its file', (level) => {
  const stop = publishStop(unitWith({ [level]: { publish_enabled: false } }), calm, 'feed', NOW);
  expect(stop?.level).toBe('halted');
  expect(stop?.why).toMatch(
    /publish_enabled is false in (mhub|brands\/northwind\/channels\/feed|campaigns\/found-again\/campaign)\.yaml/,
  );
});

test('halt_until waits to the second and names the instant', () => {
  const unit = unitWith({ campaign: { halt_until: '2026-11-23T09:00:01Z' } });
  expect(publishStop(unit, calm, 'feed', NOW)).toMatchObject({ level: 'waiting', until: '2026-11-23T09:00:01Z' });
  expect(publishStop(unit, calm, 'feed', '2026-11-23T09:00:01Z')).toBeUndefined();
});

test('a cap counts the ledger, open intents and what is planned, on the civil day of the zone', () => {
  const unit = unitWith({ channel: { max_publishes_per_day: 3 } });
  const yesterday = receiptAt('2026-11-22T22:59:59Z');
  const receipts = [yesterday, receiptAt('2026-11-22T23:00:00Z')];
  const intents = [{ ...receiptAt(NOW), class: 'natural' as const, effect: 'tree' as const }];
  expect(publishStop(unit, { ...calm, receipts, intents }, 'feed', NOW)).toBeUndefined();
  const planned = [{ campaign: 'found-again', brand: 'northwind', channel: 'feed' }];
  expect(publishStop(unit, { ...calm, receipts, intents }, 'feed', NOW, planned)).toEqual({
    level: 'waiting',
    why: 'channel feed: max_publishes_per_day 3 reached on 2026-11-23 (Europe/Berlin): 1 in the ledger, 2 open',
    until: '2026-11-23T23:00:00Z',
  });
});

test('what was released does not count', () => {
  const unit = unitWith({ channel: { max_publishes_per_day: 1 } });
  expect(
    publishStop(unit, { ...calm, receipts: [receiptAt(NOW, { status: 'released' })] }, 'feed', NOW),
  ).toBeUndefined();
  expect(
    publishStop(unit, { ...calm, receipts: [receiptAt(NOW, { status: 'assumed_sent' })] }, 'feed', NOW)?.level,
  ).toBe('waiting');
});

test('what cannot be read counts as tripped', () => {
  const stop = publishStop(exampleUnit, { ...calm, unreadable: ['hub/ledger/2026/11/23/x.jsonl'] }, 'feed', NOW);
  expect(stop).toMatchObject({ level: 'halted', why: expect.stringContaining('hub/ledger/2026/11/23/x.jsonl') });
});

test('a receipt from the future stops everything, one of a clock that is a little ahead does not', () => {
  const ahead = (at: string) => ({ ...calm, receipts: [receiptAt(at, { channel: 'web' })] });
  expect(publishStop(exampleUnit, ahead('2026-11-23T09:01:00Z'), 'feed', '2026-11-23T09:00:00Z')).toBeUndefined();
  const stop = publishStop(exampleUnit, ahead('2026-11-23T09:01:01Z'), 'feed', '2026-11-23T09:00:00Z');
  expect(stop).toMatchObject({ level: 'halted', why: expect.stringContaining('hub/ledger/2026/11/23/') as string });
});

test('a halt stops its campaign and channel until it is resolved', () => {
  const halt: Named<Halt> = {
    id: 'h1',
    campaign: 'found-again',
    channel: 'feed',
    breaker: 'max_guard_failures_before_halt',
    why: 'one asset was rejected',
    evidence: [],
    at: NOW,
    resolved: false,
  };
  expect(publishStop(exampleUnit, { ...calm, halts: [halt] }, 'feed', NOW)?.level).toBe('halted');
  expect(publishStop(exampleUnit, { ...calm, halts: [halt] }, 'web', NOW)).toBeUndefined();
  expect(publishStop(exampleUnit, { ...calm, halts: [{ ...halt, resolved: true }] }, 'feed', NOW)).toBeUndefined();
});

test('the strictest level limits rejections', () => {
  const unit = unitWith({
    workspace: { max_guard_failures_before_halt: 3 },
    campaign: { max_guard_failures_before_halt: 2 },
  });
  expect(guardFailureLimit(unit, 'feed')).toBe(2);
});

test('whatever happens in whatever order, no civil day sees more publications than its cap', () => {
  const start = Date.parse('2026-10-20T00:00:00Z');
  const attempts = fc.array(fc.integer({ min: 0, max: 14 * 24 * 60 }), { size: 'max', minLength: 1, maxLength: 120 });
  const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  fc.assert(
    fc.property(attempts, zones, fc.integer({ min: 0, max: 4 }), (minutes, timezone, cap) => {
      const unit = unitWith({ channel: { max_publishes_per_day: cap } });
      const zoned = { ...unit, channels: unit.channels.map((channel) => ({ ...channel, timezone })) };
      const receipts: Receipt[] = [];
      for (const minute of minutes) {
        const now = toInstant(start + minute * 60_000);
        if (!publishStop(zoned, { ...calm, receipts }, 'feed', now)) receipts.push(receiptAt(now));
      }
      const perDay = new Map<string, number>();
      for (const { at } of receipts) perDay.set(civilDay(at, timezone), (perDay.get(civilDay(at, timezone)) ?? 0) + 1);
      expect(Math.max(0, ...perDay.values())).toBeLessThanOrEqual(cap);
    }),
    { numRuns: 60 },
  );
});
