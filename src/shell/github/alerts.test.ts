import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Note } from '../../core/contracts.ts';
import { causesOf } from '../../core/github/causes.ts';
import { type GithubServer, serveGithub } from '../../testing/github/server.ts';
import { type TempRepo, tempRepo } from '../../testing/repo.ts';
import { alertTrouble, keepAlerts } from './alerts.ts';
import { openGithub } from './client.ts';

let repo: TempRepo;
let server: GithubServer;

beforeAll(async () => {
  repo = await tempRepo({}, { remote: true });
});
afterAll(() => repo.remove());
beforeEach(async () => {
  server = await serveGithub(repo.remote ?? '', repo.env);
  return () => server.close();
});

const HALT: Note = { level: 'halted', scope: 'spring', message: 'hub/halts/spring-feed.yaml: 1 of 1 rejected' };
const DOUBT: Note = {
  level: 'in_doubt',
  scope: 'spring',
  message: 'email-a on list may have gone out (key 0123456789ab); it is asked again in the next run',
};

const waits: number[] = [];
const github = (env = server.env) =>
  openGithub({ get: (name) => env[name] }, 'alerts', {
    clock: () => 0,
    sleep: (milliseconds) => Promise.resolve(void waits.push(milliseconds)),
  });

async function keep(notes: readonly Note[], options: { isWhole?: boolean; unseen?: readonly string[] } = {}) {
  const { isWhole = true, unseen = [] } = options;
  await keepAlerts(await github(), { causes: causesOf(notes), isWhole, unseen, run: 'r1', redact: (text) => text });
}

const shown = () =>
  server.issues.map(({ number, state, reason, comments }) => [number, state, reason, comments.length]);

test('a cause has one issue, which a second run leaves alone', async () => {
  await keep([HALT, DOUBT]);
  const { calls } = server;
  expect(server.issues.map(({ title, labels }) => [title, labels])).toEqual([
    ['HALTED spring: spring-feed', ['mhub']],
    ['IN DOUBT spring: email-a on list is in doubt', ['mhub']],
  ]);
  calls.length = 0;
  await keep([HALT, DOUBT]);
  expect(calls).toEqual(['issues/list-for-repo']);
});

test('its text is brought up to date, without a comment', async () => {
  await keep([HALT]);
  await keep([HALT, { ...HALT, message: 'social-post-1 held back, hub/halts/spring-feed.yaml' }]);
  expect(shown()).toEqual([[1, 'open', null, 0]]);
  expect(server.issues[0]?.body).toContain('social-post-1 held back');
});

test('it is closed when a whole run no longer meets it, and opened again when it is back', async () => {
  await keep([HALT, DOUBT]);
  await keep([DOUBT], { isWhole: false });
  await keep([DOUBT], { unseen: ['spring'] });
  expect(shown().map(([, state]) => state)).toEqual(['open', 'open']);
  await keep([DOUBT]);
  expect(shown()).toEqual([
    [1, 'closed', 'completed', 1],
    [2, 'open', null, 0],
  ]);
  await keep([HALT, DOUBT]);
  expect(shown()).toEqual([
    [1, 'open', 'reopened', 2],
    [2, 'open', null, 0],
  ]);
});

test('what happened once is closed by a person alone', async () => {
  const message = 'email-a on list no longer passes and cannot be called back: set it right';
  await keep([{ level: 'rejected', scope: 'spring', message }]);
  await keep([]);
  expect(shown()).toEqual([[1, 'open', null, 0]]);
});

test('of two that were created at once the younger one is closed as a duplicate, by whoever sees both', async () => {
  server.before.set('issues/create', () => {
    const [first] = causesOf([HALT]);
    const body = `<!-- mhub:cause=${first?.id} scope=spring ends=by-run -->`;
    server.issues.push({ number: 1, title: 'x', body, labels: ['mhub'], state: 'open', reason: null, comments: [] });
  });
  await keep([HALT]);
  expect(shown()).toEqual([
    [1, 'open', null, 0],
    [2, 'closed', 'duplicate', 0],
  ]);
  await keep([HALT]);
  await keep([]);
  expect(shown()).toEqual([
    [1, 'closed', 'completed', 1],
    [2, 'closed', 'duplicate', 0],
  ]);
});

test('issues of people are left alone, whatever they are called', async () => {
  const issue = { title: 'Hello', body: 'mhub:cause', labels: ['mhub'], state: 'open' as const, reason: null };
  server.issues.push({ ...issue, number: 1, comments: [] });
  await keep([]);
  expect(shown()).toEqual([[1, 'open', null, 0]]);
});

test('a limit is waited for as long as GitHub says, and a broken connection is asked again', async () => {
  waits.length = 0;
  server.turned.push(
    { status: 403, message: 'secondary rate limit', headers: { 'retry-after': '7' } },
    { status: 429, message: 'slow down', headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '20' } },
  );
  server.faults.set('issues/list-for-repo', ['502']);
  await keep([HALT]);
  expect(waits).toEqual([7_000, 21_000, 250]);
  expect(server.issues).toHaveLength(1);
});

test('what GitHub refuses is told with what to change', async () => {
  server.turned.push({ status: 403, message: 'Resource not accessible by integration' });
  const trouble = await keep([HALT]).catch(alertTrouble);
  expect(trouble).toMatchObject({
    level: 'blocked',
    message: expect.stringContaining('give the token the permission "issues: write"') as string,
  });
  const wrong = await github({ ...server.env, GITHUB_TOKEN: 'ghs_wrong' });
  const options = { causes: [], isWhole: true, unseen: [], run: 'r1', redact: (text: string) => text };
  expect(await keepAlerts(wrong, options).catch(alertTrouble)).toMatchObject({
    message: 'alerts: set GITHUB_TOKEN to a token that GitHub takes ("Bad credentials")',
  });
});

test('many causes are created bit by bit', async () => {
  const many = Array.from({ length: 150 }, (_, index) => ({ ...HALT, message: `hub/halts/h${index}.yaml: why` }));
  await keep(many);
  expect(server.issues).toHaveLength(20);
  for (let run = 0; run < 7; run += 1) await keep(many);
  expect(new Set(server.issues.map(({ title }) => title)).size).toBe(150);
  expect(server.issues).toHaveLength(150);
});
