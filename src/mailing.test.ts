/** Mail to a list by real processes: everybody once, and nobody missed. Kills at every step: npm run test:long. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KILL_TIMEOUT_MS } from './testing/killing.ts';
import {
  brokenMailing,
  caseOf,
  KEYED,
  mailed,
  mailingReceipt,
  OPAQUE,
  openPostRoom,
  type PostRoom,
  peopleNamed,
  wrongAfterKill,
} from './testing/mailings.ts';

let room: PostRoom;

beforeAll(async () => {
  room = await openPostRoom();
});

afterAll(() => room.close());

test('everybody on the list gets it once, and the receipt says how many did', async () => {
  const people = [...peopleNamed('ada', 20), 'refused-1@list.example', 'bounced-1@list.example', 'not an address'];
  const one = caseOf(room, 'whole', people);
  one.book.strangers.push('stranger@list.example');
  one.book.people.push('ADA-3@list.example');
  const { reports, stderr } = await mailed(room, one, { kind: OPAQUE, runs: 2 });
  const clean = [0, []];
  expect(
    reports.map(({ exit_code, notes }) => [exit_code, notes]),
    stderr,
  ).toEqual([clean, clean]);
  expect(brokenMailing(room, one, 0)).toEqual([]);
  const audit = await mailed(room, one, { kind: OPAQUE, command: ['verify'] });
  expect(audit.reports).toMatchObject([{ findings: [] }]);
  expect(one.book.taken).toHaveLength(20);
  expect(mailingReceipt(room.rig.facts(one.site))?.recipients).toEqual({
    sent: 20,
    in_doubt: 0,
    refused: 3,
    unsubscribed: 0,
    without_consent: 1,
  });
});

test('whoever leaves the list while it is mailed is left out from the next chunk on', async () => {
  const one = caseOf(room, 'leaving', peopleNamed('ada', 20));
  one.book.onMessage = () => {
    one.book.left.splice(0, Infinity, ...one.book.people);
  };
  const { reports, stderr } = await mailed(room, one, { kind: OPAQUE });
  expect(reports[0]?.exit_code, stderr).toBe(0);
  expect(one.book.taken).toHaveLength(8);
  expect(mailingReceipt(room.rig.facts(one.site))?.recipients).toMatchObject({ sent: 8, unsubscribed: 12 });
});

test.each([
  ['mail-batch-sent', OPAQUE, 'on the same machine'],
  ['mail-batch-sent', KEYED, 'in a fresh clone'],
] as const)(
  'killed at %s of a mailing of %o, the next runs %s mail everybody once and miss nobody',
  async (at, kind, place) => {
    expect(await wrongAfterKill(room, kind, { at, visit: 2 }, place)).toEqual([]);
  },
  KILL_TIMEOUT_MS,
);
