/**
 * Bundles src/main.ts into dist/.
 *
 *   node scripts/build.mjs             builds
 *   node scripts/build.mjs --if-stale  builds unless dist/ was built from exactly these sources (npm's prepare)
 *   node scripts/build.mjs --clean     builds and leaves nothing of earlier builds (npm's prepack)
 *
 * The swap is atomic: every chunk carries a hash of its content in its name, so that old and new stand side by side,
 * and main.js, which alone says which chunks count, is renamed into place last. A process that started from the old
 * main.js still finds its lazy chunks, for the build before stays until the next one.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const LICENSES = 'THIRD-PARTY-LICENSES.txt';
const MAIN = 'main.js';
const STAMP = '.stamp';

/** Bundled CommonJS packages call require for Node's own modules. */
const BANNER =
  "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);";

/**
 * SHA-256 over everything that decides what dist/ holds.
 *
 * @param {string} root
 */
export function sourceDigest(root) {
  const files = [
    'package.json',
    'package-lock.json',
    'scripts/build.mjs',
    ...readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
      .filter((path) => !/^src\/(testing|gen)\//.test(path)),
  ].sort();
  const digest = createHash('sha256');
  for (const path of files) {
    const content = readFileSync(join(root, path));
    digest.update(`${path}\0${content.length}\0`).update(content);
  }
  return digest.digest('hex');
}

/**
 * What dist/ was built from and which files the build has; nothing while a build is being put into place.
 *
 * @param {string} root
 * @returns {{ digest: string, files: readonly string[] } | undefined}
 */
function readStamp(root) {
  const path = join(root, 'dist', STAMP);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** @param {string} root */
export const isFresh = (root) => readStamp(root)?.digest === sourceDigest(root);

/**
 * The package reads its dictionary from the disk; in a bundle there is nothing beside the code.
 *
 * @type {import('esbuild').Plugin}
 */
const dictionary = {
  name: 'dictionary',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]dictionary-en[\\/]index\.js$/ }, ({ path }) => {
      const [aff, dic] = ['index.aff', 'index.dic'].map((name) =>
        JSON.stringify(readFileSync(join(dirname(path), name), 'utf8')),
      );
      return {
        contents: `const encode = (text) => new TextEncoder().encode(text);
          export default { aff: encode(${aff}), dic: encode(${dic}) };`,
      };
    }),
};

/**
 * The module finds files of packages in node_modules; in a bundle they stand beside the code. Its table names them.
 *
 * @type {import('esbuild').Plugin}
 */
const packageFiles = {
  name: 'package-files',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]draw[\\/]package-file\.ts$/ }, ({ path }) => {
      const table = [...readFileSync(path, 'utf8').matchAll(/^ {2}(\w+): '([^']+)',$/gm)];
      const imports = table.map(([, name, file]) => `import ${name} from '${file}';`);
      const names = table.map(([, name]) => name).join(', ');
      return {
        contents: `import { readFile } from 'node:fs/promises';
          ${imports.join('\n')}
          const files = { ${names} };
          export const packageFile = (name) => readFile(new URL(files[name], import.meta.url));`,
        resolveDir: dirname(path),
      };
    }),
};

/**
 * @param {string} root
 * @returns {Promise<Map<string, string | Uint8Array>>}  the files of the build, by name, main.js among them
 */
async function bundle(root) {
  const { build } = await import('esbuild').catch(() => {
    throw new Error('build needs esbuild, which is a development dependency; run: npm ci --include=dev');
  });
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outdir: 'dist',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.wasm': 'file', '.ttf': 'file' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Identifiers stay, so that the stack of a bug can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    banner: { js: BANNER },
    logLevel: 'warning',
    metafile: true,
    plugins: [dictionary, packageFiles],
    write: false,
  });
  /** @type {Map<string, string | Uint8Array>} */
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  return files.set(LICENSES, licenseTexts(root, metafile));
}

/**
 * Licences of the packages that the bundle holds, by name.
 *
 * @param {string} root
 * @param {import('esbuild').Metafile} metafile
 */
function licenseTexts(root, metafile) {
  const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = new Set(bundled.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const texts = readdirSync(join(root, folder))
        .filter((file) => /^(licen[cs]e|copying|notice)(\b|[-_.])/i.test(file))
        .sort()
        .map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
      return [`${name} ${version} (${license})`, ...texts].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n');
}

/**
 * Puts a build into place; whoever starts meanwhile gets the old one or the new one, whole.
 *
 * @param {string} root
 * @param {ReadonlyMap<string, string | Uint8Array>} files  name -> content, main.js among them
 * @param {string} digest  of the sources
 * @param {{ clean?: boolean }} [options]
 */
export function swapIn(root, files, digest, { clean = false } = {}) {
  const dist = join(root, 'dist');
  const next = join(dist, `.next-${process.pid}`);
  mkdirSync(next, { recursive: true });
  const before = readStamp(root)?.files;
  rmSync(join(dist, STAMP), { force: true });
  const stamp = JSON.stringify({ digest, files: [...files.keys()] });
  const chunks = [...files].filter(([name]) => name !== MAIN);
  /** @type {Map<string, string | Uint8Array>} */
  const ordered = new Map([...chunks, [MAIN, files.get(MAIN) ?? ''], [STAMP, stamp]]);
  for (const [name, content] of ordered) {
    writeFileSync(join(next, name), content);
    renameSync(join(next, name), join(dist, name));
  }
  rmSync(next, { recursive: true });
  // Without a stamp another build is being put into place, or one was killed: what is whose is not known.
  if (!clean && !before) return;
  const kept = new Set([...files.keys(), ...(clean ? [] : (before ?? [])), STAMP]);
  for (const name of readdirSync(dist)) {
    if (kept.has(name) || (name.startsWith('.next-') && !clean)) continue;
    rmSync(join(dist, name), { recursive: true, force: true });
  }
}

/** @param {readonly string[]} options */
async function main(options) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  if (options.includes('--if-stale') && isFresh(root)) return;
  const digest = sourceDigest(root);
  swapIn(root, await bundle(root), digest, { clean: options.includes('--clean') });
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) await main(process.argv.slice(2));
