/** Thirty posts of this repository's own campaign, at its slots, as the template engine writes them. */
import { rankAngles } from '../core/angles.ts';
import { briefOf } from '../core/brief.ts';
import type { Brief, Plugins, Unit } from '../core/contracts.ts';
import { kindFor } from '../core/copywriter/capacity.ts';
import { candidatesFor } from '../core/copywriter/compose.ts';
import { type Framework, POST_FRAMES } from '../core/copywriter/frames.ts';
import { occurrencesAround } from '../core/time.ts';
import { createLoader } from '../core/workspace.ts';
import { engine } from '../engines/template.ts';
import type { Angle, Campaign } from '../generated/entities.ts';
import { assets, channels } from '../generated/registry.ts';
import { loadAll } from '../shell/open.ts';
import { ownFiles } from './own.ts';
import { secluded } from './secluded.ts';

const BEGIN = '2026-11-23T00:00:00Z';
const POSTS = 30;

export interface ListedPost {
  /** 2026-11-23T09:30[Europe/Berlin] */
  readonly slot: string;
  readonly due: string;
  readonly framework: Framework;
  readonly angle: Angle;
  readonly text: string;
}

/** The repository's own workspace. */
export async function ownUnit(): Promise<{ unit: Unit; plugins: Pick<Plugins, 'assets' | 'channels'> }> {
  const plugins = { assets: await loadAll(assets), channels: await loadAll(channels) };
  const files = Object.entries(ownFiles()).filter(([path]) =>
    /^(mhub\.yaml$|(brands|campaigns|policies|templates)\/)/.test(path),
  );
  const tree = new Map(files.map(([path, bytes]) => [path, { bytes }]));
  const loaded = createLoader(tree, { channels: plugins.channels, exists: () => true }).loadUnit('start');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  return { unit: loaded.unit, plugins };
}

type Line = Campaign['schedule'][number];

/** Slots of the weekly lines from now on, in the order of their time. */
function* slotsOf({ campaign, channels: own, workspace }: Unit) {
  const next = (line: Line, now: string) => {
    const zone = own.find(({ id }) => id === line.channel)?.timezone ?? workspace.timezone;
    const [, occurrence] = occurrencesAround(line.weekly ?? [], zone, now);
    return { line, ...occurrence };
  };
  let coming = campaign.schedule.filter(({ weekly }) => weekly).map((line) => next(line, BEGIN));
  for (;;) {
    const [first] = coming.toSorted((a, b) => (a.due < b.due ? -1 : 1));
    if (!first) return;
    yield first;
    coming = coming.map((one) => (one === first ? next(one.line, one.due) : one));
  }
}

const frameworkOf = (brief: Brief, text: string): Framework => {
  const draft = candidatesFor(brief).fitting.find(({ blocks }) => blocks[0]?.text === text);
  const frame = POST_FRAMES.find(({ id }) => id === draft?.frame);
  if (!frame) throw new RangeError(`no frame gives "${text}"`);
  return frame.framework;
};

/** Emails take their angles in between, as in the campaign; news and visits, which shift them, are left out. */
export async function thirtyPosts(): Promise<readonly ListedPost[]> {
  const { unit, plugins } = await ownUnit();
  const posts: ListedPost[] = [];
  const recent: { angle: Angle }[] = [];
  for (const { line, slot, due } of slotsOf(unit)) {
    const [best] = rankAngles(unit, [], [], recent);
    if (!best || posts.length >= POSTS) break;
    recent.unshift({ angle: best.angle });
    if (line.asset !== 'social_post') continue;
    const place = {
      asset: `social-post-${due.slice(0, 10)}`,
      kind: line.asset,
      channel: line.channel,
      slot,
      why: 'listed',
    };
    const entry = { ...place, segment: best.segment.id, offer: best.offer.id, angle: best.angle };
    const kind = kindFor(unit, entry, plugins);
    if (!kind) throw new RangeError(`no kind ${line.asset}`);
    const used = posts.map(({ text }) => text).reverse();
    const brief = briefOf(unit, entry, kind, due, used, { attempt: 1, findings: [] });
    const io = { ...secluded, env: {}, now: due, file: async () => undefined, events: async () => [] };
    const { copy } = await engine.generate(brief, { params: {}, templates: new Map(), answers: new Map(), io });
    const text = copy.blocks[0]?.text ?? '';
    posts.push({ slot, due, framework: frameworkOf(brief, text), angle: best.angle, text });
  }
  return posts;
}

/** docs/posts.md */
export const postsPage = (posts: readonly ListedPost[]): string =>
  `${[
    '# Thirty posts',
    '',
    "What the template engine writes for this repository's own campaign at its next thirty slots, unedited, without the",
    'link and the hashtags that each post ends with. Made by `npm run gen`. The test `src/posts.test.ts` holds them to what',
    'the README says: no angle twice within seven days, at least four frameworks, and no two posts that share 60 % of',
    'their word pairs.',
    '',
    ...posts.flatMap(({ slot, framework, angle, text }, index) => [
      `${index + 1}. **${slot.slice(0, 16).replace('T', ' ')}**, ${framework}, ${angle.pain} → ${angle.outcome}`,
      '',
      ...text.split('\n').map((line) => `   > ${line}`),
      '',
    ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
