import type { DocumentPart, GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingAt, isAttribute } from '../core/document.ts';
import { graphemes } from '../core/fold.ts';

interface Params {
  readonly max_length?: number;
}

const textOf = (part: DocumentPart): string =>
  part.format === 'text'
    ? part.source.trim()
    : part.blocks
        .filter((block) => block.visible && !isAttribute(block) && block.scope !== 'title')
        .map(({ text }) => text)
        .join('\n');

function tooLong(part: DocumentPart, max: number, channel: string): RuleFinding[] {
  const text = textOf(part);
  // No text has more graphemes than code units; counting them is the dear part.
  if (text.length <= max) return [];
  const signs = graphemes(text);
  if (signs.length <= max) return [];
  const start = part.format === 'text' ? part.source.search(/\S/) + signs.slice(0, max).join('').length : 0;
  return [
    findingAt(
      part,
      start,
      `text is ${signs.length} characters long, channel ${channel} takes ${max}`,
      signs.slice(max).join(''),
    ),
  ];
}

function check({ kind, parts }: GuardDocument, params: Params, { limits, channel, unit }: RuleContext): RuleFinding[] {
  const [first] = parts;
  const isCarried = unit.campaign.schedule.some((line) => line.channel === channel.id && line.asset === kind);
  const wrong = `channel ${channel.id} has no ${kind} in the schedule of campaign ${unit.campaign.id}`;
  // Params only tighten what the channel itself can take.
  const max = Math.min(limits.maxLength ?? Number.POSITIVE_INFINITY, params.max_length ?? Number.POSITIVE_INFINITY);
  return [
    ...(isCarried || !first ? [] : [findingAt(first, 0, wrong)]),
    ...parts.flatMap((part) => tooLong(part, max, channel.id)),
  ];
}

const feed = {
  channel: { id: 'feed', adapter: 'feed', timezone: 'Europe/Berlin', breakers: { max_publishes_per_day: 4 } },
} as const;
const post = (text: string) => ({ kind: 'social_post', files: { 'post.txt': text } }) as const;

export const rule: Rule<Params> = {
  id: 'channel',
  about:
    'An asset must fit its channel: a kind that the campaign schedules there, and no longer than the channel takes.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      max_length: {
        type: 'integer',
        minimum: 1,
        description: 'Most characters as a reader counts them; only tightens.',
      },
    },
  },
  check,
  examples: {
    pass: [
      { with: {}, ...post('Write it down and move on.'), context: feed },
      { with: { max_length: 3 }, ...post('👩‍👩‍👧‍👦👍🏽é\n'), context: feed },
    ],
    fail: [
      { with: { max_length: 10 }, ...post('Write it down and move on.'), context: feed },
      { with: { max_length: 500 }, ...post('Write it down. '.repeat(25)), context: feed },
      { with: {}, ...post('Write it down and move on.') },
    ],
  },
};
