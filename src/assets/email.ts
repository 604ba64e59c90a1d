import type { AssetKind, Copy, RenderContext } from '../core/contracts.ts';
import { directionOf } from '../core/direction.ts';
import { documentOf } from '../core/document.ts';
import { darkPalette, lightPalette } from '../core/palette.ts';
import { renderHtml, renderText, type View } from '../core/render.ts';
import { disclaimersFor, sourcedTexts, textOf, textsOf, trackedLink } from '../core/view.ts';

const MJML = 'templates/email.mjml.hbs';
const TEXT = 'templates/email.txt.hbs';

function viewOf(copy: Copy, context: RenderContext): View {
  const { brand } = context.unit;
  const { cta } = context.offer;
  const dir = directionOf(brand.locale);
  return {
    lang: brand.locale,
    dir,
    // Mail programs know no logical sides.
    start: dir === 'rtl' ? 'right' : 'left',
    brand: { name: brand.name, tagline: brand.tagline },
    font: brand.design.font.replaceAll('"', "'"),
    light: lightPalette(brand.design),
    dark: darkPalette(brand.design),
    subject: textOf(copy, 'subject'),
    preheader: textOf(copy, 'preheader'),
    opening: textOf(copy, 'opening'),
    body: textsOf(copy, 'body'),
    proof: sourcedTexts(copy, 'proof', brand.facts)[0] ?? { text: '', source: '' },
    also: sourcedTexts(copy, 'also', brand.facts),
    ask: { question: textOf(copy, 'ask.question'), answer: textOf(copy, 'ask.answer') },
    price: textOf(copy, 'price'),
    cta: { id: `${cta.id}-email`, label: cta.label, link: trackedLink(context) },
    disclaimers: disclaimersFor(brand, 'email'),
    postalAddress: brand.addresses.postal_address,
    unsubscribe: brand.addresses.unsubscribe_url,
  };
}

export const asset: AssetKind = {
  id: 'email',
  about: 'A short email in HTML, drawn from MJML, and plain text, with one call to action.',
  slots: [
    { slot: 'subject', min: 1, max: 1, length: { min: 8, max: 70 } },
    { slot: 'preheader', min: 1, max: 1, length: { min: 20, max: 110 } },
    { slot: 'opening', min: 1, max: 1, length: { min: 20, max: 300 } },
    { slot: 'body', min: 1, max: 3, length: { min: 20, max: 400 } },
    { slot: 'proof', min: 0, max: 1, length: { min: 20, max: 220 } },
    { slot: 'also', min: 1, max: 2, length: { min: 20, max: 220 } },
    { slot: 'ask.question', min: 0, max: 1, length: { min: 8, max: 100 } },
    { slot: 'ask.answer', min: 0, max: 1, length: { min: 20, max: 420 } },
    { slot: 'price', min: 1, max: 1, length: { min: 2, max: 160 } },
  ],
  templates: [MJML, TEXT],
  title: (copy) => textOf(copy, 'subject'),
  render: (copy, context) => {
    const view = viewOf(copy, context);
    return new Map([
      ['email.mjml', renderHtml(context.template(MJML), view)],
      ['email.txt', renderText(context.template(TEXT), view)],
    ]);
  },
  drawings: [{ as: 'html', from: 'email.mjml', to: 'email.html', keep: false }],
  extract: (files) => documentOf('email', files),
};
