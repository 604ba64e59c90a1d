/** Brings index and work tree up to date after the branch has moved, without touching what the user has changed. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Failed } from '../core/errors.ts';
import { ensureIgnored } from './fast.ts';
import type { Repo, TreeChange, TreeEntry } from './git.ts';
import { complaint } from './run-git.ts';

export interface SyncResult {
  /** Changed by the user, or not a regular file, and left as they are. */
  readonly left: readonly string[];
}

/** Editors hold the index for moments at a time while they ask for the status. */
const INDEX_LOCK_WAITS_MS: readonly number[] = [50, 200, 800];

/**
 * Does nothing when HEAD is not at `to`. May be repeated: what is up to date already is skipped.
 *
 * @throws Failed when another git process keeps the index locked, or a file cannot be written
 */
export async function syncWorkTree(
  repo: Repo,
  from: string,
  to: string,
  lockWaits = INDEX_LOCK_WAITS_MS,
): Promise<SyncResult> {
  if ((await repo.head()).commit !== to) return { left: [] };
  const changes = await repo.diff(from, to);
  if (changes.length === 0) return { left: [] };
  await updateIndex(repo, from, changes, lockWaits);
  return { left: await updateFiles(repo, changes) };
}

// ---- index ----------------------------------------------------------------------------------------------------------

async function updateIndex(
  repo: Repo,
  from: string,
  changes: readonly TreeChange[],
  lockWaits: readonly number[],
): Promise<void> {
  const differing = await repo.git(['diff-index', '--cached', '--name-only', '-z', '--no-renames', from, '--']);
  const staged = new Set(differing.stdout.toString().split('\0'));
  const input = deletionsFirst(changes)
    .filter(({ path }) => !staged.has(path))
    .map(({ path, after }) =>
      after ? `${after.mode} ${after.oid}\t${path}\0` : `0 ${'0'.repeat(from.length)}\t${path}\0`,
    );
  if (input.length === 0) return;
  for (const pause of [...lockWaits, null]) {
    const answer = await repo.git(['update-index', '-z', '--index-info'], { input, answers: [0, 128] });
    if (answer.code === 0) return;
    if (!/index\.lock': File exists/.test(answer.stderr)) {
      throw new Failed(`the commits are made, but not the index: git update-index: ${complaint(answer)}`, {
        mayHaveHappened: false,
      });
    }
    if (pause !== null) await wait(pause);
  }
  const folders = [...new Set(changes.map(({ path }) => path.split('/')[0]))].join(' ');
  throw new Failed(
    'the commits are made, but another git process keeps the index locked: ' +
      `end it, then run "git restore --staged --worktree ${folders}"`,
    { mayHaveHappened: false },
  );
}

/** So that a folder can take the place of a file, and a file that of a folder. */
const deletionsFirst = (changes: readonly TreeChange[]): TreeChange[] => [
  ...changes.filter(({ after }) => !after),
  ...changes.filter(({ after }) => after),
];

// ---- files ----------------------------------------------------------------------------------------------------------

/**
 * What is at a path, with links never followed: `obstructed` by a folder, or by a file where a folder would have to be;
 * `linked` is a link, anything behind one, or a device.
 */
type OnDisk =
  | { readonly kind: 'absent' | 'obstructed' | 'linked' }
  | { readonly kind: 'file'; readonly mode: string; readonly oid: string };

/** @returns paths that were left alone */
async function updateFiles(repo: Repo, changes: readonly TreeChange[]): Promise<string[]> {
  const left: string[] = [];
  const pending = (change: TreeChange): boolean => {
    const verdict = decide(change, look(repo.root, change));
    if (verdict === 'leave') left.push(change.path);
    return verdict === 'replace';
  };
  for (const { path } of changes.filter(({ after }) => !after).filter(pending)) removeFile(repo.root, path);
  const writes = changes.flatMap((change) =>
    change.after && pending(change) ? [{ path: change.path, ...change.after }] : [],
  );
  const blobs = await repo.readBlobs(writes.map(({ oid }) => oid));
  for (const { path, mode, oid } of writes) writeFile(repo.root, path, mode, blobs.get(oid) ?? new Uint8Array());
  return left;
}

function decide({ before, after }: TreeChange, disk: OnDisk): 'current' | 'replace' | 'leave' {
  if (isSpecial(before) || isSpecial(after)) return 'leave';
  if (isAt(disk, after) || (!after && disk.kind === 'obstructed')) return 'current';
  return isAt(disk, before) ? 'replace' : 'leave';
}

const isSpecial = (entry: TreeEntry | null): boolean => entry !== null && !entry.mode.startsWith('100');

function isAt(disk: OnDisk, entry: TreeEntry | null): boolean {
  if (disk.kind !== 'file') return entry === null && disk.kind === 'absent';
  return disk.oid === entry?.oid && disk.mode === entry.mode;
}

function look(root: string, { path, before, after }: TreeChange): OnDisk {
  const components = path.split('/');
  for (let depth = 1; depth < components.length; depth += 1) {
    const folder = lstatSync(join(root, ...components.slice(0, depth)), { throwIfNoEntry: false });
    if (folder === undefined) return { kind: 'absent' };
    if (!folder.isDirectory()) return { kind: folder.isFile() ? 'obstructed' : 'linked' };
  }
  const file = join(root, path);
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return { kind: 'absent' };
  if (!found.isFile()) return { kind: found.isDirectory() ? 'obstructed' : 'linked' };
  const oid = blobId(readFileSync(file), (after ?? before)?.oid.length === 64 ? 'sha256' : 'sha1');
  return { kind: 'file', mode: found.mode & 0o100 ? '100755' : '100644', oid };
}

const blobId = (content: Uint8Array, algorithm: 'sha1' | 'sha256'): string =>
  createHash(algorithm).update(`blob ${content.length}\0`).update(content).digest('hex');

function writeFile(root: string, path: string, mode: string, content: Uint8Array): void {
  const file = join(root, path);
  // Where git never looks: a killed process cannot take it away again.
  const unfinished = join(root, `.mhub/cache/unfinished-${process.pid}`);
  orFailed(`write ${path}`, () => {
    mkdirSync(dirname(file), { recursive: true });
    ensureIgnored(root);
    try {
      writeFileSync(unfinished, content, { mode: mode === '100755' ? 0o777 : 0o666 });
      renameSync(unfinished, file);
    } finally {
      rmSync(unfinished, { force: true });
    }
  });
}

function removeFile(root: string, path: string): void {
  orFailed(`delete ${path}`, () => unlinkSync(join(root, path)));
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    try {
      rmdirSync(join(root, folder));
    } catch (error) {
      // Not empty, or somebody's current folder: it stays.
      if (error instanceof Error && 'code' in error) return;
      throw error;
    }
  }
}

function orFailed(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Failed(
      `the commits are made, but the work tree could not be brought up to date: cannot ${what}: ${error.message}`,
      { mayHaveHappened: false },
    );
  }
}
