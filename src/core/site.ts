/** What the channels of a static site share: which publications are live, their addresses, and the derived pages. */
import type { Brand } from '../generated/entities.ts';
import type { Named, Publication, Unit } from './contracts.ts';
import { directionOf } from './direction.ts';
import { Failed } from './errors.ts';
import { sha256 } from './hash.ts';
import { inlineLogo } from './logo.ts';
import { darkPalette, lightPalette, type Palette } from './palette.ts';
import { civilDay } from './time.ts';
import { typeScale } from './type-scale.ts';

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Text for HTML and XML, in content and quoted attributes. */
export const escapeMarkup = (text: string): string =>
  // What XML 1.0 cannot carry at all, not even escaped, is left out.
  text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, (sign) => HTML[sign] ?? sign);

/** Address of a path of the site: https://example.com + /launch/ */
export const addressOf = (brand: Brand, path: string): string => brand.addresses.site_url.replace(/\/+$/, '') + path;

const webFolders = ({ channels }: Unit): string[] =>
  channels.filter(({ adapter }) => adapter === 'web').map(({ params }) => String(params?.folder));

/** Path of a file on the site: the web channel's folder around it is the root, or site/ without such a channel. */
export function sitePath(unit: Unit, file: string): string {
  const roots = webFolders(unit).filter((folder) => file.startsWith(`${folder}/`));
  const root = roots.sort((a, b) => b.length - a.length)[0] ?? 'site';
  return file.slice(root.length);
}

const hasFeed = ({ channels }: Unit, folder: string): boolean =>
  channels.some(({ adapter, params }) => adapter === 'feed' && params?.folder === folder);

/** @throws Failed when the asset has no such file */
export function fileOf({ campaign, id, files }: Publication, name: string): string | Uint8Array {
  const content = files.get(name);
  if (content === undefined) throw new Failed(`${campaign}/${id} has no ${name}`, { mayHaveHappened: false });
  return content;
}

export function fileText(publication: Publication, name: string): string {
  const content = fileOf(publication, name);
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
}

export const assetKey = ({ campaign, id }: Publication): string => `${campaign}/${id}`;

const byAge = (a: Publication, b: Publication): number =>
  Date.parse(b.receipt.at) - Date.parse(a.receipt.at) ||
  (assetKey(a) < assetKey(b) ? -1 : Number(assetKey(a) > assetKey(b)));

/**
 * Newest first; of the publications that share a key only the newest. Between two of one asset at one instant the given
 * order decides.
 */
export function newestPer(
  publications: readonly Publication[],
  keyOf: (publication: Publication) => string,
): Publication[] {
  const newest = new Map<string, Publication>();
  for (const publication of publications.toSorted(byAge)) {
    if (!newest.has(keyOf(publication))) newest.set(keyOf(publication), publication);
  }
  return [...newest.values()];
}

/** A page, or a file for paper, that stands on the site. */
export interface LivePage {
  /** /launch/ */
  readonly path: string;
  readonly title: string;
  /** Civil day of its publication. */
  readonly day: string;
  /** false for the other arm of an experiment, whose canonical address is the control's. */
  readonly canonical: boolean;
  /** It is to be saved or printed, such as a one-pager. */
  readonly isFile?: true;
}

/** What a one-pager is published from. */
export const ONE_PAGER = 'one-pager.pdf';

/** /launch/acme-one-pager.pdf */
const isFilePath = (path: string | undefined): path is string => /^\/([a-z0-9-]+\/)*[a-z0-9-]+\.pdf$/.test(path ?? '');

const isPagePath = (path: string | undefined): path is string => /^\/([a-z0-9-]+\/)*$/.test(path ?? '');

/** Where an asset with such a path stands on the site, and which of its files that is; undefined: nowhere. */
export function placeOnSite(path: string | undefined): { readonly at: string; readonly from: string } | undefined {
  if (isPagePath(path)) return { at: `${path}index.html`, from: 'index.html' };
  return isFilePath(path) ? { at: path, from: ONE_PAGER } : undefined;
}

/** One page per path, newest first. */
export function livePages(publications: readonly Publication[], zone: string): LivePage[] {
  const assets = newestPer(publications, assetKey).filter(({ asset }) => placeOnSite(asset.path));
  return newestPer(assets, ({ asset }) => asset.path ?? '').map(({ asset, receipt }) => ({
    path: asset.path ?? '',
    // What stands is named, not what is being written in its place.
    title: receipt.title ?? asset.title,
    day: civilDay(receipt.at, zone),
    canonical: asset.arm === undefined || asset.arm === 'a',
    ...(isFilePath(asset.path) && { isFile: true }),
  }));
}

