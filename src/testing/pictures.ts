/** `npm run pictures`: what the first run on this repository's own workspace looks like, into docs/pictures/. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGallery, servePreview } from '../shell/preview.ts';
import { serve } from '../shell/serve.ts';
import { type Browser, findChromium, openBrowser } from './browser.ts';
import { deliveredEmail, mailProgramPage } from './delivered.ts';
import { githubPages } from './github/pages.ts';
import { ownFiles, ROOT } from './own.ts';
import { pictureOfPdf } from './pdf.ts';
import { tempRepo } from './repo.ts';

const NOW = '2026-11-23T10:00:00Z';
const PICTURES = join(ROOT, 'docs/pictures');
/** Has a font of fixed width, which the browser's package lacks. */
const FONTS = '/usr/share/fonts/truetype/dejavu';

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture per pixel of the page. */
  readonly scale: number;
  readonly scheme?: 'light' | 'dark';
  readonly wholePage?: boolean;
}

async function take(browser: Browser, origin: string, picture: Picture): Promise<void> {
  const { name, path, width, height, scale, scheme = 'light', wholePage = false } = picture;
  const look = { viewport: { width, height }, deviceScaleFactor: scale, colorScheme: scheme };
  const { page, problems, close } = await browser.visit(origin, look);
  const file = join(PICTURES, `${name}.png`);
  await page.goto(origin + path);
  await page.screenshot({ path: file, fullPage: wholePage });
  await close();
  const unwanted = problems.filter((problem) => !problem.includes('frame is sandboxed'));
  if (unwanted.length > 0) throw new Error(`${name}: ${unwanted.join(', ')}`);
  process.stdout.write(`${name}.png  ${Math.ceil(statSync(file).size / 1000)} kB\n`);
}

const ESCAPE = '\u001b[';

/** What a terminal shows at the end of a command: colours kept, progress lines gone. */
function onTerminal(command: string, cwd: string, env: Readonly<Record<string, string>>): string {
  const shown = execFileSync('script', ['-qec', `stty cols 100; ${command}`, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm-256color' },
    encoding: 'utf8',
  });
  const lines = shown.replaceAll('\r\n', '\n').split('\n');
  return lines.map((line) => line.split(`\r${ESCAPE}2K`).at(-1) ?? '').join('\n');
}

const STYLES: Readonly<Record<string, string>> = {
  1: 'font-weight: 700; color: #fff',
  2: 'opacity: .65',
  31: 'color: #ff7b72',
  32: 'color: #56d4a0',
  33: 'color: #e3b341',
  36: 'color: #66c7d9',
};

/** Terminal colours as HTML; a code without a style of its own ends the one before. */
function htmlOf(text: string): string {
  let isOpen = false;
  const turn = (code: string): string => {
    const before = isOpen ? '</span>' : '';
    const style = STYLES[code];
    isOpen = style !== undefined;
    return style === undefined ? before : `${before}<span style="${style}">`;
  };
  const [plain, ...coloured] = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').split(ESCAPE);
  const parts = coloured.map((part) => turn(part.slice(0, part.indexOf('m'))) + part.slice(part.indexOf('m') + 1));
  return [plain, ...parts].join('').trimEnd();
}

const terminalPage = (
  steps: readonly { readonly command: string; readonly shown: string }[],
): string => `<!DOCTYPE html>
<meta charset="utf-8"><title>Terminal</title><style>
body { margin: 0; padding: 24px; background: #e9e6da; width: max-content }
div { border-radius: 10px; overflow: hidden; background: #0d1210; color: #d5dad7 }
header { display: flex; gap: 8px; padding: 13px 16px; background: #1c201e }
i { width: 11px; height: 11px; border-radius: 50%; background: #393d3b }
pre { margin: 0; padding: 18px 24px 22px; font: 14px/1.5 monospace }
b { color: #2fb189 } u { color: #fff; text-decoration: none; font-weight: 700 }
</style><div><header><i></i><i></i><i></i></header><pre>${steps
  .map(({ command, shown }) => `<b>$</b> <u>${command}</u>\n${htmlOf(shown)}`)
  .join('\n\n')}</pre></div>`;

