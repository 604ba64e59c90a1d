/**
 * HTML as a tagged PDF on one sheet, by Chromium: in fonts that mhub brings along, without a script and without a
 * request that leaves this machine.
 */
import { Blocked, Failed, isRefusedByMachine } from '../../core/errors.ts';
import {
  type Environment,
  locateChromium,
  locateSameChromium,
  readyChromium,
  type Whereabouts,
} from '../observe/chromium.ts';
import { BrowserError, type DevTools, inTime, type Session, startChromium } from '../observe/devtools.ts';
import type { Pen } from './index.ts';
import { packageFile } from './package-file.ts';

const ORIGIN = 'https://sheet.invalid';
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; img-src data:";
const PRINT_MS = 20_000;

const FACES = [
  { name: 'regular', weight: 400 },
  { name: 'bold', weight: 700 },
] as const;

const FACE_STYLE = `<style>${FACES.map(
  ({ name, weight }) => `@font-face{font-family:Inter;font-weight:${weight};src:url(/${name}.ttf)}`,
).join('')}</style>`;

/** Text that does not fit is printed smaller, as long as it can be read without effort. */
const SCALES = [1, 0.96, 0.92, 0.88, 0.84];

type Started = { readonly browser: DevTools; readonly fonts: ReadonlyMap<string, Uint8Array> };

/** The one out of npm draws the same everywhere; one of the system has a version of its own. */
function whereIs(env: Environment): Exclude<Whereabouts, { missing: string }> {
  const same = locateSameChromium(env);
  const where = 'missing' in same ? locateChromium(env) : same;
  if ('missing' in where) throw new Blocked('PDF', ['MHUB_CHROMIUM', '@sparticuz/chromium'], where.missing);
  return where;
}

async function start(env: Environment): Promise<Started> {
  const where = whereIs(env);
  try {
    const [chromium, ...fonts] = await Promise.all([
      readyChromium(where, env),
      ...FACES.map(async ({ name }) => [`/${name}.ttf`, await packageFile(name)] as const),
    ]);
    return { browser: await startChromium(chromium), fonts: new Map(fonts) };
  } catch (error) {
    if (!(error instanceof BrowserError || isRefusedByMachine(error))) throw error;
    throw new Blocked('PDF', ['MHUB_CHROMIUM'], `the Chromium of ${where.from} does not start: ${error.message}`);
  }
}

/** Answers for the page and its fonts; whatever else is asked for does not exist. */
async function serve(page: Session, html: string, fonts: Started['fonts']): Promise<void> {
  page.on('Fetch.requestPaused', ({ requestId, request }) => {
    const { origin, pathname } = new URL((request as { readonly url: string }).url);
    const font = fonts.get(pathname);
    const [type, body] = font ? ['font/ttf', font] : ['text/html; charset=utf-8', html];
    const isKnown = origin === ORIGIN && (font !== undefined || pathname === '/');
    const answer = isKnown
      ? page.send('Fetch.fulfillRequest', {
          requestId,
          responseCode: 200,
          responseHeaders: [
            { name: 'Content-Type', value: type },
            { name: 'Content-Security-Policy', value: POLICY },
          ],
          body: Buffer.from(body).toString('base64'),
        })
      : page.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' });
    // The page may be closed while it still asks.
    answer.catch(() => {});
  });
  await page.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
}

async function open(page: Session, html: string, fonts: Started['fonts']): Promise<void> {
  await serve(page, html.replace(/(?=<\/head>)/i, FACE_STYLE), fonts);
  const loaded = new Promise<void>((resolve) => page.on('Page.loadEventFired', () => resolve()));
  await page.send('Page.enable');
  await page.send('Emulation.setEmulatedMedia', { media: 'print' });
  const { errorText } = await page.send<{ errorText?: string }>('Page.navigate', { url: `${ORIGIN}/` });
  if (errorText) throw new BrowserError(`the sheet does not load: ${errorText}`);
  await loaded;
  const ready = FACES.map(({ weight }) => `document.fonts.load('${weight} 16px Inter')`).join(', ');
  await page.send('Runtime.evaluate', {
    expression: `Promise.all([${ready}, document.fonts.ready]).then(() => 0)`,
    awaitPromise: true,
  });
}

async function print(page: Session, scale: number): Promise<Buffer> {
  const { data } = await page.send<{ data: string }>('Page.printToPDF', {
    scale,
    printBackground: true,
    preferCSSPageSize: true,
    generateTaggedPDF: true,
  });
  return Buffer.from(data, 'base64');
}

const pagesIn = (pdf: Buffer): number => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;

async function printOnOneSheet(page: Session): Promise<Uint8Array> {
  for (const scale of SCALES) {
    const pdf = await print(page, scale);

    if (pagesIn(pdf) === 1) return withoutClock(pdf);
  }
  throw new Failed('it does not fit on one sheet: shorten steps, summary or disclaimers', { mayHaveHappened: false });
}

/** Nothing in it says when it was printed: the same sheet is the same bytes. Objects stay where they are. */
function withoutClock(pdf: Buffer): Uint8Array {
  const dates = /\/(?:CreationDate|ModDate) \(D:[^)]*\)/g;
  return Buffer.from(
    pdf.toString('latin1').replace(dates, (date) => ' '.repeat(date.length)),
    'latin1',
  );
}

async function drawWith({ browser, fonts }: Started, html: string): Promise<Uint8Array> {
  const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  try {
    const page = await browser.attach(targetId);
    await open(page, html, fonts);
    return await printOnOneSheet(page);
  } finally {
    // A browser that has ended has no pages.
    browser.send('Target.closeTarget', { targetId }).catch(() => {});
  }
}

/** A browser that starts with the first sheet; one that has let a sheet down is not asked again. */
export async function openPdfPen(env: Environment): Promise<Pen> {
  let started: Promise<Started> | undefined;
  const close = async (): Promise<void> => {
    const last = await started?.catch(() => undefined);
    started = undefined;
    await last?.browser.close();
  };
  return {
    close,
    async draw(html) {
      started ??= start(env);
      const ready = await started;
      try {
        const late = () => `printing took longer than ${PRINT_MS / 1000} seconds`;
        return await inTime(PRINT_MS, drawWith(ready, html), late);
      } catch (error) {
        if (!(error instanceof BrowserError)) throw error;
        await close();
        throw new Failed(`no PDF: ${error.message}`, { mayHaveHappened: false });
      }
    },
  };
}
