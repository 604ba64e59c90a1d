/**
 * Delivery `pull-request`: commits come to the branch by a pull request that is opened, filled in and merged here. It
 * counts as landed only when the merge commit builds on exactly what was decided on.
 */

import { Blocked, Failed } from '../../core/errors.ts';
import { RUN_BRANCH } from '../../core/github/pull-request.ts';
import { faultPoint } from '../fault.ts';
import type { Repo } from '../git.ts';
import { checkedObjectId } from '../run-git.ts';
import { LandingBlocked, LostRace, REMOTE } from '../transact.ts';
import { ask, type Github, Refused, Unanswered } from './client.ts';

export interface Request {
  readonly repo: Repo;
  readonly github: Github;
  readonly branch: string;
  /** Tip of the branch that everything was decided on. */
  readonly base: string;
  /** Commits to be landed, the last one. */
  readonly tip: string;
  readonly title: string;
  readonly body: string;
}

const who = (number: number | undefined): string =>
  number === undefined ? 'delivery pull-request' : `pull request #${number}`;

/** What to change where GitHub refuses, by its words. */
const CHANGES: readonly (readonly [RegExp, string])[] = [
  [
    /not permitted to create or approve pull requests/i,
    'allow it in Settings > Actions > General > Workflow permissions',
  ],
  [/merge commits are not allowed/i, 'tick "Allow merge commits" in Settings > General > Pull Requests'],
  [/linear history/i, 'take "Require linear history" off the branch, which allows no merge commit'],
  [/approving review/i, 'let the engine bypass the required review in Settings > Rules, or do not require one'],
  [
    /status check/i,
    'let the engine bypass the required checks in Settings > Rules: what GITHUB_TOKEN pushes starts no workflow',
  ],
  [/signature|signed/i, 'let the engine bypass "Require signed commits": its commits are not signed'],
  [
    /not authorized to push|protected branch|rule violations/i,
    'let the engine merge into the branch in Settings > Rules',
  ],
  [
    /not accessible by|must have|permission|denied/i,
    'give the token the permissions "contents: write" and "pull-requests: write"',
  ],
];

function blocked(number: number | undefined, what: string, { status, message }: Refused): LandingBlocked {
  const change = CHANGES.find(([words]) => words.test(message))?.[1] ?? 'change what it names, and run again';
  return new LandingBlocked(who(number), [], `GitHub refused to ${what} (${status}, "${message}"): ${change}`);
}

/** The engine's own branch, whatever it held before. */
async function pushRunBranch({ repo, tip }: Request): Promise<void> {
  const expected = await repo.remoteTip(REMOTE, RUN_BRANCH);
  if (expected === tip) return;
  const pushed = await repo.push({ remote: REMOTE, branch: RUN_BRANCH, commit: tip, expected, rewrites: true });
  if (pushed === 'ok' || (pushed === 'unknown' && (await repo.remoteTip(REMOTE, RUN_BRANCH)) === tip)) return;
  throw new LostRace();
}

async function openPullRequest({ github, branch }: Request): Promise<number | undefined> {
  const { octokit, owner, repo } = github;
  const head = `${owner}:${RUN_BRANCH}`;
  const { data } = await ask(github, 'list pull requests', 'read', () =>
    octokit.rest.pulls.list({ owner, repo, state: 'open', head, base: branch }),
  );
  return data[0]?.number;
}

async function createPullRequest(request: Request): Promise<number> {
  const { github, branch, title, body } = request;
  const { octokit, owner, repo } = github;
  try {
    const { data } = await ask(github, 'create a pull request', 'write', () =>
      octokit.rest.pulls.create({ owner, repo, head: RUN_BRANCH, base: branch, title, body }),
    );
    return data.number;
  } catch (error) {
    const mayExist = error instanceof Unanswered || (error instanceof Refused && /already exists/i.test(error.message));
    const found = mayExist ? await openPullRequest(request) : undefined;
    if (found !== undefined) return found;
    if (error instanceof Refused) throw blocked(undefined, 'open a pull request', error);
    throw error;
  }
}

