/** Writing, rendering and judging a landing page, against nothing but rendering its template. */
import Handlebars from 'handlebars';
import type { CampaignInput, Copy, Outcome, Unit } from '../src/core/contracts.ts';
import { engine } from '../src/engines/template.ts';
import { assets, channels, rules } from '../src/generated/registry.ts';
import { deadlineOf } from '../src/shell/deadline.ts';
import { openInputs, openWorkspace } from '../src/shell/open.ts';
import { GUARD_DEADLINE_MS, loadAll } from '../src/shell/pass.ts';
import { workTreeSnapshot } from '../src/shell/snapshot.ts';
import { World } from '../src/shell/world.ts';
import { stage as decide } from '../src/stages/decide.ts';
import { stage as guard } from '../src/stages/guard.ts';
import { stage as make } from '../src/stages/make.ts';
import { compare, type Row } from './measure.ts';

const context = { now: '2026-11-23T07:00:00Z', run: 'bench', base: '0'.repeat(40), delivery: 'local' } as const;
const io = { env: {}, now: context.now, file: async () => undefined, events: async () => [] };

const PAGE = 'templates/landing_page.hbs';

/** What a page shows, straight from its copy: enough for the template to write as much as it does in a run. */
function viewOf({ unit }: CampaignInput, { blocks }: Copy) {
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

/** The repository's own campaign, up to a page that is made and not judged. */
async function prepared(root: string) {
  const world = new World(workTreeSnapshot(root));
  const workspace = await openWorkspace(world, await openInputs(world, ['start']));
  const [unit] = workspace.units;
  if (!unit) throw new Error('the campaign start cannot be read; run: mhub validate');
  const plugins = { assets: await loadAll(assets), rules: await loadAll(rules), channels: await loadAll(channels) };
  const look = async (of: Unit): Promise<CampaignInput> => {
    const state = await workspace.hub(of);
    const pages = state.assets.filter(({ asset }) => asset.kind === 'landing_page').slice(0, 1);
    const judged = { ...state, assets: pages };
    return {
      ...context,
      unit: of,
      state: judged,
      plugins,
      published: new Map(),
      within: deadlineOf(GUARD_DEADLINE_MS),
    };
  };
  await world.apply(decide.fold(await look(unit), []).changeSet);
  const planned = await look(unit);
  const effect = make.plan(planned).find(({ brief }) => brief.asset.kind === 'landing_page');
  if (!effect) throw new Error('the campaign start plans no page');
  const copy = await engine.generate(effect.brief, io);
  const outcome: Outcome<'generate'> = { effect, status: 'done', value: copy };
  await world.apply(make.fold(planned, [outcome]).changeSet);
  return { planned, made: await look(unit), effect, copy, outcome };
}

export async function pages(root: string, rounds: number): Promise<Row[]> {
  const { planned, made, effect, copy, outcome } = await prepared(root);
  const template = Handlebars.compile(String(planned.unit.templates.get(PAGE)));
  const view = viewOf(planned, copy);
  const many = (count: number, one: () => unknown) => async () => {
    for (let done = 0; done < count; done += 1) await one();
  };
  const count = 20;
  const rows = await compare(
    [
      { name: 'Handlebars renders the page', run: many(count, () => template(view)) },
      { name: 'mhub writes its copy', run: many(count, () => engine.generate(effect.brief, io)) },
      { name: 'mhub makes the asset: renders, digests, files', run: many(count, () => make.fold(planned, [outcome])) },
      { name: 'mhub guards it: every rule of its policy', run: many(count, () => guard.fold(made, [])) },
    ],
    rounds,
  );
  return rows.map((row) => ({ ...row, medianMs: row.medianMs / count, bestMs: row.bestMs / count }));
}
