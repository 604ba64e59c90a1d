/**
 * The "nothing to do" decision, before anything heavy is loaded: one cache file, one git process. It answers only when
 * inputs and outputs are byte for byte those of the last calm run, no raw event waits, and nothing has come due.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '../core/contracts.ts';
import { showTime } from '../core/report.ts';
import { schemaDigest } from '../generated/digest.ts';

const CACHE = '.mhub/cache/head.json';
const EVENTS = '.mhub/events';
/** What the engine writes: a hand that changed it must be noticed, too. */
const OUTPUTS = ['hub', 'site'];

export interface CalmRun {
  readonly version: string;
  /** Clock of the run that found nothing more to do. */
  readonly now: Instant;
  readonly nextDue: Instant | null;
  /** In the time zone: what a cold process needs for time zones takes longer than everything else in here. */
  readonly nextDueShown: string | null;
  readonly timezone: string;
  readonly branch: string;
  readonly commit: string;
  /** Declared inputs and outputs -> git object id, null when absent. */
  readonly objects: Readonly<Record<string, string | null>>;
  /** Input folder -> names in it that are committed. */
  readonly entries: Readonly<Record<string, readonly string[]>>;
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
}

function git(root: string, args: readonly string[], input = ''): Promise<Answer> {
  return new Promise((resolve) => {
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C', GIT_DIR: undefined, GIT_WORK_TREE: undefined };
    const child = execFile('git', ['-c', 'core.quotePath=false', ...args], { cwd: root, env }, (error, stdout) =>
      resolve({ code: error ? 1 : 0, stdout }),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

async function objectIds(root: string, paths: readonly string[]): Promise<(string | null)[]> {
  const names = ['HEAD', ...paths.map((path) => `HEAD:${path}`)];
  const { stdout } = await git(root, ['cat-file', '--batch-check=%(objectname)'], `${names.join('\n')}\n`);
  const lines = stdout.split('\n');
  return names.map((_, index) => (/^[0-9a-f]{40,64}$/.test(lines[index] ?? '') ? (lines[index] ?? null) : null));
}

function readCache(root: string): CalmRun | undefined {
  try {
    return JSON.parse(readFileSync(join(root, CACHE), 'utf8')) as CalmRun;
  } catch {
    // Missing or torn: it is derived, so the long way round answers.
    return undefined;
  }
}

const hasEvents = (root: string): boolean =>
  existsSync(join(root, EVENTS)) &&
  readdirSync(join(root, EVENTS)).some((name) => !name.startsWith('.') || name.startsWith('.sealing-'));

export interface Calm extends CalmRun {
  /** Inputs that people have changed but not committed. */
  readonly uncommitted: readonly string[];
}

/**
 * @param version  of the engine; another one must look for itself
 * @returns        undefined when there may be something to do
 */
export async function nothingToDo(root: string, now: Instant, version: string): Promise<Calm | undefined> {
  const cache = readCache(root);
  if (cache?.version !== `${version}+${schemaDigest}`) return undefined;
  if (now < cache.now || (cache.nextDue !== null && now >= cache.nextDue) || hasEvents(root)) return undefined;
  const paths = Object.keys(cache.objects);
  const inputs = paths.filter((path) => !OUTPUTS.includes(path));
  // Whoever edits files wants to hear that they are not committed; a build server has none to edit.
  const changed = process.env['CI'] ? undefined : git(root, ['diff', '--name-only', '-z', 'HEAD', '--', ...inputs]);
  const [commit, ...ids] = await objectIds(root, paths);
  if (!commit || ids.some((id, index) => id !== cache.objects[paths[index] ?? ''])) return undefined;
  const edited = ((await changed)?.stdout ?? '').split('\0').filter((path) => path !== '');
  return { ...cache, commit, uncommitted: [...edited, ...(changed ? newEntries(root, cache.entries) : [])] };
}

/** What lies in the input folders and is in no commit; walking down to every file would cost more than all the rest. */
const newEntries = (root: string, known: CalmRun['entries']): string[] =>
  Object.entries(known).flatMap(([folder, names]) => {
    if (!existsSync(join(root, folder))) return [];
    const committed = new Set(names);
    return readdirSync(join(root, folder))
      .filter((name) => !name.startsWith('.') && !committed.has(name))
      .map((name) => `${folder}/${name}`);
  });

/** Names directly in the input folders, as they are committed. */
async function entriesOf(root: string, folders: readonly string[]): Promise<Record<string, string[]>> {
  const { stdout } = await git(root, [
    'ls-tree',
    '--name-only',
    '-z',
    'HEAD',
    ...folders.map((folder) => `${folder}/`),
  ]);
  const paths = stdout.split('\0').filter((path) => path !== '');
  const inside = (folder: string) => paths.filter((path) => path.startsWith(`${folder}/`));
  return Object.fromEntries(
    folders.map((folder) => [folder, inside(folder).map((path) => path.slice(folder.length + 1))]),
  );
}

/** Everything under .mhub is derived: git must never see it, whatever the repository's own .gitignore says. */
export function ensureIgnored(root: string): void {
  mkdirSync(join(root, '.mhub/cache'), { recursive: true });
  const file = join(root, '.mhub/.gitignore');
  // Empty: the disk was full when it was written.
  if (!existsSync(file) || statSync(file).size === 0) writeFileSync(file, '*\n');
}

/** Remembers that everything is done until `nextDue`. */
export async function rememberCalm(
  root: string,
  version: string,
  inputs: readonly string[],
  run: Omit<CalmRun, 'version' | 'objects' | 'entries' | 'commit' | 'nextDueShown'>,
): Promise<void> {
  const paths = [...inputs, ...OUTPUTS];
  const [commit, ...ids] = await objectIds(root, paths);
  if (!commit) return;
  const nextDueShown = run.nextDue === null ? null : showTime(run.nextDue, run.timezone);
  const objects = Object.fromEntries(paths.map((path, index) => [path, ids[index] ?? null]));
  const folders = inputs.filter((path) => existsSync(join(root, path)) && statSync(join(root, path)).isDirectory());
  const entries = await entriesOf(root, folders);
  const file = join(root, CACHE);
  ensureIgnored(root);
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(
    unfinished,
    JSON.stringify({ ...run, nextDueShown, commit, entries, version: `${version}+${schemaDigest}`, objects }),
  );
  renameSync(unfinished, file);
}

export const forgetCalm = (root: string): void => rmSync(join(root, CACHE), { force: true });