/** CSP source of an inline style or script. */
export const cspHash = (inline: string): string => `'sha256-${Buffer.from(sha256(inline), 'hex').toString('base64')}'`;

/** Path of an address from the root of its host, as links on any page of the site name it. */
export const rootPath = (brand: Brand, path: string): string => new URL(addressOf(brand, path)).pathname;

const variables = ({ ink, muted, paper, surface, line, accent, onAccent }: Palette): string =>
  `--ink:${ink};--muted:${muted};--paper:${paper};--card:${surface};--line:${line};--accent:${accent};--on:${onAccent}`;

function styleOf(design: Brand['design']): string {
  const { small, base, lead, h1, h1Phone } = typeScale(design);
  return `:root{color-scheme:light dark;${variables(lightPalette(design))}}
@media (prefers-color-scheme:dark){:root{${variables(darkPalette(design))}}}
*{box-sizing:border-box}
body{margin:0;border-block-start:.25rem solid var(--accent);background:var(--paper);color:var(--ink)}
body{font:${base}/1.6 ${design.font.replace(/[^\w\s,'".-]/g, '')}}
.wrap{max-width:44rem;min-height:calc(100vh - .25rem);margin:0 auto;padding:clamp(2.5rem,9vh,6rem) 1.25rem 2rem}
.wrap{display:flex;flex-direction:column}
.logo svg{display:block;width:3rem;height:3rem;margin-block-end:1.25rem}
h1{font-size:clamp(${h1Phone},7vw,${h1});line-height:1.1;letter-spacing:-.02em;margin:0 0 .75rem}
h2{font-size:${small};color:var(--muted);margin:2.5rem 0 .75rem}
p{margin:0 0 1.5rem;text-wrap:pretty}
.lead{color:var(--muted);font-size:${lead};line-height:1.5;margin:0 0 2.5rem}
ul{list-style:none;margin:0;padding:0;display:grid;gap:1rem}
li{position:relative;display:grid;grid-template-columns:1fr auto;gap:.25rem 1.5rem;align-items:center}
li{padding:1.25rem 1.5rem;border:1px solid var(--line);border-radius:.75rem;background:var(--card)}
li:hover{border-color:var(--accent)}
li::after{content:"\\2192";grid-area:1/2/3/3;color:var(--accent);font-size:1.25rem}
.files li::after{content:"\\2193"}
[dir=rtl] li::after{transform:scaleX(-1)}
li a{font-weight:650;font-size:${lead};line-height:1.35;text-decoration:none;text-wrap:balance}
li a::after{content:"";position:absolute;inset:0;border-radius:inherit}
time,footer{color:var(--muted);font-size:${small}}
a{color:inherit;text-decoration:underline;text-decoration-color:var(--accent)}
a{text-decoration-thickness:.125em;text-underline-offset:.2em}
a:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.25rem}
.button{display:inline-block;padding:.75rem 1.375rem;border-radius:.5rem;background:var(--accent);color:var(--on)}
.button{border:0;font:inherit;font-weight:650;text-decoration:none;cursor:pointer}
button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
footer{margin-block-start:auto;padding-block-start:1.25rem;border-block-start:1px solid var(--line)}
main{padding-block-end:3.5rem}
footer p{margin:0 0 .375rem}
footer a{margin-inline-end:1rem}`;
}

export interface PageParts {
  readonly title: string;
  /** Set where the page has a form that is sent to where it came from. */
  readonly hasForm?: true;
  /** Markup for the head beyond what every page has. */
  readonly head: readonly string[];
  /** Markup of the body. */
  readonly body: readonly string[];
}

