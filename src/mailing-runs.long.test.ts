/** Mail to a list over several runs: stopped, put off, broken off, locked out, and by two runners at once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KILL_TIMEOUT_MS } from './testing/killing.ts';
import {
  brokenMailing,
  type Case,
  CHUNK,
  caseOf,
  KEYED,
  mailed,
  mailingReceipt,
  OPAQUE,
  openPostRoom,
  type PostRoom,
  peopleNamed,
  recordsIn,
  startMailing,
} from './testing/mailings.ts';
import type { Ended } from './testing/rig.ts';

let room: PostRoom;

beforeAll(async () => {
  room = await openPostRoom();
});

afterAll(() => room.close());

const messagesOf = ({ reports }: Ended): string[] =>
  reports.flatMap(({ notes }) => notes.map(({ message }) => message));
const levelsOf = ({ reports }: Ended): string[] => reports.flatMap(({ notes }) => notes.map(({ level }) => level));

/** The work, the first time that it is asked for. */
function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}

/** The first run is killed when it has sent two chunks. */
async function halfMailed(name: string): Promise<Case> {
  const one = caseOf(room, name, peopleNamed('ada', 20));
  const { signal } = await mailed(room, one, { kind: OPAQUE, kill: { at: 'mail-chunk-sent', visit: 2 } });
  expect(signal).toBe('SIGKILL');
  expect(one.book.taken).toHaveLength(16);
  return one;
}

test('with another secret nobody is mailed, and the variable is named', async () => {
  const one = await halfMailed('secret');
  const other = await mailed(room, one, {
    kind: OPAQUE,
    env: { MHUB_RECEIPT_HMAC_KEY: 'another secret of at least thirty-two bytes' },
  });
  expect(levelsOf(other)).toEqual(['blocked']);
  expect(messagesOf(other)[0]).toContain(
    'set MHUB_RECEIPT_HMAC_KEY back: it is not the one that hub/ledger/recipients was written with',
  );
  expect(one.book.taken).toHaveLength(16);
  await mailed(room, one, { kind: OPAQUE });
  expect(brokenMailing(room, one, 0)).toEqual([]);
  expect(one.book.taken).toHaveLength(20);
});

test('what a switch stops half-way goes on where it was when the switch is flipped back', async () => {
  const one = caseOf(room, 'switch', peopleNamed('ada', 20));
  const flip = (from: string, to: string): void => {
    room.rig.edit(room.rig.freshClone(one.site), 'mhub.yaml', `publish_enabled: ${from}`, `publish_enabled: ${to}`);
  };
  one.book.onMessage = once(() => flip('true', 'false'));
  const stopped = await mailed(room, one, { kind: OPAQUE });
  expect(stopped.reports[0]?.exit_code, stopped.stderr).toBe(3);
  expect(one.book.taken).toHaveLength(8);
  flip('false', 'true');
  const { reports, stderr } = await mailed(room, one, { kind: OPAQUE });
  expect(reports[0]?.exit_code, stderr).toBe(0);
  expect(brokenMailing(room, one, 0)).toEqual([]);
  expect(one.book.taken).toHaveLength(20);
});

test('whoever is put off is tried by the next two runs, and then given up', async () => {
  const one = caseOf(room, 'later', [...peopleNamed('ada', 10), 'later-1@list.example']);
  const ended = await mailed(room, one, { kind: OPAQUE, runs: 4 });
  expect(levelsOf(ended)).toEqual(['waiting', 'waiting']);
  expect(messagesOf(ended)[0]).toContain('10 of 11 have it; it goes on in the next run: the server has put off 1');
  expect(brokenMailing(room, one, 0)).toEqual([]);
  expect(mailingReceipt(room.rig.facts(one.site))?.recipients).toMatchObject({ sent: 10, refused: 1 });
});

test('from a list that breaks off nobody is mailed', async () => {
  const one = caseOf(room, 'broken', peopleNamed('ada', 20));
  one.book.list = (response) => {
    response.writeHead(200, { 'content-type': 'text/csv', 'content-length': '1000' });
    response.write('email,consent_at\nada-1@list.example,2026-01-05\n');
    setTimeout(() => response.destroy(), 50);
  };
  const broken = await mailed(room, one, { kind: OPAQUE });
  expect(levelsOf(broken)).toContain('failed');
  expect(messagesOf(broken).join()).toContain('MHUB_AUDIENCE_URL broke off after');
  expect(one.book.taken).toEqual([]);
  expect(recordsIn(one.site).size).toBe(0);
  delete one.book.list;
  await mailed(room, one, { kind: OPAQUE });
  expect(brokenMailing(room, one, 0)).toEqual([]);
});

test('a most per run is kept, and as many runs as it takes mail everybody', async () => {
  const one = caseOf(room, 'portions', peopleNamed('ada', 20));
  const person = room.rig.freshClone(one.site);
  room.rig.edit(person, 'brands/tidewell/channels/outbox.yaml', 'chunk: 8', 'chunk: 8, max_recipients_per_run: 9');
  const counts: number[] = [];
  for (let run = 1; run <= 3; run += 1) {
    const { stderr, code } = await mailed(room, one, { kind: OPAQUE });
    expect(code, stderr).toBe(0);
    counts.push(one.book.taken.length);
  }
  expect(counts).toEqual([9, 18, 20]);
  expect(brokenMailing(room, one, 0)).toEqual([]);
});

