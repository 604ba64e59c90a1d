import { expect, test } from 'vitest';
import type { Campaign, CampaignPlan, Receipt, Verdict } from '../../generated/entities.ts';
import { emptyHub } from '../../testing/hub-state.ts';
import type { Instant, Unit } from '../contracts.ts';
import { publicationKey } from '../ledger.ts';
import { effectivePolicy } from './effective.ts';
import { exampleUnit } from './sample.ts';
import { delayOf, isUntimelyOnly, legalOpenings } from './timing.ts';

const BERLIN = 'Europe/Berlin';
const night = { quiet_hours: { from: '20:00', to: '08:00' } };

type Params = Readonly<Record<string, unknown>>;
const rule = (id: string, params: Params, severity: 'block' | 'warn' = 'block') => ({
  id,
  type: 'frequency',
  severity,
  kinds: ['social_post' as const],
  params,
});

function unitWith(rules: readonly ReturnType<typeof rule>[], campaign: Partial<Campaign> = {}): Unit {
  return {
    ...exampleUnit,
    campaign: {
      ...exampleUnit.campaign,
      schedule: [{ channel: 'feed', asset: 'social_post', weekly: ['sat 21:00'] }],
      ...campaign,
    },
    policies: exampleUnit.policies.map((pack) => ({ ...pack, rules: [...rules] })),
  };
}

const receiptAt = (at: Instant, changes: Partial<Receipt> = {}): Receipt => ({
  key: 'k'.repeat(64),
  attempt: 1,
  status: 'sent',
  run: 'r',
  at,
  campaign: 'another',
  asset: 'other',
  brand: 'northwind',
  channel: 'feed',
  slot: 'r1',
  content: 'c'.repeat(64),
  prev: 'p'.repeat(40),
  ...changes,
});

const dues = (unit: Unit, now: Instant, state = emptyHub) =>
  legalOpenings({ unit, state, now }).map(({ slot, due }) => [slot.slice(0, 16), due]);

test('a slot in quiet hours keeps its name and is due when they end, whichever way the clocks go at night', () => {
  expect(dues(unitWith([rule('night', night)]), '2026-10-24T12:00:00Z')).toContainEqual([
    '2026-10-24T21:00',
    '2026-10-25T07:00:00Z',
  ]);
  expect(dues(unitWith([rule('night', night)]), '2026-03-28T12:00:00Z')).toContainEqual([
    '2026-03-28T21:00',
    '2026-03-29T06:00:00Z',
  ]);
});

test('without a frequency rule, and with one that only warns, slots stay where they are', () => {
  for (const rules of [[], [rule('night', night, 'warn')]]) {
    expect(dues(unitWith(rules), '2026-10-24T12:00:00Z')).toContainEqual(['2026-10-24T21:00', '2026-10-24T19:00:00Z']);
  }
});

test('all limits hold at once', () => {
  const rules = [rule('night', night), rule('week', { weekdays: ['mon', 'tue'] })];
  expect(dues(unitWith(rules), '2026-10-24T12:00:00Z')).toContainEqual(['2026-10-24T21:00', '2026-10-26T07:00:00Z']);
});

test('limits that contradict each other are told instead of being looked for without end', () => {
  const limits = [{ weekdays: ['mon' as const] }, { weekdays: ['tue' as const] }];
  expect(delayOf(limits, BERLIN, [], '2026-10-24T12:00:00Z')).toMatchObject({ until: undefined });
});

test('what was planned before and what went out already count', () => {
  const schedule = [{ channel: 'feed', asset: 'social_post' as const, weekly: ['sat 10:00', 'sat 10:30'] }];
  const unit = unitWith([rule('apart', { min_spacing_minutes: 60 })], { schedule });
  expect(dues(unit, '2026-10-24T08:00:00Z')).toEqual([
    ['2026-10-24T10:00', '2026-10-24T08:00:00Z'],
    ['2026-10-24T10:30', '2026-10-24T09:00:00Z'],
  ]);
  const state = { ...emptyHub, receipts: [receiptAt('2026-10-24T07:45:00Z')] };
  expect(dues(unit, '2026-10-24T08:00:00Z', state)[0]).toEqual(['2026-10-24T10:00', '2026-10-24T08:45:00Z']);
});

test('a slot that has gone out stays where it was planned', () => {
  const unit = unitWith([rule('night', night)]);
  const now = '2026-10-25T12:00:00Z';
  const [opening] = legalOpenings({ unit, state: emptyHub, now });
  if (!opening) throw new Error('nothing is planned');
  const key = publicationKey(unit.campaign.id, opening.asset, 'feed', opening.slot);
  const plan = { assets: [{ ...opening, due: '2026-10-25T07:00:00Z' }] } as unknown as CampaignPlan;
  const others = ['06:50', '08:00'].map((time) => receiptAt(`2026-10-25T${time}:00Z`));
  const receipts = [...others, receiptAt('2026-10-25T07:00:00Z', { key, asset: opening.asset })];
  const crowded = unitWith([rule('night', night), rule('apart', { min_spacing_minutes: 600 })]);
  expect(dues(crowded, now, { ...emptyHub, plan, receipts })[0]).toEqual(['2026-10-24T21:00', '2026-10-25T07:00:00Z']);
});

test('a slot that is late into quiet hours waits until they end, and under rule skip not beyond its grace', () => {
  const schedule = [{ channel: 'feed', asset: 'social_post' as const, weekly: ['sat 19:30'] }];
  const now = '2026-10-24T18:30:00Z';
  const late = unitWith([rule('night', night)], { schedule });
  expect(dues(late, now)[0]).toEqual(['2026-10-24T19:30', '2026-10-25T07:00:00Z']);
  const skipping = { schedule, catch_up: { rule: 'skip' as const, grace_minutes: 120 } };
  expect(dues(unitWith([rule('night', night)], skipping), now).map(([slot]) => slot)).toEqual(['2026-10-31T19:30']);
});

test('the grace of a slot counts from when it could first go out', () => {
  const unit = unitWith([rule('night', night)], { catch_up: { rule: 'skip', grace_minutes: 60 } });
  expect(dues(unit, '2026-10-25T08:00:00Z')[0]).toEqual(['2026-10-24T21:00', '2026-10-25T07:00:00Z']);
  expect(dues(unit, '2026-10-25T08:00:01Z')[0]?.[0]).toBe('2026-10-31T21:00');
});

test('what was denied for its time alone is told from what was denied for its words', () => {
  const policy = effectivePolicy(unitWith([rule('night', night)]));
  const finding = (name: string): Verdict['findings'][number] => ({ rule: name, severity: 'block', message: 'no' });
  const verdict = (...findings: Verdict['findings']) => ({ findings }) as Verdict;
  expect(isUntimelyOnly(policy, verdict(finding('base/night')))).toBe(true);
  expect(isUntimelyOnly(policy, verdict(finding('base/night'), finding('base/claims')))).toBe(false);
  expect(isUntimelyOnly(policy, verdict())).toBe(false);
});
