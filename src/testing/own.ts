/** The workspace of this repository, as a fresh clone of the work tree would have it. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Path -> content of what is committed or about to be, without what an earlier run of the engine left in the clone, and
 * without pictures, which would otherwise depend on themselves.
 */
export function ownFiles(): Record<string, Uint8Array> {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const paths = list.split('\0').filter((path) => path !== '' && !/^(hub|site|docs\/pictures)\//.test(path));
  const isFile = (path: string): boolean => lstatSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() === true;
  return Object.fromEntries(paths.filter(isFile).map((path) => [path, readFileSync(join(ROOT, path))]));
}
