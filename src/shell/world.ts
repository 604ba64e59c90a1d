/** The files as this run sees them: a snapshot, and on top of it what the run has decided to write. */
import type { ChangeSet, FileChange } from '../core/contracts.ts';
import type { Tree, TreeFile } from '../core/paths.ts';
import type { Snapshot } from './snapshot.ts';


const isUnder = (path: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));

export class World {
  readonly snapshot: Snapshot;
  /** ChangeSets that no commit holds yet, oldest first. */
  pending: ChangeSet[] = [];
  private readonly written = new Map<string, Uint8Array | null>();
  /** Top folders of changes so far, for telling whether something read before is still true. */
  private readonly touched: string[] = [];

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  /** Every path that is there now. */
  paths(): string[] {
    const before = [...this.snapshot.modes.keys()].filter((path) => !this.written.has(path));
    const after = [...this.written].filter(([, bytes]) => bytes !== null).map(([path]) => path);
    return [...before, ...after].sort();
  }

  /** Whether a change would change anything. */
  private async differs({ path, content }: FileChange): Promise<boolean> {
    const now = (await this.load([path])).get(path);
    if (content === null || now === undefined) return (content === null) !== (now === undefined);
    return now.mode !== '100644' || !Buffer.from(content).equals(Buffer.from(now.bytes));
  }

  /** Takes a ChangeSet in; changes that change nothing are dropped, the last one wins for a path. */
  async apply(changeSet: ChangeSet): Promise<ChangeSet> {
    const last = new Map(changeSet.changes.map((change) => [change.path, change]));
    const changes: FileChange[] = [];
    for (const change of last.values()) {
      if (await this.differs(change)) changes.push(change);
    }
    for (const { path, content } of changes) {
      this.written.set(path, content === null ? null : Buffer.from(content));
      this.touched.push(path);
    }
    const applied = { ...changeSet, changes };
    if (changes.length > 0) this.pending.push(applied);
    return applied;
  }

  /** Regular files with their contents; links and submodules with their mode, for the loader to refuse. */
  async load(paths: readonly string[]): Promise<Map<string, TreeFile>> {
    const read = await this.snapshot.read(paths.filter((path) => !this.written.has(path)));
    const loaded = new Map<string, TreeFile>();
    for (const path of paths) {
      const bytes = this.written.get(path) ?? read.get(path);
      const mode = this.written.has(path) ? '100644' : (this.snapshot.modes.get(path) ?? '');
      if (bytes) loaded.set(path, { mode, bytes });
      else if (!this.written.has(path) && mode !== '') loaded.set(path, { mode, bytes: new Uint8Array() });
    }
    return loaded;
  }

  /** Grows whenever something under the prefixes is written. */
  versionOf(prefixes: readonly string[]): number {
    return this.touched.filter((path) => isUnder(path, prefixes)).length;
  }

  /** Only what lies under the prefixes, with its contents. */
  async subtree(prefixes: readonly string[]): Promise<Tree> {
    return this.load(this.pathsUnder(prefixes));
  }

  private pathsUnder(prefixes: readonly string[]): string[] {
    return this.paths().filter((path) => isUnder(path, prefixes));
  }

  /** Every path of the repository; only what lies under the prefixes has its contents loaded. */
  async tree(prefixes: readonly string[]): Promise<Tree> {
    const loaded = await this.load(this.pathsUnder(prefixes));
    return new Map(this.paths().map((path) => [path, loaded.get(path) ?? this.unloaded(path)]));
  }

  private unloaded(path: string): TreeFile {
    return {
      mode: this.snapshot.modes.get(path) ?? '100644',
      get bytes(): never {
        throw new Error(`${path} was not loaded`);
      },
    };
  }
}
