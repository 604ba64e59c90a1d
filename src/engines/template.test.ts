import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { asset as email } from '../assets/email.ts';
import { asset as landingPage } from '../assets/landing-page.ts';
import { asset as onePager } from '../assets/one-pager.ts';
import { asset as socialPost } from '../assets/social-post.ts';
import { rankAngles, type Scored } from '../core/angles.ts';
import { briefOf, copyProblems } from '../core/brief.ts';
import type { AssetKind, Brief, Copy, EngineContext, Io, RenderContext, Unit } from '../core/contracts.ts';
import { similarity } from '../core/copywriter/text.ts';
import { Blocked } from '../core/errors.ts';
import { createLoader } from '../core/workspace.ts';
import { secluded } from '../testing/secluded.ts';
import { engine } from './template.ts';

const ROOT = join(import.meta.dirname, '../..');
const NOW = '2026-11-23T12:00:00Z';
const CHANNELS = { landing_page: 'web', one_pager: 'web', email: 'outbox', social_post: 'feed' } as const;
const MEDIA = { landing_page: 'site', one_pager: 'site', email: 'email', social_post: 'social' } as const;

const io: Io = { ...secluded, env: {}, now: NOW, file: async () => undefined, events: async () => [] };
const context: EngineContext = { params: {}, templates: new Map(), answers: new Map(), io };
const write = async (brief: Brief): Promise<Copy> => (await engine.generate(brief, context)).copy;
const wordsOf = ({ blocks }: Copy): string => blocks.map(({ text }) => text).join(' ');

/** The workspace of this repository. */
function loadWorkspace(): Unit {
  const folders = ['brands', 'campaigns', 'policies', 'templates'];
  const paths = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1)),
  );
  const tree = new Map([...paths, 'mhub.yaml'].map((path) => [path, { bytes: readFileSync(join(ROOT, path)) }]));
  const kinds = Object.keys(CHANNELS) as (keyof typeof CHANNELS)[];
  const channels = new Map(
    Object.values(CHANNELS).map((id) => [id, { kinds: kinds.filter((kind) => CHANNELS[kind] === id) }]),
  );
  const loaded = createLoader(tree, { channels, exists: () => true }).loadUnit('start');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  return loaded.unit;
}

let unit: Unit;
let ranked: Scored[];
beforeAll(() => {
  unit = loadWorkspace();
  ranked = rankAngles(unit, [], [], []);
});

interface Draft {
  readonly asset?: string;
  readonly used?: readonly string[];
  readonly attempt?: number;
  readonly findings?: Brief['findings'];
}

function entryOf(kind: AssetKind, { segment, offer, angle }: Scored, asset = `${kind.id.replace('_', '-')}-a`) {
  const arm = kind.id === 'landing_page' ? ({ arm: 'a' } as const) : {};
  const place = { channel: CHANNELS[kind.id], slot: 'on_change', path: '/start/', ...arm };
  return { asset, kind: kind.id, segment: segment.id, offer: offer.id, angle, why: 'a test', ...place };
}

const briefFor = (
  kind: AssetKind,
  scored: Scored,
  { asset, used = [], attempt = 1, findings = [] }: Draft = {},
): Brief => briefOf(unit, entryOf(kind, scored, asset), kind, NOW, used, { attempt, findings });

function render(kind: AssetKind, copy: Copy, { offer, segment }: Scored, arm: 'a' | 'b' = 'a') {
  const channel = unit.channels.find(({ id }) => id === CHANNELS[kind.id]);
  if (!channel) throw new Error(`no channel for ${kind.id}`);
  const asset = {
    id: `${kind.id.replace('_', '-')}-20261123-0930-feed`,
    arm,
    path: arm === 'b' ? '/start/b/' : '/start/',
  };
  const template = (path: string): string => String(unit.templates.get(path));
  const context: RenderContext = {
    unit,
    offer,
    segment,
    channel,
    medium: MEDIA[kind.id],
    limits: { maxLength: 300 },
    asset,
    template,
  };
  return kind.render(copy, context);
}

const best = (): Scored => {
  const [first] = ranked;
  if (!first) throw new Error('the workspace has no angle');
  return first;
};

