/** What a channel may ask of hashtags, links and images. */
import type { DocumentPart, RuleFinding } from './contracts.ts';
import { findingAt, findingOn } from './document.ts';
import { graphemes } from './fold.ts';
import { isHost, isShortener } from './hosts.ts';
import { matchesIn } from './matches.ts';
import { patternOf } from './patterns.ts';
import { type ShownLink, shownLinks } from './shown-links.ts';

export interface HashtagLimits {
  readonly max?: number;
  readonly pattern?: string;
}

export interface LinkLimits {
  readonly max?: number;
  readonly https?: boolean;
  readonly hosts?: readonly string[];
  readonly deny_shorteners?: boolean;
  readonly require_params?: readonly string[];
}

export interface AltLimits {
  readonly required?: boolean;
  readonly max?: number;
}

const HASHTAG = /(?<![\p{L}\p{M}\p{N}_&/#])#[\p{L}\p{M}\p{N}_]*\p{L}[\p{L}\p{M}\p{N}_]*/gu;

export function hashtagFindings(part: DocumentPart, { max = Number.POSITIVE_INFINITY, pattern }: HashtagLimits) {
  const tags = part.blocks.flatMap((block) =>
    matchesIn(block.text, HASHTAG).map(({ 0: tag, index }) => ({ tag, block, index })),
  );
  const finding = ({ tag, block, index }: (typeof tags)[number], message: string): RuleFinding =>
    findingOn(part, block, index, index + tag.length, message);
  const allowed = pattern === undefined ? undefined : patternOf(pattern);
  const wrong = tags.filter(({ tag }) => allowed && !allowed.test(tag));
  return [
    ...tags.slice(max, max + 1).map((tag) => finding(tag, `${tags.length} hashtags, at most ${max} are fine`)),
    ...wrong.map((one) => finding(one, `hashtag ${one.tag} is not like ${pattern}`)),
  ];
}

function linkProblem({ url }: ShownLink, { https, hosts, deny_shorteners, require_params }: LinkLimits) {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, searchParams } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  if (https && protocol !== 'https:') return 'is not https';
  if (deny_shorteners && isShortener(hostname)) return `hides where it leads: ${hostname} is a shortener`;
  if (hosts && !hosts.some((host) => isHost(hostname, host)))
    return `leads to ${hostname}, not to ${hosts.join(' or ')}`;
  const missing = (require_params ?? []).filter((name) => !searchParams.get(name));
  return missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
}

export function linkFindings(part: DocumentPart, wanted: LinkLimits): RuleFinding[] {
  const { max = Number.POSITIVE_INFINITY } = wanted;
  const links = shownLinks(part);
  return [
    ...links
      .slice(max, max + 1)
      .map(({ url, offset }) =>
        findingAt(part, offset, `${links.length} links, at most ${max} ${max === 1 ? 'is' : 'are'} fine`, url),
      ),
    ...links.flatMap((link) => {
      const problem = linkProblem(link, wanted);
      return problem === undefined
        ? []
        : [findingAt(part, link.offset, `link ${link.url.slice(0, 200)} ${problem}`, link.url)];
    }),
  ];
}

export function altFindings(part: DocumentPart, { required, max = Number.POSITIVE_INFINITY }: AltLimits) {
  return part.elements.flatMap(({ tag, attributes, offset }) => {
    if (tag !== 'img') return [];
    const alt = attributes['alt']?.trim() ?? '';
    if (required && alt === '') return [findingAt(part, offset, 'image has no alternative text')];
    const { length } = graphemes(alt);
    return length > max
      ? [findingAt(part, offset, `alternative text is ${length} characters long, at most ${max}`, alt)]
      : [];
  });
}

const count = (description: string) => ({ type: 'integer', minimum: 0, description }) as const;
const flag = (description: string) => ({ type: 'boolean', description }) as const;
const closed = (description: string, properties: Readonly<Record<string, unknown>>) =>
  ({ type: 'object', additionalProperties: false, description, properties }) as const;

/** JSON Schema of the limits. */
export const SHAPE_PARAMS = {
  hashtags: closed('Hashtags of the texts.', {
    max: count('Most hashtags.'),
    pattern: {
      type: 'string',
      minLength: 1,
      description: 'Regular expression, in any case, that each one matches.',
    },
  }),
  links: closed('Links that a reader can follow.', {
    max: count('Most links in one part.'),
    https: flag('Only https.'),
    hosts: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', pattern: '^(\\*\\.)?[a-z0-9-]+(\\.[a-z0-9-]+)+$' },
      description: 'Hosts that links may lead to; *.example.com holds example.com and everything below.',
    },
    deny_shorteners: flag('No address that hides where it leads.'),
    require_params: {
      type: 'array',
      uniqueItems: true,
      items: { type: 'string', minLength: 1 },
      description: 'Parameters that every address carries, such as utm_source.',
    },
  }),
  alt: closed('Alternative texts of images.', {
    required: flag('Every image has one.'),
    max: count('Most characters.'),
  }),
} as const;
