/** History as an audit sees it: commits along the first parent, oldest first, with ids of contents instead of contents. */
import type { Instant } from '../contracts.ts';
import { parseDocument } from '../documents.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface AuditChange {
  readonly path: string;
  /** Object ids; null for what is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface AuditCommit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  /** Committer date. */
  readonly at: Instant;
  /** Name without the Mhub- prefix -> value. */
  readonly trailers: Readonly<Record<string, string>>;
  /** Against the first parent. */
  readonly changes: readonly AuditChange[];
}

/** Contents by object id. */
export type ReadBlob = (oid: string) => Promise<Uint8Array>;

/** What was gone through, for telling how much a clean answer is worth. */
export interface Checked {
  commits: number;
  engine_commits: number;
  ledger_files: number;
  receipts: number;
  /** Files of claims of mailings. */
  recipient_files: number;
  sent: number;
  intents: number;
  pages: number;
  elements: number;
  deployments: number;
  documents: number;
}

export const nothingChecked = (): Checked => ({
  commits: 0,
  engine_commits: 0,
  ledger_files: 0,
  receipts: 0,
  recipient_files: 0,
  sent: 0,
  intents: 0,
  pages: 0,
  elements: 0,
  deployments: 0,
  documents: 0,
});

export const isMerge = ({ parents }: AuditCommit): boolean => parents.length > 1;

/** Folders that only the engine writes. */
export const isOutput = (path: string): boolean => path.startsWith('hub/') || path.startsWith('site/');

/** What an audit asks for: the outputs, and parts of the people's folders. */
const isAsked = (path: string): boolean =>
  path === 'mhub.yaml' || /^(brands\/[^/]+\/channels|campaigns)\//.test(path) || isOutput(path);

const split = (path: string): [folder: string, name: string] => {
  const slash = path.lastIndexOf('/');
  return [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)];
};

/** Ids of the files as they are after a commit; grows with the tree, not with the history. */
export class AuditTree {
  private readonly folders = new Map<string, Map<string, string>>();

  apply(changes: readonly AuditChange[]): void {
    for (const { path, after } of changes) {
      if (!isAsked(path)) continue;
      const [folder, name] = split(path);
      const files = this.folders.get(folder) ?? new Map<string, string>();
      if (after === null) files.delete(name);
      else files.set(name, after);
      if (files.size > 0) this.folders.set(folder, files);
      else this.folders.delete(folder);
    }
  }

  get(path: string): string | undefined {
    const [folder, name] = split(path);
    return this.folders.get(folder)?.get(name);
  }

  /** Path within the folder -> id of everything under it. */
  under(path: string): ReadonlyMap<string, string> {
    const inside = [...this.folders].filter(([folder]) => folder === path || folder.startsWith(`${path}/`));
    return new Map(
      inside.flatMap(([folder, files]) =>
        [...files].map(([name, id]) => [`${folder}/${name}`.slice(path.length + 1), id] as const),
      ),
    );
  }

  /** Name -> id of the files that lie in the folder itself. */
  folder(path: string): ReadonlyMap<string, string> {
    return this.folders.get(path) ?? new Map();
  }
}

export type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** Enough for the largest file that the engine writes. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads YAML of any age: an audit takes the few fields that it needs and leaves the rest alone, because the schema of
 * today need not be that of the commit.
 *
 * @returns  undefined for what is not there, is no YAML or no mapping
 */
export function documentReader(read: ReadBlob): (path: string, oid: string | undefined) => Promise<Fields | undefined> {
  const recent = new Map<string, Fields | undefined>();
  return async (path, oid) => {
    if (oid === undefined) return undefined;
    if (recent.has(oid)) return recent.get(oid);
    const parsed = parseDocument(path, await read(oid), MAX_BYTES);
    const fields = parsed.ok && isFields(parsed.document.value) ? parsed.document.value : undefined;
    if (recent.size >= KEPT_DOCUMENTS) recent.clear();
    recent.set(oid, fields);
    return fields;
  };
}

const KEPT_DOCUMENTS = 500;
