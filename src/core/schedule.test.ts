import { expect, test } from 'vitest';
import { exampleUnit } from '../core/policy/sample.ts';
import { openingsOf } from './schedule.ts';

const names = (now: string, unit = exampleUnit) =>
  openingsOf(unit, now).map(({ asset, slot, arm }) => [asset, slot, arm]);

test('pages come first, then of every weekly line the latest slot and the next one', () => {
  expect(names('2026-11-23T09:00:00Z')).toEqual([
    ['landing-page-a', 'on_change', 'a'],
    ['landing-page-b', 'on_change', 'b'],
    ['one-pager', 'on_change', undefined],
    ['social-post-20261123-0900-feed', '2026-11-23T09:00[Europe/Berlin]', 'a'],
    ['social-post-20261125-0900-feed', '2026-11-25T09:00[Europe/Berlin]', 'b'],
    ['email-20261117-1000-outbox', '2026-11-17T10:00[Europe/Berlin]', 'a'],
    ['email-20261124-1000-outbox', '2026-11-24T10:00[Europe/Berlin]', 'b'],
  ]);
});

test('a one-pager comes after the page that it follows, with a path of its own and no arm', () => {
  const schedule = exampleUnit.campaign.schedule.toReversed();
  const openings = openingsOf(
    { ...exampleUnit, campaign: { ...exampleUnit.campaign, schedule } },
    '2026-11-23T09:00:00Z',
  );
  expect(openings.slice(1, 3)).toEqual([
    expect.objectContaining({ asset: 'landing-page-b' }),
    {
      asset: 'one-pager',
      kind: 'one_pager',
      channel: 'web',
      slot: 'on_change',
      path: '/found-again/northwind-one-pager.pdf',
    },
  ]);
  const weekly = openingsOf(
    {
      ...exampleUnit,
      campaign: {
        ...exampleUnit.campaign,
        schedule: [{ channel: 'web', asset: 'one_pager' as const, weekly: ['mon 09:00'] }],
      },
    },
    '2026-11-23T09:00:00Z',
  );
  expect(weekly[0]).toMatchObject({
    path: '/found-again/northwind-one-pager.pdf',
    slot: '2026-11-23T09:00[Europe/Berlin]',
  });
});

test('links alternate between the arms, and change sides from week to week', () => {
  const arms = (now: string) => openingsOf(exampleUnit, now).find(({ kind }) => kind === 'social_post')?.arm;
  const mondays = ['2026-11-23', '2026-11-30', '2026-12-07', '2026-12-14'].map((day) => arms(`${day}T12:00:00Z`));
  expect(mondays).toEqual(['a', 'b', 'a', 'b']);
});

test('without an experiment there is one page, and links carry no arm', () => {
  const { experiment: _experiment, ...campaign } = exampleUnit.campaign;
  const openings = openingsOf({ ...exampleUnit, campaign }, '2026-11-23T09:00:00Z');
  expect(openings.filter(({ kind }) => kind === 'landing_page')).toEqual([
    { asset: 'landing-page-a', kind: 'landing_page', channel: 'web', slot: 'on_change', path: '/found-again/' },
  ]);
  expect(openings.some(({ arm }) => arm !== undefined)).toBe(false);
});

test('another line in the schedule does not give an occasion a second name', () => {
  const { campaign } = exampleUnit;
  const more = { channel: 'outbox', asset: 'social_post' as const, weekly: ['mon 09:00'] };
  const extended = { ...exampleUnit, campaign: { ...campaign, schedule: [...campaign.schedule, more] } };
  const now = '2026-11-23T09:00:00Z';
  const before = names(now).map(([asset]) => asset);
  expect(names(now, extended).map(([asset]) => asset)).toEqual(expect.arrayContaining(before));
});

test('rule skip leaves a slot out once its grace is over', () => {
  const skipping = {
    ...exampleUnit,
    campaign: { ...exampleUnit.campaign, catch_up: { rule: 'skip' as const, grace_minutes: 60 } },
  };
  const due = (now: string) =>
    openingsOf(skipping, now).filter((opening) => opening.due !== undefined && opening.due <= now);
  expect(due('2026-11-23T09:00:00Z').map(({ asset }) => asset)).toEqual(['social-post-20261123-0900-feed']);
  expect(due('2026-11-23T09:00:01Z')).toEqual([]);
});

test('the same kind on two channels gets names of its own', () => {
  const { campaign, channels } = exampleUnit;
  const twice = {
    ...exampleUnit,
    channels,
    campaign: {
      ...campaign,
      schedule: [
        { channel: 'feed', asset: 'social_post' as const, weekly: ['mon 09:00'] },
        { channel: 'outbox', asset: 'social_post' as const, weekly: ['mon 09:00'] },
      ],
    },
  };
  const assets = openingsOf(twice, '2026-11-23T09:00:00Z').map(({ asset }) => asset);
  expect(new Set(assets).size).toBe(4);
});
