import { expect, test } from 'vitest';
import { publicationOf } from '../testing/publications.ts';
import type { FiledSignal, Reading } from './contracts.ts';
import { growthOf, newSignals, type Total, toMeasure, totalsIn } from './signals.ts';

const DAYS = ['2026-11-23T09:00:00Z', '2026-11-24T09:00:00Z', '2026-11-25T09:00:00Z', '2026-11-26T09:00:00Z'];
const SOURCE = 'bluesky';

const likes = (count: number, asset = 'monday'): Total => ({ asset, metric: 'likes', count });
const filed = (readings: readonly Reading[], source = SOURCE): FiledSignal[] =>
  readings.map((reading) => ({ path: `hub/${source}-${reading.digest}.yaml`, signal: { source, ...reading } }));

test('what is filed over the days sums up to the most that was ever there', () => {
  const told = [3, 1, 3, 7];
  const signals: FiledSignal[] = [];
  const grown = told.map((count, day) => {
    const readings = growthOf(SOURCE, [likes(count)], signals, DAYS[day] ?? '');
    signals.push(...filed(readings));
    return readings.map(({ n }) => n);
  });
  expect(grown).toEqual([[3], [], [], [4]]);
  expect(signals.map(({ signal: { from, to } }) => [from, to])).toEqual([
    [undefined, DAYS[0]],
    [DAYS[0], DAYS[3]],
  ]);
});

test('assets, metrics and channels are counted each on their own', () => {
  const [now = ''] = DAYS;
  const other = filed(growthOf('mastodon', [likes(5)], [], now), 'mastodon');
  const before = filed(growthOf(SOURCE, [likes(2), likes(4, 'tuesday')], [], now));
  const totals: Total[] = [likes(3), likes(4, 'tuesday'), { asset: 'monday', metric: 'replies', count: 1 }];
  expect(growthOf(SOURCE, totals, [...other, ...before], DAYS[1] ?? '').flatMap(({ counts }) => counts)).toEqual([
    { asset: 'monday', metric: 'likes', count: 1 },
    { asset: 'monday', metric: 'replies', count: 1 },
  ]);
});

test('the same growth on another day is a reading of its own, and the same reading is filed once', () => {
  const [monday = '', tuesday = ''] = DAYS;
  const first = growthOf(SOURCE, [likes(2)], [], monday);
  const second = growthOf(SOURCE, [likes(4)], filed(first), tuesday);
  expect(newSignals('hub', SOURCE, second, filed(first), tuesday)).toHaveLength(1);
  expect(newSignals('hub', SOURCE, first, filed(first), tuesday)).toEqual([]);
});

test('a number that a network does not tell is no zero', () => {
  const counted = [['reposts', ['reblogs', 'quotes']]] as const;
  expect(totalsIn({ reblogs: 2 }, 'monday', counted)).toEqual([{ asset: 'monday', metric: 'reposts', count: 2 }]);
  expect(totalsIn({ reblogs: -1, quotes: '3' }, 'monday', counted)).toEqual([]);
  expect(totalsIn(undefined, 'monday', counted)).toEqual([]);
});

test('posts of the last 30 days are asked about, once in 24 hours for each channel', () => {
  const [monday = '', tuesday = ''] = DAYS;
  const post = publicationOf({ id: 'monday', channel: 'feed', at: monday, files: {} });
  const signals = filed(growthOf(SOURCE, [likes(1)], [], monday));
  expect(toMeasure([post], SOURCE, signals, '2026-11-24T08:59:59Z')).toEqual([]);
  expect(toMeasure([post], SOURCE, signals, tuesday)).toEqual([post]);
  expect(toMeasure([post], 'mastodon', signals, monday)).toEqual([post]);
  expect(toMeasure([post], SOURCE, [], '2026-12-23T08:59:59Z')).toEqual([post]);
  expect(toMeasure([post], SOURCE, [], '2026-12-23T09:00:00Z')).toEqual([]);
});
