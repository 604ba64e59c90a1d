import type {
  DocumentElement,
  DocumentPart,
  GuardDocument,
  Rule,
  RuleContext,
  RuleFinding,
} from '../core/contracts.ts';
import { findingAt, findingIn } from '../core/document.ts';

const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content'];
/** Attributes that hold one address. */
const ADDRESSES = ['href', 'src', 'action', 'formaction', 'poster', 'data', 'background', 'xlink:href'];
/** Links that the browser follows only when the reader does, or that it never fetches. */
const FOLLOWED = new Set(['a', 'area', 'form', 'button']);
const NOT_FETCHED = new Set(['canonical', 'alternate', 'author', 'license', 'next', 'prev', 'me']);

interface Link {
  readonly url: string;
  /** a reader follows it; a page loads it; text only shows it. */
  readonly use: 'follow' | 'load' | 'show';
}

const parseUrl = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);

/** Path on the brand's own site, without the site's own prefix. */
function ownPath(url: URL, siteUrl: string): string | undefined {
  const site = new URL(siteUrl);
  const prefix = site.pathname.replace(/\/+$/, '');
  if (url.host !== site.host || !(url.pathname === prefix || url.pathname.startsWith(`${prefix}/`))) return undefined;
  return url.pathname.slice(prefix.length) || '/';
}

const exists = (path: string, { sitePaths }: RuleContext): boolean =>
  [path, `${path}/`, path.replace(/\/$/, ''), path.replace(/index\.html$/, '')].some((candidate) =>
    sitePaths.has(candidate),
  );

function absoluteProblem(url: URL, link: Link, document: GuardDocument, context: RuleContext): string | undefined {
  const { site_url, unsubscribe_url } = context.unit.brand.addresses;
  if (url.username !== '' || url.password !== '') return 'carries a user name or password';
  if (link.url === unsubscribe_url) return undefined;
  const path = ownPath(url, site_url);
  // Whether an outside address answers cannot be known here; only its form is judged.
  if (path === undefined)
    return link.use === 'load' ? 'is loaded from another host: a page makes no third-party request' : undefined;
  if (!exists(path, context)) return `leads to ${path}, which does not exist on the site`;
  if (link.use !== 'follow' || document.kind === 'landing_page') return undefined;
  const untracked = UTM.filter((name) => !/^[^A-Z]+$/.test(url.searchParams.get(name) ?? ''));
  return untracked.length > 0 ? `needs ${untracked.join(', ')} in lower case` : undefined;
}

function problemOf(link: Link, part: DocumentPart, document: GuardDocument, context: RuleContext): string | undefined {
  const { url } = link;
  if (url.startsWith('#')) {
    const target = decodeURIComponent(url.slice(1).replace(/%(?![0-9a-f]{2})/gi, '%25'));
    const isThere = part.elements.some(
      ({ attributes }) => target !== '' && (attributes['id'] ?? attributes['name']) === target,
    );
    return isThere ? undefined : 'leads to no element of this page';
  }
  if (/^\/(?![/\\])/.test(url)) {
    if (document.kind !== 'landing_page')
      return 'needs the address of the site in front: outside the site it leads nowhere';
    const path = new URL(url, 'https://site.invalid').pathname;
    const prefix = new URL(context.unit.brand.addresses.site_url).pathname.replace(/\/+$/, '');
    const onSite = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
    return exists(onSite, context) ? undefined : `leads to ${path}, which does not exist on the site`;
  }
  if (/^mailto:[^\s@]+@[^\s@]+$/i.test(url)) return undefined;
  const absolute = /^https?:\/\//i.test(url) ? parseUrl(url) : undefined;
  return absolute
    ? absoluteProblem(absolute, link, document, context)
    : 'is not http, https, mailto, an anchor or a path of the site';
}

function useOf({ tag, attributes }: DocumentElement): Link['use'] {
  if (FOLLOWED.has(tag)) return 'follow';
  const rels = (attributes['rel'] ?? '').toLowerCase().split(/\s+/);
  return tag === 'link' && rels.every((rel) => NOT_FETCHED.has(rel)) ? 'show' : 'load';
}

function linksOf(element: DocumentElement): Link[] {
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

const finding = (link: Link, problem: string): string =>
  `link ${link.url === '' ? '""' : link.url.slice(0, 200)} ${problem}`;

function markupFindings(part: DocumentPart, document: GuardDocument, context: RuleContext): RuleFinding[] {
  return part.elements.flatMap((element) =>
    linksOf(element).flatMap((link) => {
      const problem = problemOf(link, part, document, context);
      return problem === undefined ? [] : [findingAt(part, element.offset, finding(link, problem), link.url)];
    }),
  );
}

function styleFindings(part: DocumentPart, document: GuardDocument, context: RuleContext): RuleFinding[] {
  if (part.format !== 'html') return [];
  const loads = [
    ...part.source.matchAll(
      /(?:url\(\s*|@import\s+)(?:&quot;|["'])?((?:[a-z][a-z0-9+.-]*:)?\/\/[^\s"'&)]+|(?:data|javascript):[^\s)]*)/gi,
    ),
  ];
  return loads.flatMap(({ index, 1: url = '' }) => {
    const problem = problemOf({ url, use: 'load' }, part, document, context);
    return problem === undefined
      ? []
      : [findingAt(part, index, `style: ${finding({ url, use: 'load' }, problem)}`, url)];
  });
}

function textFindings(part: DocumentPart, document: GuardDocument, context: RuleContext): RuleFinding[] {
  return part.blocks.flatMap((block) =>
    [...block.text.matchAll(/\b(?:https?:\/\/|javascript:|data:[a-z]+\/)[^\s<>"]+/gi)].flatMap(([match]) => {
      // Mail programs and networks turn bare addresses of plain text into links.
      const link: Link = {
        url: match.replace(/[.,;:!?)\]}'’”]+$/u, ''),
        use: part.format === 'text' ? 'follow' : 'show',
      };
      const problem = problemOf(link, part, document, context);
      return problem === undefined ? [] : [findingIn(part, block, link.url, finding(link, problem))];
    }),
  );
}

const utm = 'utm_source=feed&utm_medium=social&utm_campaign=found-again&utm_content=post-1';
const page = (html: string) => ({ with: {}, kind: 'landing_page', files: { 'index.html': html } }) as const;
const post = (text: string) => ({ with: {}, kind: 'social_post', files: { 'post.txt': text } }) as const;

export const rule: Rule<Record<string, never>> = {
  id: 'links',
  about:
    'Links are safe in form and lead to what exists on the site, tracked from outside; nothing loads from elsewhere.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  check: (document, _params, context) =>
    document.parts.flatMap((part) =>
      [markupFindings, styleFindings, textFindings].flatMap((findings) => findings(part, document, context)),
    ),
  examples: {
    pass: [
      page(
        '<a href="#go">Start</a><a href="/pricing?a=1#b">Plans</a><a href="https://d.example/">D</a><p id="go">Go</p>',
      ),
      page(
        '<link rel="canonical" href="https://northwind.example/"><a href="mailto:hello@northwind.example">Write</a>',
      ),
      post(`Write it down. https://northwind.example/found-again/?${utm}.`),
    ],
    fail: [
      page('<a href="javascript:alert(1)">Go</a>'),
      page('<a href="/missing/">Go</a><a href="#nowhere">Go</a>'),
      page('<img src="https://cdn.example/a.png" alt=""><style>@import "//fonts.example/a.css"</style>'),
      page('<a href="https://user:secret@docs.example/">Docs</a>'),
      post('Write it down. https://northwind.example/found-again/?utm_source=Feed'),
    ],
  },
};
