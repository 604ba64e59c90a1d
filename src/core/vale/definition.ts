/** What a Vale rule may say: its keys, and reading them as leniently as Vale does. */
import type { JsonSchema } from '../contracts.ts';
import { closest } from '../suggest.ts';

/** A rule in Vale's own keys, as YAML gives it. */
export type ValeRule = Readonly<Record<string, unknown>>;

export const KINDS = [
  'existence',
  'substitution',
  'occurrence',
  'repetition',
  'consistency',
  'conditional',
  'capitalization',
  'metric',
  'readability',
  'spelling',
  'sequence',
] as const;

export type Kind = (typeof KINDS)[number];

type Shape = 'text' | 'texts' | 'flag' | 'number' | 'pairs' | 'steps' | 'action';

const COMMON = {
  extends: 'text',
  message: 'text',
  description: 'text',
  name: 'text',
  level: 'text',
  link: 'text',
  scope: 'texts',
  limit: 'number',
  action: 'action',
  matchcase: 'flag',
} as const satisfies Record<string, Shape>;

const OF_KIND = {
  existence: {
    tokens: 'texts',
    raw: 'texts',
    exceptions: 'texts',
    append: 'flag',
    ignorecase: 'flag',
    nonword: 'flag',
    vocab: 'flag',
  },
  substitution: {
    swap: 'pairs',
    exceptions: 'texts',
    ignorecase: 'flag',
    nonword: 'flag',
    vocab: 'flag',
    capitalize: 'flag',
    pos: 'text',
  },
  occurrence: { token: 'text', max: 'number', min: 'number', ignorecase: 'flag' },
  repetition: {
    tokens: 'texts',
    max: 'number',
    ignorecase: 'flag',
    alpha: 'flag',
    vocab: 'flag',
    exceptions: 'texts',
  },
  consistency: { either: 'pairs', nonword: 'flag', ignorecase: 'flag' },
  conditional: { first: 'text', second: 'text', exceptions: 'texts', ignorecase: 'flag', vocab: 'flag' },
  capitalization: {
    match: 'text',
    style: 'text',
    exceptions: 'texts',
    indicators: 'texts',
    threshold: 'number',
    vocab: 'flag',
    prefix: 'text',
  },
  metric: { formula: 'text', condition: 'text' },
  readability: { metrics: 'texts', grade: 'number' },
  spelling: {
    custom: 'flag',
    filters: 'texts',
    ignore: 'texts',
    exceptions: 'texts',
    dicpath: 'text',
    dictionaries: 'texts',
    aff: 'text',
    dic: 'text',
    append: 'flag',
    threshold: 'number',
  },
  sequence: { tokens: 'steps', ignorecase: 'flag', exceptions: 'texts' },
} as const satisfies Record<Kind, Record<string, Shape>>;

/** Without these a rule of the kind says nothing. */
const REQUIRED: Readonly<Record<Kind, readonly string[]>> = {
  existence: [],
  substitution: ['swap'],
  occurrence: ['token'],
  repetition: ['tokens'],
  consistency: ['either'],
  conditional: ['first', 'second'],
  capitalization: ['match'],
  metric: ['formula', 'condition'],
  readability: ['metrics', 'grade'],
  spelling: [],
  sequence: ['tokens'],
};

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isTexts = (value: unknown): boolean => isScalar(value) || (Array.isArray(value) && value.every(isScalar));

const FITS: Readonly<Record<Shape, (value: unknown) => boolean>> = {
  text: isScalar,
  texts: isTexts,
  flag: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  pairs: (value) => isRecord(value) && Object.values(value).every(isScalar),
  steps: (value) => Array.isArray(value) && value.every(isRecord),
  action: (value) => isRecord(value) && isScalar(value['name']) && isTexts(value['params'] ?? []),
};

const EXPECTED: Readonly<Record<Shape, string>> = {
  text: 'a text',
  texts: 'a list of texts',
  flag: 'true or false',
  number: 'a number',
  pairs: 'pairs of texts',
  steps: 'a list of tokens with pattern, skip or negate',
  action: 'name and params',
};