export function page(brand: Brand, { title, hasForm, head, body }: PageParts): string {
  const style = styleOf(brand.design);
  const action = hasForm ? "'self'" : "'none'";
  const policy = `default-src 'none'; style-src ${cspHash(style)}; img-src data:; base-uri 'none'; form-action ${action}`;
  return `${[
    '<!DOCTYPE html>',
    `<html lang="${escapeMarkup(brand.locale)}" dir="${directionOf(brand.locale)}">`,
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(title)}</title>`,
    ...head,
    '<link rel="icon" href="data:,">',
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<div class="wrap">',
    ...body,
    '</div>',
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

const FEED_LINKS =
  '<a href="feed.xml" data-cta-id="index-feed-atom">Atom feed</a>' +
  '<a href="feed.json" data-cta-id="index-feed-json">JSON feed</a>';

function listItem({ path, title, day }: LivePage): string {
  const cta = `index${path.replace(/[/.]/g, '-').replace(/-$/, '')}`.slice(0, 63);
  const link = `<a href="${path.slice(1)}" data-cta-id="${cta}">${escapeMarkup(title)}</a>`;
  return `<li>${link} <time datetime="${day}">${day}</time></li>`;
}

/** The list of a site's pages: its own address is the root of the site. */
export function indexPage(unit: Unit, folder: string, pages: readonly LivePage[]): string {
  const brand: Named<Brand> = unit.brand;
  const feed = hasFeed(unit, folder);
  const listed = pages.filter(({ canonical }) => canonical);
  const [items, files] = [listed.filter(({ isFile }) => !isFile), listed.filter(({ isFile }) => isFile)].map((those) =>
    those.map(listItem),
  );
  const logo = inlineLogo(brand.design, unit.templates);
  return page(brand, {
    title: `${brand.name}: ${brand.tagline}`,
    head: [
      `<meta name="description" content="${escapeMarkup(brand.tagline)}">`,
      `<link rel="canonical" href="${escapeMarkup(addressOf(brand, '/'))}">`,
      ...(feed ? ['<link rel="alternate" type="application/atom+xml" href="feed.xml">'] : []),
      ...(feed ? ['<link rel="alternate" type="application/feed+json" href="feed.json">'] : []),
    ],
    body: [
      `<header>${logo === '' ? '' : `<div class="logo">${logo}</div>`}<h1>${escapeMarkup(brand.name)}</h1>`,
      `<p class="lead">${escapeMarkup(brand.tagline)}</p></header>`,
      '<main>',
      ...(items?.length ? ['<ul>', ...items, '</ul>'] : []),
      ...(files?.length ? ['<h2>On paper (PDF)</h2>', '<ul class="files">', ...files, '</ul>'] : []),
      '</main>',
      '<footer>',
      ...(feed ? [`<p>${FEED_LINKS}</p>`] : []),
      `<p>${escapeMarkup(brand.addresses.postal_address)}</p>`,
      '</footer>',
    ],
  });
}

/** A page that says no more than where to go instead; its link starts at the root of the site, so that any depth serves it. */
function signpost(
  brand: Brand,
  { headline, text, cta }: Readonly<Record<'headline' | 'text' | 'cta', string>>,
): string {
  const home = rootPath(brand, '/');
  return page(brand, {
    title: `${headline}: ${brand.name}`,
    head: ['<meta name="robots" content="noindex">'],
    body: [
      '<main>',
      `<h1>${escapeMarkup(headline)}</h1>`,
      `<p class="lead">${escapeMarkup(text)}</p>`,
      `<a class="button" href="${escapeMarkup(home)}" data-cta-id="${cta}">Go to ${escapeMarkup(brand.name)}</a>`,
      '</main>',
    ],
  });
}

export const notFoundPage = (brand: Brand): string =>
  signpost(brand, {
    headline: 'Page not found',
    text: 'Nothing is published at this address.',
    cta: 'not-found-home',
  });

/** Stands where a page was taken down. */
export const withdrawnPage = (brand: Brand): string =>
  signpost(brand, {
    headline: 'Page not available',
    text: 'What stood at this address was taken down.',
    cta: 'withdrawn-home',
  });

/** sitemaps.org protocol 0.9, at most the 50,000 addresses that it allows. */
export function sitemap(brand: Brand, pages: readonly LivePage[]): string {
  const entries = pages
    .filter(({ canonical }) => canonical)
    .slice(0, 50_000)
    .map(
      ({ path, day }) => `  <url><loc>${escapeMarkup(addressOf(brand, path))}</loc><lastmod>${day}</lastmod></url>\n`,
    );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n' +
    `${entries.join('')}</urlset>\n`
  );
}

export const robots = (brand: Brand): string =>
  `User-agent: *\nDisallow:\n\nSitemap: ${addressOf(brand, '/sitemap.xml')}\n`;
