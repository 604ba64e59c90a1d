/**
 * The git port: everything the engine asks of a repository. Reads are of commits, never of the index; what is in the
 * work tree is only compared. Commits are made in commit.ts, the work tree is brought up to date in worktree.ts.
 */
import { Failed, Usage } from '../core/errors.ts';
import type { LogEntry, LogOptions } from './history.ts';
import { readLog } from './history.ts';
import type { Push } from './remote.ts';
import { fetchBranch, isAncestor, persistently, pushCommit, readRemoteTip } from './remote.ts';
import type { Environment, Git, Revision } from './run-git.ts';
import { checkedObjectId, checkedRevision, complaint, gitIn } from './run-git.ts';

export type { LogEntry, LogOptions } from './history.ts';
export type { Push } from './remote.ts';
export type { Environment, Git, Revision } from './run-git.ts';

export interface Head {
  /** null when HEAD is detached. */
  readonly branch: string | null;
  readonly commit: string;
}

export interface TreeEntry {
  /** 100644 or 100755 for a file, 120000 for a symlink, 160000 for a submodule. */
  readonly mode: string;
  readonly oid: string;
}

export interface TreeChange {
  readonly path: string;
  /** null: did not exist */
  readonly before: TreeEntry | null;
  /** null: does not exist any more */
  readonly after: TreeEntry | null;
}

export interface Repo {
  /** Absolute path of the work tree. */
  readonly root: string;
  readonly git: Git;
  head(): Promise<Head>;
  /** Everything under the given files and folders; one that does not exist adds nothing. */
  list(commit: Revision, prefixes: readonly string[]): Promise<Map<string, TreeEntry>>;
  /** Contents by object id, from one process. They share one buffer: copy what is kept for long. */
  readBlobs(oids: Iterable<string>): Promise<Map<string, Uint8Array>>;
  /** Regular files only: a path that is missing, a folder or a symlink is absent from the answer. */
  read(commit: Revision, paths: readonly string[]): Promise<Map<string, Uint8Array>>;
  /** Ids of files and folders ('' is the whole tree), in order, null for a missing one; one process. */
  objectIds(commit: Revision, paths: readonly string[]): Promise<(string | null)[]>;
  diff(from: Revision, to: Revision): Promise<TreeChange[]>;
  changedPaths(from: Revision, to: Revision): Promise<string[]>;
  /** Files under the given files and folders that differ from HEAD or are not tracked (and not ignored). */
  workTreeChanges(paths: readonly string[]): Promise<string[]>;
  isIgnored(path: string): Promise<boolean>;
  isTracked(path: string): Promise<boolean>;
  /** The engine's own commits, newest first. */
  log(options?: LogOptions): Promise<LogEntry[]>;
  /** Tip of the branch after fetching it; null when the remote has no such branch. */
  fetch(remote: string, branch: string): Promise<string | null>;
  /**
   * Compare-and-swap of a remote branch.
   * @returns  'rejected' when the branch is not at `expected` any more; 'unknown' when the answer was lost on the way
   * @throws   Failed when the remote refuses for another reason, such as a protected branch
   */
  push(push: Push): Promise<'ok' | 'rejected' | 'unknown'>;
  /** Tip of a branch as the remote tells it now; null when it has no such branch. */
  remoteTip(remote: string, branch: string): Promise<string | null>;
  isAncestor(ancestor: Revision, descendant: Revision): Promise<boolean>;
}

/**
 * @param start  how git is started in a folder
 * @throws Usage when `cwd` is not in the work tree of a repository with at least one commit
 */
export async function openRepo(cwd: string, env: Environment = process.env, start = gitIn): Promise<Repo> {
  const { code, stdout, stderr } = await start(cwd, env)(
    ['rev-parse', '--is-bare-repository', '--show-toplevel', 'HEAD^{commit}'],
    { answers: [0, 128] },
  );
  const [bare, root] = stdout.toString().split('\n');
  if (bare === 'true') throw new Usage(`${cwd} is a bare repository: run mhub in a clone of it`);
  if (stderr.includes('not a git repository')) {
    throw new Usage(`${cwd} is not in a git repository: run "git init", commit your files, and try again`);
  }
  if (stderr.includes('must be run in a work tree')) {
    throw new Usage(`${cwd} is inside a .git folder: run mhub in the work tree`);
  }
  if (!root) throw new Usage(`git cannot read ${cwd}: ${complaint({ code, stdout, stderr })}`);
  if (code !== 0) {
    throw new Usage(`${root} has no commit yet: run "git add -A && git commit -m 'first commit'", and try again`);
  }
  return repoAt(root, start(root, env));
}

