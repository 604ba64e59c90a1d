/** One state of the repository's files: a commit, or the work tree as it lies on disk. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Repo } from './git.ts';

export interface Snapshot {
  /** Every path with its git mode; what is no regular file is listed too, so that the loader can refuse it. */
  readonly modes: ReadonlyMap<string, string>;
  /** Contents of regular files; others are absent from the answer. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
}

export async function commitSnapshot(repo: Repo, commit: string): Promise<Snapshot> {
  const tree = await repo.list(commit, ['.']);
  const blobs = new Map<string, Uint8Array>();
  return {
    modes: new Map([...tree].map(([path, { mode }]) => [path, mode])),
    async read(paths) {
      const wanted = paths.flatMap((path) => {
        const entry = tree.get(path);
        return entry?.mode.startsWith('100') ? [{ path, oid: entry.oid }] : [];
      });
      const missing = wanted.filter(({ oid }) => !blobs.has(oid)).map(({ oid }) => oid);
      for (const [oid, bytes] of await repo.readBlobs(missing)) blobs.set(oid, bytes);
      return new Map(wanted.map(({ path, oid }) => [path, blobs.get(oid) ?? new Uint8Array()]));
    },
  };
}

const SKIPPED = new Set(['.git', '.mhub', 'node_modules', 'dist']);

function modesUnder(root: string, folder: string): [string, string][] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (SKIPPED.has(entry.name)) return [];
    if (entry.isDirectory()) return modesUnder(root, path);
    return [[path, entry.isSymbolicLink() ? '120000' : entry.isFile() ? '100644' : '000000']];
  });
}

export function workTreeSnapshot(root: string): Snapshot {
  const modes = new Map(modesUnder(root, ''));
  return {
    modes,
    read: (paths) => {
      const files = paths.filter((path) => modes.get(path) === '100644' && lstatSync(join(root, path)).isFile());
      return Promise.resolve(new Map(files.map((path) => [path, readFileSync(join(root, path))])));
    },
  };
}
