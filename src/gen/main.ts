/** `npm run gen` writes what is generated; `npm run gen -- --check` only says whether that is up to date. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Generated, generate, generateBase } from './generate.ts';

const FOLDERS = ['src/generated', 'schemas'];

const root = process.cwd();

const read = (path: string): string | undefined =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;

function write(files: Generated, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path) ?? '');
  }
}

const present = (): string[] =>
  FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );

function check(stale: readonly string[]): void {
  if (stale.length === 0) return;
  console.error(`generated files are stale: ${stale.join(', ')}\nrun: npm run gen`);
  process.exit(1);
}

const checking = process.argv.includes('--check');

// Plugins are loaded to read their params, and core, which they use, imports generated files.
const base = generateBase(root);
const missing = [...base.keys()].filter((path) => read(path) === undefined);
if (checking) check(missing);
write(base, missing);

const files = await generate(root);
const changed = [...files.keys()].filter((path) => read(path) !== files.get(path));
const stray = present().filter((path) => !files.has(path));
if (checking) check([...changed, ...stray]);
write(files, changed);
for (const path of stray) rmSync(join(root, path));
if (!checking) console.log(`${files.size} generated files: ${changed.length} changed, ${stray.length} removed`);
