/** Manifest -> JSON Schema (draft 2020-12), and what error messages need beside it. */
import { BOUNDS, type Field, type Manifest, rootField } from './manifest.ts';
import { kebab } from './text.ts';

export type Schema = Readonly<Record<string, unknown>>;
/** Plugin folder -> ids found in it. */
export type PluginIds = Readonly<Record<string, readonly string[]>>;

interface Options {
  readonly plugins: PluginIds;
  /** $ref of a shared type. */
  readonly refTo: (type: string) => string;
}

export function schemaOf(field: Field, options: Options): Schema {
  const ids = field.plugin ? (options.plugins[field.plugin] ?? []) : [];
  const bounds = Object.fromEntries(BOUNDS.filter((key) => field[key] !== undefined).map((key) => [key, field[key]]));
  return {
    ...(field.description !== undefined && { description: field.description }),
    ...(field.use !== undefined && { $ref: options.refTo(field.use) }),
    ...(field.type !== undefined && { type: field.type }),
    ...(field.const !== undefined && { const: field.const }),
    ...(field.enum !== undefined && { enum: field.enum }),
    // An empty enum would be no valid schema: a folder without plugins leaves the string free.
    ...(ids.length > 0 && { enum: ids }),
    ...bounds,
    ...(field.ref !== undefined && { 'x-ref': field.ref }),
    ...(field.items !== undefined && { items: schemaOf(field.items, options) }),
    ...(field.properties !== undefined && objectKeywords(field.properties, options)),
    ...(field.use !== undefined && field.required !== undefined && { type: 'object', required: field.required }),
    ...(field.oneOf !== undefined && { oneOf: field.oneOf }),
  };
}

function objectKeywords(properties: Readonly<Record<string, Field>>, options: Options): Schema {
  const entries = Object.entries(properties);
  return {
    properties: Object.fromEntries(entries.map(([key, field]) => [key, schemaOf(field, options)])),
    required: entries.filter(([, field]) => !field.optional).map(([key]) => key),
    additionalProperties: false,
  };
}

/** Schema of one entity for editors: whole in itself, with the shared types that it uses under $defs. */
export function editorSchema(name: string, manifest: Manifest, plugins: PluginIds): Schema {
  const entity = manifest.entities[name];
  if (!entity) throw new RangeError(`no entity ${name}`);
  const options: Options = { plugins, refTo: (type) => `#/$defs/${type}` };
  const root = rootField(entity);
  const used = usedTypes(root, manifest.types);
  const defs = Object.keys(manifest.types).filter((type) => used.has(type));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:mhub:schema:${kebab(name)}`,
    title: name,
    ...schemaOf(root, options),
    ...(defs.length > 0 && {
      $defs: Object.fromEntries(defs.map((type) => [type, schemaOf(manifest.types[type] as Field, options)])),
    }),
  };
}

function usedTypes(field: Field, types: Manifest['types']): ReadonlySet<string> {
  const inner = [...(field.items ? [field.items] : []), ...Object.values(field.properties ?? {})];
  const type = field.use ? types[field.use] : undefined;
  return new Set([
    ...(field.use ? [field.use] : []),
    ...(type ? usedTypes(type, types) : []),
    ...inner.flatMap((part) => [...usedTypes(part, types)]),
  ]);
}

/** A place in a document: JSON pointer with * for the items of an array; the root is the empty text. */
export interface Place {
  readonly at: string;
  readonly field: Field;
}

/** Every place of a document, with shared types taken apart. */
export function placesOf(field: Field, types: Manifest['types'], at = ''): Place[] {
  const whole: Field = field.use ? { ...types[field.use], ...field } : field;
  return [
    { at, field: whole },
    ...(whole.items ? placesOf(whole.items, types, `${at}/*`) : []),
    ...Object.entries(whole.properties ?? {}).flatMap(([key, inner]) => placesOf(inner, types, `${at}/${key}`)),
  ];
}
