import type {
  DocumentPart,
  GuardDocument,
  LinkObservation,
  NotEvaluated,
  Rule,
  RuleContext,
  RuleFinding,
} from '../core/contracts.ts';
import { findingAt, findingIn } from '../core/document.ts';
import { isOnSite, type Link, linksInText, linksOfElement, sitePath, webAddress } from '../core/document-links.ts';

interface Params {
  readonly hosts?: 'own' | 'other';
  readonly accept?: readonly number[];
}

type Links = Readonly<Record<string, LinkObservation>>;

const WHY: Readonly<Record<Exclude<LinkObservation['state'], 'ok'>, string>> = {
  broken: 'is broken',
  refused: 'was not asked',
  unverifiable: 'could not be verified',
};

/** What is wrong with where an address leads. Of other sites only what any reader would see counts. */
function problemOf(
  address: string,
  { state, because, final }: LinkObservation,
  { hosts, accept = [] }: Params,
  context: RuleContext,
): string | undefined {
  const path = sitePath(new URL(address), context.unit.brand.addresses.site_url);
  const isOwn = path !== undefined;
  if (state === 'ok' || accept.includes(Number(because)) || (hosts !== undefined && (hosts === 'own') !== isOwn))
    return undefined;
  // It may appear only with what is being judged.
  if (isOwn && isOnSite(path, context.sitePaths)) return undefined;
  if (!isOwn && state === 'unverifiable') return undefined;
  return `${WHY[state]}: ${because}${final === undefined ? '' : ` at ${final.slice(0, 200)}`}`;
}

function partFindings(part: DocumentPart, problem: (link: Link) => string | undefined): RuleFinding[] {
  const told = (link: Link, at: (message: string) => RuleFinding): RuleFinding[] => {
    const what = problem(link);
    return what === undefined ? [] : [at(`link ${link.url.slice(0, 200)} ${what}`)];
  };
  return [
    ...part.elements.flatMap((element) =>
      linksOfElement(element).flatMap((link) =>
        told(link, (message) => findingAt(part, element.offset, message, link.url)),
      ),
    ),
    ...part.blocks.flatMap((block) =>
      linksInText(part, block).flatMap((link) => told(link, (message) => findingIn(part, block, link.url, message))),
    ),
  ];
}

const isUnavailable = (links: object): links is { readonly unavailable: string } =>
  'unavailable' in links && typeof links.unavailable === 'string';

function check(
  { parts }: GuardDocument,
  params: Params,
  context: RuleContext,
): readonly RuleFinding[] | NotEvaluated | undefined {
  const { links } = context.observed;
  if (!links) return { notEvaluated: 'no link was asked' };
  if (isUnavailable(links)) return { notEvaluated: links.unavailable };
  if (Object.keys(links).length === 0) return undefined;
  const problem = (link: Link): string | undefined => {
    const address = webAddress(link);
    const observed = address === undefined ? undefined : links[address];
    return address === undefined || !observed ? undefined : problemOf(address, observed, params, context);
  };
  return parts.flatMap((part) => partFindings(part, problem));
}

const DOCS = 'https://docs.example/start';
const OWN = 'https://northwind.example/blog/';
const example = (links: Links, params: Params = {}) =>
  ({
    with: params,
    kind: 'landing_page',
    files: { 'index.html': `<p>Read <a href="${DOCS}#top">the docs</a> or <a href="${OWN}">our blog</a>.</p>` },
    context: { observed: { links } },
  }) as const;
const OK: LinkObservation = { state: 'ok', because: '200' };
const GONE: LinkObservation = { state: 'broken', because: '404' };
const BUSY: LinkObservation = { state: 'unverifiable', because: '429' };

export const rule: Rule<Params> = {
  id: 'live_links',
  about:
    'Links answer when they are asked: on the own site all that stand there already, elsewhere all that are not plainly broken.',
  needs: ['links'],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      hosts: { enum: ['own', 'other'], description: 'Only links to the own site, or only others; all when left out.' },
      accept: {
        type: 'array',
        items: { type: 'integer', minimum: 100, maximum: 999 },
        description: 'Statuses that are fine beside those from 200 to 299.',
      },
    },
  },
  check,
  examples: {
    pass: [
      example({ [DOCS]: OK, [OWN]: OK }),
      example({ [DOCS]: BUSY, [OWN]: OK }),
      example({ [DOCS]: GONE, [OWN]: OK }, { hosts: 'own' }),
      example({ [DOCS]: GONE, [OWN]: OK }, { accept: [404] }),
    ],
    fail: [
      example({ [DOCS]: GONE, [OWN]: OK }),
      example({ [DOCS]: OK, [OWN]: BUSY }),
      example({ [DOCS]: { state: 'refused', because: '10.0.0.1 is not public' }, [OWN]: OK }),
    ],
  },
};
