import { expect, test } from 'vitest';
import type { FiledSignal } from '../core/contracts.ts';
import { measureExperiment } from './optimize.ts';

const planned = {
  id: 'landing-page',
  metric: 'clicks' as const,
  arms: [
    { arm: 'a' as const, asset: 'landing-page-a', path: '/x/', weight: 0.5 },
    { arm: 'b' as const, asset: 'landing-page-b', path: '/x/b/', weight: 0.5 },
  ],
};

const outcomes = (asset: string, visits: number, clicks: number): FiledSignal => ({
  path: `hub/campaigns/x/signals/2026-11-23/web-${asset}.yaml`,
  signal: {
    source: 'web',
    kind: 'outcomes',
    n: visits + clicks,
    digest: 'd'.repeat(64),
    items: [],
    counts: [
      { asset, metric: 'visits', count: visits },
      { asset, metric: 'clicks', count: clicks, cta: 'start-hero' },
    ],
  },
});

test('below the minimum there are counts and no rates', () => {
  const experiment = measureExperiment(
    planned,
    [outcomes('landing-page-a', 250, 20), outcomes('landing-page-b', 99, 9)],
    100,
  );
  expect(experiment.state).toBe('not_enough_data');
  expect(experiment.about).toBe('Not enough data yet: every arm needs 100 visits, arm b has 99.');
  expect(experiment.arms.map(({ visits, successes, rate }) => [visits, successes, rate])).toEqual([
    [250, 20, undefined],
    [99, 9, undefined],
  ]);
});

test('with enough visits every arm has its rate and interval, and nobody is declared the winner', () => {
  const experiment = measureExperiment(
    planned,
    [outcomes('landing-page-a', 250, 20), outcomes('landing-page-b', 240, 30)],
    100,
  );
  expect(experiment.state).toBe('measured');
  expect(experiment.about).toBe(
    'clicks per visit with 95 % intervals: arm a 8.0 % (5.2 % to 12.0 %), arm b 12.5 % (8.9 % to 17.3 %). ' +
      'No winner is declared from this.',
  );
});

test('signals of other assets and of traffic as a whole do not count', () => {
  const visits: FiledSignal = { ...outcomes('landing-page-a', 500, 50), path: 'hub/brands/x/signals/v.yaml' };
  const traffic = { ...visits, signal: { ...visits.signal, kind: 'visits' as const } };
  const [control] = measureExperiment(planned, [traffic, outcomes('email-1', 80, 8)], 100).arms;
  expect(control).toMatchObject({ visits: 0, successes: 0 });
});

test('likes, reposts and replies of posts are no evidence', () => {
  const page = outcomes('landing-page-a', 250, 20);
  const post: FiledSignal = {
    path: 'hub/campaigns/x/signals/2026-11-24/bluesky.yaml',
    signal: { ...page.signal, source: 'bluesky', counts: [{ asset: 'social-post-1', metric: 'likes', count: 9 }] },
  };
  expect(measureExperiment(planned, [page, post], 100)).toEqual(measureExperiment(planned, [page], 100));
});
