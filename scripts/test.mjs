/**
 * `npm test`: sets up what is missing, then checks everything. Needs nothing but Node and npm, so that it works in a
 * fresh clone. Arguments go to vitest: npm test -- src/core
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = process.execPath;

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
const packagesOf = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;

/** Whether node_modules holds what the lock file names; packages for other platforms may be absent. */
function isInstalled() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version : optional === true;
  });
}

/**
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(name, command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status === 0) return;
  console.error(`\nnpm test: ${name} failed`);
  process.exit(status ?? 1);
}

/**
 * @param {string} name
 * @param {string} path
 * @param {readonly string[]} args
 */
const tool = (name, path, ...args) => run(name, node, [join(root, 'node_modules', path), ...args]);

/** Repositories of tests live for seconds: memory is the place for them, where there is enough of it. */
function memoryFolder() {
  const folder = '/dev/shm';
  if (process.env.TMPDIR || !existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= 4 * 2 ** 30 ? folder : undefined;
}

if (!isInstalled()) {
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  if (npm) run('npm ci', node, [npm, ...args]);
  else run('npm ci', 'npm', args);
}
run('gen', node, ['--import', 'tsx', 'src/gen/main.ts', '--check']);
run('build', node, ['scripts/build.mjs', '--if-stale']);
tool('lint', '@biomejs/biome/bin/biome', 'check', '--error-on-warnings');
tool('typecheck', 'typescript/bin/tsc', '-p', 'tsconfig.json');
tool('typecheck of src/gen', 'typescript/bin/tsc', '-p', 'src/gen/tsconfig.json');
tool('typecheck of bench', 'typescript/bin/tsc', '-p', 'bench/tsconfig.json');
const memory = memoryFolder();
if (memory) process.env.TMPDIR = memory;
tool('vitest', 'vitest/vitest.mjs', 'run', ...process.argv.slice(2));
