/** The files of a scenario's repository. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { Git } from './facts.ts';
import { filesIn } from './scenario.ts';

/** Where a scenario goes on: its repository, or a clone of it. */
export interface Place {
  readonly root: string;
  readonly remote: string | undefined;
  readonly git: Git;
}

/** A path; one with a * stands for the only file that it fits. */
export function pathIn({ root }: Place, path: string): string {
  const [start = '', end] = path.split('*');
  if (end === undefined) return path;
  const folder = dirname(path);
  const paths = Object.keys(filesIn(join(root, folder))).map((name) => `${folder}/${name}`);
  const found = paths.filter((one) => one.startsWith(start) && one.endsWith(end));
  expect(found, path).toHaveLength(1);
  return found[0] ?? path;
}

/** Empty when there is no such file. */
export function textOf(place: Place, path: string): string {
  const file = join(place.root, pathIn(place, path));
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

export function write({ root }: Place, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
