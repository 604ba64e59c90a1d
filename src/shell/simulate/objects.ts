/** Reads the simulated remote through one git process that stays: a step of a simulation costs no process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditChange } from '../../core/audit/model.ts';
import type { TreeChange, TreeEntry } from '../git.ts';
import { type Environment, gitEnvironment } from '../run-git.ts';

interface GitObject {
  readonly type: string;
  readonly bytes: Buffer;
}

/** A commit with what it changed against its first parent. */
export interface ReadCommit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly changes: readonly AuditChange[];
}

interface Header {
  readonly tree: string;
  readonly parents: readonly string[];
}

interface Entry {
  readonly name: string;
  readonly oid: string;
  /** As in TreeEntry: 100644; 40000 for a folder. */
  readonly mode: string;
  readonly isTree: boolean;
}

/** <mode> <name> NUL <20 or 32 bytes>, again and again */
function entriesOf(tree: Buffer, idBytes: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(0x20, at);
    const nul = tree.indexOf(0, space);
    const end = nul + 1 + idBytes;
    const mode = tree.toString('latin1', at, space);
    const [name, oid] = [tree.toString('utf8', space + 1, nul), tree.toString('hex', nul + 1, end)];
    entries.push({ name, oid, mode, isTree: mode === '40000' });
    at = end;
  }
  return entries;
}

const fileOf = (entry: Entry | undefined): TreeEntry | null =>
  entry && !entry.isTree ? { mode: entry.mode, oid: entry.oid } : null;

export class ObjectReader {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: ((object: GitObject) => void)[] = [];
  private received: Buffer = Buffer.alloc(0);
  private readonly trees = new Map<string, readonly Entry[]>();
  private readonly blobs = new Map<string, Uint8Array>();
  private readonly headers = new Map<string, Header>();

  constructor(gitDir: string, env: Environment) {
    this.child = spawn('git', ['--git-dir', gitDir, 'cat-file', '--batch'], { env: gitEnvironment(env) });
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.answer();
    });
  }

  private answer(): void {
    for (;;) {
      const end = this.received.indexOf('\n');
      if (end === -1) return;
      const [oid = '', type = '', size = '0'] = this.received.toString('latin1', 0, end).split(' ');
      if (type === 'missing') throw new Error(`the simulated remote has no object ${oid}`);
      const start = end + 1;
      const stop = start + Number(size);
      if (this.received.length < stop + 1) return;
      const bytes = Buffer.from(this.received.subarray(start, stop));
      this.received = this.received.subarray(stop + 1);
      this.waiting.shift()?.({ type, bytes });
    }
  }

  private object(oid: string): Promise<GitObject> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin.write(`${oid}\n`);
    });
  }

  /** The same bytes for the same id, so that what was made of them need not be made again. */
  read = async (oid: string): Promise<Uint8Array> => {
    const known = this.blobs.get(oid);
    if (known) return known;
    const { bytes } = await this.object(oid);
    this.blobs.set(oid, bytes);
    return bytes;
  };

  private async entries(oid: string): Promise<readonly Entry[]> {
    const known = this.trees.get(oid);
    if (known) return known;
    const entries = entriesOf((await this.object(oid)).bytes, oid.length / 2);
    if (this.trees.size > 5_000) this.trees.clear();
    this.trees.set(oid, entries);
    return entries;
  }

  private async header(commit: string): Promise<Header> {
    const known = this.headers.get(commit);
    if (known) return known;
    const text = (await this.object(commit)).bytes.toString('utf8');
    const head = text.slice(0, text.indexOf('\n\n')).split('\n');
    const named = (name: string) =>
      head.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
    const header = { tree: named('tree')[0] ?? '', parents: named('parent') };
    this.headers.set(commit, header);
    return header;
  }

  /** Along the first parent, which is the only one in a simulation. */
  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    for (let id: string | undefined = descendant; id !== undefined; ) {
      if (id === ancestor) return true;
      const { parents }: Header = await this.header(id);
      id = parents[0];
    }
    return false;
  }

  /** What differs between two commits. */
  async diff(from: string, to: string): Promise<TreeChange[]> {
    return this.differences((await this.header(from)).tree, (await this.header(to)).tree, '');
  }

  private async differences(
    before: string | undefined,
    after: string | undefined,
    folder: string,
  ): Promise<TreeChange[]> {
    if (before === after) return [];
    const [olds, nows] = [await this.named(before), await this.named(after)];
    const changes: TreeChange[] = [];
    for (const name of new Set([...olds.keys(), ...nows.keys()])) {
      const [was, is] = [olds.get(name), nows.get(name)];
      if (was?.oid === is?.oid && was?.mode === is?.mode) continue;
      const path = `${folder}${name}`;
      const [old, now] = [was?.isTree ? was.oid : undefined, is?.isTree ? is.oid : undefined];
      if (old !== undefined || now !== undefined) changes.push(...(await this.differences(old, now, `${path}/`)));
      const [file, files] = [fileOf(was), fileOf(is)];
      if (file || files) changes.push({ path, before: file, after: files });
    }
    return changes;
  }

  private async named(tree: string | undefined): Promise<ReadonlyMap<string, Entry>> {
    return new Map(tree === undefined ? [] : (await this.entries(tree)).map((entry) => [entry.name, entry]));
  }

  /** Commits after `from` up to `to` along the first parent, oldest first; everything when `from` is not passed. */
  async commits(from: string | undefined, to: string): Promise<ReadCommit[]> {
    const line: ReadCommit[] = [];
    for (let id: string | undefined = to; id !== undefined && id !== from; ) {
      const { tree, parents }: Header = await this.header(id);
      const parent: string | undefined = parents[0];
      const before = parent === undefined ? undefined : (await this.header(parent)).tree;
      const changes = (await this.differences(before, tree, '')).map((change) => ({
        path: change.path,
        before: change.before?.oid ?? null,
        after: change.after?.oid ?? null,
      }));
      line.push({ id, parents, changes });
      id = parent;
    }
    return line.reverse();
  }

  /** Every file of a commit, in git's order. */
  async files(commit: string): Promise<Map<string, TreeEntry>> {
    const files = new Map<string, TreeEntry>();
    const walk = async (tree: string, folder: string): Promise<void> => {
      for (const { name, oid, mode, isTree } of await this.entries(tree)) {
        if (isTree) await walk(oid, `${folder}${name}/`);
        else files.set(`${folder}${name}`, { mode, oid });
      }
    };
    await walk((await this.header(commit)).tree, '');
    return files;
  }

  close(): void {
    this.child.stdin.end();
  }
}

/**
 * Where a branch is, without a process.
 * @param folder  refs/heads, or that of a remote
 */
export function branchTip(gitDir: string, branch: string, folder = 'refs/heads'): string {
  const loose = join(gitDir, folder, branch);
  if (existsSync(loose)) return readFileSync(loose, 'utf8').trim();
  const packed = readFileSync(join(gitDir, 'packed-refs'), 'utf8');
  const line = packed.split('\n').find((one) => one.endsWith(` ${folder}/${branch}`));
  if (line === undefined) throw new Error(`no branch ${branch} in ${gitDir}`);
  return line.slice(0, line.indexOf(' '));
}
