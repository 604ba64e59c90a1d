import { expect, test } from 'vitest';
import type { Receipt, Verdict } from '../generated/entities.ts';
import { emptyHub } from '../testing/hub-state.ts';
import { publicationOf, publishingUnit } from '../testing/publications.ts';
import { onePagerStands } from './assets.ts';
import type { HubState, Unit } from './contracts.ts';

const sheet = publicationOf({
  id: 'one-pager',
  channel: 'web',
  at: '2026-11-23T09:00:00Z',
  files: { 'one-pager.pdf': '%PDF' },
  campaign: publishingUnit.campaign.id,
  asset: { kind: 'one_pager' },
});
const { content } = sheet.asset;
const withdrawn: Receipt = { ...sheet.receipt, status: 'withdrawn', at: '2026-11-24T09:00:00Z' };
const line = { channel: 'web', asset: 'one_pager', on_change: true } as const;
const withSchedule = (schedule: Unit['campaign']['schedule']): Unit => ({
  ...publishingUnit,
  campaign: { ...publishingUnit.campaign, schedule },
});

const verdictOf = (result: Verdict['result'], judged = content): Verdict => ({
  content: judged,
  policy: 'p'.repeat(64),
  grounds: 'g'.repeat(64),
  packs: [],
  attempt: 1,
  rules: [],
  result,
  findings: [],
  history: [],
});

function stands(state: Partial<HubState>, verdict?: Verdict, unit = withSchedule([line])): boolean {
  const verdicts = new Map(verdict ? [['one-pager', verdict]] : []);
  return onePagerStands({ unit, state: { ...emptyHub, verdicts, ...state } }, 'web');
}

test('there is no one-pager to lead to before it is printed, or where none is scheduled', () => {
  expect(stands({})).toBe(false);
  expect(stands({ assets: [sheet] })).toBe(true);
  expect(stands({ assets: [sheet] }, undefined, withSchedule([]))).toBe(false);
});

test('one that Guard holds back is none, unless an earlier revision stands', () => {
  expect(stands({ assets: [sheet] }, verdictOf('pass'))).toBe(true);
  expect(stands({ assets: [sheet] }, verdictOf('deny'))).toBe(false);
  expect(stands({ assets: [sheet] }, verdictOf('deny', 'e'.repeat(64)))).toBe(true);
  const earlier = { ...sheet.receipt, content: 'e'.repeat(64) };
  expect(stands({ assets: [sheet], receipts: [earlier] }, verdictOf('deny'))).toBe(true);
});

test('one that was taken down is none, until it is made anew', () => {
  const receipts = [sheet.receipt, withdrawn];
  expect(stands({ assets: [sheet], receipts }, verdictOf('pass'))).toBe(false);
  const anew = { ...sheet, asset: { ...sheet.asset, content: 'f'.repeat(64) } };
  expect(stands({ assets: [anew], receipts }, verdictOf('pass'))).toBe(true);
});
