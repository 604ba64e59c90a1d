import fc from 'fast-check';
import twitter from 'twitter-text';
import { expect, test } from 'vitest';
import { channel } from '../channels/feed.ts';
import type { ChannelConfig } from '../generated/entities.ts';
import { lengthOf, limitsOf } from './room.ts';

const LONG = `https://northwind.com/${'a'.repeat(80)}?utm_source=feed`;
const ON_X = { weighted: true } as const;

test('a reader counts signs, not code units', () => {
  expect(lengthOf('👩‍👩‍👧‍👦é!', {})).toBe(3);
});

test('an address has the length that the network gives it', () => {
  expect(lengthOf(`See\n\n${LONG}`, {})).toBe(5 + LONG.length);
  expect(lengthOf(`See\n\n${LONG}`, { link: 23 })).toBe(28);
  expect(lengthOf(`See\n\n${LONG}`, ON_X)).toBe(28);
});

test.each(['Größe – “notes”', '書きとめる', 'Notes 👩‍👩‍👧‍👦 and 🚀', `Notes → ${LONG} …`, 'https://a.example/b'])(
  'X counts %s the same',
  (text) => {
    expect(lengthOf(text, ON_X)).toBe(twitter.parseTweet(text).weightedLength);
  },
);

test('what is counted for X is never less than what X counts', () => {
  const words = fc.stringMatching(/^[a-zA-Z0-9 ,!?'"éüñßаяάω日本한😀👍–—…]{0,60}$/u);
  fc.assert(
    fc.property(words, (text) => {
      expect(lengthOf(text, ON_X)).toBeGreaterThanOrEqual(twitter.parseTweet(text).weightedLength);
    }),
  );
});

test('limits are those that the params ask for, those of the adapter, or none', () => {
  const config: ChannelConfig = { adapter: 'feed', timezone: 'Europe/Berlin', breakers: { max_publishes_per_day: 1 } };
  const { limitsFor: _limitsFor, ...fixed } = channel;
  const x = { ...config, params: { network: 'x' } };
  expect(limitsOf(x, { channels: new Map([['feed', channel]]) })).toEqual({ maxLength: 280, weighted: true });
  expect(limitsOf(x, { channels: new Map([['feed', fixed]]) })).toEqual({ maxLength: 300 });
  expect(limitsOf(x, { channels: new Map() })).toEqual({});
});