/** There is one open pull request at most, and it tells of this landing. */
async function presentPullRequest(request: Request): Promise<number> {
  const { github, title, body } = request;
  const open = await openPullRequest(request);
  if (open === undefined) return createPullRequest(request);
  const { octokit, owner, repo } = github;
  try {
    await ask(github, `update pull request ${open}`, 'write', () =>
      octokit.rest.pulls.update({ owner, repo, pull_number: open, title, body }),
    );
  } catch (error) {
    if (error instanceof Refused) throw blocked(open, 'update it', error);
    throw error;
  }
  return open;
}

/** Pauses while GitHub is still finding out whether it can merge. */
const LOOK_AGAIN_AFTER_MS: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000];

/** @returns  the merge commit; undefined when nobody has merged it */
async function mergedAs({ github }: Request, number: number): Promise<{ merge?: string; isUndecided: boolean }> {
  const { octokit, owner, repo } = github;
  const { data } = await ask(github, `look at pull request ${number}`, 'read', () =>
    octokit.rest.pulls.get({ owner, repo, pull_number: number }),
  );
  return {
    ...(data.merged && data.merge_commit_sha ? { merge: data.merge_commit_sha } : {}),
    isUndecided: data.state === 'open' && data.mergeable === null,
  };
}

const isRace = ({ status, message }: Refused): boolean =>
  status === 409 || /(head|base) branch was modified/i.test(message);

/** Merges by the commit that it must stand at, so asking twice merges once. @returns the merge commit */
async function merge(request: Request, number: number): Promise<string> {
  const { github, tip, repo: clone, branch, base } = request;
  const { octokit, owner, repo, sleep } = github;
  for (let look = 0; ; look += 1) {
    try {
      const { data } = await ask(github, `merge pull request ${number}`, 'write', () =>
        octokit.rest.pulls.merge({ owner, repo, pull_number: number, sha: tip, merge_method: 'merge' }),
      );
      return data.sha;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unanswered)) throw error;
      const { merge: done, isUndecided } = await mergedAs(request, number);
      if (done !== undefined) return done;
      if (error instanceof Refused && isRace(error)) throw new LostRace();
      if ((await clone.remoteTip(REMOTE, branch)) !== base) throw new LostRace();
      const pause = LOOK_AGAIN_AFTER_MS[look];
      const mayPass = error instanceof Unanswered || isUndecided;
      if (mayPass && pause !== undefined) await sleep(pause);
      else if (error instanceof Refused) throw blocked(number, 'merge it', error);
      else throw error;
    }
  }
}

/** What was decided on must be what the merge builds on, or somebody else has changed it in between. */
async function requireOwnMerge({ repo, branch, base, tip }: Request, merged: string): Promise<void> {
  await repo.fetch(REMOTE, branch);
  const { stdout } = await repo.git(['rev-list', '--parents', '--max-count=1', checkedObjectId(merged)]);
  const [, ...parents] = stdout.toString().trim().split(' ');
  if (parents[0] !== base || parents[1] !== tip) throw new LostRace();
}

/**
 * @returns  the merge commit, which is on the branch
 * @throws   LostRace when somebody else was faster; LandingBlocked when GitHub does not let us; Failed when nobody knows
 */
export async function landByPullRequest(request: Request): Promise<string> {
  const { repo, branch, base } = request;
  await pushRunBranch(request);
  faultPoint('run-branch-pushed');
  // Only now: whoever merges from here on has moved the run branch first, and GitHub refuses to merge ours then.
  if ((await repo.remoteTip(REMOTE, branch)) !== base) throw new LostRace();
  const number = await presentPullRequest(request);
  faultPoint('pull-request-open');
  const merged = await merge(request, number);
  faultPoint('pull-request-merged');
  await requireOwnMerge(request, merged);
  return merged;
}

/** What a landing by pull request throws is about the whole run. */
export function asLandingBlocked(error: unknown): never {
  if (error instanceof Blocked && !(error instanceof LandingBlocked)) {
    throw new LandingBlocked('delivery pull-request', error.missing, error.todo);
  }
  throw error instanceof Refused ? new Failed(`GitHub: ${error.message}`, { mayHaveHappened: false }) : error;
}
