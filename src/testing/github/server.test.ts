/** The server of the tests is only worth what it refuses. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TempRepo, tempRepo } from '../repo.ts';
import { description, leastOf, operationAt } from './contract.ts';
import { type GithubServer, OWNER, REPO, serveGithub, TOKEN } from './server.ts';

let repo: TempRepo;
let server: GithubServer;

beforeAll(async () => {
  repo = await tempRepo({ 'a.txt': 'a' }, { remote: true });
  server = await serveGithub(repo.remote ?? '', repo.env);
});
afterAll(async () => {
  await server.close();
  repo.remove();
});

const asked = async (method: string, path: string, body?: object, token = TOKEN) => {
  const response = await fetch(`${server.url}/repos/${OWNER}/${REPO}${path}`, {
    method,
    headers: { authorization: `token ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return [response.status, (await response.text()).slice(0, 300)] as const;
};

test.each([
  ['an issue without a title', 'POST', '/issues', { body: 'x' }],
  ['labels that are a number', 'POST', '/issues', { title: 'x', labels: 5 }],
  ['a pull request from nowhere', 'POST', '/pulls', { title: 'x', base: 'main' }],
  ['a pull request from a branch that is not there', 'POST', '/pulls', { title: 'x', head: 'no', base: 'main' }],
  ['a pull request without a commit', 'POST', '/pulls', { title: 'x', head: 'main', base: 'main' }],
  ['a deployment of nothing', 'POST', '/deployments', { environment: 'mhub' }],
  ['a state that does not exist', 'POST', '/deployments/1/statuses', { state: 'done' }],
])('%s is refused', async (_what, method, path, body) => {
  expect((await asked(method, path, body))[0]).toBe(422);
});

test('a wrong token, an unknown issue and an unknown call are told apart', async () => {
  expect((await asked('GET', '/issues', undefined, 'wrong'))[0]).toBe(401);
  expect((await asked('PATCH', '/issues/99', { state: 'closed' }))[0]).toBe(404);
  expect(await asked('DELETE', '/issues/99')).toEqual([
    500,
    expect.stringContaining('is no call that GitHub describes'),
  ]);
});

test('an answer that GitHub would not give is a mistake of the server', () => {
  const operation = operationAt('POST', `/repos/${OWNER}/${REPO}/issues`);
  expect(() => operation?.requireResponse(201, leastOf('issue'))).not.toThrow();
  expect(() => operation?.requireResponse(201, { number: 1, title: 'x' })).toThrow('does not answer 201 like this');
  expect(() => operation?.requireResponse(418, {})).toThrow('never answers 418');
});

test('the description names its source', () => {
  expect(description.source).toMatch(/@octokit\/openapi \d+\.\d+\.\d+ \(MIT\)/);
});
