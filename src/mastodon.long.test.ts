/**
 * The whole loop in processes of its own, with a bare remote and a Mastodon account on a contract server: whatever
 * happens between intent, call and receipt, the account ends up with one post.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MastodonServer, serveMastodon } from './testing/mastodon-server.ts';
import type { Ended, Site } from './testing/rig.ts';
import {
  MINUTE,
  notesOf,
  openServiceLoop,
  PLACES,
  placeAfter,
  type ServiceLoop,
  START,
  TIMEOUT_MS,
} from './testing/service-loop.ts';

const TOKEN = 'tidewell-token-nobody-may-see';

let loop: ServiceLoop;
let mastodon: MastodonServer;

beforeAll(async () => {
  loop = await openServiceLoop('mastodon', {
    params: '',
    env: () => ({ MASTODON_BASE_URL: mastodon.url, MASTODON_ACCESS_TOKEN: TOKEN }),
    tick: (now) => mastodon.setClock(now),
  });
}, TIMEOUT_MS);
afterAll(() => loop.close());
beforeEach(async () => {
  mastodon = await serveMastodon({ now: START });
  mastodon.grant(TOKEN, 'tidewell');
});
afterEach(() => mastodon.close());

const keysUsed = (): (string | undefined)[] =>
  mastodon.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/statuses')).map(({ key }) => key);
const questions = (): number => mastodon.calls.filter(({ path }) => path.includes('/statuses?')).length;
/** What the ledger says is what the account has. */
async function expectOnePost(site: Site, at: number, ended: readonly Ended[], env = {}): Promise<void> {
  const receipt = await loop.expectOneReceipt(site, { at, env }, ended, TOKEN);
  expect(mastodon.posted).toHaveLength(1);
  const [posted] = mastodon.posted;
  expect(receipt?.url).toBe(`${mastodon.url}/@tidewell/${posted?.id}`);
  expect(posted?.pictures).toHaveLength(1);
}

