/** New files of a workspace: what is in their way, whether the whole is valid with them, and writing them. */
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileChange, Instant } from '../../core/contracts.ts';
import { isRefusedByMachine, type Problem, refusalOf } from '../../core/errors.ts';
import { checkInputs } from '../open.ts';
import { type Snapshot, workTreeSnapshot } from '../snapshot.ts';
import { World } from '../world.ts';

const found = (path: string) => lstatSync(path, { throwIfNoEntry: false });

/** marketing/a.yaml -> marketing */
const foldersOf = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'));

/** What is there already, also where a folder should be: a link would lead out of the workspace. */
export function inTheWay(root: string, paths: readonly string[]): string[] {
  const blocked = paths.flatMap((path) => {
    const folder = foldersOf(path).find((part) => found(join(root, part))?.isDirectory() === false);
    return folder ?? (found(join(root, path)) ? [path] : []);
  });
  return [...new Set(blocked)];
}

const NOTHING: Snapshot = { modes: new Map(), read: () => Promise.resolve(new Map()) };

function withNew({ modes, read }: Snapshot, changes: readonly FileChange[]): Snapshot {
  const contents = new Map(changes.map(({ path, content }) => [path, Buffer.from(content ?? '')]));
  return {
    modes: new Map([...modes, ...changes.map(({ path }) => [path, '100644'] as const)]),
    read: async (paths) => {
      const written = paths.flatMap((path) => {
        const bytes = contents.get(path);
        return bytes ? [[path, bytes] as const] : [];
      });
      return new Map([...(await read(paths.filter((path) => !contents.has(path)))), ...written]);
    },
  };
}

/**
 * Every problem that the workspace would have with the new files, as `mhub validate` would say it.
 *
 * @param branch  that the engine would work on; null when there is none
 */
export async function problemsWith(
  root: string,
  changes: readonly FileChange[],
  { now, branch }: { readonly now: Instant; readonly branch: string | null },
): Promise<readonly Problem[]> {
  const before = found(root) ? workTreeSnapshot(root) : NOTHING;
  return (await checkInputs(new World(withNew(before, changes)), now, branch)).problems;
}

/** @throws Failed when the machine refuses; a file that has come into being meanwhile is an error, never overwritten */
export function writeNew(root: string, changes: readonly FileChange[]): void {
  try {
    for (const { path, content } of changes) {
      if (content === null) continue;
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content, { flag: 'wx' });
    }
  } catch (error) {
    throw isRefusedByMachine(error) ? refusalOf(error) : error;
  }
}
