import { expect, test } from 'vitest';
import { batchDigest, eventLine, parseEvents, reportedEvent, spanOf, tally } from './events.ts';

test('an event that was reported is read back from its line, with the time cut to the minute', () => {
  const event = reportedEvent({ type: 'click', path: '/launch/', cta: 'start-hero', source: 'feed' });
  if (!event) throw new Error('not an event');
  const { events, invalid } = parseEvents(eventLine(event, '2026-11-23T09:41:27Z'));
  expect(invalid).toBe(0);
  expect(events).toEqual([
    { at: '2026-11-23T09:41:00Z', type: 'click', path: '/launch/', cta: 'start-hero', source: 'feed' },
  ]);
});

test('lines that are no events are counted and skipped, never thrown', () => {
  const text = [
    '{"at":"2026-11-23T09:00:00Z","type":"visit","path":"/launch/"}',
    'not json',
    'null',
    '[]',
    '{"at":"2026-13-99T09:00:00Z","type":"visit","path":"/launch/"}',
    '{"at":"yesterday","type":"visit","path":"/launch/"}',
    '{"type":"visit","path":"/launch/"}',
    '',
  ].join('\n');
  const { events, invalid } = parseEvents(text);
  expect(events).toHaveLength(1);
  expect(invalid).toBe(6);
});

test.each([
  ['a field that could carry personal data', { type: 'visit', path: '/', ip: '192.0.2.1' }],
  ['a query, which may hold an address', { type: 'visit', path: '/?email=a@b.example' }],
  ['a path that is no path', { type: 'visit', path: 'https://elsewhere.example/' }],
  ['an overlong path', { type: 'visit', path: `/${'a'.repeat(300)}` }],
  ['a click on nothing', { type: 'click', path: '/' }],
  ['a visit with a call to action', { type: 'visit', path: '/', cta: 'start' }],
  ['an unknown type', { type: 'scroll', path: '/' }],
  ['text where a word is expected', { type: 'click', path: '/', cta: 'Buy <b>now</b>' }],
  ['a prototype key', JSON.parse('{"type":"visit","path":"/","__proto__":"x"}')],
])('refuses %s', (_what, value) => {
  expect(reportedEvent(value)).toBeUndefined();
});

test('the two addresses of a page are one page', () => {
  expect(reportedEvent({ type: 'visit', path: '/launch/index.html' })?.path).toBe('/launch/');
});

test('two batches with equal text have different digests, and so do two readers of one batch', () => {
  const text = '{"at":"2026-11-23T09:00:00Z","type":"visit","path":"/"}\n';
  const digests = [
    batchDigest('web', { name: '1.jsonl', text }),
    batchDigest('web', { name: '2.jsonl', text }),
    batchDigest('web_log', { name: '1.jsonl', text }),
  ];
  expect(new Set(digests).size).toBe(3);
});

test('a tally is the same for any order of events', () => {
  const visits = (path: string) => ({ path, metric: 'visits' as const });
  const counts = [
    { path: '/a/', metric: 'visits', count: 2 },
    { path: '/b/', metric: 'visits', count: 1 },
  ];
  expect(tally([visits('/b/'), visits('/a/'), visits('/a/')])).toEqual(counts);
  expect(tally([visits('/a/'), visits('/b/'), visits('/a/')])).toEqual(counts);
});

test('a span runs from the first to the last event, whatever their order', () => {
  const visit = { type: 'visit', path: '/' } as const;
  const events = [
    { at: '2026-11-23T10:00:00Z', ...visit },
    { at: '2026-11-23T09:00:00Z', ...visit },
  ];
  expect(spanOf(events)).toEqual({ from: '2026-11-23T09:00:00Z', to: '2026-11-23T10:00:00Z' });
  expect(spanOf([])).toEqual({});
});
