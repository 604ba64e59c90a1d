import { expect, test } from 'vitest';
import type { Campaign, PolicyPack } from '../generated/entities.ts';
import { emptyHub } from '../testing/hub-state.ts';
import type { Unit } from './contracts.ts';
import { nextDue } from './due.ts';
import { exampleUnit } from './policy/sample.ts';

const NOW = '2026-11-23T09:00:00Z';

function unitWith(campaign: Partial<Campaign>, exceptions: NonNullable<PolicyPack['exceptions']> = []): Unit {
  const { brand, policies } = exampleUnit;
  return {
    ...exampleUnit,
    campaign: { ...exampleUnit.campaign, ...campaign },
    brand: { ...brand, facts: brand.facts.map(({ expires: _expires, ...fact }) => fact) },
    policies: policies.map((pack) => ({ ...pack, exceptions })),
  };
}

const exception = {
  rule: 'base/claims',
  campaign: exampleUnit.campaign.id,
  asset: 'landing-page-a',
  content: 'c'.repeat(64),
  reason: 'It was agreed.',
  owner: 'Ada',
  expires: '2026-12-01',
};

test('a campaign that is done is looked at again on the day on which a fact or an exception ends', () => {
  expect(nextDue(unitWith({ status: 'done' }), emptyHub, [], NOW)).toBeUndefined();
  expect(nextDue(unitWith({ status: 'done' }, [exception]), emptyHub, [], NOW)).toBe('2026-11-30T23:00:00Z');
  const { brand } = exampleUnit;
  const expiring = { ...brand, facts: brand.facts.map((fact) => ({ ...fact, expires: '2026-11-25' })) };
  expect(nextDue({ ...unitWith({ status: 'done' }, [exception]), brand: expiring }, emptyHub, [], NOW)).toBe(
    '2026-11-24T23:00:00Z',
  );
});

test('an exception of another campaign wakes nobody', () => {
  const other = { ...exception, campaign: 'another' };
  expect(nextDue(unitWith({ status: 'done' }, [other]), emptyHub, [], NOW)).toBeUndefined();
});
