import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  type ActualRun,
  accountOf,
  expectedStarts,
  type Schedule,
  scheduleFaults,
  schedulesOf,
  showMinutes,
} from './schedule-accounting.ts';

const NOW = '2026-11-23T16:00:00Z';
const YESTERDAY = '2026-11-22T16:00:00Z';
const daily = (cron: string, timezone = 'UTC'): Schedule => ({ cron, timezone });
const byCron = (at: string, conclusion: string | null = 'success'): ActualRun => ({
  at,
  event: 'schedule',
  conclusion,
});

describe('the schedule of a workflow', () => {
  test('is read from its lines, in UTC unless a line names a time zone', () => {
    const text = "on:\n  schedule:\n    - cron: '17 3 * * *'\n    - { cron: '4 5 * * 1', timezone: Europe/Berlin }\n";
    expect(schedulesOf(parse(text))).toEqual([daily('17 3 * * *'), daily('4 5 * * 1', 'Europe/Berlin')]);
  });

  test.each(['push', { push: null }, { schedule: 'daily' }, { schedule: [{ cron: 5 }, 'x', null] }])(
    'is empty where there is none: %j',
    (on) => {
      expect(schedulesOf({ on })).toEqual([]);
    },
  );

  test.each([null, 'text', [], { on: null }])('is empty in what is no workflow: %j', (workflow) => {
    expect(schedulesOf(workflow)).toEqual([]);
  });
});

describe('a line of a schedule', () => {
  test.each(['17,47 * * * *', '23 3 * * *', '5/15 * * * *', '7 4 * * MON-FRI', '3-59/20 1 1 JAN,jul *'])(
    '%s is one that GitHub keeps',
    (cron) => expect(scheduleFaults(daily(cron), NOW)).toEqual([]),
  );

  test.each([
    ['*/61 * * * *', 'steps cannot be greater'],
    ['60 * * * *', 'Invalid value for minute'],
    ['17 24 * * *', 'Invalid value for hour'],
    ['17-5 * * * *', 'From value is larger'],
    ['@daily', 'expected five fields'],
    ['17 3 * *', 'expected five fields'],
    ['30 17 3 * * *', 'expected five fields'],
    ['17 3 L * *', 'expected five fields'],
    ['17 3 * * ?', 'expected five fields'],
    ['17 3 31 2 *', 'no such moment ever comes'],
    ['*/2 * * * *', 'GitHub waits 5 minutes'],
    ['17,20 4 * * *', 'GitHub waits 5 minutes'],
    ['0 * * * *', 'at the full hour'],
    ['*/15 * * * *', 'at the full hour'],
  ])('%s is found: %s', (cron, fault) => {
    expect(scheduleFaults(daily(cron), NOW).join('; ')).toContain(fault);
  });

  test('in a time zone that nobody knows is found', () => {
    expect(scheduleFaults(daily('17 3 * * *', 'Mars/Olympus'), NOW)).toHaveLength(1);
  });
});

describe('expected starts', () => {
  test('of two an hour are 48 a day; the first moment is not part of the time, the last one is', () => {
    const starts = expectedStarts([daily('17,47 * * * *')], '2026-11-22T16:17:00Z', '2026-11-23T16:17:00Z');
    expect(starts).toHaveLength(48);
    expect([starts[0], starts[47]]).toEqual(['2026-11-22T16:47:00Z', '2026-11-23T16:17:00Z']);
  });

  test('that two lines have in common count once', () => {
    const starts = expectedStarts([daily('17 * * * *'), daily('17,47 */12 * * *')], YESTERDAY, NOW);
    expect(starts).toHaveLength(26);
    expect(starts).toEqual([...starts].sort());
  });

  test('follow the clocks of their time zone', () => {
    const spring = ['2026-03-27T12:00:00Z', '2026-03-30T12:00:00Z'] as const;
    expect(expectedStarts([daily('30 6 * * *', 'Europe/Berlin')], ...spring)).toEqual([
      '2026-03-28T05:30:00Z',
      '2026-03-29T04:30:00Z',
      '2026-03-30T04:30:00Z',
    ]);
  });

  test('are none of a line that GitHub does not take', () => {
    expect(expectedStarts([daily('*/61 * * * *'), daily('17 3 31 2 *')], YESTERDAY, NOW)).toEqual([]);
  });
});

describe('the account of runs', () => {
  test('tells those of the schedule from others, and counts what failed', () => {
    const runs = [
      byCron('2026-11-23T15:20:00Z', 'failure'),
      byCron('2026-11-23T14:50:00Z'),
      byCron('2026-11-23T15:50:00Z', null),
      { at: '2026-11-23T15:00:00Z', event: 'workflow_dispatch', conclusion: 'timed_out' },
    ];
    expect(accountOf(runs, '2026-11-23T14:00:00Z', NOW)).toEqual({
      seen: 3,
      others: 1,
      failed: 2,
      longest_gap_minutes: 50,
    });
  });

  test('leaves out what lies outside of the time', () => {
    const runs = [byCron(YESTERDAY), byCron('2026-11-23T16:00:01Z'), byCron('2026-11-23T04:00:00Z')];
    expect(accountOf(runs, YESTERDAY, NOW)).toEqual({ seen: 1, others: 0, failed: 0, longest_gap_minutes: 720 });
  });

  test('of no run at all is one gap', () => {
    expect(accountOf([], YESTERDAY, NOW)).toEqual({ seen: 0, others: 0, failed: 0, longest_gap_minutes: 1440 });
  });
});

test('minutes are shown as people say them', () => {
  expect([0, 31, 60, 91, 1440].map(showMinutes)).toEqual(['0 min', '31 min', '1 h', '1 h 31 min', '24 h']);
});
