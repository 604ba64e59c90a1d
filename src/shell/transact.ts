/**
 * From decided changes to durable ones: commits on top of the base, the remote first where there is one, then the
 * branch, then the work tree. A branch that somebody else has moved is never overwritten: the caller decides again.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayWrite } from '../core/changeset.ts';
import type { ChangeSet, RunContext } from '../core/contracts.ts';
import { Blocked, Failed, Usage } from '../core/errors.ts';
import type { Workspace } from '../generated/entities.ts';
import { jobs } from '../generated/jobs.ts';
import { advance, commitAll, commitMessage } from './commit.ts';
import { ensureIgnored } from './fast.ts';
import { faultPoint } from './fault.ts';
import type { Push, Repo } from './git.ts';
import { complaint } from './run-git.ts';
import { syncWorkTree } from './worktree.ts';
import type { World } from './world.ts';

export const REMOTE = 'origin';

/** Somebody else moved the branch: decide again on what is there now. */
export class LostRace extends Error {}

/** Nothing can land until a person has changed something. */
export class LandingBlocked extends Blocked {}

const FIRST_STEP_MS = 100;
const LONGEST_STEP_MS = 4_000;

/**
 * How long to step back after a race was lost for the n-th time, so that many writers do not keep meeting: anything up
 * to a bound that doubles ("full jitter" of the AWS Architecture Blog, Exponential Backoff And Jitter, 2015).
 *
 * @param random  at least 0, less than 1
 */
export const stepBackMs = (lost: number, random: number): number =>
  random * Math.min(LONGEST_STEP_MS, FIRST_STEP_MS * 2 ** (lost - 1));

/** The branch moved while this run was waiting for its owner anyway: nothing was lost by it. */
export class Overtaken extends LostRace {}

export interface Start {
  readonly repo: Repo;
  readonly branch: string;
  readonly base: string;
  /** Whether the remote has no such branch yet. */
  readonly isFirst?: true;
}

/** @throws Failed when the commit before is missing although this is no shallow clone, which knows where it ends */
async function requireParent(repo: Repo, commit: string): Promise<void> {
  const answer = await repo.git(['rev-list', '--quiet', '--max-count=2', commit], { answers: 'any' });
  if (answer.code === 0) return;
  const why = `the history of ${commit} is damaged, so nothing is published: ${complaint(answer)}; restore it, or clone anew`;
  throw new Failed(why, { mayHaveHappened: false });
}

/** But in `local` the remote's tip is the truth: a clone that is behind is brought up to date first. */
export async function startFrom(repo: Repo, delivery: RunContext['delivery']): Promise<Start> {
  const { branch, commit } = await repo.head();
  if (branch === null) throw new Usage('HEAD is detached: check out a branch, such as "git switch main"');
  await requireParent(repo, commit);
  if (delivery === 'local') return { repo, branch, base: commit };
  const tip = await repo.fetch(REMOTE, branch);
  if (tip === null && delivery === 'pull-request') {
    throw new Usage(
      `${REMOTE} has no ${branch} that a pull request could go to: run "git push -u ${REMOTE} ${branch}"`,
    );
  }
  if (tip === null) return { repo, branch, base: commit, isFirst: true };
  if (tip === commit) return { repo, branch, base: commit };
  if (!(await repo.isAncestor(commit, tip))) {
    throw new Usage(
      `${branch} has commits that ${REMOTE} lacks: push them first ("git push ${REMOTE} ${branch}"), or run with --delivery local`,
    );
  }
  markSync(repo.root, commit);
  if (!(await advance(repo, branch, commit, tip))) throw new LostRace();
  faultPoint('branch-caught-up');
  await syncWorkTree(repo, commit, tip);
  unmarkSync(repo.root);
  return { repo, branch, base: tip };
}

const allowed = (path: string): boolean =>
  jobs.some((job) => {
    const [, , scope = ''] = path.split('/');
    return mayWrite(job, scope, path);
  });

