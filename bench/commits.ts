/** The engine's way of committing, up to a work tree that is in step, against git's own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { advance, commitAll } from '../src/shell/commit.ts';
import { openRepo, type Repo } from '../src/shell/git.ts';
import { syncWorkTree } from '../src/shell/worktree.ts';
import { compare, type Row } from './measure.ts';
import { filesRepo, git } from './workspaces.ts';

const NOW = '2026-11-23T07:00:00Z';
const identity = { name: 'mhub', email: 'engine@mhub.example' };

interface Change {
  readonly path: string;
  readonly content: string;
}

let version = 0;

/** New content for the first files of the repository, different each time. */
function changesOf(count: number): Change[] {
  version += 1;
  return Array.from({ length: count }, (_, index) => ({
    path: `hub/campaigns/c${Math.floor(index / 100)}/assets/a${index % 100}/asset.yaml`,
    content: `kind: social_post\nnumber: ${index}\nversion: ${version}\n${'text: a line of an asset\n'.repeat(30)}`,
  }));
}

function commitByGit(root: string, changes: readonly Change[], ...options: string[]): void {
  for (const { path, content } of changes) writeFileSync(join(root, path), content);
  git(root, ...options, 'add', '-A');
  git(root, ...options, 'commit', '-q', '-m', 'change');
}

interface Commit {
  readonly base: string;
  readonly tip: string;
}

async function commitByEngine(repo: Repo, changes: readonly Change[]): Promise<Commit> {
  const { branch, commit: base } = await repo.head();
  const request = { base, identity, now: NOW, commits: [{ message: 'change', changes }], allowed: () => true };
  const [tip] = await commitAll(repo, request);
  if (branch === null || tip === undefined || !(await advance(repo, branch, base, tip))) throw new Error('no commit');
  return { base, tip };
}

export async function commits(folder: string, files: number, changed: number, rounds: number): Promise<Row[]> {
  const byGit = filesRepo(files, join(folder, `git-${files}-${changed}`));
  const byEngine = filesRepo(files, join(folder, `engine-${files}-${changed}`));
  const unseen = filesRepo(files, join(folder, `unseen-${files}-${changed}`));
  const [repo, unseenRepo] = [await openRepo(byEngine), await openRepo(unseen)];
  let changes: Change[] = [];
  const prepare = () => {
    changes = changesOf(changed);
  };
  const what = `${changed} of ${files} files`;
  const rows = await compare(
    [
      { name: `git add -A && git commit, ${what}`, prepare, run: () => commitByGit(byGit, changes) },
      {
        name: 'the same, as safe from a power cut as the engine is (core.fsync=all)',
        prepare,
        run: () => commitByGit(byGit, changes, '-c', 'core.fsync=all'),
      },
      { name: 'engine commit, without the work tree', prepare, run: () => commitByEngine(unseenRepo, changes) },
      {
        name: 'engine commit, and the work tree brought up to date',
        prepare,
        run: async () => {
          const { base, tip } = await commitByEngine(repo, changes);
          await syncWorkTree(repo, base, tip);
        },
      },
    ],
    rounds,
  );
  const left = git(byEngine, 'status', '--porcelain');
  if (left !== '') throw new Error(`the work tree is not in step: ${left}`);
  return rows;
}