describe.each([landingPage, onePager, email, socialPost])('$id', (kind) => {
  test('the same brief gives the same copy and the same bytes', async () => {
    const brief = briefFor(kind, best());
    const [one, two] = [await write(brief), await write(structuredClone(brief))];
    expect(two).toEqual(one);
    expect([...render(kind, two, best())]).toEqual([...render(kind, one, best())]);
  });

  test('every angle of the workspace fills every slot within its length', async () => {
    for (const scored of ranked) {
      const brief = briefFor(kind, scored);
      expect(copyProblems(brief, await write(brief)), JSON.stringify(scored.angle)).toEqual([]);
    }
  });

  test('a repair does without the words that were complained about, and differs from all drafts before it', async () => {
    for (const scored of ranked.filter((_, index) => index % 7 === 0)) {
      const drafts = [await write(briefFor(kind, scored))];
      for (const attempt of [2, 3, 4]) {
        const last = drafts.at(-1)?.blocks.find(({ slot }) => ['hero.subhead', 'opening', 'post.text'].includes(slot));
        const excerpt = last?.text.split(/(?<=[.?])\s/).at(-1) ?? '';
        const finding = { rule: 'base/plain-words', severity: 'block', message: 'says it', excerpt } as const;
        const next = await write(briefFor(kind, scored, { attempt, findings: [finding] }));
        expect(wordsOf(next)).not.toContain(excerpt);
        expect(drafts.map(wordsOf)).not.toContain(wordsOf(next));
        drafts.push(next);
      }
    }
  });
});

test('thirty posts, one a day, share less than 60 % of their word pairs', async () => {
  const texts: string[] = [];
  const recent: { angle: Scored['angle'] }[] = [];
  for (let day = 0; day < 30; day += 1) {
    const [scored = best()] = rankAngles(unit, [], [], recent);
    recent.unshift({ angle: scored.angle });
    const copy = await write(
      briefFor(socialPost, scored, { asset: `social-post-day-${day}`, used: [...texts].reverse() }),
    );
    const text = wordsOf(copy);
    for (const past of texts) expect(similarity(past, text), `${past}\n${text}`).toBeLessThan(0.6);
    texts.push(text);
  }
});

test('a post fits 300 characters with its tracked link, which leads to the page of its arm', async () => {
  for (const scored of ranked) {
    const text = String(render(socialPost, await write(briefFor(socialPost, scored)), scored, 'b').get('post.txt'));
    expect(text.length).toBeLessThanOrEqual(300);
    expect(text).toMatch(
      /\nhttps:\/\/mhub\.example\/start\/b\/\?utm_source=feed&utm_medium=social&utm_campaign=start&utm_content=09srpnxbkm\n$/,
    );
  }
});

test('both arms of the page stay below 30 KB, name the control as canonical, and load nothing', async () => {
  for (const arm of ['a', 'b'] as const) {
    const html = String(render(landingPage, await write(briefFor(landingPage, best())), best(), arm).get('index.html'));
    expect(Buffer.byteLength(html)).toBeLessThan(30_000);
    expect(html).toContain('<link rel="canonical" href="https://mhub.example/start/">');
    expect(html).not.toMatch(/\ssrc=|url\(|@import/);
  }
});

test('a form that is missing is BLOCKED by the name of its field', async () => {
  const brief = briefFor(landingPage, best());
  const { pain, outcome } = brief.angle;
  const without = {
    ...brief,
    angle: {
      ...brief.angle,
      pain: { ...pain, forms: { s: 'It hurts.' } },
      outcome: { ...outcome, forms: { s: 'It stops.' } },
    },
  };
  await expect(write(without)).rejects.toThrow(Blocked);
  await expect(write(without)).rejects.toMatchObject({
    missing: expect.arrayContaining([`brands/mhub/offers/local-run.yaml outcomes[${outcome.id}].forms.vp`]),
  });
});

test('a list that is too short is BLOCKED by the fields that would lengthen it', async () => {
  const brief = briefFor(landingPage, best());
  const [first, ...others] = brief.more.outcomes.slice(0, 3);
  if (!first) throw new Error('the offer has one outcome');
  const { short: _short, ...forms } = first.forms;
  const poor = { ...brief, more: { ...brief.more, outcomes: [{ ...first, forms }, ...others] } };
  await expect(write(poor)).rejects.toThrow(`brands/mhub/offers/local-run.yaml outcomes[${first.id}].forms.short`);
});

test('a language without frames is BLOCKED instead of being answered in English', async () => {
  await expect(write({ ...briefFor(email, best()), locale: 'de' })).rejects.toThrow(
    'BLOCKED engine template: its frames are English',
  );
});