function messageOf(changeSet: ChangeSet, run: string): string {
  const { stage, scope, title, changes, trailers = {} } = changeSet;
  const isNamed = scope === 'workspace' || trailers['Brand'] !== undefined;
  const owner = isNamed ? {} : { [stage === 'sense' ? 'Brand' : 'Campaign']: scope };
  return commitMessage({
    subject: `mhub(${stage}): ${title}`,
    changes,
    trailers: { Run: run, Stage: stage, ...owner, ...trailers },
  });
}

/** Where the branch is by now. */
export interface Landing {
  head: string;
  commits: number;
}

/**
 * Brings commits to the branch of the remote by a pull request.
 *
 * @param tip       the last one, made on top of `base`
 * @param pending   what they hold, oldest first
 * @returns         the merge commit
 */
export type Merge = (base: string, tip: string, pending: readonly ChangeSet[]) => Promise<string>;

export interface LandOptions extends RunContext {
  readonly identity: Workspace['identity'];
  /** For delivery `pull-request`, the way to the branch. */
  readonly merge?: Merge | undefined;
}

/** Commits what is pending and moves the branch; but in `local` the remote moves first. */
export async function land(
  { repo, branch, isFirst }: Start,
  world: World,
  landing: Landing,
  options: LandOptions,
): Promise<void> {
  const changeSets = world.pending;
  if (changeSets.length === 0) return;
  const ids = await commitAll(repo, {
    base: landing.head,
    identity: options.identity,
    now: options.now,
    commits: changeSets.map((changeSet) => ({
      message: messageOf(changeSet, options.run),
      changes: changeSet.changes,
    })),
    allowed,
  });
  const last = ids.at(-1);
  if (last === undefined) throw new Error('git fast-import answered without commits');
  faultPoint('commits-imported');
  const expected = isFirst && landing.commits === 0 ? null : landing.head;
  if (options.delivery === 'direct') await pushTip(repo, { remote: REMOTE, branch, commit: last, expected });
  const tip = (await options.merge?.(landing.head, last, changeSets)) ?? last;
  faultPoint('commits-pushed');
  markSync(repo.root, landing.head);
  faultPoint('sync-marked');
  if (!(await advance(repo, branch, landing.head, tip))) {
    // The remote has it already: the clone catches up at the next start.
    if (options.delivery === 'local') throw new LostRace();
  }
  faultPoint('branch-moved');
  world.pending = [];
  landing.head = tip;
  landing.commits += ids.length + (tip === last ? 0 : 1);
}

async function pushTip(repo: Repo, push: Push): Promise<void> {
  if ((await repo.push(push)) === 'ok') return;
  const { remote, branch, commit: tip } = push;
  const now = await repo.fetch(remote, branch);
  // An answer that was lost on the way may have been a yes.
  if (now !== null && (now === tip || (await repo.isAncestor(tip, now)))) return;
  throw new LostRace();
}

/** Where the branch was before this run moved it, so that the next run can finish what a killed one left undone. */
const SYNC_MARKER = '.mhub/journal/sync';

function markSync(root: string, from: string): void {
  ensureIgnored(root);
  mkdirSync(join(root, '.mhub/journal'), { recursive: true });
  const marker = join(root, SYNC_MARKER);
  if (existsSync(marker)) return;
  writeFileSync(`${marker}.${process.pid}`, from);
  renameSync(`${marker}.${process.pid}`, marker);
}

const unmarkSync = (root: string): void => rmSync(join(root, SYNC_MARKER), { force: true });

export async function bringUpToDate(repo: Repo, from: string, { head, commits }: Landing): Promise<readonly string[]> {
  if (commits === 0) return [];
  const { left } = await syncWorkTree(repo, from, head);
  faultPoint('work-tree-synced');
  unmarkSync(repo.root);
  return left;
}

/** A run that was killed between moving the branch and writing the work tree is finished here. */
export async function finishEarlierSync(repo: Repo): Promise<void> {
  const marker = join(repo.root, SYNC_MARKER);
  if (!existsSync(marker)) return;
  const from = readFileSync(marker, 'utf8').trim();
  const { commit } = await repo.head();
  if (/^[0-9a-f]{40,64}$/.test(from) && (await repo.isAncestor(from, commit))) await syncWorkTree(repo, from, commit);
  unmarkSync(repo.root);
}
