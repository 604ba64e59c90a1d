/**
 * The whole loop in processes of its own, with a bare remote and a Mastodon account on a contract server: whatever
 * happens between intent, call and receipt, the account ends up with one post.
 */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { wentOut } from './core/ledger.ts';
import { toInstant } from './core/time.ts';
import type { Receipt } from './generated/entities.ts';
import { brokenPromises } from './testing/facts.ts';
import { type Loopback, serveLoopback } from './testing/loopback.ts';
import { type MastodonServer, serveMastodon } from './testing/mastodon-server.ts';
import { FIRST_RUN } from './testing/play.ts';
import { type Ended, liveWorkspace, type Order, openRig, type Rig, type Site, siteBefore } from './testing/rig.ts';

const TOKEN = 'tidewell-token-nobody-may-see';
const START = Date.parse(FIRST_RUN);
const MINUTE = 60_000;
const TIMEOUT_MS = 120_000;

let loopback: Loopback;
let rig: Rig;
/** Everything is made and judged, nothing published. */
let template: Site;
let mastodon: MastodonServer;
let count = 0;

function workspace(): Record<string, string> {
  const files = liveWorkspace();
  const campaign = 'campaigns/spring/campaign.yaml';
  return {
    ...files,
    'brands/tidewell/channels/mastodon.yaml':
      'adapter: mastodon\ntimezone: Europe/Berlin\nbreakers: { max_publishes_per_day: 2 }\n',
    [campaign]: (files[campaign] ?? '').replace('{ channel: feed,', '{ channel: mastodon,'),
  };
}

beforeAll(async () => {
  loopback = await serveLoopback();
  rig = await openRig(loopback);
  template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, workspace());
}, TIMEOUT_MS);
afterAll(() => {
  rig.remove();
  return loopback.close();
});
beforeEach(async () => {
  mastodon = await serveMastodon({ now: START });
  mastodon.grant(TOKEN, 'tidewell');
});
afterEach(() => mastodon.close());

const newSite = (): Site => {
  count += 1;
  return rig.copy(template, `case-${count}`);
};

interface Run extends Partial<Omit<Order, 'now'>> {
  /** Minutes after the first run. */
  readonly at?: number;
  readonly token?: string;
  readonly fault?: string;
}

/** Starts a process at a time by its own clock, which is the server's as well. */
function start(site: Site, { at = 0, token = TOKEN, fault, ...order }: Run = {}): Promise<Ended> {
  const now = START + at * MINUTE;
  mastodon.setClock(now);
  const whole: Order = {
    book: site.folder,
    now: toInstant(now),
    commands: [['run']],
    classes: {},
    windowMs: 20_000,
    timeoutMs: 5_000,
    alone: true,
    ...order,
  };
  return rig.start(site, whole, {
    MASTODON_BASE_URL: mastodon.url,
    MASTODON_ACCESS_TOKEN: token,
    ...(fault === undefined ? {} : { MHUB_FAULT: fault }),
  }).ended;
}

const isOfMastodon = ({ channel }: { readonly channel: string }): boolean => channel === 'mastodon';
const receiptsIn = (site: Site): readonly Receipt[] => rig.facts(site).receipts.filter(isOfMastodon);
const keysUsed = (): (string | undefined)[] =>
  mastodon.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/statuses')).map(({ key }) => key);
const questions = (): number => mastodon.calls.filter(({ path }) => path.includes('/statuses?')).length;
const notesOf = ({ reports, stderr }: Ended) => {
  expect(reports, stderr).toHaveLength(1);
  return (reports[0]?.notes ?? []).map(({ level, message }) => `${level}: ${message}`);
};

/** One more run finds nothing to do; what the ledger says is what the account has; nobody was told the token. */
async function expectOnePost(site: Site, at: number, ended: readonly Ended[]): Promise<void> {
  const last = await start(site, { at });
  expect(
    last.reports.map(({ commits, exit_code: exit }) => [commits, exit]),
    last.stderr,
  ).toEqual([[0, 0]]);
  const facts = rig.facts(site);
  expect([brokenPromises(facts), facts.intents]).toEqual([[], []]);
  const [posted] = mastodon.posted;
  expect(mastodon.posted).toHaveLength(1);
  expect(facts.receipts.filter(isOfMastodon).filter(wentOut)).toMatchObject([
    { status: 'sent', url: `${mastodon.url}/@tidewell/${posted?.id}` },
  ]);
  expect(posted?.pictures).toHaveLength(1);
  const said = [...ended, last].map(({ reports, stderr }) => JSON.stringify(reports) + stderr);
  const filed = rig.git(site.clone, 'log', '-p', '--all');
  for (const text of [...said, filed]) expect(text).not.toContain(TOKEN);
}

test(
  'a post goes out once, with its card',
  async () => {
    const site = newSite();
    const first = await start(site);
    expect(notesOf(first)).toEqual([]);
    await expectOnePost(site, 1, [first]);
    expect(mastodon.posted[0]).toMatchObject({ visibility: 'public', language: 'en' });
    expect(mastodon.posted[0]?.text).toContain(
      'utm_source=mastodon&utm_medium=social&utm_campaign=spring&utm_content=',
    );
    expect(mastodon.pictures[0]?.description).toMatch(/Tidewell/);
    expect(questions()).toBe(0);
  },
  TIMEOUT_MS,
);

const PLACES = ['on the same machine', 'in a fresh clone'] as const;

/** @returns where the next run takes place */
const placeAfter = (site: Site, place: (typeof PLACES)[number]): Site =>
  place === 'on the same machine' ? site : rig.freshClone(site);

