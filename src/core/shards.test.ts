import { describe, expect, test } from 'vitest';
import type { Intent, Receipt } from '../generated/entities.ts';
import { matchReports, readOutcomes, shardCount, shardEnd, shardOf } from './shards.ts';

const RUN = '20261124T120000Z-00000001';
const intent: Intent = {
  key: 'a'.repeat(64),
  attempt: 1,
  run: RUN,
  at: '2026-11-24T12:00:00Z',
  campaign: 'spring',
  asset: 'social-post',
  brand: 'tidewell',
  channel: 'feed',
  slot: '2026-11-23T09:30[Europe/Berlin]',
  class: 'query',
  effect: 'outside',
  content: 'c'.repeat(64),
  until: '2026-11-24T12:30:00Z',
};
const call = { run: RUN, key: intent.key, attempt: 1, content: intent.content };
const sent = { ...call, state: 'done', url: 'https://service.example/1' };
const refusal = { ...call, state: 'failed', reason: 'no', may_have_happened: false };

const match = (lines: readonly object[], ended = false, receipts: readonly Receipt[] = [], intents = [intent]) =>
  matchReports(
    { lines: readOutcomes('s000.jsonl', lines.map((line) => JSON.stringify(line)).join('\n')), ended },
    { intents, receipts },
  );

describe('how many shards there are', () => {
  test.each([
    [0, 'auto', 64, 0],
    [1, 'auto', 64, 1],
    [201, 'auto', 64, 2],
    [20_000, 'auto', 64, 64],
    [20_000, 'auto', 256, 100],
    [3, 8, 64, 3],
    [500, 8, 4, 4],
  ] as const)('%i calls, %s wanted, %i at most: %i', (calls, wanted, most, count) =>
    expect(shardCount(calls, wanted, most)).toBe(count),
  );
});

test('a campaign is always in the same shard, and a thousand of them fill 64 shards evenly', () => {
  const shards = Array.from({ length: 1_000 }, (_, index) => shardOf(`campaign-${index}`, 64));
  expect(shardOf('spring', 1)).toBe('s000');
  const sizes = [...new Set(shards)].map((shard) => shards.filter((other) => other === shard).length);
  expect([sizes.length, Math.max(...sizes) < 32]).toEqual([64, true]);
});

test('other runs leave an intent to its shard for five minutes more than its window', () => {
  expect(shardEnd(intent)).toBe('2026-11-24T12:35:00Z');
  expect(shardEnd({})).toBeUndefined();
});

test('sent outweighs what else is told of a call, also what comes later', () => {
  const { told } = match([{ ...call, state: 'calling' }, sent, refusal]);
  expect(told).toEqual([{ intent, told: { ...call, state: 'done', url: 'https://service.example/1' } }]);
});

test('of a call that may be under way nobody knows anything, whether its shard has ended or not', () => {
  const lines = [
    { state: 'opened', run: RUN, shard: 's000', keys: [intent.key] },
    { ...call, state: 'calling' },
  ];
  for (const ended of [false, true]) expect(match(lines, ended)).toMatchObject({ told: [], silent: [intent] });
});

test('a call that a shard was to make and never began came to nothing once that shard has ended', () => {
  const opened = { state: 'opened', run: RUN, shard: 's000', keys: [intent.key] };
  expect(match([opened])).toMatchObject({ told: [], silent: [intent] });
  expect(match([opened], true).told).toMatchObject([
    { told: { state: 'failed', may_have_happened: false, held: true } },
  ]);
  expect(match([], true)).toMatchObject({ told: [], silent: [intent] });
  expect(match([{ ...opened, run: 'another' }], true)).toMatchObject({ told: [], silent: [intent] });
});

test.each([
  ['another run', { ...sent, run: '20261124T120000Z-00000002' }],
  ['another attempt', { ...sent, attempt: 2 }],
  ['another content', { ...sent, content: 'd'.repeat(64) }],
  ['another key', { ...sent, key: 'b'.repeat(64) }],
])('an outcome of %s is refused, with its place', (_, line) => {
  const { told, silent, refused } = match([line]);
  expect([told, silent]).toEqual([[], [intent]]);
  expect(refused.map(({ place }) => place)).toEqual(['s000.jsonl:1']);
});

test('an open intent that no shard was to call takes no outcome from one', () => {
  const { until: _until, ...own } = intent;
  expect(match([sent], true, [], [own])).toMatchObject({ told: [], silent: [], refused: [{ place: 's000.jsonl:1' }] });
});

test.each([
  ['torn', '{"state":"done","run":"2026'],
  ['no object', '[]'],
  ['of an unknown state', '{"state":"constructor"}'],
  ['without an address', JSON.stringify({ ...sent, url: undefined })],
  ['longer than any text of ours', JSON.stringify({ ...sent, url: `https://a.example/${'x'.repeat(5_000)}` })],
  ['with a date that is none', JSON.stringify({ ...refusal, until: 'tomorrow' })],
])('a line that is %s is refused', (_, text) => {
  const lines = readOutcomes('s000.jsonl', `\n${text}\n`);
  expect(matchReports({ lines, ended: false }, { intents: [], receipts: [] }).refused).toEqual([
    { place: 's000.jsonl:2', why: 'it cannot be read' },
  ]);
});

test('sent is filed late when a run has settled the call otherwise, and never a second time', () => {
  const receipt = { ...intent, status: 'assumed_sent' } as unknown as Receipt;
  const isLate = (receipts: readonly Receipt[]) => match([sent, sent], true, receipts, []).late.length;
  expect(isLate([receipt])).toBe(1);
  expect(isLate([receipt, { ...receipt, status: 'sent' }])).toBe(0);
  expect(match([refusal], true, [receipt], [])).toEqual({ told: [], late: [], silent: [], refused: [] });
});
