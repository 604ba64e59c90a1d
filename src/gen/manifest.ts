/** src/manifest.yaml as data, checked for its own notation. */
import { parse } from 'yaml';

/** A field: JSON Schema with the conveniences that the head of the manifest explains. */
export interface Field {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Field>>;
  readonly items?: Field;
  readonly required?: readonly string[];
  readonly oneOf?: readonly unknown[];
  readonly optional?: boolean;
  readonly open?: boolean;
  readonly use?: string;
  readonly ref?: string;
  readonly plugin?: string;
  readonly [bound: string]: unknown;
}

export interface EntitySpec {
  readonly path: string | readonly string[];
  readonly owner: 'people' | 'engine';
  readonly format: 'yaml' | 'jsonl';
  readonly about: string;
  readonly fields: Readonly<Record<string, Field>>;
}

export interface JobSpec {
  readonly stage: string;
  readonly order: number;
  readonly scope: 'brand' | 'campaign';
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly effects: readonly string[];
  readonly execution: 'batch' | 'write_ahead';
  readonly about: string;
}

export interface Manifest {
  readonly types: Readonly<Record<string, Field>>;
  readonly entities: Readonly<Record<string, EntitySpec>>;
  readonly jobs: Readonly<Record<string, JobSpec>>;
}

/** Keywords of JSON Schema that pass through unchanged. */
export const BOUNDS = [
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'uniqueItems',
];

const KEYWORDS = new Set([
  ...['type', 'description', 'const', 'enum', 'properties', 'items', 'required', 'oneOf'],
  ...['optional', 'open', 'use', 'ref', 'plugin'],
  ...BOUNDS,
]);

/** @throws Error naming the place, when the manifest uses a keyword, type or entity that does not exist. */
export function readManifest(text: string): Manifest {
  const manifest = parse(text) as Manifest;
  const mistakes = [
    ...Object.entries(manifest.types).flatMap(([name, field]) => mistakesOf(field, `types.${name}`, manifest)),
    ...Object.entries(manifest.entities).flatMap(([name, { fields }]) =>
      Object.entries(fields).flatMap(([key, field]) => mistakesOf(field, `entities.${name}.${key}`, manifest)),
    ),
    ...Object.entries(manifest.jobs).flatMap(([name, { reads }]) =>
      reads
        .filter((entity) => !(entity in manifest.entities))
        .map((entity) => `jobs.${name}.reads: no entity ${entity}`),
    ),
  ];
  if (mistakes.length > 0) throw new Error(`src/manifest.yaml:\n  ${mistakes.join('\n  ')}`);
  return manifest;
}

function mistakesOf(field: Field, place: string, manifest: Manifest): string[] {
  return [
    ...Object.keys(field)
      .filter((keyword) => !KEYWORDS.has(keyword))
      .map((keyword) => `${place}: unknown keyword ${keyword}`),
    ...(field.use !== undefined && !(field.use in manifest.types) ? [`${place}: no type ${field.use}`] : []),
    ...(field.ref !== undefined && /^[A-Z]/.test(field.ref) && !(field.ref in manifest.entities)
      ? [`${place}: no entity ${field.ref}`]
      : []),
    ...(field.items ? mistakesOf(field.items, `${place}[]`, manifest) : []),
    ...Object.entries(field.properties ?? {}).flatMap(([key, inner]) => mistakesOf(inner, `${place}.${key}`, manifest)),
  ];
}

export const pathsOf = (entity: EntitySpec): readonly string[] =>
  typeof entity.path === 'string' ? [entity.path] : entity.path;

/** The entity itself as a field: an object of its fields. */
export const rootField = (entity: EntitySpec): Field => ({
  type: 'object',
  description: entity.about,
  properties: entity.fields,
});
