import { expect, test } from 'vitest';
import type { Intent, Receipt } from '../../generated/entities.ts';
import { stringifyDocument } from '../documents.ts';
import { filesDigest, sha256 } from '../hash.ts';
import { ledgerFile, type NewReceipt, publicationKey, receiptOf } from '../ledger.ts';
import { type Accepted, type Call, Checker, type Invariant, invariants } from './checker.ts';

const AT = '2026-11-23T08:47:00Z';
const SLOT = '2026-11-23T09:30[Europe/Berlin]';
const RUN = '20261123T084700Z-00000001';
const BASE = '0'.repeat(40);
const LEDGER = `hub/ledger/2026/11/23/${RUN}.jsonl`;
const OPEN = `hub/open/${RUN}.jsonl`;

const post = (asset: string) => new Map([['post.txt', `All hands to ${asset}.\n`]]);
const contentOf = (asset: string): string => filesDigest(post(asset));

const intentOf = (asset: string, changes: Partial<Intent> = {}): Intent => ({
  key: publicationKey('spring', asset, 'feed', SLOT),
  attempt: 1,
  run: RUN,
  at: AT,
  campaign: 'spring',
  asset,
  brand: 'tidewell',
  channel: 'feed',
  slot: SLOT,
  class: 'opaque',
  effect: 'outside',
  content: contentOf(asset),
  ...changes,
});

const lines = (...intents: Intent[]): string => intents.map((intent) => `${JSON.stringify(intent)}\n`).join('');
const sent = (intent: Intent, changes: Partial<NewReceipt> = {}): NewReceipt => ({
  ...receiptOf(intent, RUN, AT),
  status: 'sent',
  ...changes,
});
const ledger = (...receipts: NewReceipt[]): string => ledgerFile(BASE, [], receipts);

type Tree = Readonly<Record<string, string>>;

const CAMPAIGN = {
  name: 'Spring',
  brand: 'tidewell',
  goal: 'signup',
  status: 'active',
  locales: ['en'],
  offers: ['club'],
  segments: ['crew'],
  policies: ['base'],
  kpis: [{ metric: 'clicks', target: 10 }],
  schedule: [{ channel: 'feed', asset: 'social_post', weekly: ['mon 09:30'] }],
};

const asset = (name: string): Tree => ({
  [`hub/campaigns/spring/assets/${name}/asset.yaml`]: stringifyDocument({ files: [{ name: 'post.txt' }] }),
  [`hub/campaigns/spring/assets/${name}/post.txt`]: post(name).get('post.txt') ?? '',
  [`hub/campaigns/spring/verdicts/${name}.yaml`]: stringifyDocument({ result: 'pass', content: contentOf(name) }),
});

const config = (breakers: object = {}): Tree => ({
  'mhub.yaml': stringifyDocument({ timezone: 'Europe/Berlin', breakers: { max_publishes_per_day: 2, ...breakers } }),
  'brands/tidewell/channels/feed.yaml': stringifyDocument({ timezone: 'Europe/Berlin' }),
  'campaigns/spring/campaign.yaml': stringifyDocument(CAMPAIGN),
});

const START: Tree = { ...config(), ...asset('monday'), ...asset('tuesday'), ...asset('friday') };

/** A history without git: each step gives the whole tree, and says who wrote it. */
class History {
  private readonly blobs = new Map<string, string>();
  private tree: Tree = {};
  private count = 0;
  readonly calls: Call[] = [];
  readonly accepted: Accepted[] = [];
  readonly checker = new Checker((oid) => Promise.resolve(Buffer.from(this.blobs.get(oid) ?? '')));
  tip = BASE;

  private oid(text: string | undefined): string | null {
    if (text === undefined) return null;
    this.blobs.set(sha256(text), text);
    return sha256(text);
  }

  async begin(tree: Tree): Promise<this> {
    this.tree = tree;
    const files = Object.entries(tree).map(([path, text]) => [path, { oid: this.oid(text) ?? '' }] as const);
    await this.checker.begin(this.tip, new Map(files));
    return this;
  }

