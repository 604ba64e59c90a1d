/** What somebody sees who leaves the mailing list. Looking changes nothing: programs that scan mail follow every link. */
import type { Brand } from '../generated/entities.ts';
import { escapeMarkup, page } from './site.ts';

interface Words {
  readonly headline: string;
  readonly text: string;
  /** Markup below the text. */
  readonly more?: readonly string[];
  readonly hasForm?: true;
}

const shown = (brand: Brand, { headline, text, more = [], hasForm }: Words): string =>
  page(brand, {
    title: `${headline}: ${brand.name}`,
    ...(hasForm && { hasForm }),
    head: ['<meta name="robots" content="noindex">', '<meta name="referrer" content="no-referrer">'],
    body: [
      '<main>',
      `<h1>${escapeMarkup(headline)}</h1>`,
      `<p class="lead">${escapeMarkup(text)}</p>`,
      ...more,
      '</main>',
      `<footer><p>${escapeMarkup(brand.addresses.postal_address)}</p></footer>`,
    ],
  });

/** Asks once: the form is sent to the address that the reader has come to. */
export const leavePage = (brand: Brand): string =>
  shown(brand, {
    headline: 'Leave the list',
    text: `One click, and ${brand.name} sends you no more emails.`,
    hasForm: true,
    more: [
      '<form method="post">',
      '<input type="hidden" name="List-Unsubscribe" value="One-Click">',
      '<button class="button" type="submit" data-cta-id="unsubscribe-confirm">Unsubscribe</button>',
      '</form>',
    ],
  });

export const leftPage = (brand: Brand): string =>
  shown(brand, {
    headline: 'You have left the list',
    text: `${brand.name} sends you no more emails. One that is on its way right now may still arrive.`,
  });

/** The address lacks the part that says who is leaving. */
export const nobodyPage = (brand: Brand): string =>
  shown(brand, {
    headline: 'This link is not complete',
    text: 'It does not say who wants to leave the list. Please use the unsubscribe link of the latest email.',
  });
