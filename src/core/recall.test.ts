import { expect, test } from 'vitest';
import type { Finding, Verdict } from '../generated/entities.ts';
import { emptyHub } from '../testing/hub-state.ts';
import { publicationOf, publishingUnit } from '../testing/publications.ts';
import type { Channel, HubState, Publication } from './contracts.ts';
import { correctionPath, correctionsFor, heldAgainst, recallsOf } from './recall.ts';

const NOW = '2026-11-25T09:00:00Z';
const expired: Finding = { rule: 'base/claims', severity: 'block', message: 'fact "speed" expired on 2026-11-25' };

const page = publicationOf({ id: 'page', channel: 'web', at: '2026-11-23T09:00:00Z', files: { 'index.html': 'A' } });
const email = publicationOf({
  id: 'email',
  channel: 'outbox',
  at: '2026-11-23T09:00:00Z',
  files: { 'email.txt': 'B' },
});

function verdictOn(content: string, changes: Partial<Verdict>): Verdict {
  const base = { content, policy: 'p'.repeat(64), grounds: 'g'.repeat(64), packs: [], attempt: 1, rules: [] };
  return { ...base, result: 'deny', findings: [expired], history: [], ...changes };
}

const contentOf = ({ receipt }: Publication): string => receipt.content;

function inputWith(verdicts: Readonly<Record<string, Verdict>>) {
  const state: HubState = {
    ...emptyHub,
    verdicts: new Map(Object.entries(verdicts)),
  };
  const withdrawable: Partial<Channel> = { withdraw: async () => [] };
  const channels = new Map<string, Channel>([
    ['web', withdrawable as Channel],
    ['outbox', {} as Channel],
  ]);
  return {
    unit: publishingUnit,
    state,
    now: NOW,
    published: new Map([
      ['web', [page]],
      ['outbox', [email]],
    ]),
    plugins: { engines: new Map(), assets: new Map(), rules: new Map(), channels },
  };
}

test('what stands is recalled when a rule holds something against exactly what stands', () => {
  const [recall, ...rest] = recallsOf(inputWith({ page: verdictOn(contentOf(page), {}) }));
  expect(rest).toEqual([]);
  expect(recall).toMatchObject({ publication: page, because: 'base/claims: fact "speed" expired on 2026-11-25' });
});

test('a draft that is rejected does not condemn what stands, unless that was denied before it', () => {
  const draft = verdictOn('d'.repeat(64), { result: 'reject' });
  expect(recallsOf(inputWith({ page: draft }))).toEqual([]);
  const history = [{ attempt: 1, content: contentOf(page), findings: [expired] }];
  expect(recallsOf(inputWith({ page: { ...draft, history } }))).toHaveLength(1);
});

test.each<[string, Partial<Verdict>]>([
  ['a pass', { result: 'pass', findings: [] }],
  ['a warning', { result: 'pass', findings: [{ ...expired, severity: 'warn' }] }],
  ['a rule that failed', { result: 'error', reason: 'rule_error', findings: [] }],
  ['a browser that is missing', { result: 'blocked', reason: 'no_browser', findings: [] }],
])('%s takes nothing down', (_what, changes) => {
  expect(heldAgainst(contentOf(page), verdictOn(contentOf(page), changes))).toEqual([]);
});

test('an exception that has expired takes down what it excepted', () => {
  const error = verdictOn(contentOf(page), { result: 'error', reason: 'exception_expired' });
  expect(recallsOf(inputWith({ page: error }))).toHaveLength(1);
});

test('what no channel can take down becomes a task when its verdict turns, and only then', () => {
  const judged = new Map([
    ['email', verdictOn(contentOf(email), {})],
    ['page', verdictOn(contentOf(page), {})],
  ]);
  const passed = verdictOn(contentOf(email), { result: 'pass', findings: [] });
  const [task, ...rest] = correctionsFor(inputWith({ email: passed }), judged);
  expect(rest).toEqual([]);
  expect(task).toMatchObject({ asset: 'email', key: email.receipt.key, findings: [expired], at: NOW });
  expect(task?.why).toContain('cannot be called back');
  expect(correctionsFor(inputWith({ email: verdictOn(contentOf(email), {}) }), judged)).toEqual([]);
});

test('the task of a key has one name, however long those of campaign and asset are', () => {
  const path = correctionPath({ campaign: 'c'.repeat(63), asset: 'a'.repeat(63), key: 'f'.repeat(64) });
  expect(path).toMatch(/^hub\/corrections\/c{54}-f{8}\.yaml$/);
});
