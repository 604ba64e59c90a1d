/**
 * The repository as a simulation opens it. What is written is written by git: commits, the clone's branch, the work
 * tree. What is only read comes from the same objects and refs without a process for each question. A push that a fault
 * is to meet is a real one, and so is what concerns other branches. Any other, and a fetch, has nothing to transfer, for
 * remote and clones share their objects, and only moves a branch.
 */
import { join } from 'node:path';
import { Failed } from '../../core/errors.ts';
import { openRepo, type Repo } from '../git.ts';
import type { Environment, GitAnswer, Revision } from '../run-git.ts';
import { branchTip, type ObjectReader } from './objects.ts';
import type { Place } from './place.ts';

/** Nobody reads the index of these clones while it goes on, and nobody damages their history. */
const NEEDLESS: ReadonlySet<string | undefined> = new Set(['diff-index', 'update-index', 'rev-list']);
const NOTHING: GitAnswer = { code: 0, stdout: Buffer.alloc(0), stderr: '' };

/** @param reader  of the objects of remote and clones */
export function opener(place: Place, reader: ObjectReader) {
  const opened = new Map<string, Repo>();
  const { branch } = place;

  async function opening(cwd: string, env?: Environment): Promise<Repo> {
    const repo = await openRepo(cwd, env, place.spawner.gitIn);
    const gitDir = join(repo.root, '.git');
    const head = (): string => branchTip(gitDir, branch);
    const remote = (): string => {
      // Trying again would take real time.
      if (!place.isReachable) throw new Failed('the remote does not answer', { mayHaveHappened: false });
      return place.tip();
    };
    const commitOf = (revision: Revision): string => (revision === 'HEAD' ? head() : revision);
    const diff = (from: Revision, to: Revision) => reader.diff(commitOf(from), commitOf(to));
    return {
      ...repo,
      git: async (args, call) => (NEEDLESS.has(args[0]) ? NOTHING : repo.git(args, call)),
      head: () => Promise.resolve({ branch, commit: head() }),
      list: async (commit, prefixes) => {
        const isUnder = (path: string) =>
          prefixes.some((prefix) => prefix === '.' || path === prefix || path.startsWith(`${prefix}/`));
        return new Map([...(await reader.files(commit))].filter(([path]) => isUnder(path)));
      },
      readBlobs: async (oids) => {
        const blobs = new Map<string, Uint8Array>();
        for (const oid of oids) blobs.set(oid, await reader.read(oid));
        return blobs;
      },
      isTracked: async (path) => (await reader.files(head())).has(path),
      isAncestor: (ancestor, descendant) => reader.isAncestor(ancestor, descendant),
      // Nobody works in these clones.
      workTreeChanges: () => Promise.resolve([]),
      remoteTip: async (name, wanted) => (wanted === branch ? remote() : repo.remoteTip(name, wanted)),
      diff,
      changedPaths: async (from, to) => (await diff(from, to)).map(({ path }) => path),
      push: async (push) => (place.isDisturbed || push.branch !== branch ? repo.push(push) : place.moveBranch(push)),
      fetch: async (name, wanted) => {
        if (wanted !== branch) return repo.fetch(name, wanted);
        const tip = remote();
        return tip === branchTip(gitDir, branch, `refs/remotes/${name}`) ? tip : place.trackBranch(gitDir, name);
      },
    };
  }

  return async (cwd: string, env?: Environment): Promise<Repo> => {
    const repo = opened.get(cwd) ?? (await opening(cwd, env));
    opened.set(cwd, repo);
    return repo;
  };
}
