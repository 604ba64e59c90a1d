/** Manifest and plugins -> the typed tables: schemas, jobs, registry. */
import { type EntitySpec, type Field, type Manifest, pathsOf, rootField } from './manifest.ts';
import { EXPORTS, FOLDERS, type Folder, type Plugin } from './plugins.ts';
import { placesOf, type Schema } from './schemas.ts';
import { bareKey, HEADER, literal, quote } from './text.ts';

/** Name of a plugin's validator in src/generated/validators.js. */
export const validatorName = ({ folder, id }: Plugin): string => `${folder}_${id.replace(/\W/g, '_')}`;

const SCHEMAS_HEAD = `import type { EntityName } from './entities.ts';
import * as validators from './validators.js';
import type { AjvError, Validator } from './validators.js';

export interface SchemaError extends AjvError {
  /** Names that the schema knows at instancePath; given with keyword additionalProperties, for a did-you-mean. */
  readonly keys?: readonly string[];
}

export type Validation = { readonly ok: true } | { readonly ok: false; readonly errors: readonly SchemaError[] };
export type Validate = (value: unknown) => Validation;

/** Place in a document -> property names that it knows. Places are JSON pointers with * for array items; the root is ''. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;

/** A string that names something else: an entity, or a fact, pain or outcome (lower case) of brand, segment or offer. */
export interface Reference {
  /** Place of the string, such as /offers/*. */
  readonly at: string;
  readonly target: string;
}

export interface EntityTable {
  /** Path patterns, such as brands/{brand}/brand.yaml. */
  readonly paths: readonly string[];
  readonly owner: 'people' | 'engine';
  readonly format: 'yaml' | 'jsonl';
  readonly about: string;
  readonly keys: KnownKeys;
  readonly references: readonly Reference[];
  readonly validate: Validate;
}

/** /facts/0/id -> /facts/*\\/id */
const placeOf = (instancePath: string): string => instancePath.replace(/\\/\\d+(?=\\/|$)/g, '/*');

function checker(validator: Validator, keys: KnownKeys): Validate {
  return (value) => {
    if (validator(value)) return { ok: true };
    const errors = (validator.errors ?? []).map((error) =>
      error.keyword === 'additionalProperties' ? { ...error, keys: keys[placeOf(error.instancePath)] ?? [] } : error,
    );
    return { ok: false, errors };
  };
}

const entity = (table: Omit<EntityTable, 'validate'>, validator: Validator): EntityTable => ({
  ...table,
  validate: checker(validator, table.keys),
});
`;

export function schemasText(manifest: Manifest, plugins: readonly Plugin[]): string {
  const entities = Object.entries(manifest.entities).map(
    ([name, spec]) =>
      `  ${name}: entity(\n    ${literal(entityTable(spec, manifest), '    ')},\n    validators.${name},\n  ),\n`,
  );
  const params = FOLDERS.map(
    (folder) => [folder, plugins.filter((plugin) => plugin.folder === folder && plugin.params)] as const,
  )
    .filter(([folder]) => ['rules', 'channels', 'sources', 'engines'].includes(folder))
    .map(([folder, own]) => `  ${folder}: {\n${own.map((plugin) => `    ${paramsEntry(plugin)},\n`).join('')}  },\n`);
  return [
    HEADER + SCHEMAS_HEAD,
    `export const entities: Readonly<Record<EntityName, EntityTable>> = {\n${entities.join('')}};\n`,
    '/** Validators of the params of plugins, by folder and id. */',
    "export const pluginParams: Readonly<Record<'rules' | 'channels' | 'sources' | 'engines', Readonly<Record<string, Validate>>>> = {",
    `${params.join('')}};\n`,
  ].join('\n');
}

function entityTable(spec: EntitySpec, { types }: Manifest): Omit<Schema, 'validate'> {
  const places = placesOf(rootField(spec), types);
  return {
    paths: pathsOf(spec),
    owner: spec.owner,
    format: spec.format,
    about: spec.about,
    keys: Object.fromEntries(
      places.filter(({ field }) => field.properties).map(({ at, field }) => [at, Object.keys(field.properties ?? {})]),
    ),
    references: places.filter(({ field }) => field.ref).map(({ at, field }) => ({ at, target: field.ref })),
  };
}

