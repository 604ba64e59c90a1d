/** Schemas -> standalone validator code: nothing is compiled at run time. */
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { type Manifest, rootField } from './manifest.ts';
import { type PluginIds, type Schema, schemaOf } from './schemas.ts';
import { HEADER } from './text.ts';

/** What ajv's code asks of its package, said in a line each, so that the code stands alone as an ES module. */
const RUNTIME = {
  'require("ajv/dist/runtime/ucs2length").default':
    '(text) => { let length = 0; for (const _ of text) length++; return length; }',
  'require("ajv/dist/runtime/equal").default': 'isDeepStrictEqual',
} as const;

/** Ajv writes these six lines at each of its errors: two thirds of the code, which every start would parse. */
const PUSH =
  /const (err\d+) = (.*);\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\n/g;
const PUSH_FUNCTION =
  'const push = (errors, error) => { if (errors === null) return [error]; errors.push(error); return errors; };\n';

const TYPES = 'urn:mhub:types';

/**
 * @param params  export name -> params schema of a plugin
 * @returns       text of src/generated/validators.js, one exported function per entity and per plugin
 */
export function validatorsText(manifest: Manifest, plugins: PluginIds, params: ReadonlyMap<string, Schema>): string {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    // Where a shared type is used, `required` names properties that the type declares.
    strictRequired: false,
    // Small code: a shared type is one function, a list of required names one loop.
    inlineRefs: false,
    loopRequired: 2,
    code: { source: true, esm: true, lines: true },
  });
  ajv.addKeyword('x-ref');
  const options = { plugins, refTo: (type: string) => `${TYPES}#/$defs/${type}` };
  ajv.addSchema({
    $id: TYPES,
    $defs: Object.fromEntries(
      Object.entries(manifest.types).map(([name, field]) => [name, silent(schemaOf(field, options))]),
    ),
  });
  const schemas = new Map<string, Schema>([
    ...Object.entries(manifest.entities).map(([name, entity]) => [name, schemaOf(rootField(entity), options)] as const),
    ...params,
  ]);
  const ids: Record<string, string> = {};
  for (const [name, schema] of schemas) {
    ids[name] = `urn:mhub:${name}`;
    ajv.addSchema({ ...silent(schema), $id: ids[name] });
  }
  return HEADER + standAlone(standalone.default(ajv, ids));
}

/** Without descriptions: validators do not need them, and the code would carry them. */
const silent = (schema: Schema): Schema =>
  JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === 'description' && typeof value === 'string' ? undefined : value,
    ),
  ) as Schema;

function standAlone(code: string): string {
  let text = code.replace('"use strict";\n', '').replaceAll(PUSH, 'vErrors = push(vErrors, $2);\n');
  for (const [call, replacement] of Object.entries(RUNTIME)) text = text.replaceAll(call, replacement);
  const left = /require\([^)]*\)/.exec(text);
  if (left) throw new Error(`src/gen/validators.ts: ajv's code needs ${left[0]}: add a replacement to RUNTIME`);
  const imports = text.includes('isDeepStrictEqual') ? "import { isDeepStrictEqual } from 'node:util';\n" : '';
  return imports + PUSH_FUNCTION + text;
}
