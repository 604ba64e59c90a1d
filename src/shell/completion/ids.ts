/** Ids of a workspace by the names of its files; nothing is parsed, because a completion has to be quick. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nearest folder above with a workspace. */
export function workspaceAbove(folder: string): string | undefined {
  if (existsSync(join(folder, 'mhub.yaml'))) return folder;
  const above = dirname(folder);
  return above === folder ? undefined : workspaceAbove(above);
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** @param pattern  of an entity, such as brands/{brand}/channels/{channel}.yaml: what its last placeholder can be */
export function idsAt(root: string, pattern: string): string[] {
  const parts = pattern.split('/');
  const last = parts.findLastIndex((part) => part.startsWith('{'));
  const suffix = (parts[last] ?? '').replace(/^\{\w+\}/, '');
  const folders = parts
    .slice(0, last)
    .reduce<string[]>(
      (found, part) =>
        found.flatMap((folder) => (part.startsWith('{') ? namesIn(folder) : [part]).map((name) => join(folder, name))),
      [root],
    );
  const rest = parts.slice(last + 1);
  const ids = folders.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.endsWith(suffix) && existsSync(join(folder, name, ...rest)))
      .map((name) => name.slice(0, name.length - suffix.length)),
  );
  return [...new Set(ids)].sort();
}
