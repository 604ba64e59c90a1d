/** A Chromium to look at pages with: one that is named, one of the system, or one out of npm. */
import {
  accessSync,
  chmodSync,
  constants,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A Chromium that can be started. */
export interface Chromium {
  readonly program: string;
  /** Folders that a Chromium out of npm brings along; one of the system has them where they belong. */
  readonly own?: { readonly libraries: string; readonly fonts: string };
}

/** Where a Chromium is, before anything is unpacked; or why there is none. */
export type Whereabouts =
  | { readonly program: string; readonly from: string }
  | { readonly packaged: string; readonly version: string; readonly from: string }
  | { readonly missing: string };

const PACKAGE = '@sparticuz/chromium';
/** What to do on a machine without one. */
export const REMEDY = `install Chromium or Chrome, or "npm install ${PACKAGE}", or set MHUB_CHROMIUM to a program`;
const COMMANDS = ['chromium-headless-shell', 'chromium', 'google-chrome', 'google-chrome-stable'];
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Whatever keeps it from being run, it is no program for us.
    return false;
  }
}

function named(env: Environment): Whereabouts | undefined {
  const program = env['MHUB_CHROMIUM'];
  if (!program) return undefined;
  return isProgram(program)
    ? { program, from: 'MHUB_CHROMIUM' }
    : { missing: `MHUB_CHROMIUM is ${program}, which is no program` };
}

function installed(env: Environment): Whereabouts | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)));
  const program = [...paths, ...(process.platform === 'darwin' ? APPLICATIONS : [])].find(isProgram);
  return program === undefined ? undefined : { program, from: 'the system' };
}

const hasGlibc = (): boolean => {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
};

function packaged(): Whereabouts {
  let root: string;
  try {
    root = dirname(dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return { missing: `there is no Chromium: ${REMEDY}` };
  }
  const kind = `${process.platform} ${process.arch}`;
  if (kind !== 'linux x64' || !hasGlibc()) {
    return { missing: `${PACKAGE} is for linux x64 with glibc and this is ${kind}: set MHUB_CHROMIUM` };
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { packaged: root, version, from: `${PACKAGE} ${version}` };
}

/** The one that MHUB_CHROMIUM names, else one of the system, else one out of npm. */
export const locateChromium = (env: Environment): Whereabouts => named(env) ?? installed(env) ?? packaged();

/** Without those of the system, which differ from machine to machine in what they draw. */
export const locateSameChromium = (env: Environment): Whereabouts => named(env) ?? packaged();

// ---- unpacking ------------------------------------------------------------------------------------------------------

/** Files of a tar archive by name, without folders and links. */
function untar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const text = (from: number, to: number): string => archive.toString('latin1', from, to).split('\0')[0] ?? '';
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const name = text(at, at + 100);
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    const kind = text(at + 156, at + 157);
    if (name.split('/').includes('..')) throw new Error(`the archive has a file ${name}`);
    if (kind === '0' || kind === '') files.set(name, archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

function unpackTar(from: string, folder: string): void {
  for (const [name, content] of untar(brotliDecompressSync(readFileSync(from)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content, { mode: 0o755 });
  }
}

/** Appears whole or not at all, also when several processes unpack at the same time. */
async function unpack(bin: string, folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}.`);
  try {
    const program = createWriteStream(join(unfinished, 'chromium'), { mode: 0o755 });
    await pipeline(createReadStream(join(bin, 'chromium.br')), createBrotliDecompress(), program);
    for (const name of ['al2023', 'fonts']) unpackTar(join(bin, `${name}.tar.br`), unfinished);
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process was faster, and its copy is as good.
    if (!existsSync(folder)) throw error;
  }
}

function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Beside the package, where whoever removes node_modules removes it too; else where the user's caches are. */
function cacheFolder(root: string, env: Environment): string {
  const beside = join(dirname(dirname(root)), '.cache');
  return isWritable(beside) ? beside : join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'mhub');
}

/** Unpacks the package on first use: about two seconds, 190 MB. */
export async function readyChromium(
  where: Exclude<Whereabouts, { missing: string }>,
  env: Environment,
): Promise<Chromium> {
  if ('program' in where) return { program: where.program };
  const name = `mhub-chromium-${where.version}`;
  const beside = join(dirname(dirname(where.packaged)), '.cache', name);
  const folder = existsSync(beside) ? beside : join(cacheFolder(where.packaged, env), name);
  if (!existsSync(folder)) await unpack(join(where.packaged, 'bin'), folder);
  return {
    program: join(folder, 'chromium'),
    own: { libraries: join(folder, 'lib'), fonts: join(folder, 'fonts') },
  };
}

// ---- starting -------------------------------------------------------------------------------------------------------

/** Whatever else a Chromium is started for: it draws the same everywhere and asks nobody for anything of its own. */
export const QUIET_ARGS = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--font-render-hinting=none',
];

const fontsConf = (folders: readonly string[], cache: string): string => `<?xml version="1.0"?>
<fontconfig>
${folders.map((folder) => `<dir>${folder}</dir>`).join('\n')}
<cachedir>${cache}</cachedir>
<alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
<alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family><family>Liberation Mono</family></prefer></alias>
</fontconfig>
`;

/** An empty home for one process, and the environment that it needs. */
export interface Lodging {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** @param fontFolders  beyond the package's own font, which has neither a fixed width nor symbols */
export function lodge({ own }: Chromium, fontFolders: readonly string[] = []): Lodging {
  const home = mkdtempSync(join(tmpdir(), 'mhub-browser-'));
  const conf = join(home, 'fonts.conf');
  if (own) writeFileSync(conf, fontsConf([own.fonts, ...fontFolders], join(home, 'fonts-cache')));
  return {
    home,
    env: {
      HOME: home,
      LANG: 'C.UTF-8',
      ...(own && { LD_LIBRARY_PATH: own.libraries, FONTCONFIG_FILE: conf }),
    },
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}
