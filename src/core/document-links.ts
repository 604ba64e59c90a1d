/** Addresses in a document: those of its markup, and those that mail programs and networks make links of. */
import type { DocumentElement, DocumentPart, GuardDocument, TextBlock } from './contracts.ts';
import { matchesIn } from './matches.ts';

/** Attributes that hold one address. */
const ADDRESSES = ['href', 'src', 'action', 'formaction', 'poster', 'data', 'background', 'xlink:href'];
/** Links that the browser follows only when the reader does, or that it never fetches. */
const FOLLOWED = new Set(['a', 'area', 'form', 'button']);
const NOT_FETCHED = new Set(['canonical', 'alternate', 'author', 'license', 'next', 'prev', 'me']);

export interface Link {
  readonly url: string;
  /** a reader follows it; a page loads it; text only shows it. */
  readonly use: 'follow' | 'load' | 'show';
}

function useOf({ tag, attributes }: DocumentElement): Link['use'] {
  if (FOLLOWED.has(tag)) return 'follow';
  const rels = (attributes['rel'] ?? '').toLowerCase().split(/\s+/);
  return tag === 'link' && rels.every((rel) => NOT_FETCHED.has(rel)) ? 'show' : 'load';
}

export function linksOfElement(element: DocumentElement): Link[] {
  const { attributes } = element;
  const use = useOf(element);
  const isIcon = element.tag === 'link' && attributes['rel'] === 'icon';
  // An icon inside the page keeps the browser from asking for /favicon.ico.
  const urls = ADDRESSES.flatMap((name) => attributes[name] ?? []).filter(
    (url) => !(isIcon && /^data:(?:,$|image\/)/.test(url)),
  );
  const srcset = (attributes['srcset'] ?? '').split(',').flatMap((candidate) => candidate.trim().split(/\s+/)[0] || []);
  return [...urls, ...srcset].map((url) => ({ url: url.trim(), use }));
}

/** Bare addresses in a text. */
export const linksInText = (part: DocumentPart, { text }: TextBlock): Link[] =>
  matchesIn(text, /\b(?:https?:\/\/|javascript:|data:[a-z]+\/)[^\s<>"]+/gi).map(([match]) => ({
    url: match.replace(/[.,;:!?)\]}'’”]+$/u, ''),
    // Mail programs and networks turn bare addresses of plain text into links.
    use: part.format === 'text' ? 'follow' : 'show',
  }));

/** A link to somewhere on the web, as it is asked for: in its normal form, without a fragment. */
export function webAddress({ url }: Link): string | undefined {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return undefined;
  const address = new URL(url);
  address.hash = '';
  return address.href;
}

/** Every address on the web that the document names, once. */
export function webAddresses({ parts }: GuardDocument): string[] {
  const links = parts.flatMap((part) => [
    ...part.elements.flatMap(linksOfElement),
    ...part.blocks.flatMap((block) => linksInText(part, block)),
  ]);
  return [...new Set(links.flatMap((link) => webAddress(link) ?? []))];
}

/** Path on the brand's own site, without the site's own prefix; undefined for any other site. */
export function sitePath(url: URL, siteUrl: string): string | undefined {
  const site = new URL(siteUrl);
  const prefix = site.pathname.replace(/\/+$/, '');
  if (url.host !== site.host || !(url.pathname === prefix || url.pathname.startsWith(`${prefix}/`))) return undefined;
  return url.pathname.slice(prefix.length) || '/';
}

export const isOnSite = (path: string, sitePaths: ReadonlySet<string>): boolean =>
  [path, `${path}/`, path.replace(/\/$/, ''), path.replace(/index\.html$/, '')].some((candidate) =>
    sitePaths.has(candidate),
  );