test(
  'a post goes out once, with its card',
  async () => {
    const site = loop.newSite();
    const first = await loop.start(site);
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

test.each(PLACES)(
  'killed between the call and its receipt, a run within the hour %s replays the key',
  async (place) => {
    const site = loop.newSite();
    const killed = await loop.start(site, { fault: 'call-made:1' });
    expect(killed.signal).toBe('SIGKILL');
    expect(mastodon.posted).toHaveLength(1);
    const next = placeAfter(loop, site, place);
    const recovered = await loop.start(next, { at: 20 });
    await expectOnePost(next, 21, [killed, recovered]);
    const [key] = keysUsed();
    expect([keysUsed(), questions()]).toEqual([[key, key], 0]);
  },
  TIMEOUT_MS,
);

test.each(PLACES)(
  'killed between the call and its receipt, a run after the hour %s asks, and sends nothing',
  async (place) => {
    const site = loop.newSite();
    expect((await loop.start(site, { fault: 'call-made:1' })).signal).toBe('SIGKILL');
    mastodon.setClock(START + 30 * MINUTE);
    for (let post = 0; post < 50; post += 1) mastodon.post('tidewell', `By hand, number ${post}`);
    const next = placeAfter(loop, site, place);
    const recovered = await loop.start(next, { at: 90 });
    expect([keysUsed().length, questions()]).toEqual([1, 2]);
    const ours = mastodon.posted.filter(({ pictures }) => pictures.length > 0);
    expect(ours).toHaveLength(1);
    expect(loop.receiptsIn(next)).toMatchObject([{ status: 'sent', url: `${mastodon.url}/@tidewell/${ours[0]?.id}` }]);
    expect(loop.intentsIn(next)).toEqual([]);
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
    const site = loop.newSite();
    const killed = await loop.start(site, { fault: 'call-journaled:1' });
    expect([killed.signal, mastodon.posted.length]).toEqual(['SIGKILL', 0]);
    const recovered = await loop.start(site, { at });
    await expectOnePost(site, at + 1, [killed, recovered]);
    expect(new Set(keysUsed()).size).toBe(1);
  },
  TIMEOUT_MS,
);

test(
  'no answer although the post is out: in doubt, then settled by its key',
  async () => {
    const site = loop.newSite();
    mastodon.fail('status', 'silent-after');
    const first = await loop.start(site, { timeoutMs: 1_500 });
    expect(notesOf(first)).toEqual([
      expect.stringMatching(/^in_doubt: .* may have gone out: no answer within 1\.5 s$/),
    ]);
    const second = await loop.start(site, { at: 5 });
    await expectOnePost(site, 6, [first, second]);
    expect(keysUsed()).toHaveLength(2);
  },
  TIMEOUT_MS,
);

test(
  'a search that fails leaves the doubt, and nothing is sent until it succeeds',
  async () => {
    const site = loop.newSite();
    mastodon.fail('status', 'reset-after');
    const first = await loop.start(site);
    mastodon.fail('read', '500');
    const second = await loop.start(site, { at: 90 });
    expect(notesOf(second)).toEqual([expect.stringMatching(/^in_doubt: .* may have gone out/)]);
    expect(loop.receiptsIn(site)).toEqual([]);
    const third = await loop.start(site, { at: 91 });
    await expectOnePost(site, 92, [first, second, third]);
    expect(keysUsed()).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  'a token that is revoked in the middle of a run blocks by name; with a new one the post goes out',
  async () => {
    const site = loop.newSite();
    mastodon.revokeAfter('media', TOKEN);
    const first = await loop.start(site);
    expect(notesOf(first)).toEqual([
      expect.stringMatching(/^blocked: .*the server does not accept MASTODON_ACCESS_TOKEN: set a new access token$/),
    ]);
    expect(first.reports[0]?.exit_code).toBe(3);
    expect(loop.receiptsIn(site)).toMatchObject([{ status: 'released' }]);
    mastodon.grant('another-token-of-it', 'tidewell');
    const env = { MASTODON_ACCESS_TOKEN: 'another-token-of-it' };
    const second = await loop.start(site, { at: 5, env });
    expect(notesOf(second)).toEqual([]);
    await expectOnePost(site, 6, [first, second], env);
  },
  TIMEOUT_MS,
);

test(
  'a token that is revoked while a post is in doubt blocks by name, and leaves the doubt',
  async () => {
    const site = loop.newSite();
    mastodon.fail('status', 'reset-after');
    const first = await loop.start(site);
    mastodon.revoke(TOKEN);
    const second = await loop.start(site, { at: 90 });
    expect(notesOf(second)).toEqual([
      expect.stringMatching(/^blocked: channel mastodon: the server does not accept MASTODON_ACCESS_TOKEN: set a new/),
    ]);
    expect([second.reports[0]?.exit_code, loop.intentsIn(site).length, loop.receiptsIn(site)]).toEqual([3, 1, []]);
    mastodon.grant(TOKEN, 'tidewell');
    const third = await loop.start(site, { at: 91 });
    await expectOnePost(site, 92, [first, second, third]);
    expect(keysUsed()).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  'without variables nothing is asked, and the report names them',
  async () => {
    const site = loop.newSite();
    const first = await loop.start(site, { env: { MASTODON_ACCESS_TOKEN: '' } });
    expect(notesOf(first)).toEqual(['blocked: channel mastodon: set MASTODON_ACCESS_TOKEN']);
    expect([mastodon.calls, loop.receiptsIn(site)]).toEqual([[], []]);
  },
  TIMEOUT_MS,
);

test(
  'a rate limit is told with its end, and the post goes out after it',
  async () => {
    const site = loop.newSite();
    mastodon.fail('status', '429');
    const first = await loop.start(site);
    expect(notesOf(first)).toEqual([
      expect.stringMatching(/^waiting: .*Mastodon takes no more calls until 2026-11-24T12:05:00Z$/),
    ]);
    const second = await loop.start(site, { at: 6 });
    await expectOnePost(site, 7, [first, second]);
  },
  TIMEOUT_MS,
);

test(
  'two runs at once send one post',
  async () => {
    const site = loop.newSite();
    const clones = [loop.freshClone(site), loop.freshClone(site)];
    const timing = { alone: false, windowMs: 6_000, timeoutMs: 3_000 };
    const ended = await Promise.all(clones.map((clone) => loop.start(clone, timing)));
    for (const { code, stderr } of ended) expect([0, 3], stderr).toContain(code);
    await loop.start(site, { at: 5 });
    await expectOnePost(site, 6, ended);
    expect(new Set(keysUsed()).size).toBe(1);
  },
  TIMEOUT_MS,
);
