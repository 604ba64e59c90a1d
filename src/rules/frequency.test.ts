import { expect, test } from 'vitest';
import type { RuleContext } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { exampleContextWith, exampleUnit } from '../core/policy/sample.ts';
import { rule } from './frequency.ts';

const document = documentOf('social_post', new Map([['post.txt', 'Write it down.']]));
const judged = (params: Parameters<typeof rule.check>[1], context: Partial<RuleContext>) =>
  rule.check(document, params, exampleContextWith(context));

test('a slot that is too close is told with the next one that is not', () => {
  const context = { due: '2026-11-23T20:30:00Z', sent: ['2026-11-23T20:00:00Z'] };
  expect(judged({ min_spacing_minutes: 90, quiet_hours: { from: '22:00', to: '08:00' } }, context)).toMatchObject([
    {
      message:
        'cannot go out at 2026-11-23T20:30:00Z: less than 90 minutes from 2026-11-23T20:00:00Z; ' +
        'the next time is 2026-11-24T07:00:00Z',
    },
  ]);
});

test('what has no slot goes out when it changes: the rule has nothing to say about it', () => {
  expect(judged({ max_per_day: 1 }, {})).toBeUndefined();
});

test('quiet hours that never end or never begin are told', () => {
  expect(rule.lint?.({ quiet_hours: { from: '09:00', to: '09:00' } }, exampleUnit)).toEqual([
    'quiet_hours: from and to are the same',
  ]);
});
