/**
 * The whole loop in processes of its own, with a bare remote and a Bluesky account on a contract server: whatever happens
 * between intent, call and receipt, the account ends up with one post.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BlueskyServer, serveBluesky } from './testing/bluesky-server.ts';
import type { Ended, Site } from './testing/rig.ts';
import {
  notesOf,
  openServiceLoop,
  PLACES,
  placeAfter,
  type ServiceLoop,
  START,
  TIMEOUT_MS,
} from './testing/service-loop.ts';

const IDENTIFIER = 'tidewell.example';
const PASSWORD = 'tidewell-word-nobody-may-see';

let loop: ServiceLoop;
let bluesky: BlueskyServer;

beforeAll(async () => {
  bluesky = await serveBluesky({ now: START, identifier: IDENTIFIER, password: PASSWORD });
  loop = await openServiceLoop('bluesky', {
    params: `{ service: '${bluesky.url}', appview: '${bluesky.url}' }`,
    env: () => ({ BLUESKY_IDENTIFIER: IDENTIFIER, BLUESKY_APP_PASSWORD: PASSWORD }),
    tick: (now) => bluesky.setClock(now),
  });
}, TIMEOUT_MS);
afterAll(async () => {
  await loop.close();
  await bluesky.close();
});
beforeEach(() => bluesky.forget());

const callsTo = (name: string): number => bluesky.calls.filter(({ path }) => path.startsWith(name)).length;
const puts = (): number => callsTo('com.atproto.repo.putRecord');

/** What the ledger says is what the account has. */
async function expectOnePost(site: Site, at: number, ended: readonly Ended[]): Promise<void> {
  const receipt = await loop.expectOneReceipt(site, { at }, ended, PASSWORD);
  expect([bluesky.standing.length, bluesky.commits]).toEqual([1, 1]);
  const [post] = bluesky.standing;
  const rkey = post?.uri.split('/').at(-1);
  expect(receipt?.url).toBe(`https://bsky.app/profile/${bluesky.did}/post/${rkey}`);
  expect(post?.value.embed?.images[0]?.alt).toMatch(/Tidewell/);
  expect(post?.value.facets[0]?.features[0]?.uri).toContain('utm_source=bluesky&utm_medium=social&utm_campaign=spring');
}

test(
  'a post goes out once, with its card, on one login',
  async () => {
    const site = loop.newSite();
    const first = await loop.start(site);
    expect(notesOf(first)).toEqual([]);
    expect(callsTo('com.atproto.server.createSession')).toBe(1);
    await expectOnePost(site, 1, [first]);
  },
  TIMEOUT_MS,
);

test.each(PLACES)(
  'killed between the call and its receipt, a run 90 minutes later %s writes the same record, which changes nothing',
  async (place) => {
    const site = loop.newSite();
    const killed = await loop.start(site, { fault: 'call-made:1' });
    expect([killed.signal, bluesky.standing.length]).toEqual(['SIGKILL', 1]);
    const next = placeAfter(loop, site, place);
    const recovered = await loop.start(next, { at: 90 });
    expect([puts(), bluesky.commits]).toEqual([2, 1]);
    await expectOnePost(next, 91, [killed, recovered]);
  },
  TIMEOUT_MS,
);

test.each(['call-journaled:1', 'calls-done:1', 'call-remembered:1', 'settled:1'])(
  'killed at %s, the next run leaves one post',
  async (fault) => {
    const site = loop.newSite();
    const killed = await loop.start(site, { fault });
    expect(killed.signal).toBe('SIGKILL');
    const recovered = await loop.start(site, { at: 20 });
    await expectOnePost(site, 21, [killed, recovered]);
  },
  TIMEOUT_MS,
);

test(
  'no answer although the post is out: in doubt, then settled by writing it again',
  async () => {
    const site = loop.newSite();
    bluesky.fail('put', 'silent-after');
    const first = await loop.start(site, { timeoutMs: 1_500 });
    expect(notesOf(first)).toEqual([
      expect.stringMatching(/^in_doubt: .* may have gone out: no answer within 1\.5 s$/),
    ]);
    const second = await loop.start(site, { at: 5 });
    await expectOnePost(site, 6, [first, second]);
    expect(puts()).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  'an app password that is revoked while a post is in doubt blocks by name, and leaves the doubt',
  async () => {
    const site = loop.newSite();
    bluesky.fail('put', 'reset-after');
    const first = await loop.start(site);
    bluesky.revoke();
    const second = await loop.start(site, { at: 5 });
    expect(notesOf(second)).toEqual([
      expect.stringMatching(
        /^blocked: channel bluesky: the server does not accept BLUESKY_IDENTIFIER with BLUESKY_APP_/,
      ),
    ]);
    expect([second.reports[0]?.exit_code, loop.intentsIn(site).length, loop.receiptsIn(site)]).toEqual([3, 1, []]);
    bluesky.setPassword(PASSWORD);
    const third = await loop.start(site, { at: 10 });
    await expectOnePost(site, 11, [first, second, third]);
  },
  TIMEOUT_MS,
);

test(
  'four rate limits in a row are told with their end, halt nothing, and the post goes out after them',
  async () => {
    const site = loop.newSite();
    bluesky.fail('put', '429', '429', '429', '429');
    const ended: Ended[] = [];
    for (const at of [0, 6, 12, 18]) {
      const run = await loop.start(site, { at });
      expect(notesOf(run)).toEqual([
        expect.stringMatching(/^waiting: .*Bluesky takes no more calls until 2026-11-24T1/),
      ]);
      ended.push(run);
    }
    ended.push(await loop.start(site, { at: 24 }));
    await expectOnePost(site, 25, ended);
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
  },
  TIMEOUT_MS,
);
