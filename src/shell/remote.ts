import { setTimeout as wait } from 'node:timers/promises';
import { Failed } from '../core/errors.ts';
import type { Git, Revision } from './run-git.ts';
import { branchRef, checkedObjectId, checkedRemote, checkedRevision, complaint } from './run-git.ts';

export interface Push {
  readonly remote: string;
  readonly branch: string;
  readonly commit: string;
  /** Where the remote branch was when the commit was decided; null: it must not exist yet. */
  readonly expected: string | null;
  /** The branch is the engine's alone, and its history counts for nothing. */
  readonly rewrites?: true;
}

const TIMEOUT_MS = 120_000;

/** Reasons in brackets with which a remote says that somebody else was faster. */
const LOST_RACE = /cannot lock ref|failed to lock|failed to update ref|incorrect old value|reference already exists/i;

export async function pushCommit(
  git: Git,
  { remote, branch, commit, expected, rewrites }: Push,
): Promise<'ok' | 'rejected' | 'unknown'> {
  const ref = branchRef(branch);
  // The lease alone would allow history to be rewritten.
  if (expected !== null && !rewrites && !(await isAncestor(git, expected, commit))) {
    throw new Error(`${commit} does not build on ${expected}`);
  }
  const answer = await git(
    [
      'push',
      '--porcelain',
      '--atomic',
      '--no-verify',
      '--no-follow-tags',
      '--no-signed',
      '--recurse-submodules=no',
      `--force-with-lease=${ref}:${expected === null ? '' : checkedObjectId(expected)}`,
      '--',
      checkedRemote(remote),
      `${checkedObjectId(commit)}:${ref}`,
    ],
    { answers: 'any', timeoutMs: TIMEOUT_MS },
  );
  if (answer.code === 0) return 'ok';
  const refusal = answer.stdout
    .toString()
    .split('\n')
    .find((line) => line.startsWith('!\t'));
  if (refusal === undefined || refusal.includes('[remote failure]')) return 'unknown';
  // An atomic push names the ref that has moved on stderr only.
  const reasons = `${refusal}\n${answer.stderr}`;
  if (!refusal.includes('[remote rejected]') || LOST_RACE.test(reasons)) return 'rejected';
  const [, , reason = 'refused'] = refusal.split('\t');
  throw new Failed(`git push to ${remote} ${branch}: ${reason}; ${complaint(answer)}`, { mayHaveHappened: false });
}

/** A connection breaks now and then; a question may be asked again. */
const ASK_AGAIN_AFTER_MS: readonly number[] = [100, 400, 1_600];

/** @param ask  changes nothing on the other side */
export async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (const pause of ASK_AGAIN_AFTER_MS) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      await wait(pause);
    }
  }
  return ask();
}

export async function fetchBranch(git: Git, remote: string, branch: string): Promise<string | null> {
  const ref = branchRef(branch);
  const tracking = `refs/remotes/${checkedRemote(remote)}/${branch}`;
  const answer = await git(
    [
      '-c',
      'fetch.fsckObjects=true',
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-prune',
      '--no-recurse-submodules',
      '--no-write-fetch-head',
      '--',
      remote,
      `+${ref}:${tracking}`,
    ],
    { answers: 'any', timeoutMs: TIMEOUT_MS },
  );
  if (answer.stderr.includes("couldn't find remote ref")) return null;
  if (answer.code !== 0)
    throw new Failed(`git fetch ${remote} ${branch}: ${complaint(answer)}`, { mayHaveHappened: false });
  return (await git(['rev-parse', '--verify', `${tracking}^{commit}`])).stdout.toString().trim();
}

export async function readRemoteTip(git: Git, remote: string, branch: string): Promise<string | null> {
  const ref = branchRef(branch);
  const { stdout } = await git(['ls-remote', '--quiet', '--', checkedRemote(remote), ref], { timeoutMs: TIMEOUT_MS });
  const tip = stdout
    .toString()
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, name]) => name === ref);
  return tip?.[0] ?? null;
}

export async function isAncestor(git: Git, ancestor: Revision, descendant: Revision): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', checkedRevision(ancestor), checkedRevision(descendant)];
  return (await git(args, { answers: [0, 1] })).code === 0;
}
