/** Which commits made files and lines what they are. */
import type { Repo } from './git.ts';
import { checkedRevision } from './run-git.ts';

/** Commits that touched some files, newest first. */
export class Touches {
  private readonly order = new Map<string, number>();
  private readonly byPath = new Map<string, string[]>();

  constructor(output: string) {
    let commit = '';
    for (const field of output.split('\0').map((text) => text.trim())) {
      if (/^[0-9a-f]{40,64}$/.test(field)) {
        commit = field;
        this.order.set(commit, this.order.size);
      } else if (field !== '') this.byPath.set(field, [...this.of(field), commit]);
    }
  }

  of(path: string): readonly string[] {
    return this.byPath.get(path) ?? [];
  }

  /** The newest that is not newer than a commit. */
  upTo(path: string, commit: string): string | undefined {
    const limit = this.order.get(commit) ?? 0;
    return this.of(path).find((one) => (this.order.get(one) ?? 0) >= limit);
  }
}

/** @param tip  the newest commit that counts */
export async function touchesOf(repo: Repo, tip: string, paths: readonly string[]): Promise<Touches> {
  const { stdout } = await repo.git([
    'log',
    '-z',
    '--name-only',
    '--no-renames',
    '--format=%H',
    checkedRevision(tip),
    '--',
    ...paths,
  ]);
  return new Touches(stdout.toString());
}

/** Line, from 1 -> the commit that wrote it. */
export async function blame(repo: Repo, commit: string, path: string): Promise<Map<number, string>> {
  const { stdout } = await repo.git(['blame', '--porcelain', checkedRevision(commit), '--', path]);
  const lines = new Map<number, string>();
  for (const line of stdout.toString().split('\n')) {
    const [, oid, number] = /^([0-9a-f]{40,64}) \d+ (\d+)/.exec(line) ?? [];
    if (oid !== undefined) lines.set(Number(number), oid);
  }
  return lines;
}
