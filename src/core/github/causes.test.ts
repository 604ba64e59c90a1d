import { describe, expect, test } from 'vitest';
import { HOSTILE } from '../../testing/hostile.ts';
import type { Note } from '../contracts.ts';
import { alertBody, alertTitle, markedIn } from './alert.ts';
import { causesOf, lastingNotes } from './causes.ts';

const note = (level: Note['level'], message: string, scope = 'spring'): Note => ({ level, scope, message });
const idsOf = (...notes: Note[]): string[] => causesOf(notes).map(({ id }) => id);
const one = (level: Note['level'], message: string) => {
  const [cause] = causesOf([note(level, message)]);
  if (!cause) throw new Error('no cause');
  return cause;
};

test.each([
  [
    'the same halt, whatever it holds back',
    note('halted', 'social-post-20261123-0930-feed held back, hub/halts/spring-feed-1a2b3c4d.yaml: 1 of 1 rejected'),
    note('halted', 'social-post-20261130-0930-feed held back, hub/halts/spring-feed-1a2b3c4d.yaml'),
  ],
  [
    'a doubt about two posts of one schedule line, first told by the call and then by the next run',
    note('in_doubt', 'email-a on list may have gone out: no answer within 30 s'),
    note('in_doubt', 'email-a on list may have gone out (key 0123456789ab); it is asked again in the next run'),
  ],
  [
    'the same failure with other numbers',
    note('failed', 'channel web, branch gh-pages: the server answered 502 (id 9f3a61c2); the next run deploys it'),
    note('failed', 'channel web, branch gh-pages: the server answered 503 (id 77aa01bb); the next run deploys it'),
  ],
])('%s is one cause', (_what, first, second) => {
  const causes = causesOf([first, second]);
  expect(causes).toHaveLength(1);
  expect(causes[0]?.evidence).toEqual([first.message, second.message]);
});

test.each([
  [note('halted', 'x held back, hub/halts/a.yaml'), note('halted', 'x held back, hub/halts/b.yaml')],
  [note('blocked', 'channel bluesky: set BLUESKY_HANDLE'), note('blocked', 'channel mastodon: set MASTODON_TOKEN')],
  [note('blocked', 'channel feed: set A_B', 'spring'), note('blocked', 'channel feed: set A_B', 'autumn')],
])('%j and %j are two', (first, second) => {
  expect(new Set(idsOf(first, second)).size).toBe(2);
});

test('what waits or only informs is no alert', () => {
  expect(idsOf(note('waiting', 'max_publishes_per_day 2 reached'), note('info', 'paused'))).toEqual([]);
});

test.each([
  ['halted', 'x held back, hub/halts/spring-feed-1a.yaml: why', 'mhub resume spring-feed-1a'],
  ['halted', 'x held back, workspace: publish_enabled is false in mhub.yaml', 'breakers:\n  publish_enabled: true'],
  [
    'blocked',
    'channel social: set BLUESKY_HANDLE, BLUESKY_APP_PASSWORD',
    'gh secret set BLUESKY_HANDLE\ngh secret set BLUESKY_APP_PASSWORD',
  ],
  ['blocked', 'channel social: its effect leaves the repository, set delivery: direct', 'delivery: direct'],
  [
    'in_doubt',
    'email-a on list may have gone out (key 0123456789ab); it is asked again',
    'mhub resolve 0123456789ab --as sent   # or --as released',
  ],
  [
    'rejected',
    'landing-page-a is rejected, after 3 repairs; base/x: y',
    'git rm -r hub/campaigns/spring/assets/landing-page-a',
  ],
] as const)('%s %s is resumed by what its body says', (level, message, remedy) => {
  const cause = one(level, message);
  expect(cause.remedy.code).toBe(remedy);
  expect(alertBody(cause)).toContain(`\n${remedy}\n\`\`\``);
});

test('a correction ends by hand, a halt by a run that does not meet it any more', () => {
  const correction = one('rejected', 'email-a on list no longer passes and cannot be called back: set it right');
  const halt = one('halted', 'hub/halts/spring-feed.yaml: why');
  expect([correction, halt].map((cause) => markedIn(alertBody(cause)))).toEqual([
    { id: correction.id, scope: 'spring', endsByHand: true },
    { id: halt.id, scope: 'spring', endsByHand: false },
  ]);
});

test('halts that stand are told although nothing is due', () => {
  const halt = {
    id: 'spring-feed',
    campaign: 'spring',
    channel: 'feed',
    breaker: 'manual' as const,
    why: 'a pause',
    evidence: [],
    at: '2026-11-24T12:00:00Z',
    resolved: false,
  };
  const state = { halts: [halt, { ...halt, id: 'old', resolved: true }], receipts: [], verifications: [] };
  expect(lastingNotes(state, '2026-11-25T12:00:00Z')).toEqual([
    { level: 'halted', scope: 'spring', message: 'hub/halts/spring-feed.yaml: a pause' },
  ]);
});

describe.each(HOSTILE)('%j in an alert', (text) => {
  const cause = one('failed', `email-a on list: ${text}`);

  test('stays within what GitHub takes, and is about one cause', () => {
    const body = alertBody({ ...cause, evidence: Array<string>(20).fill(text) });
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(markedIn(body)?.id).toBe(cause.id);
    expect(body.match(/<!--/g)).toHaveLength(1);
    expect(alertTitle(cause)).toMatch(/^FAILED spring: [^\r\n`]*$/);
  });
});
