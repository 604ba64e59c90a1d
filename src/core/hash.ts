import { createHash } from 'node:crypto';

/** SHA-256 in lower-case hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * JSON with sorted keys and no spaces, so that equal values have equal text (RFC 8785 for the values mhub uses:
 * strings, finite numbers, booleans, null, arrays, plain objects; properties that are undefined are left out).
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = value as Readonly<Record<string, unknown>>;
    const members = Object.keys(fields)
      .sort()
      .filter((key) => fields[key] !== undefined)
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(fields[key])}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Digest of a value by its canonical JSON. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value));

/** Digest over names and the SHA-256 of what each holds, independent of their order in the map. */
export function namedDigest(hashes: ReadonlyMap<string, string>): string {
  const names = [...hashes.keys()].sort();
  return sha256(names.map((name) => `${name}\0${hashes.get(name)}\n`).join(''));
}

/** Digest over named contents, independent of their order in the map. */
export const filesDigest = (files: ReadonlyMap<string, string | Uint8Array>): string =>
  namedDigest(new Map([...files].map(([name, content]) => [name, sha256(content)])));
