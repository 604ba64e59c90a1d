import { expect, test } from 'vitest';
import { exampleUnit } from '../core/policy/sample.ts';
import type { Campaign } from '../generated/entities.ts';
import { activityOf } from './activity.ts';
import type { FiledSignal } from './contracts.ts';

const unitWith = (changes: Partial<Campaign>) => ({
  ...exampleUnit,
  campaign: { ...exampleUnit.campaign, ...changes },
});

const conversions = (count: number): FiledSignal => ({
  path: 'hub/campaigns/found-again/signals/2026-11-23/web.yaml',
  signal: {
    source: 'web',
    kind: 'outcomes',
    n: count,
    digest: 'd'.repeat(64),
    items: [],
    counts: [{ asset: 'landing-page-a', metric: 'conversions', count }],
  },
});

test.each(['draft', 'paused', 'done'] as const)('a campaign that is %s does not run', (status) => {
  expect(activityOf(unitWith({ status }), [], '2026-11-23T09:00:00Z')).toEqual({
    active: false,
    why: `status is ${status}`,
  });
});

test('the first day begins, and the last day ends, at midnight of the workspace', () => {
  const unit = unitWith({ starts: '2026-11-23', ends: '2026-11-24' });
  expect(activityOf(unit, [], '2026-11-22T22:59:59Z')).toMatchObject({ active: false, until: '2026-11-22T23:00:00Z' });
  expect(activityOf(unit, [], '2026-11-22T23:00:00Z')).toEqual({ active: true, until: '2026-11-24T23:00:00Z' });
  expect(activityOf(unit, [], '2026-11-24T22:59:59Z').active).toBe(true);
  expect(activityOf(unit, [], '2026-11-24T23:00:00Z')).toEqual({ active: false, why: 'ended on 2026-11-24' });
});

test('a campaign ends when every KPI is reached, and says with what', () => {
  expect(activityOf(exampleUnit, [conversions(99)], '2026-11-23T09:00:00Z').active).toBe(true);
  expect(activityOf(exampleUnit, [conversions(60), conversions(40)], '2026-11-23T09:00:00Z')).toEqual({
    active: false,
    why: 'every KPI is reached: conversions 100 of 100',
  });
});