/** Shape -> JSON Schema of it. */
const SCHEMAS: Readonly<Record<Shape, JsonSchema>> = {
  text: { type: 'string' },
  texts: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  flag: { type: 'boolean' },
  number: { type: 'number' },
  pairs: { type: 'object', additionalProperties: { type: 'string' } },
  steps: { type: 'array' },
  action: {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: { name: { type: 'string' }, params: { type: 'array', items: { type: 'string' } } },
  },
};

/** Schema of a rule of any kind; which key belongs to which kind is told by `keyProblems`. */
export const valeSchema: JsonSchema = {
  type: 'object',
  required: ['extends', 'message'],
  additionalProperties: false,
  properties: Object.fromEntries(
    // Last, tokens are those of a sequence: a list of anything.
    [COMMON, ...Object.values(OF_KIND)]
      .flatMap((keys): [string, Shape][] => Object.entries(keys))
      .map(([key, shape]) => [key, SCHEMAS[shape]]),
  ),
};

const shapesOf = (kind: Kind): Readonly<Record<string, Shape>> => ({ ...COMMON, ...OF_KIND[kind] });

export const kindOf = (rule: ValeRule): Kind | undefined => KINDS.find((kind) => kind === rule['extends']);

function kindProblem(written: unknown): string {
  if (written === 'script') return 'extends: script runs code of the rule: use a rule of type expr';
  const shown = typeof written === 'string' ? `"${written}"` : 'missing';
  const near = typeof written === 'string' ? closest(written, KINDS) : undefined;
  return `extends is ${shown}, expected ${near === undefined ? `one of ${KINDS.join(', ')}` : `"${near}"`}`;
}

/** Keys that are unknown, missing or of the wrong shape. */
export function keyProblems(rule: ValeRule): string[] {
  const kind = kindOf(rule);
  if (!kind) return [kindProblem(rule['extends'])];
  const shapes = shapesOf(kind);
  const wrong = Object.entries(rule).flatMap(([key, value]) => {
    const shape = shapes[key];
    if (shape === undefined) {
      const near = closest(key, Object.keys(shapes));
      return [`${key} is no key of ${kind}${near === undefined ? '' : `; did you mean ${near}?`}`];
    }
    return FITS[shape](value) ? [] : [`${key} is to be ${EXPECTED[shape]}`];
  });
  const missing = ['message', ...REQUIRED[kind]].filter((key) => rule[key] === undefined);
  return [...wrong, ...missing.map((key) => `${key} is missing`)];
}

export const textAt = (rule: ValeRule, key: string): string => {
  const value = rule[key];
  return isScalar(value) ? String(value) : '';
};

export const textsAt = (rule: ValeRule, key: string): string[] => {
  const value = rule[key];
  return (Array.isArray(value) ? value : [value]).filter(isScalar).map(String);
};

export const flagAt = (rule: ValeRule, key: string, otherwise = false): boolean => {
  const value = rule[key];
  return typeof value === 'boolean' ? value : otherwise;
};

export const numberAt = (rule: ValeRule, key: string): number | undefined => {
  const value = rule[key];
  return typeof value === 'number' ? value : undefined;
};

export const pairsAt = (rule: ValeRule, key: string): [string, string][] => {
  const value = rule[key];
  return isRecord(value) ? Object.entries(value).map(([from, to]) => [from, isScalar(to) ? String(to) : '']) : [];
};

/** The tokens of a sequence. */
export const stepsAt = (rule: ValeRule, key: string): ValeRule[] => {
  const value = rule[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
};

export interface Action {
  readonly name: string;
  readonly params: readonly string[];
}

export const actionOf = (rule: ValeRule): Action | undefined => {
  const action = rule['action'];
  return isRecord(action) ? { name: textAt(action, 'name'), params: textsAt(action, 'params') } : undefined;
};
