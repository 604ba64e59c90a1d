import { effectId } from './ledger.ts';

/** Where a link leads and what it says about where it was clicked. */
export interface Tracking {
  /** Channel the link is published on. */
  readonly source: string;
  /** site, email or social. */
  readonly medium: string;
  readonly campaign: string;
  /** Asset that carries the link; it is told by its effect id, which receipts hold as well. */
  readonly content: string;
}

const word = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .slice(0, 64);

/**
 * Address with its UTM parameters in one canonical order, so that equal links are equal text. Parameters of the address
 * stay in front; UTM parameters that it had already are replaced.
 *
 * @param address  absolute http or https address, with or without query and fragment
 */
export function trackedUrl(address: string, { source, medium, campaign, content: asset }: Tracking): string {
  const url = new URL(address);
  const content = effectId({ campaign, asset, channel: source });
  const utm = { utm_source: source, utm_medium: medium, utm_campaign: campaign, utm_content: content };
  for (const name of [...url.searchParams.keys()]) if (name.startsWith('utm_')) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(utm)) url.searchParams.set(name, word(value));
  return url.href;
}
