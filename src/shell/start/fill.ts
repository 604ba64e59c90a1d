/** A file of the starter becomes one of a workspace: texts filled in, references settled, keys explained. */
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { Usage } from '../../core/errors.ts';
import { type EntityDoc, entityDocs } from '../../generated/docs.ts';
import type { EntityName } from '../../generated/entities.ts';
import { entities } from '../../generated/schemas.ts';
import { wordOf } from './words.ts';

export interface Filling {
  readonly entity: EntityName;
  /** Where the file will lie. */
  readonly path: string;
  /** What stands for {{name}} and the like; data, whatever is in it. */
  readonly values: Readonly<Record<string, string>>;
  /** Ids that references may name, by entity or by fact and pain; references to others are left as they are. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** Keys that take the place of those in the file, or are added; undefined takes the key out. */
  readonly set?: Readonly<Record<string, unknown>>;
}

const PACKAGE = 'mhub-engine';

/** AudienceSegment -> audience-segment */
const kebab = (name: string): string => name.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();

/** The line that tells editors the schema, in the installed package. */
export const schemaLine = (path: string, schema: string): string =>
  `# yaml-language-server: $schema=${'../'.repeat(path.split('/').length - 1)}node_modules/${PACKAGE}/schemas/${schema}`;

/** Of a file of the package, which names the schema in the package's own repository. */
export const withSchemaLine = (path: string, text: string): string =>
  text.replace(/^# yaml-language-server: \$schema=\S*\/([\w.-]+)$/m, (_, schema: string) => schemaLine(path, schema));

/** @throws Usage when a reference needs something that the workspace does not have yet */
export function fillStarter(text: string, { entity, path, values, targets, set = {} }: Filling): string {
  const document = parseDocument(text);
  replaceTokens(document, values);
  for (const { at, target } of entities[entity].references) {
    const ids = targets[target];
    if (ids) settle(document.contents, at.split('/').slice(1), { ids, target });
  }
  for (const [key, value] of Object.entries(set)) {
    if (value === undefined) document.delete(key);
    else document.set(key, document.createNode(value));
  }
  explainKeys(document, docOf(entity));
  const yaml = document.toString({ lineWidth: 0, flowCollectionPadding: true });
  return `${schemaLine(path, `${kebab(entity)}.schema.json`)}\n${yaml}`;
}

function docOf(entity: EntityName): EntityDoc {
  const doc = entityDocs.find(({ name }) => name === entity);
  if (!doc) throw new RangeError(`no entity ${entity}`);
  return doc;
}

/** In one go, so that what is filled in is never read as a token. */
function replaceTokens(document: Document, values: Filling['values']): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('{{')) return;
      node.value = node.value.replace(/\{\{(\w+)\}\}/g, (token, name: string) => values[name] ?? token);
      // Quotes where the text needs them, and nowhere else.
      node.type = 'PLAIN';
    },
  });
}

interface Aim {
  readonly ids: readonly string[];
  readonly target: string;
}

/** Follows a place such as outcomes/*\/facts/* and replaces ids that name nothing. */
function settle(node: unknown, [part, ...rest]: readonly string[], aim: Aim): void {
  if (part === '*' && isSeq(node)) {
    if (rest.length === 0) settleList(node.items, aim);
    else for (const item of node.items) settle(item, rest, aim);
  } else if (part !== undefined && isMap<Scalar<string>, unknown>(node)) {
    const pair = node.items.find(({ key }) => key.value === part);
    if (!pair) return;
    if (rest.length > 0) settle(pair.value, rest, aim);
    else if (isScalar(pair.value) && !aim.ids.includes(String(pair.value.value))) pair.value.value = first(aim);
  }
}

function settleList(items: unknown[], aim: Aim): void {
  const known = items.filter((item) => isScalar(item) && aim.ids.includes(String(item.value)));
  // A wording that rests on no known fact rests on none.
  if (known.length > 0 || aim.target === 'fact') items.splice(0, items.length, ...known);
  else {
    first(aim);
    items.splice(0, items.length, ...(aim.target === 'pain' ? aim.ids.slice(0, 1) : aim.ids));
  }
}

/** What is written inside of another file, and in whose. */
const WRITTEN_IN: Readonly<Record<string, string>> = { fact: 'brand', pain: 'segment' };

function first({ ids, target }: Aim): string {
  const [id] = ids;
  if (id !== undefined) return id;
  const word = wordOf(target);
  const written = WRITTEN_IN[target] ?? word;
  throw new Usage(`there is no ${word} yet that it could name: run "mhub new ${written} <id>" first`);
}

// ---- comments -------------------------------------------------------------------------------------------------------

const WIDEST = 118;

/** Says beside each key, where it first appears, what it is for; and at the end, which keys there are beyond those. */
function explainKeys(document: Document, { fields }: EntityDoc): void {
  const about = new Map(fields.map((field) => [field.place, field.about]));
  const told = new Set<string>();
  const walk = (node: unknown, place: string, depth: number): void => {
    if (isSeq(node)) for (const item of node.items) walk(item, `${place}[]`, depth + 1);
    if (!isMap<Scalar<string>, unknown>(node) || node.flow) return;
    for (const pair of node.items) {
      const at = place === '' ? pair.key.value : `${place}.${pair.key.value}`;
      const text = about.get(at);
      if (text !== undefined && text !== '' && pair.key.value !== 'id' && !told.has(at)) explainPair(pair, text, depth);
      told.add(at);
      walk(pair.value, at, depth + 1);
    }
  };
  walk(document.contents, '', 0);
  const present = new Set((document.contents as YAMLMap<Scalar<string>>).items.map(({ key }) => key.value));
  const more = fields.filter(({ place }) => /^\w+$/.test(place) && !present.has(place));
  if (more.length === 0) return;
  document.comment = [
    ' More keys that it may have:',
    ...more.map(({ place, about: what }) => `   ${place}: ${what}`),
  ].join('\n');
}

function explainPair({ key, value }: Pair<Scalar<string>, unknown>, text: string, depth: number): void {
  const room = WIDEST - 2 * depth - key.value.length - text.length - 6;
  if (isScalar(value) && String(value.value).length <= room) value.comment = ` ${text}`;
  else key.commentBefore = [key.commentBefore, ` ${text}`].filter((line) => line != null).join('\n');
}
