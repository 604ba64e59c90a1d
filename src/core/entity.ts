/** One file -> one validated entity, or every problem of the file at once. */
import type { Entities, EntityName } from '../generated/entities.ts';
import { entities } from '../generated/schemas.ts';
import { type Document, maxBytes, parseDocument, parseJsonLines, tidyProblems } from './documents.ts';
import type { Problem } from './errors.ts';
import { explain } from './explain.ts';
import { sha256 } from './hash.ts';

export type Loaded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type ReadEntity<N extends EntityName> =
  | { readonly ok: true; readonly value: Entities[N]; readonly document: Document }
  /** With the document when it could be parsed. */
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly document?: Document };

/** What was read from some bytes, by entity and path, for as long as somebody holds them. */
const known = new WeakMap<Uint8Array, Map<string, unknown>>();

/** What was read lately, by entity, path and content: a file comes from disk, from commits and from what was written. */
const recent = new Map<string, unknown>();
const REMEMBERED = 1_000;

/** Parses and validates one YAML file; the same bytes are read once. */
export function readEntity<N extends EntityName>(name: N, path: string, bytes: Uint8Array | string): ReadEntity<N> {
  if (typeof bytes === 'string') return parseEntity(name, path, bytes);
  const readings = known.get(bytes) ?? new Map<string, unknown>();
  known.set(bytes, readings);
  const id = `${name} ${path}`;
  const read = (readings.get(id) as ReadEntity<N> | undefined) ?? readContent(name, path, bytes);
  readings.set(id, read);
  return read;
}

function readContent<N extends EntityName>(name: N, path: string, bytes: Uint8Array): ReadEntity<N> {
  const id = `${name} ${path} ${sha256(bytes)}`;
  const read = (recent.get(id) as ReadEntity<N> | undefined) ?? parseEntity(name, path, bytes);
  recent.delete(id);
  recent.set(id, read);
  const [oldest] = recent.size > REMEMBERED ? recent.keys() : [];
  if (oldest !== undefined) recent.delete(oldest);
  return read;
}

function parseEntity<N extends EntityName>(name: N, path: string, bytes: Uint8Array | string): ReadEntity<N> {
  const { owner, validate } = entities[name];
  const parsed = parseDocument(path, bytes, maxBytes[owner]);
  if (!parsed.ok) return parsed;
  const { document } = parsed;
  const problems = tidyProblems(explain(document.value, document, [], validate));
  if (problems.length > 0) return { ok: false, problems, document };
  return { ok: true, value: document.value as Entities[N], document };
}

/** Parses and validates a JSON Lines file; the good lines are there even when others are not. */
export function readLines<N extends EntityName>(
  name: N,
  path: string,
  bytes: Uint8Array | string,
): { readonly values: readonly Entities[N][]; readonly problems: readonly Problem[] } {
  const lines = parseJsonLines(path, bytes);
  const values: Entities[N][] = [];
  const problems: Problem[] = [...lines.problems];
  for (const { line, value } of lines.values) {
    const document: Document = { path, value, locate: () => ({ line, column: 1 }) };
    const found = explain(value, document, [], entities[name].validate);
    if (found.length === 0) values.push(value as Entities[N]);
    problems.push(...found);
  }
  return { values, problems: tidyProblems(problems) };
}