const found = await findChromium();
if ('missing' in found) throw new Error(found.missing);
if (!existsSync(FONTS)) throw new Error(`${FONTS} is not there: apt-get install fonts-dejavu-core`);
mkdirSync(PICTURES, { recursive: true });
const repo = await tempRepo(ownFiles());
const browser = await openBrowser(found, [FONTS]);
try {
  const mhub = join(ROOT, 'bin/mhub.js');
  const told = (args: string): string =>
    onTerminal(`'${process.execPath}' '${mhub}' ${args} --now ${NOW}`, repo.root, repo.env);
  const steps = ['run', 'run'].map((args) => ({ command: `npx mhub ${args}`, shown: told(args) }));

  const assets = 'hub/campaigns/start/assets';
  const email = readdirSync(join(repo.root, assets)).find((id) => id.startsWith('email-'));
  repo.write('.mhub/terminal/index.html', terminalPage(steps));
  const serving = (folder: string) =>
    serve({
      root: repo.root,
      folder,
      port: 0,
      eventsDir: '.mhub/unread',
      collectorPath: '/_mhub/events',
      now: () => NOW,
    });
  const [site, mail, terminal] = [
    await serving('site'),
    await serving(`${assets}/${email}`),
    await serving('.mhub/terminal'),
  ];

  const landing = { path: '/start/', width: 1280, height: 900, scale: 1.5 };
  await take(browser, site.url, { name: 'landing-desktop', ...landing });
  await take(browser, site.url, { name: 'landing-dark', ...landing, scheme: 'dark' });
  await take(browser, site.url, { name: 'landing-phone', path: '/start/', width: 375, height: 812, scale: 2 });
  const letter = { path: '/email.html', width: 640, height: 400, scale: 1.5, wholePage: true };
  await take(browser, mail.url, { name: 'email', ...letter });
  await take(browser, mail.url, { name: 'email-dark', ...letter, scheme: 'dark' });
  await take(browser, mail.url, { name: 'email-phone', ...letter, width: 375, scale: 2 });
  repo.write('.mhub/delivered/index.html', mailProgramPage(await deliveredEmail(NOW)));
  const delivered = await serving('.mhub/delivered');
  await take(browser, delivered.url, { name: 'delivered-email', ...letter, path: '/', width: 680 });
  const post = readdirSync(join(repo.root, assets)).find((id) => id.startsWith('social-post-'));
  copyFileSync(join(repo.root, assets, `${post}/card.png`), join(PICTURES, 'card.png'));
  const sheet = readFileSync(join(repo.root, assets, 'one-pager/one-pager.pdf'));
  writeFileSync(join(PICTURES, 'one-pager.png'), await pictureOfPdf(browser, sheet, 1.5));
  await take(browser, terminal.url, {
    name: 'terminal',
    path: '/',
    width: 400,
    height: 300,
    scale: 2,
    wholePage: true,
  });
  const read = () => readGallery({ cwd: repo.root, campaigns: [], now: NOW, env: repo.env });
  const gallery = await servePreview(read, 0);
  const variants = '/campaigns/start/landing-page-a.html';
  await take(browser, gallery.url, { name: 'preview-variants', path: variants, width: 1280, height: 1100, scale: 1.5 });
  for (const [name, page] of Object.entries(await githubPages(NOW))) repo.write(`.mhub/github/${name}.html`, page);
  const github = await serving('.mhub/github');
  const forge = { width: 1000, height: 400, scale: 1.5, wholePage: true };
  for (const name of ['pull-request', 'alert'])
    await take(browser, github.url, { name, path: `/${name}.html`, ...forge });
  for (const served of [site, mail, delivered, terminal, gallery, github]) await served.close();
} finally {
  await browser.close();
  repo.remove();
}
