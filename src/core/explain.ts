/** What a schema says against a value, in the words of somebody who writes YAML. */
import type { SchemaError, Validate } from '../generated/schemas.ts';
import { type Document, type Pointer, shorten } from './documents.ts';
import type { Problem } from './errors.ts';
import { closest, expectedOneOf } from './suggest.ts';

/** schedule[0].weekly[1]; the root is "the file". */
export function nameOf(pointer: Pointer): string {
  const name = pointer.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${segment}`)).join('');
  return name === '' ? 'the file' : name.replace(/^\./, '');
}

/** A value as it is shown in a message. */
export function show(value: unknown): string {
  if (value === null || value === '') return 'empty';
  if (typeof value === 'string') return `"${shorten(value.replace(/\s+/g, ' '))}"`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return String(value);
}

/** The manifest's patterns in words; a test keeps the table complete. */
const patternWords: Readonly<Record<string, string>> = {
  '^[a-z0-9][a-z0-9-]{0,62}$': 'lower-case letters, digits and hyphens, at most 63',
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{3})?Z$': 'an instant in UTC such as 2026-11-23T09:00:00Z',
  '^\\d{4}-\\d{2}-\\d{2}$': 'a day such as 2026-11-23',
  '^[0-9a-f]{64}$': 'a SHA-256 in lower-case hex',
  '^[0-9a-f]{16}$': '16 digits of lower-case hex',
  '^[0-9a-z]{10}$': 'an effect id of ten digits and lower-case letters',
  '^[A-Za-z0-9_-]{22}$': 'a keyed hash of 22 characters',
  '^#[0-9a-fA-F]{6}$': 'a colour such as #1a2b3c, in quotes',
  '^https?://[^\\s]+$': 'an address that starts with https:// or http://',
  '^\\d+(\\.\\d{2})?$': 'an amount such as "49" or "49.00"',
  '^[A-Z]{3}$': 'a currency code such as EUR',
  '^[a-z]{2,3}(-[A-Z][A-Za-z0-9]+)*$': 'a language tag such as en or en-GB',
  '^(https?://|/|#)[^\\s]*$': 'an address, a path such as /start/, or an anchor such as "#start"',
  '^(mon|tue|wed|thu|fri|sat|sun) ([01]\\d|2[0-3]):[0-5]\\d$': 'a weekday and a time such as "mon 09:00"',
  '^\\d+\\.\\d+\\.\\d+$': 'a version such as 1.0.0',
  '^[0-9a-f]{40,64}$': 'a commit or SHA-256 in lower-case hex',
  '^[A-Z]{2}(-[A-Z0-9]{1,3})?$': 'a country or region code such as DE or US-CA',
  '^[\\^~]?\\d+\\.\\d+\\.\\d+$': 'a version or a range such as ^1.0.0',
  '^([a-z]{2,3})(-[A-Za-z0-9]+)*(-\\*)?$': 'a language such as de, de-AT or de-*',
  '^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$': 'pack and rule such as base/plain-words',
  '^policies/styles/[A-Za-z0-9][\\w.-]*$': 'a folder such as policies/styles/Google',
  '^[a-z0-9][a-z0-9-]*/[a-zA-Z0-9][\\w.-]*$': 'pack and rule such as base/plain-words',
  '^([a-z0-9][a-z0-9-]*/)?[a-zA-Z0-9][\\w.-]*$':
    'a rule of the pack such as plain-words, or of another such as base/plain-words',
  '^templates/[A-Za-z0-9/._-]+\\.svg$': 'an SVG file such as templates/acme/logo.svg',
  '^[\\p{L}\\p{N}_]{2,40}$': 'a hashtag without its #, such as OpenSource',
  '^\\d+(\\.\\d{1,4})?$': 'an amount such as "5" or "0.25"',
  '^\\d+(\\.\\d+)?$': 'an amount such as "0.0125"',
  '^[A-Za-z0-9][\\w.-]*$': 'the name of a rule such as Weasel',
  '^\\d+:\\d+$': 'line and column such as "1:3", in quotes',
};

export const wordsOfPattern = (pattern: string): string => patternWords[pattern] ?? `text that matches ${pattern}`;

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'nothing',
};

export const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;

interface Found {
  readonly error: SchemaError;
  readonly pointer: Pointer;
  readonly value: unknown;
}

/** A wording per keyword of JSON Schema; keywords that are missing here keep the validator's own. */
const wordings: Readonly<Record<string, (found: Found, name: string) => string>> = {
  type: ({ error, value }, name) => {
    const types = [error.params.type].flat().map((type) => typeWords[String(type)] ?? String(type));
    // The one mistake that YAML makes for people: 1.0 and 49 are numbers until they are quoted.
    const quotes =
      types.includes('a text') && (typeof value === 'number' || typeof value === 'boolean') ? ', in quotes' : '';
    return `${name} is ${show(value)}, expected ${types.join(' or ')}${quotes}`;
  },
  enum: ({ error, value }, name) => {
    const choices = (error.params.allowedValues as readonly unknown[]).map(String);
    return `${name} is ${show(value)}${expectedOneOf(typeof value === 'string' ? value : '', choices, 'nothing')}`;
  },
  const: ({ error, value }, name) => `${name} is ${show(value)}, expected ${String(error.params.allowedValue)}`,
  pattern: ({ error, value }, name) =>
    `${name} is ${show(value)}, expected ${wordsOfPattern(String(error.params.pattern))}`,
  minLength: ({ error, value }, name) =>
    value === ''
      ? `${name} is empty, expected a text`
      : `${name} has ${count([...String(value)].length, 'character')}, expected at least ${String(error.params.limit)}`,
  maxLength: ({ error, value }, name) =>
    `${name} has ${count([...String(value)].length, 'character')}, expected at most ${String(error.params.limit)}`,
  minimum: ({ error, value }, name) => `${name} is ${show(value)}, expected at least ${String(error.params.limit)}`,
  maximum: ({ error, value }, name) => `${name} is ${show(value)}, expected at most ${String(error.params.limit)}`,
  exclusiveMinimum: ({ error, value }, name) =>
    `${name} is ${show(value)}, expected more than ${String(error.params.limit)}`,
  exclusiveMaximum: ({ error, value }, name) =>
    `${name} is ${show(value)}, expected less than ${String(error.params.limit)}`,
  minItems: ({ error, value }, name) =>
    `${name} has ${count((value as unknown[]).length, 'item')}, expected at least ${String(error.params.limit)}`,
  maxItems: ({ error, value }, name) =>
    `${name} has ${count((value as unknown[]).length, 'item')}, expected at most ${String(error.params.limit)}`,
  uniqueItems: ({ error }, name) =>
    `${name} has the same item at [${String(error.params.j)}] and [${String(error.params.i)}], expected each once`,
};

/**
 * The problems of one value of a document.
 *
 * @param base      where the value stands in the document
 * @param validate  the check that the errors came from
 */
export function explain(value: unknown, document: Document, base: Pointer, validate: Validate): Problem[] {
  const validation = validate(value);
  if (validation.ok) return [];
  const all = validation.errors.map((error): Found => ({ error, ...resolve(value, error.instancePath) }));
  const mistyped = new Set(all.flatMap((found) => meantKey(found) ?? []));
  return withoutNoise(all).flatMap((found) => {
    const { error, pointer } = found;
    const at = [...base, ...pointer];
    const problem = (where: Pointer, side: 'key' | 'value', message: string): Problem[] => [
      { file: document.path, ...document.locate(where, side), message },
    ];
    if (error.keyword === 'additionalProperties') {
      const key = String(error.params.additionalProperty);
      const expected = expectedOneOf(key, freeKeys(found), 'no other key');
      return problem([...at, key], 'key', `unknown key "${shorten(key)}"${expected}`);
    }
    if (error.keyword === 'required') {
      const key = String(error.params.missingProperty);
      if (mistyped.has(placeKey(error.instancePath, key))) return [];
      const parent = at.length === 0 ? '' : ` in ${nameOf(at)}`;
      return problem(at, 'key', `key "${key}" is missing${parent}, expected it here`);
    }
    if (error.keyword === 'oneOf' || error.keyword === 'anyOf') {
      return problem(at, 'value', alternatives(found, all, nameOf(at), value, validate));
    }
    const wording = wordings[error.keyword];
    const message =
      wording?.(found, nameOf(at)) ?? `${nameOf(at)} is ${show(found.value)}: it ${error.message ?? 'is wrong'}`;
    return problem(at, found.value === null ? 'key' : 'value', message);
  });
}

const placeKey = (instancePath: string, key: string): string => `${instancePath}\n${key}`;

/** Keys that the schema knows and that are not there yet. */
const freeKeys = ({ error, value }: Found): string[] =>
  (error.keys ?? []).filter((key) => typeof value !== 'object' || value === null || !Object.hasOwn(value, key));

/** The missing key that an unknown one was probably meant to be: saying both would be noise. */
function meantKey(found: Found): string | undefined {
  if (found.error.keyword !== 'additionalProperties') return undefined;
  const meant = closest(String(found.error.params.additionalProperty), freeKeys(found));
  return meant === undefined ? undefined : placeKey(found.error.instancePath, meant);
}

/** One mistake, one message: drops what alternatives say one by one, and a type beside the choices that imply it. */
function withoutNoise(all: readonly Found[]): Found[] {
  const choices = all.filter(({ error }) => error.keyword === 'oneOf' || error.keyword === 'anyOf');
  const listed = new Set(
    all
      .filter(({ error }) => error.keyword === 'enum' || error.keyword === 'const')
      .map(({ error }) => error.instancePath),
  );
  return all.filter(({ error }) => {
    if (choices.some((choice) => isBranchOf(error, choice.error))) return false;
    return !(error.keyword === 'type' && listed.has(error.instancePath));
  });
}

const isBranchOf = (error: SchemaError, choice: SchemaError): boolean =>
  error.schemaPath.startsWith(`${choice.schemaPath}/`) && error.instancePath.startsWith(choice.instancePath);

function alternatives(choice: Found, all: readonly Found[], name: string, root: unknown, validate: Validate): string {
  const branches = all.filter(({ error }) => isBranchOf(error, choice.error));
  const passing = choice.error.params.passingSchemas;
  if (Array.isArray(passing)) {
    return `${name} has ${excludingKeys(choice, root, validate).join(' and ')}, expected only one of them`;
  }
  const keys = branches
    .filter(({ error }) => error.keyword === 'required')
    .map(({ error }) => String(error.params.missingProperty));
  if (keys.length === branches.length && keys.length > 0) {
    return `${name} has none of ${keys.join(', ')}, expected ${choice.error.keyword === 'oneOf' ? 'exactly' : 'at least'} one`;
  }
  const own = branches.filter(({ error }) => error.instancePath === choice.error.instancePath);
  const types = own
    .filter(({ error }) => error.keyword === 'type')
    .map(({ error }) => typeWords[String(error.params.type)]);
  return `${name} is ${show(choice.value)}, expected ${types.length > 0 ? types.join(' or ') : 'one of its other forms'}`;
}

/** Keys of which any one, taken away, ends the conflict: the validator knows them, its errors do not name them. */
function excludingKeys({ error, pointer, value }: Found, root: unknown, validate: Validate): string[] {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const decisive = keys.filter((key) => {
    const without = validate(removed(root, [...pointer, key]));
    return (
      without.ok ||
      !without.errors.some(
        (other) => other.schemaPath === error.schemaPath && other.instancePath === error.instancePath,
      )
    );
  });
  return decisive.length > 0 ? decisive : keys;
}

function removed(value: unknown, pointer: Pointer): unknown {
  const [segment, ...rest] = pointer;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === segment ? removed(item, rest) : item));
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([key, member]: [string, unknown]) => {
      if (key !== segment) return [[key, member]];
      return rest.length === 0 ? [] : [[key, removed(member, rest)]];
    }),
  );
}

/** A JSON pointer with the value that it leads to; indexes of lists as numbers. */
function resolve(root: unknown, instancePath: string): { readonly pointer: Pointer; readonly value: unknown } {
  let value = root;
  const pointer: (string | number)[] = [];
  for (const part of instancePath.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    pointer.push(Array.isArray(value) ? Number(key) : key);
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return { pointer, value };
}