function repoAt(root: string, git: Git): Repo {
  const diff = (from: Revision, to: Revision): Promise<TreeChange[]> => diffTrees(git, from, to);
  return {
    root,
    git,
    diff,
    head: () => readHead(git),
    list: (commit, prefixes) => listTree(git, commit, prefixes),
    readBlobs: (oids) => readBlobs(git, oids),
    read: (commit, paths) => readFiles(git, commit, paths),
    objectIds: (commit, paths) => readObjectIds(git, commit, paths),
    changedPaths: async (from, to) => (await diff(from, to)).map(({ path }) => path),
    workTreeChanges: (paths) => readStatus(git, paths),
    isIgnored: (path) => isIgnored(git, path),
    isTracked: async (path) => (await git(['ls-files', '-z', '--', path])).stdout.length > 0,
    log: (options) => readLog(git, options),
    fetch: (remote, branch) => persistently(() => fetchBranch(git, remote, branch)),
    push: (push) => pushCommit(git, push),
    remoteTip: (remote, branch) => persistently(() => readRemoteTip(git, remote, branch)),
    isAncestor: (ancestor, descendant) => isAncestor(git, ancestor, descendant),
  };
}

async function readHead(git: Git): Promise<Head> {
  const { stdout } = await git(['rev-parse', 'HEAD', '--symbolic-full-name', 'HEAD']);
  const [commit = '', name = ''] = stdout.toString().split('\n');
  return { branch: name.startsWith('refs/heads/') ? name.slice('refs/heads/'.length) : null, commit };
}

/** Pieces of git's -z output. */
const records = (output: Buffer): string[] => output.toString().split('\0').slice(0, -1);

async function listTree(git: Git, commit: Revision, prefixes: readonly string[]): Promise<Map<string, TreeEntry>> {
  if (prefixes.length === 0) return new Map();
  const { stdout } = await git(['ls-tree', '-r', '-z', '--full-tree', checkedRevision(commit), '--', ...prefixes]);
  return new Map(
    records(stdout).map((record) => {
      const tab = record.indexOf('\t');
      const [mode = '', , oid = ''] = record.slice(0, tab).split(' ');
      return [record.slice(tab + 1), { mode, oid }];
    }),
  );
}

async function readBlobs(git: Git, oids: Iterable<string>): Promise<Map<string, Uint8Array>> {
  const wanted = [...new Set(oids)].map(checkedObjectId);
  const blobs = new Map<string, Uint8Array>();
  if (wanted.length === 0) return blobs;
  const { stdout } = await git(['cat-file', '--batch', '--buffer'], { input: [`${wanted.join('\n')}\n`] });
  let at = 0;
  for (const oid of wanted) {
    const end = stdout.indexOf('\n', at);
    const [, type, size] = stdout.toString('latin1', at, end).split(' ');
    if (type !== 'blob') throw new Failed(`git object ${oid} is ${type}, not a file`, { mayHaveHappened: false });
    const start = end + 1;
    blobs.set(oid, stdout.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return blobs;
}

async function readFiles(git: Git, commit: Revision, paths: readonly string[]): Promise<Map<string, Uint8Array>> {
  const tree = await listTree(git, commit, paths);
  const files = paths.flatMap((path) => {
    const entry = tree.get(path);
    return entry?.mode.startsWith('100') ? [{ path, oid: entry.oid }] : [];
  });
  const blobs = await readBlobs(
    git,
    files.map(({ oid }) => oid),
  );
  return new Map(files.map(({ path, oid }) => [path, blobs.get(oid) ?? new Uint8Array()]));
}

async function readObjectIds(git: Git, commit: Revision, paths: readonly string[]): Promise<(string | null)[]> {
  if (paths.length === 0) return [];
  const broken = paths.find((path) => path.includes('\n'));
  if (broken !== undefined) throw new Error(`line break in path ${JSON.stringify(broken)}`);
  const questions = paths.map((path) => `${checkedRevision(commit)}:${path}\n`);
  const { stdout } = await git(['cat-file', '--batch-check=%(objectname)', '--buffer'], { input: questions });
  const answers = stdout.toString().split('\n');
  return paths.map((_, index) => (/^[0-9a-f]+$/.test(answers[index] ?? '') ? (answers[index] ?? null) : null));
}

async function diffTrees(git: Git, from: Revision, to: Revision): Promise<TreeChange[]> {
  const { stdout } = await git([
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--no-abbrev',
    checkedRevision(from),
    checkedRevision(to),
    '--',
  ]);
  const fields = records(stdout);
  return Array.from({ length: fields.length / 2 }, (_, index) => {
    const [before = '', after = '', beforeOid = '', afterOid = ''] = (fields[2 * index] ?? '').slice(1).split(' ');
    return { path: fields[2 * index + 1] ?? '', before: entryOf(before, beforeOid), after: entryOf(after, afterOid) };
  });
}

const entryOf = (mode: string, oid: string): TreeEntry | null => (mode === '000000' ? null : { mode, oid });

async function readStatus(git: Git, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const { stdout } = await git([
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    '--no-renames',
    '--ignore-submodules=dirty',
    '--',
    ...paths,
  ]);
  return records(stdout).map((record) => record.slice('XY '.length));
}

async function isIgnored(git: Git, path: string): Promise<boolean> {
  // check-ignore knows no literal path specs; ./ keeps a leading colon from meaning something.
  const call = { answers: [0, 1], env: { GIT_LITERAL_PATHSPECS: '0' } };
  return (await git(['check-ignore', '-q', '--', `./${path}`], call)).code === 0;
}
