/** What it takes to make an asset of each kind: copy, templates, drawings, digests. */
/** Writing, rendering and judging a landing page, against nothing but rendering its template. */
import Handlebars from 'handlebars';
import { partsOf } from '../src/core/brief.ts';
import type { Brief, CampaignInput, Copy, EffectOf, EngineContext, Files } from '../src/core/contracts.ts';
import { filesDigest } from '../src/core/hash.ts';
import { engine } from '../src/engines/template.ts';
import { assets, channels, engines, rules } from '../src/generated/registry.ts';
import { deadlineOf } from '../src/shell/deadline.ts';
import { openDrawer } from '../src/shell/draw/index.ts';
import { loadAll, openInputs, openWorkspace } from '../src/shell/open.ts';
import { GUARD_DEADLINE_MS } from '../src/shell/pass.ts';
import { workTreeSnapshot } from '../src/shell/snapshot.ts';
import { World } from '../src/shell/world.ts';
import { stage as decide } from '../src/stages/decide.ts';
import { stage as make } from '../src/stages/make.ts';
import { secluded } from '../src/testing/secluded.ts';
import { compare, type Row } from './measure.ts';

const moment = { now: '2026-11-23T07:00:00Z', run: 'bench', base: '0'.repeat(40), delivery: 'local' } as const;
const io = {
  ...secluded,
  env: {},
  now: moment.now,
  file: async () => undefined,
  events: async () => [],
};

const PAGE = 'templates/landing_page.hbs';

/** What a page shows, straight from its copy: enough for the template to write as much as it does in a run. */
export function viewOf({ unit }: CampaignInput, { blocks }: Copy) {
  const texts = (slot: string) => blocks.filter((block) => block.slot === slot).map(({ text }) => text);
  const pairs = (titles: string, bodies: string) =>
    texts(titles).map((title, index) => ({
      title,
      body: texts(bodies)[index],
      question: title,
      answer: texts(bodies)[index],
    }));
  const [offer] = unit.offers;
  return {
    title: texts('meta.title')[0],
    description: texts('meta.description')[0],
    css: unit.templates.get('templates/landing_page.css.hbs'),
    script: unit.templates.get('templates/landing_page.js.hbs'),
    brand: unit.brand,
    hero: { headline: texts('hero.headline')[0], subhead: texts('hero.subhead')[0] },
    cta: { id: offer?.cta.id, label: offer?.cta.label, link: offer?.cta.url },
    problems: texts('problem.item'),
    outcomes: pairs('outcome.title', 'outcome.body'),
    mechanisms: pairs('how.title', 'how.body'),
    proofs: texts('proof.item').map((text) => ({ text, source: 'README.md' })),
    offer: { ...offer, price: texts('offer.price')[0] },
    faq: pairs('faq.question', 'faq.answer'),
    disclaimers: unit.brand.disclaimers.map(({ text }) => text),
    postalAddress: unit.brand.addresses.postal_address,
  };
}

const kindIds = ['landing_page', 'email', 'social_post', 'one_pager'] as const;

type Generate = EffectOf<'generate'>;

/** Files of an asset as its kind renders them, before anything is drawn. */
export function renderOf({ unit, plugins, state }: CampaignInput, { asset }: Brief, copy: Copy): Files {
  const kind = plugins.assets.get(asset.kind);
  const entry = state.plan?.assets.find((planned) => planned.kind === asset.kind);
  const channel = unit.channels.find(({ id }) => id === entry?.channel);
  if (!kind || !entry || !channel) throw new Error(`the campaign start plans no ${asset.kind}`);
  return kind.render(copy, {
    unit,
    ...partsOf(unit, entry),
    channel,
    medium: plugins.channels.get(channel.adapter)?.medium ?? 'site',
    limits: plugins.channels.get(channel.adapter)?.limits ?? {},
    asset: { id: asset.id, ...(entry.path === undefined ? {} : { path: entry.path }) },
    template: (path) => String(unit.templates.get(path)),
  });
}

/** The repository's own campaign, planned, with what Make asks for. */
export async function prepared(root: string) {
  const world = new World(workTreeSnapshot(root));
  const workspace = await openWorkspace(world, await openInputs(world, ['start']));
  const [unit] = workspace.units;
  if (!unit) throw new Error('the campaign start cannot be read; run: mhub validate');
  const plugins = {
    engines: await loadAll(engines),
    assets: await loadAll(assets),
    rules: await loadAll(rules),
    channels: await loadAll(channels),
  };
  const look = async (): Promise<CampaignInput> => ({
    ...moment,
    unit,
    state: await workspace.hub(unit),
    plugins,
    published: new Map(),
    within: deadlineOf(GUARD_DEADLINE_MS),
  });
  await world.apply(decide.fold(await look(), []).changeSet);
  const planned = await look();
  const effects = make.plan(planned).filter((effect): effect is Generate => effect.kind === 'generate');
  const effectFor = (kind: string): Generate => {
    const found = effects.find(({ brief }) => brief.asset.kind === kind);
    if (!found) throw new Error(`the campaign start has no ${kind} to make now`);
    return found;
  };
  const context: EngineContext = { params: {}, templates: unit.templates, answers: new Map(), io };
  return { planned, effect: effectFor('landing_page'), effectFor, context };
}

/** How long each step of an asset takes, kind by kind, against rendering its templates with Handlebars. */
export async function pages(root: string, rounds: number): Promise<Map<string, Row[]>> {
  const { planned, effectFor, context } = await prepared(root);
  const drawer = openDrawer({ env: process.env });
  const tables = new Map<string, Row[]>();
  try {
    for (const id of kindIds) {
      const { brief } = effectFor(id);
      const { copy } = await engine.generate(brief, context);
      const drawings = planned.plugins.assets.get(id)?.drawings ?? [];
      const files = renderOf(planned, brief, copy);
      const drawn = drawings.length === 0 ? files : await drawer.draw({ files, drawings });
      const count = id === 'one_pager' ? 2 : 20;
      const many = (one: () => unknown) => async () => {
        for (let done = 0; done < count; done += 1) await one();
      };
      const template = Handlebars.compile(String(planned.unit.templates.get(PAGE)));
      const view = viewOf(planned, copy);
      const floor = { name: 'Handlebars renders the template of the page', run: many(() => template(view)) };
      const rows = await compare(
        [
          ...(id === 'landing_page' ? [floor] : []),
          { name: `mhub renders the ${id}`, run: many(() => renderOf(planned, brief, copy)) },
          { name: 'mhub writes its copy', run: many(() => engine.generate(brief, context)) },
          ...(drawings.length === 0
            ? []
            : [
                {
                  name: `mhub draws ${drawings.map(({ to }) => to).join(' and ')}`,
                  run: many(() => drawer.draw({ files, drawings })),
                },
              ]),
          { name: 'mhub digests its files', run: many(() => filesDigest(new Map([...files, ...drawn]))) },
        ],
        rounds,
      );
      tables.set(
        id,
        rows.map((row) => ({ ...row, medianMs: row.medianMs / count, bestMs: row.bestMs / count })),
      );
    }
  } finally {
    await drawer.close();
  }
  return tables;
}
