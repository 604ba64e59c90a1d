/** Manifest -> TypeScript types. */
import { type Field, type Manifest, rootField } from './manifest.ts';
import { bareKey, docComment, HEADER, quote } from './text.ts';

/** Text of src/generated/entities.ts: an interface per entity and a type per shared type. */
export function entitiesText({ types, entities }: Manifest): string {
  const shared = Object.entries(types).map(([name, field]) => declaration(name, field, types));
  const own = Object.entries(entities).map(([name, entity]) => declaration(name, rootField(entity), types));
  const names = Object.keys(entities);
  const table = names.map((name) => `  readonly ${name}: ${name};\n`).join('');
  return [
    HEADER,
    ...shared,
    ...own,
    `/** Entity name -> type of one file (yaml) or line (jsonl) of it. */\nexport interface Entities {\n${table}}\n`,
    'export type EntityName = keyof Entities;\n',
  ].join('\n');
}

type Types = Manifest['types'];

function declaration(name: string, field: Field, types: Types): string {
  const doc = docComment(field.description);
  return field.properties
    ? `${doc}export interface ${name} ${objectType(field.properties, '', types)}\n`
    : `${doc}export type ${name} = ${typeOf(field, '', types)};\n`;
}

function objectType(properties: Readonly<Record<string, Field>>, indent: string, types: Types): string {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([key, field]) => {
    const doc = docComment(field.description ?? (field.use ? types[field.use]?.description : undefined), inner);
    return `${doc}${inner}readonly ${bareKey(key)}${field.optional ? '?' : ''}: ${typeOf(field, inner, types)};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

function typeOf(field: Field, indent: string, types: Types): string {
  if (field.use) {
    if (!field.required) return field.use;
    return `${field.use} & Required<Pick<${field.use}, ${field.required.map(quote).join(' | ')}>>`;
  }
  if (field.const !== undefined)
    return typeof field.const === 'string' ? quote(field.const) : JSON.stringify(field.const);
  if (field.enum) return field.enum.map(quote).join(' | ');
  switch (field.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return arrayOf(field.items ? typeOf(field.items, indent, types) : 'unknown');
    case 'object':
      return field.properties ? objectType(field.properties, indent, types) : 'Readonly<Record<string, unknown>>';
    default:
      return 'string';
  }
}

const arrayOf = (item: string): string =>
  / [&|] /.test(item) && !item.startsWith('{') ? `readonly (${item})[]` : `readonly ${item}[]`;
