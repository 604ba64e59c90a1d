import { expect, test } from 'vitest';
import type { Verification } from '../generated/entities.ts';
import { emptyHub } from '../testing/hub-state.ts';
import { publicationOf, publishingUnit } from '../testing/publications.ts';
import type { Unit } from './contracts.ts';
import { lookAt, nextLookOf } from './verifications.ts';

const AT = '2026-11-23T09:00:00Z';
const page = publicationOf({ id: 'launch', channel: 'web', at: AT, files: {}, asset: { path: '/launch/' } });
const laterRun = { run: 'r2', now: '2026-11-23T10:00:00Z' };
const unseen = { state: 'absent', differences: [] } as const;
const seen = { state: 'verified', differences: [] } as const;

const { brand, workspace } = publishingUnit;
const ownAddresses = Object.fromEntries(
  Object.entries(brand.addresses).map(([name, text]) => [name, text.replaceAll('.example', '.com')]),
) as Unit['brand']['addresses'];
const unitWith = (every?: number): Unit => ({
  ...publishingUnit,
  brand: { ...brand, addresses: ownAddresses },
  workspace: { ...workspace, ...(every === undefined ? {} : { verify_every_hours: every }) },
});
const lookedAt = (state: Verification['state'], at: string): Verification => {
  const { key, campaign, asset, channel } = page.receipt;
  return { key, campaign, asset, channel, state, differences: [], run: 'r', at };
};
const next = (every: number | undefined, ...verifications: Verification[]) =>
  nextLookOf(
    { ...unitWith(every), campaign: { ...publishingUnit.campaign, id: page.campaign } },
    { ...emptyHub, receipts: [page.receipt], verifications },
  );

test('what is not there is awaited for an hour, and a finding after it', () => {
  const soon = { run: 'r1', now: '2026-11-23T09:59:59Z' };
  expect(lookAt(page, unseen, undefined, soon)).toEqual({ awaited: '2026-11-23T10:09:59Z' });
  expect(lookAt(page, unseen, undefined, laterRun)).toMatchObject({ filed: { state: 'absent', at: laterRun.now } });
  expect(lookAt(page, seen, undefined, soon)).toMatchObject({ filed: { state: 'verified', key: page.receipt.key } });
});

test('a page that stands with a link that is broken is a finding; a link that nobody could ask is none', () => {
  const broken = { 'https://a.example/': { state: 'broken', because: '404' } } as const;
  const shy = { 'https://a.example/': { state: 'unverifiable', because: '403' } } as const;
  expect(lookAt(page, seen, broken, laterRun)).toMatchObject({
    filed: { state: 'broken_link', differences: ['link https://a.example/ is broken: 404'] },
  });
  expect(lookAt(page, seen, shy, laterRun)).toMatchObject({ filed: { state: 'verified', differences: [] } });
  expect(lookAt(page, seen, { unavailable: 'no network' }, laterRun)).toMatchObject({ filed: { state: 'verified' } });
});

test('what was seen is looked at again as often as the workspace says, what differs at least daily', () => {
  expect(next(undefined, lookedAt('verified', AT))).toBeUndefined();
  expect(next(72, lookedAt('verified', AT))).toBe('2026-11-26T09:00:00Z');
  expect(next(undefined, lookedAt('altered', AT))).toBe('2026-11-24T09:00:00Z');
  expect(next(72, lookedAt('altered', AT))).toBe('2026-11-24T09:00:00Z');
  expect(next(6, lookedAt('absent', AT), lookedAt('verified', '2026-11-23T11:00:00Z'))).toBe('2026-11-23T17:00:00Z');
});

test('of a brand with example addresses nothing is looked for', () => {
  const { campaign } = publishingUnit;
  const state = { ...emptyHub, receipts: [page.receipt], verifications: [lookedAt('altered', AT)] };
  expect(nextLookOf({ ...publishingUnit, campaign: { ...campaign, id: page.campaign } }, state)).toBeUndefined();
});