test.each(PLACES)(
  'killed between the call and its receipt, a run within the hour %s replays the key',
  async (place) => {
    const site = newSite();
    const killed = await start(site, { fault: 'call-made:1' });
    expect(killed.signal).toBe('SIGKILL');
    expect(mastodon.posted).toHaveLength(1);
    const next = placeAfter(site, place);
    const recovered = await start(next, { at: 20 });
    await expectOnePost(next, 21, [killed, recovered]);
    const [key] = keysUsed();
    expect([keysUsed(), questions()]).toEqual([[key, key], 0]);
  },
  TIMEOUT_MS,
);

test.each(PLACES)(
  'killed between the call and its receipt, a run after the hour %s asks, and sends nothing',
  async (place) => {
    const site = newSite();
    expect((await start(site, { fault: 'call-made:1' })).signal).toBe('SIGKILL');
    mastodon.setClock(START + 30 * MINUTE);
    for (let post = 0; post < 50; post += 1) mastodon.post('tidewell', `By hand, number ${post}`);
    const next = placeAfter(site, place);
    const recovered = await start(next, { at: 90 });
    expect([keysUsed().length, questions()]).toEqual([1, 2]);
    const ours = mastodon.posted.filter(({ pictures }) => pictures.length > 0);
    expect(ours).toHaveLength(1);
    expect(receiptsIn(next)).toMatchObject([{ status: 'sent', url: `${mastodon.url}/@tidewell/${ours[0]?.id}` }]);
    expect(rig.facts(next).intents).toEqual([]);
    expect(notesOf(recovered)).toEqual([]);
  },
  TIMEOUT_MS,
);

test.each([
  ['within', 20],
  ['after', 90],
] as const)(
  'killed right before the call, a run %s the hour sends the post',
  async (_when, at) => {
    const site = newSite();
    const killed = await start(site, { fault: 'call-journaled:1' });
    expect([killed.signal, mastodon.posted.length]).toEqual(['SIGKILL', 0]);
    const recovered = await start(site, { at });
    await expectOnePost(site, at + 1, [killed, recovered]);
    expect(new Set(keysUsed()).size).toBe(1);
  },
  TIMEOUT_MS,
);

test(
  'no answer although the post is out: in doubt, then settled by its key',
  async () => {
    const site = newSite();
    mastodon.fail('status', 'silent-after');
    const first = await start(site, { timeoutMs: 1_500 });
    expect(notesOf(first)).toEqual([
      expect.stringMatching(/^in_doubt: .* may have gone out: no answer within 1\.5 s$/),
    ]);
    const second = await start(site, { at: 5 });
    await expectOnePost(site, 6, [first, second]);
    expect(keysUsed()).toHaveLength(2);
  },
  TIMEOUT_MS,
);

test(
  'a search that fails leaves the doubt, and nothing is sent until it succeeds',
  async () => {
    const site = newSite();
    mastodon.fail('status', 'reset-after');
    const first = await start(site);
    mastodon.fail('read', '500');
    const second = await start(site, { at: 90 });
    expect(notesOf(second)).toEqual([expect.stringMatching(/^in_doubt: .* may have gone out/)]);
    expect(receiptsIn(site)).toEqual([]);
    const third = await start(site, { at: 91 });
    await expectOnePost(site, 92, [first, second, third]);
    expect(keysUsed()).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  'a token that is revoked in the middle of a run blocks by name; with a new one the post goes out',
  async () => {
    const site = newSite();
    mastodon.revokeAfter('media', TOKEN);
    const first = await start(site);
    expect(notesOf(first)).toEqual([
      expect.stringMatching(/^blocked: .*the server does not accept MASTODON_ACCESS_TOKEN: set a new access token$/),
    ]);
    expect(first.reports[0]?.exit_code).toBe(3);
    expect(receiptsIn(site)).toMatchObject([{ status: 'released' }]);
    mastodon.grant('another-token-of-it', 'tidewell');
    const second = await start(site, { at: 5, token: 'another-token-of-it' });
    expect(notesOf(second)).toEqual([]);
    await expectOnePost(site, 6, [first, second]);
  },
  TIMEOUT_MS,
);

test(
  'without variables nothing is asked, and the report names them',
  async () => {
    const site = newSite();
    const first = await start(site, { token: '' });
    expect(notesOf(first)).toEqual(['blocked: channel mastodon: set MASTODON_ACCESS_TOKEN']);
    expect([mastodon.calls, receiptsIn(site)]).toEqual([[], []]);
  },
  TIMEOUT_MS,
);

test(
  'a rate limit is told with its end, and the post goes out after it',
  async () => {
    const site = newSite();
    mastodon.fail('status', '429');
    const first = await start(site);
    expect(notesOf(first)).toEqual([
      expect.stringMatching(/^failed: .*Mastodon takes no more calls until 2026-11-24T12:05:00Z$/),
    ]);
    const second = await start(site, { at: 6 });
    await expectOnePost(site, 7, [first, second]);
  },
  TIMEOUT_MS,
);

test(
  'two runs at once send one post',
  async () => {
    const site = newSite();
    const clones = [rig.freshClone(site), rig.freshClone(site)];
    const timing = { alone: false, windowMs: 6_000, timeoutMs: 3_000 };
    const ended = await Promise.all(clones.map((clone) => start(clone, timing)));
    for (const { code, stderr } of ended) expect([0, 3], stderr).toContain(code);
    await start(site, { at: 5 });
    await expectOnePost(site, 6, ended);
    expect(new Set(keysUsed()).size).toBe(1);
  },
  TIMEOUT_MS,
);
