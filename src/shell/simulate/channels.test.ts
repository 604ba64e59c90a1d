import { expect, test } from 'vitest';
import { channel as feed } from '../../channels/feed.ts';
import type { ChannelClass, ChannelContext, Io } from '../../core/contracts.ts';
import { Turns } from '../../core/simulation/turns.ts';
import { epochOf } from '../../core/time.ts';
import { contextOf, publicationOf } from '../../testing/publications.ts';
import { Outside } from './channels.ts';

const SENT = '2026-11-23T09:00:00Z';
const HOUR = 60 * 60_000;
const monday = publicationOf({ id: 'monday', channel: 'feed', at: SENT, files: { 'post.txt': 'Hello' } });
const context: ChannelContext = contextOf('feed', []);
const io = {} as Io;

/** A receiver that has had Monday's post before it is simulated, so many hours later. */
function later(kind: ChannelClass, hours: number, receipts = [monday.receipt]) {
  const turns = new Turns(epochOf(SENT) + hours * HOUR);
  const outside = new Outside({ turns, tip: () => 'tip', clockOf: () => turns.instant, fault: () => undefined });
  outside.remember(receipts, new Map([['feed', kind]]));
  return { turns, outside, channel: outside.stand(feed, kind, []) };
}

async function acceptedAgain(kind: ChannelClass, hours: number): Promise<number> {
  const { turns, outside, channel } = later(kind, hours);
  await turns.together({ a: { delay: 0, work: async () => channel.publish?.(monday, context, io) } });
  return outside.accepted.length - 1;
}

test('what was sent before counts as sent, once, and on simulated channels alone', () => {
  const { receipt } = monday;
  const { outside } = later('query', 1, [
    { ...receipt, key: 'b'.repeat(64), status: 'assumed_sent' },
    { ...receipt, key: 'c'.repeat(64), channel: 'web' },
    receipt,
    { ...receipt, status: 'withdrawn' },
  ]);
  expect(outside.accepted).toMatchObject([{ channel: 'feed', key: receipt.key, time: epochOf(SENT) }]);
  expect(outside.calls).toEqual([]);
});

test('a replay of it is known as long as the class of the channel says', async () => {
  expect(await acceptedAgain('natural', 1000)).toBe(0);
  expect(await acceptedAgain('key', 23)).toBe(0);
  expect(await acceptedAgain('key', 25)).toBe(1);
  expect(await acceptedAgain('opaque', 1)).toBe(1);
});

test('a channel that can be asked has it', async () => {
  const { turns, channel } = later('query', 1000);
  const work = async () => channel.find?.(monday, context, io);
  const [answer] = await turns.together({ a: { delay: 0, work } });
  expect(answer).toMatchObject({ value: { url: expect.stringContaining('feed.simulated.invalid') } });
});
