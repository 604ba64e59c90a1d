/** GitHub's own description of its REST API, trimmed: which calls there are, and what may be asked and answered. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Schema = Readonly<Record<string, unknown>>;

interface Described {
  readonly id: string;
  readonly method: string;
  /** /repos/{owner}/{repo}/issues */
  readonly path: string;
  readonly query: Readonly<Record<string, Schema>>;
  readonly request?: Schema;
  readonly responses: Readonly<Record<string, Schema>>;
}

interface Trimmed {
  readonly source: string;
  readonly operations: readonly Described[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

const text = readFileSync(new URL('trim.json', import.meta.url), 'utf8');
export const description = JSON.parse(text) as Trimmed;

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'github', ...description });
const compiled = new Map<string, ValidateFunction>();

/** @returns  what is wrong with the value, or an empty text */
function complaint(pointer: string, value: unknown): string {
  const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `github#${pointer}` });
  compiled.set(pointer, validate);
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

export interface Operation {
  readonly id: string;
  /** {issue_number} -> 7 */
  readonly parameters: Readonly<Record<string, string>>;
  /** @returns  what is wrong with the body, or an empty text */
  requestComplaint(body: unknown): string;
  /** @throws Error when GitHub could not answer like this: a mistake of the server */
  requireResponse(status: number, body: unknown): void;
  knowsQuery(name: string): boolean;
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);

const described = description.operations.map((operation, index) => ({
  operation,
  index,
  pattern: patternOf(operation.path),
}));

export function operationAt(method: string, path: string): Operation | undefined {
  const found = described.find(({ operation, pattern }) => operation.method === method && pattern.test(path));
  if (!found) return undefined;
  const { operation, index, pattern } = found;
  return {
    id: operation.id,
    parameters: pattern.exec(path)?.groups ?? {},
    requestComplaint: (body) => (operation.request ? complaint(`/operations/${index}/request`, body) : ''),
    requireResponse(status, body) {
      if (!operation.responses[status]) throw new Error(`${operation.id} never answers ${status}`);
      const wrong = complaint(`/operations/${index}/responses/${status}`, body);
      if (wrong !== '') throw new Error(`${operation.id} does not answer ${status} like this: ${wrong}`);
    },
    knowsQuery: (name) => name in operation.query,
  };
}

const WORTHLESS: Readonly<Record<string, unknown>> = {
  string: '',
  integer: 0,
  number: 0,
  boolean: false,
  null: null,
  array: [],
};

const schemaNamed = (ref: string): Schema => description.schemas[ref.slice('#/schemas/'.length)] ?? {};

/** The least that a schema accepts: required properties alone, each as empty as can be. */
export function least(schema: Schema): unknown {
  const {
    $ref,
    anyOf,
    oneOf,
    allOf,
    type,
    enum: values,
    properties,
    required,
  } = schema as {
    $ref?: string;
    anyOf?: readonly Schema[];
    oneOf?: readonly Schema[];
    allOf?: readonly Schema[];
    type?: string | readonly string[];
    enum?: readonly unknown[];
    properties?: Readonly<Record<string, Schema>>;
    required?: readonly string[];
  };
  if ($ref !== undefined) return least(schemaNamed($ref));
  const choices = anyOf ?? oneOf;
  if (choices) return choices.some((one) => one['type'] === 'null') ? null : least(choices[0] ?? {});
  if (allOf) return Object.assign({}, ...allOf.map(least)) as unknown;
  if (values) return values[0];
  const types = [type ?? (properties ? 'object' : 'null')].flat();
  if (types.includes('null')) return null;
  const [first = 'null'] = types;
  if (first !== 'object') return WORTHLESS[first];
  return Object.fromEntries((required ?? []).map((name) => [name, least(properties?.[name] ?? {})]));
}

export const leastOf = (name: string): Readonly<Record<string, unknown>> =>
  least(schemaNamed(`#/schemas/${name}`)) as Readonly<Record<string, unknown>>;
