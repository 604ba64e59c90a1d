/** Entities -> the field tables of the reference page. */
import { type EntitySpec, type Field, type Manifest, pathsOf, rootField } from './manifest.ts';
import { HEADER, literal } from './text.ts';

interface FieldDoc {
  readonly place: string;
  readonly type: string;
  readonly required: boolean;
  readonly about: string;
}

function resolve(field: Field, { types }: Manifest): Field {
  if (field.use === undefined) return field;
  const { use, ...own } = field;
  return { ...types[use], ...own };
}

/** What a person would call the type: "text", "list of text", "one of a, b". */
function typeOf(field: Field, manifest: Manifest): string {
  const { type, const: constant, enum: choices, items, ref, plugin } = resolve(field, manifest);
  if (constant !== undefined) return JSON.stringify(constant);
  if (choices) return choices.join(' \\| ');
  if (ref !== undefined) return `id of ${ref}`;
  if (plugin !== undefined) return `one of the ${plugin}`;
  if (type === 'array') return items ? `list of ${typeOf(items, manifest)}` : 'list';
  return type === 'string' ? 'text' : (type ?? 'any');
}

function rowsOf(field: Field, place: string, manifest: Manifest): FieldDoc[] {
  const { properties = {}, items, required = [] } = resolve(field, manifest);
  const inner = Object.entries(properties).flatMap(([key, property]) => {
    const at = place === '' ? key : `${place}.${key}`;
    const { description = '' } = resolve(property, manifest);
    const row = {
      place: at,
      type: typeOf(property, manifest),
      required: property.optional !== true || required.includes(key),
      about: description,
    };
    return [row, ...rowsOf(property, at, manifest)];
  });
  return items ? [...inner, ...rowsOf(items, `${place}[]`, manifest)] : inner;
}

const docOf = (name: string, entity: EntitySpec, manifest: Manifest) => ({
  name,
  paths: pathsOf(entity),
  owner: entity.owner,
  about: entity.about,
  fields: rowsOf(rootField(entity), '', manifest),
});

export function docsText(manifest: Manifest): string {
  const docs = Object.entries(manifest.entities).map(([name, entity]) => docOf(name, entity, manifest));
  return `${HEADER}
export interface EntityDoc {
  readonly name: string;
  readonly paths: readonly string[];
  readonly owner: 'people' | 'engine';
  readonly about: string;
  readonly fields: readonly {
    /** Key path; [] stands for the items of a list. */
    readonly place: string;
    readonly type: string;
    readonly required: boolean;
    readonly about: string;
  }[];
}

export const entityDocs: readonly EntityDoc[] = ${literal(docs)};
`;
}
