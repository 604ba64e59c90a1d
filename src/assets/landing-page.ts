import type { AssetKind, Copy, RenderContext, Unit } from '../core/contracts.ts';
import { directionOf } from '../core/direction.ts';
import { documentOf } from '../core/document.ts';
import { colouredLogo, inlineLogo } from '../core/logo.ts';
import { darkPalette, lightPalette } from '../core/palette.ts';
import { markup, renderHtml, renderText, type View } from '../core/render.ts';
import { onePagerPath, pagePath } from '../core/schedule.ts';
import { addressOf, cspHash, rootPath } from '../core/site.ts';
import { typeScale } from '../core/type-scale.ts';
import { disclaimersFor, pairedTexts, sourcedTexts, textOf, textsOf } from '../core/view.ts';

const PAGE = 'templates/landing_page.hbs';
const STYLE = 'templates/landing_page.css.hbs';
const BEACON = 'templates/landing_page.js.hbs';

/** The address that search engines should know: the control's, whichever arm this is. */
function canonicalOf({ unit, asset }: RenderContext): string {
  const own = asset.path ?? pagePath(unit.campaign.id, 'a');
  return addressOf(unit.brand, asset.arm === 'b' ? pagePath(unit.campaign.id, 'a') : own);
}

/** schema.org, with what the page itself shows and nothing else. */
function structuredData(copy: Copy, { unit, offer }: RenderContext, canonical: string): string {
  const inLanguage = unit.brand.locale;
  const product = {
    '@type': 'SoftwareApplication',
    name: offer.name,
    description: offer.summary,
    url: canonical,
    inLanguage,
    offers: { '@type': 'Offer', price: offer.price.amount, priceCurrency: offer.price.currency },
  };
  const questions = {
    '@type': 'FAQPage',
    inLanguage,
    mainEntity: pairedTexts(copy, 'faq.question', 'faq.answer').map(({ title, body }) => ({
      '@type': 'Question',
      name: title,
      acceptedAnswer: { '@type': 'Answer', text: body },
    })),
  };
  const data = { '@context': 'https://schema.org', '@graph': [product, questions] };
  // A closing tag inside a string would end the script element.
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

/** The logo in the accent alone, which can be seen on light and dark tabs. */
function iconOf({ brand: { design }, templates }: Unit): string {
  const { accent } = design;
  const icon = colouredLogo(design, templates, { ink: accent, accent });
  return icon === undefined
    ? 'data:,'
    : `data:image/svg+xml,${encodeURIComponent(icon.replace(/>\s+</g, '><').trim())}`;
}

/** Open Graph names a language with a region: en -> en_US, en-GB -> en_GB. */
function graphLocale(locale: string): string {
  const { language, region = '' } = new Intl.Locale(locale).maximize();
  return `${language}_${region}`;
}

/** The same on paper, where it is there to lead to. */
const onPaper = ({ unit: { brand, campaign }, hasOnePager = false }: RenderContext): string =>
  hasOnePager ? rootPath(brand, onePagerPath(campaign)) : '';

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
    size: typeScale(brand.design),
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
    icon: iconOf(unit),
    graphLocale: graphLocale(brand.locale),
    logo: markup(inlineLogo(brand.design, unit.templates)),
    onPaper: onPaper(context),
    css: markup(style),
    script: script === '' ? '' : markup(script),
    structured: markup(structuredData(copy, context, canonical)),
    brand: { name: brand.name, tagline: brand.tagline },
    segment: inSentence(segment.name),
    hero: { headline: textOf(copy, 'hero.headline'), subhead: textOf(copy, 'hero.subhead') },
    cta: { id: offer.cta.id, label: offer.cta.label, link: offer.cta.url },
    problems: textsOf(copy, 'problem.item'),
    outcomes: pairedTexts(copy, 'outcome.title', 'outcome.body'),
    mechanisms: pairedTexts(copy, 'how.title', 'how.body'),
    proofs: sourcedTexts(copy, 'proof.item', brand.facts),
    offer: {
      name: offer.name,
      summary: offer.summary,
      price: textOf(copy, 'offer.price'),
      steps: offer.steps.map(({ text, code = '' }) => ({ text, code })),
    },
    faq: pairedTexts(copy, 'faq.question', 'faq.answer').map(({ title, body }, index) => ({
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