function paramsEntry(plugin: Plugin): string {
  const keys = Object.fromEntries(
    // Plugin schemas are plain JSON Schema, which the notation of fields contains.
    placesOf(plugin.params as Field, {})
      .filter(({ field }) => field.properties)
      .map(({ at, field }) => [at, Object.keys(field.properties ?? {})]),
  );
  return `${bareKey(plugin.id)}: checker(validators.${validatorName(plugin)}, ${literal(keys, '    ')})`;
}

export function validatorTypes(names: readonly string[]): string {
  return `${HEADER}export interface AjvError {
  /** JSON pointer to the value, such as /facts/0/id; the root is the empty text. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

export interface Validator {
  (value: unknown): boolean;
  readonly errors?: readonly AjvError[] | null;
}

${names.map((name) => `export const ${name}: Validator;\n`).join('')}`;
}

export function jobsText({ jobs }: Manifest): string {
  const rows = Object.entries(jobs)
    .map(([name, job]) => ({ name, ...job }))
    .sort((a, b) => a.order - b.order);
  return `${HEADER}import type { Effect } from '../core/contracts.ts';
import type { EntityName, StageName } from './entities.ts';

export interface Job {
  readonly name: string;
  readonly stage: StageName;
  readonly order: number;
  /** What one unit of the job is. */
  readonly scope: 'brand' | 'campaign';
  readonly reads: readonly EntityName[];
  /** Paths that its ChangeSets may touch; {brand} and {campaign} stand for the unit, ** for any path below. */
  readonly writes: readonly string[];
  readonly effects: readonly Effect['kind'][];
  /** write_ahead: intents are committed before the effects are performed. */
  readonly execution: 'batch' | 'write_ahead';
  readonly about: string;
}

/** In the order in which they run. */
export const jobs: readonly Job[] = ${literal(rows)};
`;
}

const INTERFACES: Readonly<Record<Exclude<Folder, 'stages'>, string>> = {
  rules: 'Rule',
  assets: 'AssetKind',
  channels: 'Channel',
  engines: 'Engine',
  sources: 'Source',
};

export function registryText(plugins: readonly Plugin[]): string {
  const tables = Object.entries(INTERFACES).map(([folder, type]) => {
    const own = plugins.filter((plugin) => plugin.folder === folder);
    const entries = own.map((plugin) => `  ${bareKey(plugin.id)}: ${registryEntry(plugin)},\n`);
    return `export const ${folder}: Registry<${type}> = {${entries.length > 0 ? '\n' : ''}${entries.join('')}};\n`;
  });
  const stages = plugins.filter(({ folder }) => folder === 'stages');
  return [
    `${HEADER}import type { AssetKind, Channel, Engine, JsonSchema, Rule, Source } from '../core/contracts.ts';\n`,
    `/** A plugin: what can be told without loading it, and how to load it. */
export interface Registered<T> {
  readonly about: string;
  /** Names of the environment variables it needs. */
  readonly env?: readonly string[];
  readonly params?: JsonSchema;
  readonly load: () => Promise<T>;
}

/** By id. */
export type Registry<T> = Readonly<Record<string, Registered<T>>>;
`,
    ...tables,
    `/** By name; each loads its stage. */\nexport const stages = {\n${stages.map((stage) => `  ${bareKey(stage.id)}: ${loader(stage)},\n`).join('')}};\n`,
  ].join('\n');
}

function registryEntry(plugin: Plugin): string {
  const data = (['about', 'env', 'params'] as const)
    .filter((key) => plugin[key] !== undefined)
    .map((key) => `    ${key}: ${literal(plugin[key], '    ')},\n`);
  return `{\n${data.join('')}    load: ${loader(plugin)},\n  }`;
}

const loader = ({ folder, file }: Plugin): string =>
  `() => import(${quote(`../${folder}/${file}.ts`)}).then((module) => module.${EXPORTS[folder]})`;
