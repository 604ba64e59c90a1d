import type { DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingAt, findingIn } from '../core/document.ts';
import { isOnSite, type Link, linksInText, linksOfElement, sitePath } from '../core/document-links.ts';

const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content'];

const parseUrl = (url: string, base?: string): URL | undefined =>
  URL.canParse(url, base) ? new URL(url, base) : undefined;

function absoluteProblem(url: URL, link: Link, document: GuardDocument, context: RuleContext): string | undefined {
  const { site_url, unsubscribe_url } = context.unit.brand.addresses;
  if (url.username !== '' || url.password !== '') return 'carries a user name or password';
  if (link.url === unsubscribe_url) return undefined;
  const path = sitePath(url, site_url);
  // Whether an outside address answers cannot be known here; only its form is judged.
  if (path === undefined)
    return link.use === 'load' ? 'is loaded from another host: a page makes no third-party request' : undefined;
  if (!isOnSite(path, context.sitePaths)) return `leads to ${path}, which does not exist on the site`;
  if (link.use !== 'follow' || document.kind === 'landing_page') return undefined;
  const untracked = UTM.filter((name) => !/^[^A-Z]+$/.test(url.searchParams.get(name) ?? ''));
  return untracked.length > 0 ? `needs ${untracked.join(', ')} in lower case` : undefined;
}

/** Leads somewhere beside the file, wherever that is: it names no other host and no other scheme. */
const isRelative = (url: string): boolean =>
  !/^(?:$|[a-z][a-z0-9+.-]*:)/i.test(url) && parseUrl(url, 'https://text.invalid')?.host === 'text.invalid';

function problemOf(link: Link, part: DocumentPart, document: GuardDocument, context: RuleContext): string | undefined {
  const { url } = link;
  if (url.startsWith('#')) {
    const target = decodeURIComponent(url.slice(1).replace(/%(?![0-9a-f]{2})/gi, '%25'));
    // Whoever shows Markdown makes the ids of its headings.
    const isThere =
      target !== '' &&
      (part.format === 'markdown' ||
        part.elements.some(({ attributes }) => (attributes['id'] ?? attributes['name']) === target));
    return isThere ? undefined : 'leads to no element of this page';
  }
  // What mhub did not make has no place on the site that such a link could be resolved from.
  if (document.kind === 'text' && isRelative(url)) return undefined;
  if (/^\/(?![/\\])/.test(url)) {
    if (document.kind !== 'landing_page')
      return 'needs the address of the site in front: outside the site it leads nowhere';
    const path = new URL(url, 'https://site.invalid').pathname;
    const prefix = new URL(context.unit.brand.addresses.site_url).pathname.replace(/\/+$/, '');
    const onSite = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
    return isOnSite(onSite, context.sitePaths) ? undefined : `leads to ${path}, which does not exist on the site`;
  }
  if (/^mailto:[^\s@]+@[^\s@]+$/i.test(url)) return undefined;
  const absolute = /^https?:\/\//i.test(url) ? parseUrl(url) : undefined;
  return absolute
    ? absoluteProblem(absolute, link, document, context)
    : 'is not http, https, mailto, an anchor or a path of the site';
}

const finding = (link: Link, problem: string): string =>
  `link ${link.url === '' ? '""' : link.url.slice(0, 200)} ${problem}`;

function markupFindings(part: DocumentPart, document: GuardDocument, context: RuleContext): RuleFinding[] {
  return part.elements.flatMap((element) =>
    linksOfElement(element).flatMap((link) => {
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
    linksInText(part, block).flatMap((link) => {
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
