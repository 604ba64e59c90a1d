import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFresh, sourceDigest, swapIn } from '../../scripts/build.mjs';

const repo = process.cwd();
let root: string;

const write = (path: string, content: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};

const put = (digest: string, files: Record<string, string>, options?: { clean: boolean }): string[] => {
  swapIn(root, new Map(Object.entries(files)), digest, options);
  return readdirSync(join(root, 'dist')).filter((name) => name !== '.stamp');
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mhub-build-'));
  write('package.json', '{"type":"module"}');
  write('package-lock.json', '{}');
  write('src/main.ts', "if (process.argv[2]) await import('./lazy.ts').then(({ parts }) => console.log(parts));\n");
  write('src/lazy.ts', "import { parse } from 'yaml';\nexport const parts: string[] = parse('[late]');\n");
  mkdirSync(join(root, 'scripts'));
  copyFileSync(join(repo, 'scripts/build.mjs'), join(root, 'scripts/build.mjs'));
});

afterEach(() => rmSync(root, { recursive: true }));

test('dist is fresh for exactly the sources it was built from', () => {
  expect(isFresh(root)).toBe(false);
  put(sourceDigest(root), { 'main.js': '1' });
  expect(isFresh(root)).toBe(true);
  write('src/lazy.ts', 'export const parts = [];');
  expect(isFresh(root)).toBe(false);
});

test('tests and the generator do not make dist stale', () => {
  put(sourceDigest(root), { 'main.js': '1' });
  write('src/lazy.test.ts', '');
  write('src/testing/example.ts', '');
  write('src/gen/main.ts', '');
  expect(isFresh(root)).toBe(true);
});

test('a process that started from the old build still finds its chunks; the build after next removes them', () => {
  put('a', { 'main.js': 'a', 'lazy-a.js': '' });
  expect(put('b', { 'main.js': 'b', 'lazy-b.js': '' })).toEqual(['lazy-a.js', 'lazy-b.js', 'main.js']);
  expect(put('c', { 'main.js': 'c', 'lazy-c.js': '' })).toEqual(['lazy-b.js', 'lazy-c.js', 'main.js']);
});

test('what is packed holds nothing of earlier builds', () => {
  put('a', { 'main.js': 'a', 'lazy-a.js': '' });
  expect(put('b', { 'main.js': 'b', 'lazy-b.js': '' }, { clean: true })).toEqual(['lazy-b.js', 'main.js']);
});

test('the build runs without its sources and carries the licences of what it bundles', () => {
  symlinkSync(join(repo, 'node_modules'), join(root, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root });
  expect(isFresh(root)).toBe(true);
  rmSync(join(root, 'src'), { recursive: true });
  rmSync(join(root, 'node_modules'));
  expect(execFileSync(process.execPath, ['dist/main.js', 'lazy'], { cwd: root, encoding: 'utf8' })).toBe(
    "[ 'late' ]\n",
  );
  expect(existsSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'))).toBe(true);
});

test('where dist is fresh, prepare needs nothing installed', () => {
  put(sourceDigest(root), { 'main.js': '1' });
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root });
  expect(() => execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'pipe' })).toThrow(/npm ci/);
});
