/** An empty place to start a workspace in, with a git of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Ended, mhub } from './mhub.ts';

export interface Place {
  /** An empty folder named acme-tools. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  mhub(...args: string[]): Promise<Ended>;
  git(...args: string[]): string;
  write(path: string, content: string): void;
  read(path: string): string;
  /** Every file but those of git, sorted. */
  files(): string[];
}

export const NOW = '2026-11-23T13:00:00Z';

const PERSON = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/**
 * @param chromium  program of a browser; without one there is none
 * @param person    false: git does not know who commits
 */
export function emptyPlace({
  chromium = '/nowhere',
  person = true,
}: {
  chromium?: string;
  person?: boolean;
} = {}): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mhub-start-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'acme-tools');
  mkdirSync(root);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    MHUB_CHROMIUM: chromium,
    ...(person ? PERSON : {}),
  };
  return {
    root,
    env,
    mhub: (...args) => mhub([...args, '--cwd', root], { now: NOW, env }),
    git: (...args) =>
      execFileSync('git', args, { cwd: root, env: { ...env, ...PERSON }, encoding: 'utf8', stdio: 'pipe' }),
    write(path, content) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
    files: () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .filter((path) => !path.startsWith('.git/'))
        .sort(),
  };
}
