/** Everything that is generated, as a value: path -> content. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docsText } from './docs.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { findPlugins, idsByFolder, loadPlugin, type Plugin } from './plugins.ts';
import { editorSchema, type Schema } from './schemas.ts';
import { jobsText, registryText, schemasText, validatorName, validatorTypes } from './tables.ts';
import { HEADER, kebab } from './text.ts';
import { entitiesText } from './types.ts';
import { validatorsText } from './validators.ts';

/** Repo-relative path -> content. */
export type Generated = ReadonlyMap<string, string>;

const manifestText = (root: string): string => readFileSync(join(root, 'src/manifest.yaml'), 'utf8');

/** What follows from the manifest alone: enough for plugins to be loaded in a tree without generated files. */
export function generateBase(root: string): Generated {
  const text = manifestText(root);
  return filesOf(readManifest(text), text, []);
}

export async function generate(root: string): Promise<Generated> {
  const plugins = await Promise.all(findPlugins(join(root, 'src')).map((file) => loadPlugin(join(root, 'src'), file)));
  const text = manifestText(root);
  return filesOf(readManifest(text), text, plugins);
}

function filesOf(manifest: Manifest, text: string, plugins: readonly Plugin[]): Generated {
  const ids = idsByFolder(plugins);
  const params = new Map(
    plugins.flatMap((plugin) => (plugin.params ? [[validatorName(plugin), plugin.params] as const] : [])),
  );
  const yamlEntities = Object.keys(manifest.entities).filter((name) => manifest.entities[name]?.format === 'yaml');
  return new Map([
    ['src/generated/entities.ts', entitiesText(manifest)],
    ['src/generated/validators.js', validatorsText(manifest, ids, params)],
    ['src/generated/validators.d.ts', validatorTypes([...Object.keys(manifest.entities), ...params.keys()])],
    ['src/generated/schemas.ts', schemasText(manifest, plugins)],
    ['src/generated/jobs.ts', jobsText(manifest)],
    ['src/generated/registry.ts', registryText(plugins)],
    ['src/generated/docs.ts', docsText(manifest)],
    ['src/generated/digest.ts', digestText(text, ids, params)],
    ...yamlEntities.map(
      (name) => [`schemas/${kebab(name)}.schema.json`, schemaFile(editorSchema(name, manifest, ids))] as const,
    ),
  ]);
}

const schemaFile = (schema: Schema): string => `${JSON.stringify(schema, null, 2)}\n`;

function digestText(manifest: string, ids: object, params: ReadonlyMap<string, Schema>): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([manifest, ids, [...params]]))
    .digest('hex');
  return `${HEADER}/** SHA-256 of the manifest and the plugins' ids and params: what was valid under another digest must be checked again. */
export const schemaDigest = '${digest}';
`;
}
