import type { AssetKind, Copy, RenderContext } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { darkPalette, lightPalette } from '../core/palette.ts';
import { markup, renderHtml, renderText, type View } from '../core/render.ts';
import { pagePath } from '../core/schedule.ts';
import { addressOf, cspHash } from '../core/site.ts';
import { directionOf, disclaimersFor, sourcedTexts, textOf, textsOf } from '../core/view.ts';

const PAGE = 'templates/landing_page.hbs';
const STYLE = 'templates/landing_page.css.hbs';
const BEACON = 'templates/landing_page.js.hbs';

/** Titles with their bodies, which stand in two slots in the same order. */
const pairs = (copy: Copy, titles: string, bodies: string): { title: string; body: string }[] => {
  const texts = textsOf(copy, bodies);
  return textsOf(copy, titles).map((title, index) => ({ title, body: texts[index] ?? '' }));
};

/** The address that search engines should know: the control's, whichever arm this is. */
function canonicalOf({ unit, asset }: RenderContext): string {
  const own = asset.path ?? pagePath(unit.campaign.id, 'a');
  return addressOf(unit.brand, asset.arm === 'b' ? pagePath(unit.campaign.id, 'a') : own);
}

/** schema.org, with what the offer itself says and nothing else. */
function structuredData({ unit, offer }: RenderContext, canonical: string): string {
  const data = {
    '@context': 'https://schema.org',
    '@type': 'SoftwareApplication',
    name: offer.name,
    description: offer.summary,
    url: canonical,
    inLanguage: unit.brand.locale,
    offers: { '@type': 'Offer', price: offer.price.amount, priceCurrency: offer.price.currency },
  };
  // A closing tag inside a string would end the script element.
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

const iconOf = (accent: string): string =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="11" cy="13" r="8" fill="none" stroke="${accent}" stroke-width="3"/><circle cx="17" cy="7" r="4" fill="${accent}"/></svg>`,
  )}`;

function policyOf(style: string, script: string): string {
  const scripts = script === '' ? [] : [`script-src ${cspHash(script)}`, "connect-src 'self'"];
  return [
    "default-src 'none'",
    `style-src ${cspHash(style)}`,
    "img-src 'self' data:",
    ...scripts,
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** A name in the middle of a sentence: "Solo founders" -> "solo founders", but not "EU agencies". */
const inSentence = (name: string): string =>
  /^\p{Lu}\p{Ll}/u.test(name) ? name.slice(0, 1).toLowerCase() + name.slice(1) : name;

function viewOf(copy: Copy, context: RenderContext): View {
  const { unit, offer, segment, channel, template } = context;
  const { brand } = unit;
  const { collector } = channel.params ?? {};
  const { font } = brand.design;
  const style = renderText(template(STYLE), {
    font,
    light: lightPalette(brand.design),
    dark: darkPalette(brand.design),
  });
  const script = typeof collector === 'string' ? renderText(template(BEACON), { collector }) : '';
  const canonical = canonicalOf(context);
  return {
    lang: brand.locale,
    dir: directionOf(brand.locale),
    csp: markup(policyOf(style, script)),
    title: textOf(copy, 'meta.title'),
    description: textOf(copy, 'meta.description'),
    canonical,
    icon: iconOf(brand.design.accent),
    css: markup(style),
    script: script === '' ? '' : markup(script),
    structured: markup(structuredData(context, canonical)),
    brand: { name: brand.name, tagline: brand.tagline },
    segment: inSentence(segment.name),
    hero: { headline: textOf(copy, 'hero.headline'), subhead: textOf(copy, 'hero.subhead') },
    cta: { id: offer.cta.id, label: offer.cta.label, link: offer.cta.url },
    problems: textsOf(copy, 'problem.item'),
    outcomes: pairs(copy, 'outcome.title', 'outcome.body'),
    mechanisms: pairs(copy, 'how.title', 'how.body'),
    proofs: sourcedTexts(copy, 'proof.item', brand.facts),
    offer: {
      name: offer.name,
      summary: offer.summary,
      price: textOf(copy, 'offer.price'),
      steps: offer.steps.map(({ text, code = '' }) => ({ text, code })),
    },
    faq: pairs(copy, 'faq.question', 'faq.answer').map(({ title, body }, index) => ({
      id: `question-${index + 1}`,
      question: title,
      answer: body,
    })),
    disclaimers: disclaimersFor(brand, 'landing_page'),
    postalAddress: brand.addresses.postal_address,
  };
}

export const asset: AssetKind = {
  id: 'landing_page',
  about: 'One self-contained page: an HTML file with its style, and nothing loaded from anywhere else.',
  slots: [
    { slot: 'meta.title', min: 1, max: 1, length: { min: 8, max: 70 } },
    { slot: 'meta.description', min: 1, max: 1, length: { min: 40, max: 165 } },
    { slot: 'hero.headline', min: 1, max: 1, length: { min: 12, max: 72 } },
    { slot: 'hero.subhead', min: 1, max: 1, length: { min: 40, max: 220 } },
    { slot: 'problem.item', min: 2, max: 3, length: { min: 20, max: 200 } },
    { slot: 'outcome.title', min: 3, max: 3, length: { min: 3, max: 40 } },
    { slot: 'outcome.body', min: 3, max: 3, length: { min: 20, max: 200 } },
    { slot: 'how.title', min: 3, max: 3, length: { min: 3, max: 40 } },
    { slot: 'how.body', min: 3, max: 3, length: { min: 20, max: 200 } },
    { slot: 'proof.item', min: 2, max: 4, length: { min: 20, max: 220 } },
    { slot: 'offer.price', min: 1, max: 1, length: { min: 2, max: 160 } },
    { slot: 'faq.question', min: 2, max: 4, length: { min: 8, max: 100 } },
    { slot: 'faq.answer', min: 2, max: 4, length: { min: 20, max: 420 } },
  ],
  templates: [PAGE, STYLE, BEACON],
  title: (copy) => textOf(copy, 'hero.headline'),
  render: (copy, context) => new Map([['index.html', renderHtml(context.template(PAGE), viewOf(copy, context))]]),
  extract: (files) => documentOf('landing_page', files),
};
