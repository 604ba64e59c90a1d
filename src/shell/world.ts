/** The files as this run sees them: a snapshot, and on top of it what the run has decided to write. */
import type { ChangeSet, FileChange } from '../core/contracts.ts';
import type { Tree, TreeFile } from '../core/paths.ts';
import type { Snapshot } from './snapshot.ts';

/** hub/open/r1.jsonl -> hub, hub/open, hub/open/r1.jsonl */
function* prefixesOf(path: string): Generator<string> {
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) yield path.slice(0, end);
  yield path;
}

export class World {
  readonly snapshot: Snapshot;
  /** ChangeSets that no commit holds yet, oldest first. */
  pending: ChangeSet[] = [];
  private readonly written = new Map<string, Uint8Array | null>();
  /** File or folder -> paths at or under it, so that one campaign costs the same among ten and among ten thousand. */
  private readonly under = new Map<string, Set<string>>();
  /** File or folder -> changes at or under it, for telling whether something read before is still true. */
  private readonly touched = new Map<string, number>();

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    for (const path of snapshot.modes.keys()) this.enter(path);
  }

  private enter(path: string): void {
    for (const prefix of prefixesOf(path)) {
      const paths = this.under.get(prefix);
      if (paths) paths.add(path);
      else this.under.set(prefix, new Set([path]));
    }
  }

  private leave(path: string): void {
    for (const prefix of prefixesOf(path)) this.under.get(prefix)?.delete(path);
  }

  /** Every path that is there now. */
  paths(): string[] {
    const before = [...this.snapshot.modes.keys()].filter((path) => !this.written.has(path));
    const after = [...this.written].filter(([, bytes]) => bytes !== null).map(([path]) => path);
    return [...before, ...after].sort();
  }

  /** One file; undefined when it is not there. */
  readonly text = async (path: string): Promise<string | undefined> => {
    const file = (await this.load([path])).get(path);
    return file === undefined ? undefined : Buffer.from(file.bytes).toString('utf8');
  };

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
      if (content === null) this.leave(path);
      else this.enter(path);
      for (const prefix of prefixesOf(path)) this.touched.set(prefix, (this.touched.get(prefix) ?? 0) + 1);
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
    return prefixes.reduce((changes, prefix) => changes + (this.touched.get(prefix) ?? 0), 0);
  }

  /** Only what lies under the prefixes, but not what lies under `without`, with its contents. */
  async subtree(prefixes: readonly string[], without?: string): Promise<Tree> {
    const paths = this.pathsUnder(prefixes);
    return this.load(without === undefined ? paths : paths.filter((path) => !path.startsWith(`${without}/`)));
  }

  private pathsUnder(prefixes: readonly string[]): string[] {
    return [...new Set(prefixes.flatMap((prefix) => [...(this.under.get(prefix) ?? [])]))].sort();
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
