/** What nobody may see, looked for in everything that runs have printed and left behind, every commit included. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Traces {
  /** With everything below them: files as they are, and each object of each repository, reachable or not. */
  readonly folders: readonly string[];
  readonly said: readonly string[];
}

/** Characters of base64 that depend on so many bytes before the value. */
const BEGUN = [0, 2, 3] as const;

/** However many bytes stand before and after it; what depends on those is left out. */
const inBase64 = (value: string): string[] =>
  BEGUN.map((begun, bytes) => {
    const encoded = Buffer.from(' '.repeat(bytes) + value).toString('base64');
    return encoded.slice(begun).replace(/.=+$/, '');
  });

/** A key has lines, which may have been joined in any way. */
const partsOf = (value: string): string[] => {
  const lines = value.split(/\\n|\n/).filter((line) => line !== '' && !line.startsWith('-----'));
  return lines.length > 1 ? lines.filter((line) => line.length >= 32) : lines;
};

const spellingsOf = (value: string): string[] =>
  partsOf(value)
    .flatMap((part) => [part, encodeURIComponent(part), Buffer.from(part).toString('hex'), ...inBase64(part)])
    .map((spelling) => Buffer.from(spelling).toString('latin1').toLowerCase());

const isRepository = (folder: string): boolean =>
  existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects'));

function objectsOf(repository: string): Buffer {
  const args = ['--git-dir', repository, 'cat-file', '--batch-all-objects', '--batch', '--buffer'];
  return execFileSync('git', args, { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] });
}

function* tracesIn(folder: string): Generator<readonly [where: string, content: Buffer]> {
  if (isRepository(folder)) yield [`a commit in ${folder}`, objectsOf(folder)];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* tracesIn(path);
    else if (entry.isFile()) yield [path, readFileSync(path)];
  }
}

/**
 * Case does not matter, and spellings of URLs, base64 and hex count as well.
 *
 * @param secrets  by a name that may be told: what is found is not quoted
 */
export function leaksIn({ folders, said }: Traces, secrets: Readonly<Record<string, string>>): string[] {
  const spellings = Object.entries(secrets).map(([name, value]) => [name, spellingsOf(value)] as const);
  for (const [name, all] of spellings) if (all.length === 0) throw new RangeError(`${name} is empty`);
  function* traces(): Generator<readonly [where: string, content: Buffer]> {
    for (const text of said) yield ['what was printed', Buffer.from(text)];
    for (const folder of folders) yield* tracesIn(folder);
  }
  return [...traces()].flatMap(([where, content]) => {
    const text = content.toString('latin1').toLowerCase();
    const found = spellings.filter(([, all]) => all.some((spelling) => text.includes(spelling)));
    return found.map(([name]) => `${where} has ${name}`);
  });
}
