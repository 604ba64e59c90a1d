import type { GuardDocument, Rule, RuleContext, RuleFinding } from '../core/contracts.ts';
import { findingAt } from '../core/document.ts';
import { type FrequencyLimits, frequencyProblem, nextAllowed, WEEKDAYS } from '../core/frequency.ts';

/** Judged on the slot; publishing asks again, for then it may be later. */
function check(
  { parts: [first] }: GuardDocument,
  limits: FrequencyLimits,
  { due, sent, channel }: RuleContext,
): RuleFinding[] | undefined {
  if (due === undefined) return undefined;
  const problem = frequencyProblem(limits, channel.timezone, sent, due);
  if (problem === undefined || !first) return [];
  const next = nextAllowed(limits, channel.timezone, sent, due);
  return [findingAt(first, 0, `cannot go out at ${due}: ${problem}; the next time is ${next}`)];
}

const CLOCK = '^([01]\\d|2[0-3]):[0-5]\\d$';
const post = { kind: 'social_post', files: { 'post.txt': 'Write it down and move on.' } } as const;
const monday = { due: '2026-11-23T09:00:00Z' };
const quiet: FrequencyLimits = { quiet_hours: { from: '21:00', to: '07:00' } };

export const rule: Rule<FrequencyLimits> = {
  id: 'frequency',
  about:
    'An asset goes out neither too often nor at a time when nobody wants to hear from us, in the time of its channel.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      max_per_day: { type: 'integer', minimum: 1, description: 'Most publications on the channel per civil day.' },
      min_spacing_minutes: { type: 'integer', minimum: 1, maximum: 10080, description: 'Minutes between two of them.' },
      quiet_hours: {
        type: 'object',
        additionalProperties: false,
        required: ['from', 'to'],
        description: 'When nothing goes out; over midnight where from is later than to.',
        properties: {
          from: { type: 'string', pattern: CLOCK, description: 'First quiet minute, such as 21:00.' },
          to: { type: 'string', pattern: CLOCK, description: 'First minute that is not quiet, such as 07:00.' },
        },
      },
      weekdays: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string', enum: WEEKDAYS },
        description: 'The only days on which anything goes out.',
      },
    },
  },
  tighten: {
    max_per_day: 'lower',
    min_spacing_minutes: 'raise',
    'quiet_hours.from': 'earlier',
    'quiet_hours.to': 'later',
  },
  lint: ({ quiet_hours: hours }) => (hours && hours.from === hours.to ? ['quiet_hours: from and to are the same'] : []),
  check,
  examples: {
    pass: [
      { with: quiet, ...post, context: monday },
      { with: { max_per_day: 1 }, ...post, context: { ...monday, sent: ['2026-11-22T09:00:00Z'] } },
      { with: { max_per_day: 1 }, ...post },
    ],
    fail: [
      { with: quiet, ...post, context: { due: '2026-11-23T20:00:00Z' } },
      { with: { max_per_day: 1 }, ...post, context: { ...monday, sent: ['2026-11-23T06:00:00Z'] } },
      { with: { min_spacing_minutes: 90 }, ...post, context: { ...monday, sent: ['2026-11-23T08:00:00Z'] } },
      { with: { weekdays: ['tue'] }, ...post, context: monday },
    ],
  },
};
