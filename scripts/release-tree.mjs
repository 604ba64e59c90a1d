/**
 * Makes the commit that a release's tags name: HEAD with dist/, which is in no commit of the branch.
 *
 *   node scripts/release-tree.mjs                 makes it and says its id
 *   node scripts/release-tree.mjs --push origin   pushes its tags as well: v1.2.3, and v1 unless a later v1 is there
 *
 * Author and dates are those of HEAD, so that the same bundle makes the same commit, and a second try changes nothing.
 * A version that was released with another content is refused by the remote. Index and work tree stay as they are.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 */
const git = (args, env) =>
  execFileSync('git', args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();

/** @returns {string} */
function versionOfBundle() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bundled = execFileSync(process.execPath, [join(root, 'bin/mhub.js'), '--version'], { encoding: 'utf8' }).trim();
  if (bundled !== version) throw new Error(`dist/ is of ${bundled}, package.json of ${version}: run npm run build`);
  return version;
}

function authorship() {
  const names = ['AUTHOR_NAME', 'AUTHOR_EMAIL', 'AUTHOR_DATE', 'COMMITTER_NAME', 'COMMITTER_EMAIL', 'COMMITTER_DATE'];
  const values = git(['show', '--no-patch', '--format=%an%n%ae%n%ad%n%cn%n%ce%n%cd', '--date=raw', 'HEAD']).split('\n');
  return Object.fromEntries(names.map((name, index) => [`GIT_${name}`, values[index] ?? '']));
}

/** @param {string} message */
function commitWithBundle(message) {
  const folder = mkdtempSync(join(tmpdir(), 'mhub-release-'));
  try {
    const index = { GIT_INDEX_FILE: join(folder, 'index') };
    git(['read-tree', 'HEAD'], index);
    git(['add', '--force', '--', 'dist', ':(exclude)dist/.*'], index);
    const tree = git(['write-tree'], index);
    return git(['commit-tree', tree, '-p', 'HEAD', '-m', message], authorship());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} version  1.2.3, with nothing behind it */
const numbersOf = (version) => version.split('.').map(Number);

/**
 * @param {string} one
 * @param {string} other
 */
function isLater(one, other) {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  const first = a.findIndex((number, place) => number !== b[place]);
  return first >= 0 && (a[first] ?? 0) > (b[first] ?? 0);
}

/**
 * Tags that are to name the commit: that of the version, and that of its major version when nothing later has it.
 *
 * @param {string} version
 * @param {string} remote
 */
function tagsFor(version, remote) {
  const [major] = version.split('.');
  // A version such as 2.0.0-rc.1 is for those who ask for it by name.
  if (!/^\d+\.\d+\.\d+$/.test(version)) return { own: `v${version}` };
  const released = [...git(['ls-remote', '--tags', '--', remote]).matchAll(/refs\/tags\/v(\d+\.\d+\.\d+)$/gm)]
    .flatMap(([, known]) => known ?? [])
    .filter((known) => known.startsWith(`${major}.`));
  return { own: `v${version}`, ...(released.some((known) => isLater(known, version)) ? {} : { moving: `v${major}` }) };
}

/** @param {readonly string[]} args */
function main([option, remote]) {
  if (option !== undefined && (option !== '--push' || remote === undefined)) {
    throw new Error('usage: node scripts/release-tree.mjs [--push <remote>]');
  }
  const version = versionOfBundle();
  const commit = commitWithBundle(`release: v${version}`);
  console.log(`v${version} is ${commit}`);
  if (remote === undefined) return;
  const { own, moving } = tagsFor(version, remote);
  const refs = [`${commit}:refs/tags/${own}`, ...(moving === undefined ? [] : [`+${commit}:refs/tags/${moving}`])];
  git(['push', '--atomic', '--', remote, ...refs]);
  console.log(`pushed ${[own, moving].filter((tag) => tag !== undefined).join(' and ')} to ${remote}`);
  if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, `tag=${own}\n`);
}

main(process.argv.slice(2));
