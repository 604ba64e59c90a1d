/** A letter to fifty thousand people through a real mail server, by runs of which four are killed: npm run test:long. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killGroup } from './testing/killing.ts';
import { leaksIn } from './testing/leaks.ts';
import {
  agreed,
  letterWorkspace,
  openPostOffice,
  type PostOffice,
  RECEIPT_KEY,
  sealedList,
} from './testing/letters.ts';
import { brokenMailing, mailingReceipt, peopleNamed } from './testing/mailings.ts';
import { FIRST_RUN } from './testing/play.ts';
import { type Ended, openRig, type Rig, type Running, type Site, siteBefore } from './testing/rig.ts';

const KILLS = 4;
const CHUNK = 2_000;
/** What the channel sends at once: so many may be in doubt after each kill. */
const AT_ONCE = 5;
/** Everything that a run may need at once; an empty process of the same program has about 70. */
const MOST_MIB = 400;
const GONE = peopleNamed('gone', 20);
const PEOPLE = [...peopleNamed('ada', 49_980), ...GONE];
const TIMEOUT_MS = 15 * 60_000;

let rig: Rig;
let site: Site;
let office: PostOffice;
let env: Record<string, string>;

beforeAll(async () => {
  office = await openPostOffice(...GONE.map((to) => ({ at: 'rcpt' as const, does: '550 5.1.1 no such user', to })));
  rig = await openRig({ url: 'http://127.0.0.1:9' });
  const files = letterWorkspace('smtp', `{ tls: none, audience: file, chunk: ${CHUNK} }`);
  site = await siteBefore(join(rig.folder, 'site'), FIRST_RUN, files);
  env = { ...(await sealedList(join(rig.folder, 'list.age'), agreed(PEOPLE))), ...office.env };
}, TIMEOUT_MS);
afterAll(async () => {
  rig.remove();
  await office.close();
});

function start(command: readonly string[]): Running {
  const order = { book: '', now: FIRST_RUN, commands: [command], classes: {}, windowMs: 60_000, timeoutMs: 30_000 };
  return rig.start(site, order, env);
}

const moment = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Most memory that a process has had so far, in MiB; 0 where nobody tells. */
function peakOf({ process: { pid } }: Running): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    // It has ended, or there is no /proc.
    return 0;
  }
}

/** Looks at a process until it is over. @returns its end, and its most memory in MiB */
async function watched(running: Running): Promise<readonly [Ended, number]> {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, peakOf(running));
  }, 100);
  const ended = await running.ended;
  clearInterval(timer);
  return [ended, peak];
}

/** Kills a process at any time after so many messages in all. */
async function killAfter(running: Running, messages: number): Promise<void> {
  while ((await office.arrived()).length < messages) await moment(50);
  await moment(Math.random() * 500);
  killGroup(running);
}

test(
  'fifty thousand people get it once, with at most five in doubt for each kill, who are told and listed',
  async () => {
    const peaks: number[] = [];
    const said: string[] = [];
    const began = performance.now();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const running = start(['run']);
      const messages = Math.round(((kill - 0.5 + Math.random() / 2) / (KILLS + 1)) * PEOPLE.length);
      const [[ended, peak]] = await Promise.all([watched(running), killAfter(running, messages)]);
      expect(ended.signal, ended.stderr).toBe('SIGKILL');
      peaks.push(peak);
      said.push(ended.stderr);
    }
    const [last, peak] = await watched(start(['run']));
    const seconds = (performance.now() - began) / 1000;
    const taken = (await office.arrived()).map((address) => ({ address }));
    const mailed = { site, book: { people: PEOPLE, taken } };
    expect(brokenMailing({ rig }, mailed, KILLS * AT_ONCE, RECEIPT_KEY)).toEqual([]);

    const { sent = 0, in_doubt = 0, refused = 0 } = mailingReceipt(rig.facts(site))?.recipients ?? {};
    expect([sent + in_doubt + refused, refused]).toEqual([PEOPLE.length, GONE.length]);
    const told = (last.reports[0]?.notes ?? [])
      .filter(({ level }) => level === 'in_doubt')
      .map(({ message }) => message);
    expect(told.length).toBe(in_doubt === 0 ? 0 : 1);
    for (const message of told) {
      expect(message).toContain(`${in_doubt} recipients may have it or not, and get nothing more: `);
      expect(message).toContain('hub/ledger/recipients/');
    }
    const status = await start(['status']).ended;
    expect(status.reports).toMatchObject([{ campaigns: [{ mailings: [{ state: 'over', sent, in_doubt, refused }] }] }]);
    const audit = await start(['verify']).ended;
    expect(audit.reports).toMatchObject([{ findings: [] }]);
    for (const { stderr, reports } of [last, status, audit]) said.push(stderr, JSON.stringify(reports));
    const secrets = { 'an address': '@list.example', 'the identity of the list': env['MHUB_AGE_IDENTITY'] ?? '' };
    expect(leaksIn({ folders: [site.folder], said }, secrets)).toEqual([]);

    const most = Math.max(peak, ...peaks);
    expect(most).toBeLessThan(MOST_MIB);
    process.stdout.write(
      `${PEOPLE.length} people, ${KILLS} kills: ${sent} sent, ${refused} refused, ${in_doubt} in doubt; ` +
        `${seconds.toFixed(0)} s, ${(sent / seconds).toFixed(0)} messages a second, at most ${most.toFixed(0)} MiB\n`,
    );
  },
  TIMEOUT_MS,
);