  /** One commit with the changed files, undefined for those that go; without changes a step of the world alone. */
  async step(
    changes?: Readonly<Record<string, string | undefined>>,
    { byPerson = false, parent = this.tip } = {},
  ): Promise<this> {
    if (!changes) {
      await this.checker.step([], this.calls, this.accepted);
      return this;
    }
    this.count += 1;
    const id = String(this.count).padStart(40, '0');
    const changed = Object.entries(changes).map(([path, after]) => ({
      path,
      before: this.oid(this.tree[path]),
      after: this.oid(after),
    }));
    this.tree = Object.fromEntries(
      Object.entries({ ...this.tree, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    this.tip = id;
    await this.checker.step([{ id, parents: [parent], changes: changed, byPerson }], this.calls, this.accepted);
    return this;
  }

  call(intent: Intent, changes: Partial<Call> = {}): this {
    const { key, attempt, campaign, asset: name, channel, brand, content } = intent;
    this.calls.push({
      channel,
      brand,
      key,
      attempt,
      campaign,
      asset: name,
      class: 'opaque',
      content,
      tip: this.tip,
      now: AT,
      ...changes,
    });
    return this;
  }

  accept({ key, campaign, asset: name, channel, content }: Intent): this {
    this.accepted.push({ channel, key, campaign, asset: name, class: 'opaque', content, time: 0 });
    return this;
  }

  get broken(): Invariant[] {
    return [...new Set(this.checker.breaks.map(({ invariant }) => invariant))];
  }
}

const begun = (tree: Tree = START): Promise<History> => new History().begin(tree);

const monday = intentOf('monday');
const tuesday = intentOf('tuesday');

/** An intent, its call, its effect and its receipt, in the right order. */
async function published(tree?: Tree): Promise<History> {
  const history = await begun(tree);
  await history.step({ [OPEN]: lines(monday) });
  history.call(monday).accept(monday);
  return history.step({ [OPEN]: undefined, [LEDGER]: ledger(sent(monday)) });
}

test('a history in which everything is right breaks nothing', async () => {
  const history = await published();
  history.checker.checkTruth(history.accepted, new Set(['feed']));
  history.checker.checkPushes(2, 1);
  history.checker.checkCalm(0);
  history.checker.checkClosed();
  expect(history.checker.breaks).toEqual([]);
});

const withdrawn = sent(monday, { status: 'withdrawn', because: 'a fact expired' });

test('taking down what was sent, with its effect in the same commit, breaks nothing', async () => {
  const history = await published();
  await history.step({ [LEDGER]: ledger(sent(monday), withdrawn), 'site/feed.xml': '<feed/>' });
  history.checker.checkTruth(history.accepted, new Set(['feed']));
  expect(history.checker.breaks).toEqual([]);
});

const second = intentOf('monday', { attempt: 2 });
const late = (status: Receipt['status']): NewReceipt => sent(monday, { status });

const mischief: readonly [Invariant, string, () => Promise<History>][] = [
  [
    'I1',
    'a call without an intent',
    async () => {
      const history = await begun();
      return history.call({ ...monday, class: 'query' }).step();
    },
  ],
  ['I2', 'two open intents of one key', async () => (await begun()).step({ [OPEN]: lines(monday, second) })],
  [
    'I3',
    'two receipts of one attempt',
    async () => (await published()).step({ [LEDGER]: ledger(sent(monday), sent(monday)) }),
  ],
  ['I3', 'taking down what was never sent', async () => (await begun()).step({ [LEDGER]: ledger(withdrawn) })],
  [
    'I3',
    'taking down twice',
    async () => (await published()).step({ [LEDGER]: ledger(sent(monday), withdrawn, withdrawn) }),
  ],
  [
    'I4',
    'another attempt after it was taken down',
    async () => {
      const history = await published();
      await history.step({ [LEDGER]: ledger(sent(monday), withdrawn) });
      return history.step({ [OPEN]: lines(second) });
    },
  ],
  ['I4', 'another attempt after it was sent', async () => (await published()).step({ [OPEN]: lines(second) })],
  [
    'I5',
    'an effect that is released',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      history.call(monday).accept(monday);
      return history.step({ [OPEN]: undefined, [LEDGER]: ledger(late('released')) });
    },
  ],
  [
    'I5',
    'a page that appears without a receipt',
    async () => (await begun()).step({ 'site/index.html': '<p>Hello</p>' }),
  ],
  [
    'I6',
    'an intent that is removed early',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      return history.step({ [OPEN]: undefined });
    },
  ],
  [
    'I6',
    'a receipt that no intent announced',
    async () => (await begun()).step({ [LEDGER]: ledger(late('released')) }),
  ],
  [
    'I6',
    'an intent that stays beside its receipt',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      return history
        .call(monday)
        .accept(monday)
        .step({ [LEDGER]: ledger(sent(monday)) });
    },
  ],
  ['I7', 'a receipt that is dropped', async () => (await published()).step({ [LEDGER]: undefined })],
  [
    'I7',
    'a receipt that is edited',
    async () => (await published()).step({ [LEDGER]: ledger(sent(monday, { because: 'edited' })) }),
  ],
  [
    'I7',
    'a receipt that is not chained',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      const text = ledgerFile('f'.repeat(40), [], [sent(monday)]);
      return history
        .call(monday)
        .accept(monday)
        .step({ [OPEN]: undefined, [LEDGER]: text });
    },
  ],
  ['I7', 'a history that is rewritten', async () => (await published()).step({ 'NOTES.txt': 'x' }, { parent: BASE })],
  [
    'I8',
    'a second run that commits again',
    async () => {
      const history = await published();
      history.checker.checkCalm(1);
      return history;
    },
  ],
  [
    'I9',
    'a campaign that cannot be read and is worked on',
    async () => {
      const history = await begun();
      await history.step({ 'campaigns/spring/campaign.yaml': 'name: Spr' }, { byPerson: true });
      return history.step({ 'hub/campaigns/spring/plan.yaml': 'assets: []\n' });
    },
  ],
  [
    'twice',
    'a channel that accepts twice',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines({ ...monday, class: 'key' }) });
      history.call(monday, { class: 'key' }).accept(monday).call(monday, { class: 'key' }).accept(monday);
      return history.step({ [OPEN]: undefined, [LEDGER]: ledger(sent(monday)) });
    },
  ],
  [
    'resent',
    'an opaque call that is repeated',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      history.call(monday).call(monday).accept(monday);
      return history.step({ [OPEN]: undefined, [LEDGER]: ledger(sent(monday)) });
    },
  ],
  [
    'untrue',
    'a receipt of something that never went out',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      await history.step({ [OPEN]: undefined, [LEDGER]: ledger(sent(monday)) });
      history.checker.checkTruth(history.accepted, new Set(['feed']));
      return history;
    },
  ],
  [
    'cap',
    'one more than the cap allows',
    async () => (await begun()).step({ [OPEN]: lines(monday, tuesday, intentOf('friday')) }),
  ],
  [
    'cap',
    'a cap that was raised behind the back of the branch',
    async () => {
      const history = await published({ ...START, ...config({ max_publishes_per_day: 1 }) });
      return history.step({ [OPEN]: lines(tuesday) });
    },
  ],
  [
    'spacing',
    'two publications at once',
    async () => {
      const history = await published({ ...START, ...config({ min_spacing_minutes: 60 }) });
      return history.step({ [OPEN]: lines({ ...tuesday, at: '2026-11-23T09:17:00Z' }) });
    },
  ],
  [
    'switches',
    'an intent although publish_enabled is false',
    async () => (await begun({ ...START, ...config({ publish_enabled: false }) })).step({ [OPEN]: lines(monday) }),
  ],
  [
    'switches',
    'a call after a switch was flipped',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      await history.step(config({ publish_enabled: false }), { byPerson: true });
      return history.call(monday).accept(monday).step();
    },
  ],
  [
    'switches',
    'an intent although a halt stands',
    async () => {
      const halt = {
        campaign: 'spring',
        channel: 'feed',
        breaker: 'manual',
        why: 'Wait.',
        evidence: [],
        at: AT,
        resolved: false,
      };
      return (await begun({ ...START, 'hub/halts/wait.yaml': stringifyDocument(halt) })).step({
        [OPEN]: lines(monday),
      });
    },
  ],
  [
    'evidence',
    'an intent although a halt is torn',
    async () => (await begun({ ...START, 'hub/halts/torn.yaml': 'campaign: "sp' })).step({ [OPEN]: lines(monday) }),
  ],
  [
    'verdict',
    'an intent for what Guard has denied',
    async () => {
      const denied = stringifyDocument({ result: 'deny', content: contentOf('monday') });
      return (await begun({ ...START, 'hub/campaigns/spring/verdicts/monday.yaml': denied })).step({
        [OPEN]: lines(monday),
      });
    },
  ],
  [
    'verdict',
    'content that changed after its verdict',
    async () =>
      (await begun({ ...START, 'hub/campaigns/spring/assets/monday/post.txt': 'Something else.\n' })).step({
        [OPEN]: lines(monday),
      }),
  ],
  [
    'verdict',
    'other bytes than the intent names',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      history.call(monday, { content: contentOf('friday') }).accept(monday);
      return history.step({ [OPEN]: undefined, [LEDGER]: ledger(sent(monday)) });
    },
  ],
  [
    'pushes',
    'a third push without a reason',
    async () => {
      const history = await begun();
      history.checker.checkPushes(3, 1);
      return history;
    },
  ],
  [
    'open',
    'an intent that nobody settles',
    async () => {
      const history = await (await begun()).step({ [OPEN]: lines(monday) });
      history.checker.checkClosed();
      return history;
    },
  ],
];