test('a run that is told to stop ends its batch, gives back the rest, and leaves nobody in doubt', async () => {
  const one = caseOf(room, 'told', peopleNamed('ada', 20));
  const running = startMailing(room, one, { kind: OPAQUE });
  one.book.onMessage = once(() => void running.process.kill('SIGTERM'));
  expect((await running.ended).code).toBe(143);
  expect(one.book.taken).toHaveLength(3);
  await mailed(room, one, { kind: OPAQUE });
  expect(brokenMailing(room, one, 0)).toEqual([]);
  expect(one.book.taken).toHaveLength(20);
});

test('no more messages go out in a minute than may', async () => {
  const one = caseOf(room, 'paced', peopleNamed('ada', 20));
  const person = room.rig.freshClone(one.site);
  room.rig.edit(person, 'brands/tidewell/channels/outbox.yaml', 'chunk: 8', 'chunk: 8, max_per_minute: 300');
  const times: number[] = [];
  one.book.onMessage = () => void times.push(Date.now());
  const { code, stderr } = await mailed(room, one, { kind: OPAQUE, alone: false });
  expect(code, stderr).toBe(0);
  // Of batches of three, the first goes out at once.
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan((17 / 300) * 60_000 * 0.9);
});

test('a push of somebody else half-way changes nothing for anybody on the list', async () => {
  const one = caseOf(room, 'push', peopleNamed('ada', 20));
  one.book.onMessage = once(() => {
    const { clone } = room.rig.freshClone(one.site);
    room.rig.git(clone, 'commit', '-q', '--allow-empty', '-m', 'something else');
    room.rig.git(clone, 'push', '-q', 'origin', 'main');
  });
  const { reports, stderr } = await mailed(room, one, { kind: OPAQUE, runs: 2 });
  expect(
    reports.map(({ exit_code }) => exit_code),
    stderr,
  ).toEqual([0, 0]);
  expect(brokenMailing(room, one, 0)).toEqual([]);
  expect(one.book.taken).toHaveLength(20);
});

test.each([OPAQUE, KEYED])(
  'two runners at once mail everybody once (%o)',
  async (kind) => {
    const one = caseOf(room, `two-${kind.class}`, peopleNamed('ada', 30));
    const other: Case = { ...one, site: room.rig.freshClone(one.site) };
    const sending = { kind, alone: false, windowMs: 4_000, runs: 2 };
    const running = [startMailing(room, one, sending), startMailing(room, other, sending)];
    const [first, second] = await Promise.all(running.map(({ ended }) => ended));
    expect([0, 3], first?.stderr).toContain(first?.code);
    expect([0, 3], second?.stderr).toContain(second?.code);
    const last: Case = { ...one, site: room.rig.freshClone(one.site) };
    await mailed(room, last, { kind });
    expect(brokenMailing(room, last, 0)).toEqual([]);
  },
  KILL_TIMEOUT_MS,
);

test.each([
  [OPAQUE, CHUNK],
  [KEYED, 0],
])(
  'a runner that stands still while another one takes over sends no more than its batch when it wakes up (%o)',
  async (kind, mostInDoubt) => {
    const one = caseOf(room, `asleep-${kind.class}`, peopleNamed('ada', 20));
    const times = { kind, alone: false, windowMs: 2_000, timeoutMs: 2_000 };
    const asleep = startMailing(room, one, times);
    const stopped = new Promise<void>((resolve) => {
      one.book.onMessage = once(() => {
        asleep.process.kill('SIGSTOP');
        resolve();
      });
    });
    await stopped;
    const other: Case = { ...one, site: room.rig.freshClone(one.site) };
    const took = await mailed(room, other, { ...times, runs: 2 });
    expect(took.code, took.stderr).toBe(0);
    expect(levelsOf(took)).toEqual(mostInDoubt === 0 ? [] : ['in_doubt']);
    const before = one.book.taken.length;
    asleep.process.kill('SIGCONT');
    await asleep.ended;
    // Of the batch that it was sending, a message may have been on its way.
    expect(one.book.taken.length - before).toBeLessThan(kind.atOnce);
    const last: Case = { ...one, site: room.rig.freshClone(one.site) };
    await mailed(room, last, { kind });
    expect(brokenMailing(room, last, mostInDoubt)).toEqual([]);
  },
  KILL_TIMEOUT_MS,
);

test('a person may end a mailing that is stuck, and nobody else gets it', async () => {
  const one = await halfMailed('resolved');
  const [intent] = room.rig
    .git(one.site.clone, 'grep', '-h', '-o', '"key":"[0-9a-f]*"', 'origin/main', '--', 'hub/open')
    .split('\n');
  const key = intent?.slice('"key":"'.length, -1) ?? '';
  const refused = await mailed(room, one, { kind: OPAQUE, command: ['resolve', key, '--as', 'released'] });
  expect(refused.stderr).toContain('so it was not released');
  const { code, stderr } = await mailed(room, one, { kind: OPAQUE, command: ['resolve', key, '--as', 'sent'] });
  expect(code, stderr).toBe(0);
  await mailed(room, one, { kind: OPAQUE });
  expect(one.book.taken).toHaveLength(16);
  expect(mailingReceipt(room.rig.facts(one.site))?.recipients).toMatchObject({ sent: 8, in_doubt: 8 });
  const status = await mailed(room, one, { kind: OPAQUE, command: ['status'] });
  expect(status.reports).toMatchObject([
    {
      campaigns: [
        { mailings: [{ channel: 'outbox', state: 'over', sent: 8, in_doubt: 8, files: [expect.anything()] }] },
      ],
    },
  ]);
});
