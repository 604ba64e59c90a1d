import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Failed, Usage } from '../core/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GitCall {
  readonly input?: readonly (string | Uint8Array)[];
  /** Exit codes that are an answer, not a failure; [0] when left out. */
  readonly answers?: readonly number[] | 'any';
  /** Only for calls that talk to a remote. */
  readonly timeoutMs?: number;
  readonly env?: Environment;
}

export interface GitAnswer {
  /** null: ended by a signal, such as after the timeout. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** @throws Failed when git ends with a code that is not among `answers`; Usage when git is missing or too old. */
export type Git = (args: readonly string[], call?: GitCall) => Promise<GitAnswer>;

const OLDEST_GIT: readonly [number, number] = [2, 30];

/** What would run programs, colour, or start work in the background is off, whatever the repository's config says. */
export const FIXED_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.quotePath=false',
  'color.ui=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.ext.allow=never',
].flatMap((setting) => ['-c', setting]);

/** GIT_* variables that say how to reach a remote or where the user's config is; others could point git elsewhere. */
const KEPT = /^GIT_(CONFIG_|ASKPASS$|SSH|SSL_|PROXY_|HTTP_|CURL_|EXEC_PATH$|TRACE|ALLOW_PROTOCOL$)/;

export function gitEnvironment(env: Environment): Record<string, string | undefined> {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('GIT_') || KEPT.test(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    LANGUAGE: '',
    GIT_ADVICE: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** git in one folder, without a shell, hooks, pager, prompts or any of the caller's GIT_DIR-like variables. */
export function gitIn(folder: string, env: Environment): Git {
  const base = gitEnvironment(env);
  return async (args, call = {}) => {
    const answer = await run(folder, args, { ...base, ...call.env }, call);
    if (call.answers === 'any' || (call.answers ?? [0]).some((code) => code === answer.code)) return answer;
    await requireRecentGit(folder, base);
    throw new Failed(`git ${subcommand(args)}: ${complaint(answer)}`, { mayHaveHappened: false });
  };
}

/** Of [-c, core.fsync=all, fast-import, --done]: fast-import. */
const subcommand = (args: readonly string[]): string | undefined =>
  args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c');

function run(folder: string, args: readonly string[], env: Environment, call: GitCall): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--no-pager', ...FIXED_CONFIG, ...args], {
      cwd: folder,
      env,
      timeout: call.timeoutMs,
      windowsHide: true,
      // Out of reach of a Ctrl-C or kill that is meant for this process, no lock and no half a commit is left behind.
      // Whoever talks to a remote may need the terminal for a pass phrase.
      detached: call.timeoutMs === undefined || !isatty(0),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return reject(error);
      reject(
        new Usage(existsSync(folder) ? 'git is not installed: install git 2.30 or newer' : `no such folder: ${folder}`),
      );
    });
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
    );
    // A git that gives up early closes its input; its exit code and message say why.
    child.stdin.on('error', () => undefined);
    for (const chunk of call.input ?? []) child.stdin.write(chunk);
    child.stdin.end();
  });
}

async function requireRecentGit(folder: string, env: Environment): Promise<void> {
  const { stdout } = await run(folder, ['--version'], env, {});
  const found = stdout.toString().trim();
  if (isTooOld(found)) throw new Usage(`git 2.30 or newer is needed, found ${found}`);
}

/** @param version  as `git --version` prints it */
export function isTooOld(version: string): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return false;
  const [oldestMajor, oldestMinor] = OLDEST_GIT;
  return Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
}

/** git's own words on one line, without the credentials that an address may carry. */
export function complaint({ code, stderr }: GitAnswer): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const said = lines
    .join('; ')
    .replace(/\/\/[^/@\s]+@/g, '//***@')
    .slice(0, 500);
  return said || (code === null ? 'ended by a signal or its time limit' : `exit code ${code}`);
}

// ---- values that reach git's command line ---------------------------------------------------------------------------

/** A full object id, or HEAD. */
export type Revision = string;

const OBJECT_ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const REF_NAME = /^(?![-/.@])(?!.*(\.\.|@\{|\/\/|\/\.|\.lock(\/|$)))[^\s~^:?*[\\\p{Cc}]+(?<![/.])$/u;
const REMOTE_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;

export function checkedObjectId(oid: string): string {
  if (!OBJECT_ID.test(oid)) throw new Error(`not an object id: ${JSON.stringify(oid)}`);
  return oid;
}

export const checkedRevision = (revision: Revision): Revision =>
  revision === 'HEAD' ? revision : checkedObjectId(revision);

/** Full ref name of a branch. */
export function branchRef(branch: string): string {
  if (!REF_NAME.test(branch)) throw new Usage(`not a branch name: ${JSON.stringify(branch)}`);
  return `refs/heads/${branch}`;
}

export function checkedRemote(remote: string): string {
  if (!REMOTE_NAME.test(remote) || remote.includes('..'))
    throw new Usage(`not the name of a remote: ${JSON.stringify(remote)}`);
  return remote;
}
