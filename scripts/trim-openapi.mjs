/**
 * Cuts GitHub's OpenAPI description down to the calls that mhub makes, for the server of the tests:
 *   npm install --prefix /tmp/openapi @octokit/openapi@23.0.2
 *   node scripts/trim-openapi.mjs /tmp/openapi/node_modules/@octokit/openapi
 * It writes src/testing/github/trim.json. The description is under the MIT licence, (c) GitHub.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OPERATIONS = [
  'pulls/list',
  'pulls/create',
  'pulls/get',
  'pulls/update',
  'pulls/merge',
  'issues/list-for-repo',
  'issues/create',
  'issues/update',
  'issues/create-comment',
  'repos/create-deployment',
  'repos/create-deployment-status',
  'code-scanning/upload-sarif',
];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** Says nothing about which values are right. */
const WORDS = ['description', 'example', 'examples', 'title', 'deprecated', 'externalDocs', 'x-github', 'default'];
const OUT = new URL('../src/testing/github/trim.json', import.meta.url);

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/trim-openapi.mjs <folder of @octokit/openapi>');
const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const spec = JSON.parse(readFileSync(join(folder, 'generated/api.github.com.json'), 'utf8'));

/** @type {(ref: string) => unknown} #/components/schemas/issue -> what stands there */
const resolve = (ref) =>
  ref
    .slice(2)
    .split('/')
    .reduce((at, part) => at[part], spec);

const named = new Map();

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @type {(value: unknown, ...path: string[]) => unknown} what stands under keys of keys; undefined where nothing does */
const under = (value, ...path) =>
  path.reduce((/** @type {unknown} */ at, key) => (isObject(at) ? at[key] : undefined), value);

/**
 * A schema as JSON Schema 2020-12, with every schema that it refers to under its own name.
 * @type {(value: unknown, isMap?: boolean) => unknown}  isMap: keys are names of properties, not keywords
 */
function schemaOf(value, isMap = false) {
  if (Array.isArray(value)) return value.map((one) => schemaOf(one));
  if (!isObject(value)) return value;
  if (typeof value.$ref === 'string') return { $ref: `#/schemas/${nameOf(value.$ref)}` };
  const { nullable, ...rest } = value;
  const kept = Object.entries(isMap ? value : rest).filter(([key]) => isMap || !WORDS.includes(key));
  const schema = Object.fromEntries(
    kept.map(([key, one]) => [
      key,
      ['enum', 'required'].includes(key) && !isMap ? one : schemaOf(one, key === 'properties'),
    ]),
  );
  if (isMap || nullable !== true) return schema;
  if (typeof schema.type !== 'string' || schema.enum) return { anyOf: [schema, { type: 'null' }] };
  return { ...schema, type: [schema.type, 'null'] };
}

/** @type {(ref: string) => string} */
function nameOf(ref) {
  const name = ref.split('/').at(-1) ?? '';
  if (!named.has(name)) {
    named.set(name, undefined);
    named.set(name, schemaOf(resolve(ref)));
  }
  return name;
}

/** @type {(value: unknown) => unknown} */
const bodyOf = (value) =>
  under(value, 'content', 'application/json', 'schema') ?? under(value, 'content', 'application/scim+json', 'schema');

/** @type {(value: unknown) => unknown} */
const followed = (value) => {
  const ref = under(value, '$ref');
  return typeof ref === 'string' ? resolve(ref) : value;
};

const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => OPERATIONS.includes(item[method]?.operationId)).map((method) => {
    const { operationId, parameters = [], requestBody, responses } = item[method];
    const request = bodyOf(followed(requestBody));
    /** @type {readonly unknown[]} */
    const all = parameters.map(followed);
    const query = all.filter((one) => under(one, 'in') === 'query');
    return {
      id: operationId,
      method: method.toUpperCase(),
      path,
      query: Object.fromEntries(query.map((one) => [String(under(one, 'name')), schemaOf(under(one, 'schema'))])),
      ...(request ? { request: schemaOf(request) } : {}),
      responses: Object.fromEntries(
        Object.entries(responses).map(([status, response]) => [status, schemaOf(bodyOf(followed(response)) ?? {})]),
      ),
    };
  }),
);
const missing = OPERATIONS.filter((id) => !operations.some((one) => one.id === id));
if (missing.length > 0) throw new Error(`not in the description: ${missing.join(', ')}`);

const source = `GitHub's OpenAPI description as in @octokit/openapi ${version} (${license}), trimmed by scripts/trim-openapi.mjs`;
const text = JSON.stringify({ source, operations, schemas: Object.fromEntries([...named].sort()) });
writeFileSync(OUT, `${text}\n`);
process.stdout.write(`${operations.length} operations, ${named.size} schemas, ${text.length} bytes\n`);
