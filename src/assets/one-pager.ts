import type { AssetKind, Copy, RenderContext } from '../core/contracts.ts';
import { directionOf } from '../core/direction.ts';
import { documentOf } from '../core/document.ts';
import { inlineLogo } from '../core/logo.ts';
import { lightPalette } from '../core/palette.ts';
import { markup, renderHtml, renderText, type View } from '../core/render.ts';
import { pagePath } from '../core/schedule.ts';
import { ONE_PAGER } from '../core/site.ts';
import { disclaimersFor, pairedTexts, sourcedTexts, textOf, textsOf, trackedLink } from '../core/view.ts';

const SHEET = 'templates/one_pager.hbs';
const STYLE = 'templates/one_pager.css.hbs';
const SOURCE = 'one-pager.html';

/** Where a reader goes from paper: to the control's page, else to the offer's own address. */
function linkOf(context: RenderContext): string {
  const { campaign } = context.unit;
  const { path: _own, ...asset } = context.asset;
  const hasPage = campaign.schedule.some((line) => line.asset === 'landing_page');
  return trackedLink({ ...context, asset: hasPage ? { ...asset, path: pagePath(campaign.id, 'a') } : asset });
}

/** What somebody types: https://example.com/launch/?utm_source=web -> example.com/launch/ */
function shownAddress(link: string): string {
  const { host, pathname } = new URL(link);
  return host + (pathname === '/' ? '' : pathname);
}

function viewOf(copy: Copy, context: RenderContext): View {
  const { unit, offer, template } = context;
  const { brand } = unit;
  const link = linkOf(context);
  return {
    lang: brand.locale,
    dir: directionOf(brand.locale),
    title: textOf(copy, 'meta.title'),
    css: markup(renderText(template(STYLE), { ...lightPalette(brand.design) })),
    logo: markup(inlineLogo(brand.design, unit.templates)),
    brand: { name: brand.name, tagline: brand.tagline },
    hero: { headline: textOf(copy, 'hero.headline'), subhead: textOf(copy, 'hero.subhead') },
    problems: textsOf(copy, 'problem.item'),
    outcomes: pairedTexts(copy, 'outcome.title', 'outcome.body'),
    mechanisms: pairedTexts(copy, 'how.title', 'how.body'),
    proofs: sourcedTexts(copy, 'proof.item', brand.facts),
    faq: pairedTexts(copy, 'faq.question', 'faq.answer'),
    offer: {
      name: offer.name,
      summary: offer.summary,
      price: textOf(copy, 'offer.price'),
      steps: offer.steps.map(({ text, code = '' }) => ({ text, code })),
    },
    cta: { id: offer.cta.id, label: offer.cta.label, link, address: shownAddress(link) },
    disclaimers: disclaimersFor(brand, 'one_pager'),
    postalAddress: brand.addresses.postal_address,
  };
}

export const asset: AssetKind = {
  id: 'one_pager',
  about: 'What the page says on one sheet of paper: a tagged PDF, and the HTML that it is printed from.',
  // Copy that is as long as it may be everywhere still fits on one sheet.
  slots: [
    { slot: 'meta.title', min: 1, max: 1, length: { min: 8, max: 70 } },
    { slot: 'hero.headline', min: 1, max: 1, length: { min: 12, max: 72 } },
    { slot: 'hero.subhead', min: 1, max: 1, length: { min: 40, max: 200 } },
    { slot: 'problem.item', min: 2, max: 2, length: { min: 20, max: 140 } },
    { slot: 'outcome.title', min: 3, max: 3, length: { min: 3, max: 40 } },
    { slot: 'outcome.body', min: 3, max: 3, length: { min: 20, max: 130 } },
    { slot: 'how.title', min: 3, max: 3, length: { min: 3, max: 40 } },
    { slot: 'how.body', min: 3, max: 3, length: { min: 20, max: 130 } },
    { slot: 'proof.item', min: 2, max: 4, length: { min: 20, max: 130 } },
    { slot: 'offer.price', min: 1, max: 1, length: { min: 2, max: 160 } },
    { slot: 'faq.question', min: 0, max: 2, length: { min: 8, max: 80 } },
    { slot: 'faq.answer', min: 0, max: 2, length: { min: 20, max: 220 } },
  ],
  templates: [SHEET, STYLE],
  title: (copy) => textOf(copy, 'hero.headline'),
  render: (copy, context) => new Map([[SOURCE, renderHtml(context.template(SHEET), viewOf(copy, context))]]),
  drawings: [{ as: 'pdf', from: SOURCE, to: ONE_PAGER, keep: true }],
  extract: (files) => documentOf('one_pager', files),
};
