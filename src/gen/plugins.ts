/** The plugins that stand in src/, found by scanning their folders. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginIds, Schema } from './schemas.ts';

/** Folder -> name of the export that every file of it has. */
export const EXPORTS = {
  stages: 'stage',
  rules: 'rule',
  assets: 'asset',
  channels: 'channel',
  engines: 'engine',
  sources: 'source',
} as const;

export type Folder = keyof typeof EXPORTS;
export const FOLDERS = Object.keys(EXPORTS) as readonly Folder[];

export interface PluginFile {
  readonly folder: Folder;
  /** File name without .ts. */
  readonly file: string;
}

/** What the registry tells of a plugin without loading it. */
export interface Plugin extends PluginFile {
  readonly id: string;
  readonly about?: string;
  readonly env?: readonly string[];
  readonly params?: Schema;
}

export function findPlugins(src: string): PluginFile[] {
  return FOLDERS.flatMap((folder) => {
    const dir = join(src, folder);
    const names = existsSync(dir) ? readdirSync(dir) : [];
    return names
      .filter((name) => name.endsWith('.ts') && !/\.(live\.)?test\.ts$/.test(name))
      .sort()
      .map((name) => ({ folder, file: name.slice(0, -'.ts'.length) }));
  });
}

/** @throws Error naming the file, when it cannot be loaded or does not export what its folder demands. */
export async function loadPlugin(src: string, { folder, file }: PluginFile): Promise<Plugin> {
  const place = `src/${folder}/${file}.ts`;
  const name = EXPORTS[folder];
  const loaded = await import(pathToFileURL(join(src, folder, `${file}.ts`)).href).catch((cause: unknown) => {
    throw new Error(`${place} cannot be loaded: ${String(cause)}`, { cause });
  });
  const plugin = loaded[name] as Record<string, unknown> | undefined;
  if (!plugin) throw new Error(`${place}: export const ${name} is missing`);
  const id = folder === 'stages' ? plugin.name : plugin.id;
  if (typeof id !== 'string' || id.replaceAll('_', '-') !== file.replaceAll('_', '-')) {
    throw new Error(
      `${place}: its ${folder === 'stages' ? 'name' : 'id'} is "${String(id)}", expected the file's name`,
    );
  }
  return {
    folder,
    file,
    id,
    ...(plugin.about !== undefined && { about: plugin.about as string }),
    ...(plugin.env !== undefined && { env: plugin.env as readonly string[] }),
    ...(plugin.params !== undefined && { params: plugin.params as Schema }),
  };
}

export const idsByFolder = (plugins: readonly Plugin[]): PluginIds =>
  Object.fromEntries(
    FOLDERS.map((folder) => [folder, plugins.filter((plugin) => plugin.folder === folder).map(({ id }) => id)]),
  );
