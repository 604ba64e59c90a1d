import type { ChannelLimits, DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingAt, isAttribute } from '../core/document.ts';
import { CannotJudge } from '../core/errors.ts';
import { graphemes } from '../core/fold.ts';
import { patternProblems } from '../core/patterns.ts';
import { lengthOf } from '../core/room.ts';
import {
  type AltLimits,
  altFindings,
  type HashtagLimits,
  hashtagFindings,
  type LinkLimits,
  linkFindings,
  SHAPE_PARAMS,
} from '../core/shape.ts';

interface Params {
  readonly max_length?: number;
  readonly weighted?: boolean;
  readonly hashtags?: HashtagLimits;
  readonly links?: LinkLimits;
  readonly alt?: AltLimits;
}

/** How X counts. Loaded by prepare: it takes longer than everything else here together. */
let weigh: ((text: string) => number) | undefined;

const seenText = (part: DocumentPart): string =>
  part.format === 'text'
    ? part.source.trim()
    : part.blocks
        .filter((block) => block.visible && !isAttribute(block) && block.scope !== 'title')
        .map(({ text }) => text)
        .join('\n');

/** Length of a text, and what of it no longer fits, as far as that can be told. */
function measure(text: string, max: number, { weighted, link }: ChannelLimits): { length: number; rest: string } {
  if (weighted) {
    if (!weigh) throw new CannotJudge('the channel counts as X does, and what counts so is not loaded');
    return { length: weigh(text), rest: '' };
  }
  // No text has more graphemes than code units; counting them is the dear part.
  if (text.length <= max) return { length: 0, rest: '' };
  if (link !== undefined) return { length: lengthOf(text, { link }), rest: '' };
  const signs = graphemes(text);
  return { length: signs.length, rest: signs.slice(max).join('') };
}

function tooLong(part: DocumentPart, params: Params, limits: ChannelLimits, channel: string): RuleFinding[] {
  // Params only tighten what the channel itself can take.
  const max = Math.min(limits.maxLength ?? Number.POSITIVE_INFINITY, params.max_length ?? Number.POSITIVE_INFINITY);
  if (max === Number.POSITIVE_INFINITY) return [];
  const text = seenText(part);
  const { length, rest } = measure(text, max, params.weighted ? { weighted: true } : limits);
  if (length <= max) return [];
  const start = part.format !== 'text' || rest === '' ? 0 : part.source.trimEnd().length - rest.length;
  return [findingAt(part, start, `text is ${length} characters long, channel ${channel} takes ${max}`, rest)];
}

function check({ kind, parts }: GuardDocument, params: Params, { limits, channel, unit }: RuleContext): RuleFinding[] {
  const [first] = parts;
  const isCarried = unit.campaign.schedule.some((line) => line.channel === channel.id && line.asset === kind);
  const wrong = `channel ${channel.id} has no ${kind} in the schedule of campaign ${unit.campaign.id}`;
  const { hashtags, links, alt } = params;
  return [
    // A file that mhub did not make is on no schedule.
    ...(isCarried || kind === 'text' || !first ? [] : [findingAt(first, 0, wrong)]),
    ...parts.flatMap((part) => [
      ...tooLong(part, params, limits, channel.id),
      ...(hashtags ? hashtagFindings(part, hashtags) : []),
      ...(links ? linkFindings(part, links) : []),
      ...(alt ? altFindings(part, alt) : []),
    ]),
  ];
}

const feed = {
  channel: { id: 'feed', adapter: 'feed', timezone: 'Europe/Berlin', breakers: { max_publishes_per_day: 4 } },
} as const;
const post = (text: string) => ({ kind: 'social_post', files: { 'post.txt': text }, context: feed }) as const;
const page = (html: string) => ({ kind: 'landing_page', files: { 'index.html': html } }) as const;
const own = {
  max: 1,
  https: true,
  hosts: ['*.northwind.example'],
  deny_shorteners: true,
  require_params: ['utm_source'],
};

export const rule: Rule<Params> = {
  id: 'channel',
  about: 'An asset must fit its channel: a kind that is scheduled there, its length, hashtags, links and images.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      max_length: {
        type: 'integer',
        minimum: 1,
        description: 'Most characters as a reader counts them; only tightens.',
      },
      weighted: {
        type: 'boolean',
        description: 'Count as X does: an address is 23 characters, most scripts beyond Latin count twice.',
      },
      ...SHAPE_PARAMS,
    },
  },
  tighten: {
    max_length: 'lower',
    'hashtags.max': 'lower',
    'links.max': 'lower',
    'links.https': 'turn-on',
    'links.deny_shorteners': 'turn-on',
    'links.require_params': 'add',
    'alt.required': 'turn-on',
    'alt.max': 'lower',
  },
  lint: ({ hashtags }) => patternProblems(hashtags?.pattern === undefined ? [] : [hashtags.pattern]),
  prepare: async ({ weighted }, limits = []) => {
    if (weigh || !(weighted || limits.some((one) => one.weighted))) return;
    const { default: twitter } = await import('twitter-text');
    weigh = (text) => twitter.parseTweet(text).weightedLength;
  },
  check,
  examples: {
    pass: [
      { with: {}, ...post('Write it down and move on.') },
      { with: { max_length: 3 }, ...post('👩‍👩‍👧‍👦👍🏽é\n') },
      { with: { max_length: 25, weighted: true }, ...post('A https://example.com/notes/found-again') },
      { with: { hashtags: { max: 1, pattern: '^#[a-z]{1,20}$' } }, ...post('Notes #writing') },
      { with: { links: own }, ...post('See https://northwind.example/a?utm_source=feed.') },
      { with: { alt: { required: true, max: 9 } }, ...page('<img src="/a.png" alt="A note">') },
    ],
    fail: [
      { with: { max_length: 10 }, ...post('Write it down and move on.') },
      { with: { max_length: 500 }, ...post('Write it down. '.repeat(25)) },
      { with: {}, ...post('Write it down and move on.'), context: {} },
      { with: { max_length: 4, weighted: true }, ...post('書きとめ') },
      { with: { hashtags: { max: 1 } }, ...post('Notes #writing #notes') },
      { with: { links: own }, ...post('See https://bit.ly/x?utm_source=feed') },
      { with: { alt: { required: true } }, ...page('<img src="/a.png" alt="">') },
    ],
  },
};
