import { expect, test } from 'vitest';
import { grounding } from '../testing/grounding.ts';

test('of the lines that the rule was made with, every claim without a fact is caught and no other line is', () => {
  const { grounded, ungrounded, missed, falseAlarms } = grounding('tuned');
  expect(grounded + ungrounded).toBeGreaterThanOrEqual(60);
  expect(missed).toEqual([]);
  expect(falseAlarms).toEqual([]);
});

test('of lines that it was never changed for, at least half of the claims are caught and a fifth are false alarms', () => {
  const { grounded, ungrounded, missed, falseAlarms } = grounding('unseen');
  expect(missed.length / ungrounded).toBeLessThanOrEqual(0.5);
  expect(falseAlarms.length / grounded).toBeLessThanOrEqual(0.2);
});
