import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Repo } from '../shell/git.ts';
import { openRepo } from '../shell/git.ts';

/** A temporary repository on branch main, apart from the user's git config, with no git user configured. */
export interface TempRepo {
  readonly root: string;
  /** The bare repository that `origin` names, when there is one. */
  readonly remote: string | undefined;
  readonly repo: Repo;
  /** For processes that are to see the same git as the repository. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs git in the work tree and gives what it printed. */
  git(...args: string[]): string;
  write(path: string, content: string | Uint8Array): void;
  read(path: string): string;
  /** Commits everything as a person would, at a fixed time. */
  commit(message: string): string;
  /** Another clone of the remote; removed together with the repository. */
  clone(): Promise<TempRepo>;
  remove(): void;
}

const PERSON = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '2026-01-05T08:00:00Z',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_COMMITTER_DATE: '2026-01-05T08:00:00Z',
};

/**
 * @param files   path -> content of the first commit
 * @param remote  true: also a bare repository, named origin, that has the first commit
 */
export async function tempRepo(
  files: Readonly<Record<string, string | Uint8Array>>,
  { remote = false }: { readonly remote?: boolean } = {},
): Promise<TempRepo> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mhub-test-')));
  const env = isolated(folder);
  const root = join(folder, 'work');
  execFileSync('git', ['init', '-q', '-b', 'main', root], { env });
  for (const [path, content] of Object.entries(files)) writeInto(root, path, content);
  const person = { env: { ...env, ...PERSON }, cwd: root };
  execFileSync('git', ['add', '-A'], person);
  execFileSync('git', ['commit', '-q', '--allow-empty', '-m', 'first'], person);
  if (!remote) return opened(folder, root, undefined);
  const bare = join(folder, 'origin.git');
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare], { env });
  execFileSync('git', ['remote', 'add', 'origin', bare], person);
  execFileSync('git', ['push', '-q', '-u', 'origin', 'main'], { ...person, stdio: 'pipe' });
  return opened(folder, root, bare);
}

async function opened(folder: string, root: string, remote: string | undefined): Promise<TempRepo> {
  const env = isolated(folder);
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: root,
      env: { ...env, ...PERSON },
      encoding: 'utf8',
      stdio: 'pipe',
      maxBuffer: 2 ** 28,
    });
  return {
    root,
    remote,
    env,
    git,
    repo: await openRepo(root, env),
    write: (path, content) => writeInto(root, path, content),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    commit: (message) => {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD').trim();
    },
    clone: async () => {
      if (remote === undefined) throw new Error('only a repository with a remote can be cloned');
      const copy = mkdtempSync(join(folder, 'clone-'));
      execFileSync('git', ['clone', '-q', remote, copy], { env, stdio: 'pipe' });
      return opened(folder, copy, remote);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const isolated = (home: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
});

function writeInto(root: string, path: string, content: string | Uint8Array): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
