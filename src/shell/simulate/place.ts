/** The throw-away places of a simulation: a bare remote, clones of it, and a person who commits to it. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Instant } from '../../core/contracts.ts';
import type { Push } from '../git.ts';
import { gitEnvironment } from '../run-git.ts';
import { branchTip } from './objects.ts';
import { Spawner } from './spawner.ts';

/** A file as a person leaves it; null deletes. */
export type Edits = Readonly<Record<string, string | Uint8Array | null>>;

/** Pushes are counted by the reflog; nothing here survives for long enough to be tidied up or flushed to disk. */
const BARE_CONFIG = `[core]
	logAllRefUpdates = always
	fsync = none
[receive]
	autogc = false
[gc]
	auto = 0
[maintenance]
	auto = false
`;

const HOOKS = ['pre-receive', 'reference-transaction'] as const;

export class Place {
  readonly folder: string;
  readonly branch: string;
  /** What processes in here are given: no variable of the user but the way to git. */
  readonly env: Readonly<Record<string, string>>;
  /** Commits that the simulated person made, by id. */
  readonly byPerson = new Set<string>();
  readonly spawner = new Spawner();
  private readonly bare: string;
  /** Leads to the remote while it can be reached; clones know no other way. */
  private readonly address: string;
  private clones = 0;

  /** @param root  repository whose HEAD is cloned; it is only read */
  constructor(root: string) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'mhub-simulation-')));
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
    };
    this.bare = join(this.folder, 'origin.git');
    this.address = join(this.folder, 'origin');
    const head = this.git(root, 'rev-parse', '--abbrev-ref', 'HEAD').trim();
    this.branch = head === 'HEAD' ? 'main' : head;
    this.git(this.folder, 'init', '-q', '--bare', '-b', this.branch, this.bare);
    this.git(this.bare, 'fetch', '-q', '--no-tags', root, `HEAD:refs/heads/${this.branch}`);
    appendFileSync(join(this.bare, 'config'), BARE_CONFIG);
    symlinkSync(this.bare, this.address);
  }

  get gitDir(): string {
    return this.bare;
  }

  git(cwd: string, ...args: string[]): string {
    const env = gitEnvironment(this.env);
    return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 });
  }

  /**
   * A fresh clone. It shares the objects of the remote, which costs neither time nor space.
   * @param bareTree  without files in the work tree
   */
  async clone({ bareTree = false } = {}): Promise<string> {
    this.clones += 1;
    const root = join(this.folder, `clone-${this.clones}`);
    const how = ['--shared', '--no-tags', ...(bareTree ? ['--no-checkout'] : [])];
    await this.spawner.gitIn(this.folder, this.env)(['clone', '-q', ...how, this.bare, root]);
    const objects = join(root, '.git/objects');
    rmSync(objects, { recursive: true });
    symlinkSync(join(this.bare, 'objects'), objects);
    const config = join(root, '.git/config');
    writeFileSync(config, readFileSync(config, 'utf8').replace(`url = ${this.bare}\n`, `url = ${this.address}\n`));
    return root;
  }

  tip(): string {
    return branchTip(this.bare, this.branch);
  }

  /** A file at the tip of the remote branch; undefined when it is not there. */
  file(path: string): string | undefined {
    try {
      return this.git(this.bare, 'cat-file', 'blob', `${this.branch}:${path}`);
    } catch {
      // No such file there.
      return undefined;
    }
  }

  /** Paths under a folder at the tip of the remote branch. */
  paths(folder: string): string[] {
    const out = this.git(this.bare, 'ls-tree', '-r', '-z', '--name-only', this.branch, '--', folder);
    return out.split('\0').filter(Boolean);
  }

  /** The person commits on top of the remote branch, at once and without asking anybody. */
  commit(message: string, edits: Edits, at: Instant): string {
    const seconds = Math.floor(Date.parse(at) / 1000);
    const data = (content: string | Uint8Array): Buffer => {
      const bytes = Buffer.from(content);
      return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
    };
    const changes = Object.entries(edits).flatMap(([path, content]) =>
      content === null ? [Buffer.from(`D ${path}\n`)] : [Buffer.from(`M 100644 inline ${path}\n`), data(content)],
    );
    const ref = `refs/heads/${this.branch}`;
    const before = this.tip();
    const input = Buffer.concat([
      Buffer.from(`commit ${ref}\ncommitter Ada <ada@simulated.invalid> ${seconds} +0000\n`),
      data(message),
      Buffer.from(`from ${before}\n`),
      ...changes,
      Buffer.from('done\n'),
    ]);
    const env = gitEnvironment(this.env);
    // The hooks are there for pushes.
    const command = ['-c', 'core.hooksPath=/dev/null', 'fast-import', '--quiet', '--done'];
    execFileSync('git', command, { cwd: this.bare, env, input, stdio: 'pipe' });
    const after = this.tip();
    this.byPerson.add(after);
    return after;
  }

  /** How many pushes the remote has taken. */
  pushes(): number {
    const log = join(this.bare, 'logs/refs/heads', this.branch);
    if (!existsSync(log)) return 0;
    return readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('\tpush')).length;
  }

  get isReachable(): boolean {
    return lstatSync(this.address, { throwIfNoEntry: false }) !== undefined;
  }

  /** Whether a push would meet something that is there to stop it. */
  get isDisturbed(): boolean {
    return !this.isReachable || HOOKS.some((name) => existsSync(this.hook(name)));
  }

  /** What a push comes to, with its line in the reflog. @returns 'rejected' when the branch is elsewhere by now */
  moveBranch({ commit, expected }: Pick<Push, 'commit' | 'expected'>): 'ok' | 'rejected' {
    if (this.tip() !== expected) return 'rejected';
    const ref = `refs/heads/${this.branch}`;
    const log = join(this.bare, 'logs', ref);
    mkdirSync(dirname(log), { recursive: true });
    appendFileSync(log, `${expected} ${commit} Simulation <> 0 +0000\tpush\n`);
    writeFileSync(join(this.bare, ref), `${commit}\n`);
    return 'ok';
  }

  /** What a fetch comes to in a clone, which shares the objects. @returns the tip of the remote branch */
  trackBranch(gitDir: string, remote: string): string {
    const tip = this.tip();
    const folder = join(gitDir, 'refs/remotes', remote);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, this.branch), `${tip}\n`);
    return tip;
  }

  setReachable(isReachable: boolean): void {
    if (isReachable === this.isReachable) return;
    if (isReachable) symlinkSync(this.bare, this.address);
    else unlinkSync(this.address);
  }

  /** A hook for one push; it removes itself. */
  hookOnce(name: (typeof HOOKS)[number], command: string, when = 'true'): void {
    const script = `#!/bin/sh\n[ ${when} ] || exit 0\nrm -f "$0"\n${command}\n`;
    writeFileSync(this.hook(name), script, { mode: 0o755 });
  }

  clearHooks(): void {
    for (const name of HOOKS) rmSync(this.hook(name), { force: true });
  }

  private hook(name: (typeof HOOKS)[number]): string {
    return join(this.bare, 'hooks', name);
  }

  /** For whoever looks at a clone that is left: its index says what its commit says. */
  tidy(clone: string): void {
    this.git(clone, 'reset', '-q');
  }

  /** Ends what runs; the files stay. */
  close(): void {
    this.spawner.close();
  }

  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
