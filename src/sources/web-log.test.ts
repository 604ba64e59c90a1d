import { expect, test } from 'vitest';
import type { EventBatch, Io } from '../core/contracts.ts';
import { secluded } from '../testing/secluded.ts';
import { source } from './web-log.ts';

const ioWith = (batches: readonly EventBatch[]): Io => ({
  ...secluded,
  env: {},
  now: '2026-11-23T09:00:00Z',
  file: async () => undefined,
  events: async () => batches,
});

test('no visits yet is evidence with n = 0, the same each time', async () => {
  const first = await source.read({}, ioWith([]));
  expect(first).toMatchObject([{ kind: 'visits', n: 0, items: [], counts: [] }]);
  expect(await source.read({}, ioWith([]))).toEqual(first);
});

test('each batch is one reading of visits and clicks by path', async () => {
  const visit = '{"at":"2026-11-23T09:00:00Z","type":"visit","path":"/launch/","source":"feed"}\n';
  const click = '{"at":"2026-11-23T09:05:00Z","type":"click","path":"/launch/","cta":"start-hero"}\n';
  const readings = await source.read(
    {},
    ioWith([
      { name: '1.jsonl', text: visit + visit + click },
      { name: '2.jsonl', text: visit },
    ]),
  );
  expect(readings).toMatchObject([
    {
      kind: 'visits',
      n: 2,
      from: '2026-11-23T09:00:00Z',
      to: '2026-11-23T09:05:00Z',
      counts: [
        { path: '/launch/', metric: 'clicks', count: 1 },
        { path: '/launch/', metric: 'visits', count: 2 },
      ],
    },
    { n: 1 },
  ]);
  expect(readings[0]?.digest).not.toBe(readings[1]?.digest);
});