test.each(mischief)('%s is broken, and nothing else, by %s', async (invariant, _what, play) => {
  const history = await play();
  expect(history.broken, JSON.stringify(history.checker.breaks)).toEqual([invariant]);
});

test.each([
  ['an opaque call', (history: History) => history.call(monday).step()],
  ['a release', (history: History) => history.step({ [OPEN]: undefined, [LEDGER]: ledger(late('released')) })],
  ["a race against a person's commit", (history: History) => history.step({ 'NOTES.txt': 'x' }, { byPerson: true })],
])('%s is worth one more push', async (_reason, play) => {
  const history = await play(await (await begun()).step({ [OPEN]: lines(monday) }));
  history.checker.checkPushes(3, 1);
  expect(history.checker.breaks).toEqual([]);
  history.checker.checkPushes(4, 1);
  expect(history.broken).toEqual(['pushes']);
});

test('every invariant that can be seen in a history has its mischief', () => {
  const shown = new Set(mischief.map(([invariant]) => invariant));
  // These two are judged by the loop: an unknown error of the engine, and what mhub verify says.
  expect(Object.keys(invariants).filter((name) => !shown.has(name as Invariant))).toEqual(['verify', 'bug']);
});

test('what a person resolves as released may be sent again', async () => {
  const history = await (await begun()).step({ [OPEN]: lines(monday) });
  await history.call(monday).step({ [OPEN]: undefined, [LEDGER]: ledger(late('assumed_sent')) });
  const resolved = sent(monday, { status: 'released', because: 'resolved by hand' });
  await history.step({ [LEDGER]: ledger(late('assumed_sent'), resolved) });
  await history.step({ [OPEN]: lines(second) });
  history.call(second).accept(second);
  await history.step({ [OPEN]: undefined, [LEDGER]: ledger(late('assumed_sent'), resolved, sent(second)) });
  expect(history.checker.breaks).toEqual([]);
});
