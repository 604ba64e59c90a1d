/**
 * Pages as a browser shows them, judged by axe and, where axe cannot tell, by their pixels. A page gets its own empty
 * profile, its own files and nothing else: no script of it runs and no request leaves this machine.
 */
import { extname } from 'node:path';
import type {
  BrowserFinding,
  BrowserObservation,
  DocumentPart,
  Files,
  GuardDocument,
  Unavailable,
} from '../../core/contracts.ts';
import { isRefusedByMachine } from '../../core/errors.ts';
import { type Environment, locateChromium, readyChromium } from './chromium.ts';
import { BrowserError, type DevTools, inTime, type Session, startChromium } from './devtools.ts';
import { limiter } from './limiter.ts';
import { type DoubtfulText, MARK, PROBE, type Probed } from './probe.ts';

export interface PageBrowser {
  examine(document: GuardDocument, files: Files): Promise<BrowserObservation | Unavailable>;
  close(): Promise<void>;
}

export interface BrowserOptions {
  readonly env: Environment;
  /** How long one page may take. */
  readonly pageMs?: number;
}

type FileObservation = BrowserObservation['files'][string];

const ORIGIN = 'https://asset.invalid';
const PAGES_AT_ONCE = 2;
const PAGE_MS = 10_000;
/** Chromium draws no higher picture in one go. */
const MAX_PICTURE = 16_000;

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const EVERYTHING = { type: 'tag', values: STANDARDS };
/** What can differ between a light and a dark page. */
const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

const LOOKS = [
  { width: 1280, height: 800, scheme: 'light', only: EVERYTHING },
  { width: 375, height: 812, scheme: 'light', only: EVERYTHING },
  { width: 375, height: 812, scheme: 'dark', only: COLOURS },
  { width: 1280, height: 800, scheme: 'dark', only: COLOURS },
] as const;
type Look = (typeof LOOKS)[number];

const POLICY = [
  "script-src 'none'",
  "connect-src 'none'",
  "frame-src 'none'",
  "object-src 'none'",
  "worker-src 'none'",
  "form-action 'none'",
];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

const addressOf = (file: string): string =>
  new URL(`/${file.split('/').map(encodeURIComponent).join('/')}`, ORIGIN).href;

/** The source with a number in each start tag, so that an element of the page leads back to its place in the file. */
export function marked({ source, elements }: DocumentPart): string {
  const pieces: string[] = [];
  let at = 0;
  elements.forEach(({ tag, offset }, index) => {
    const end = offset + 1 + tag.length;
    if (offset < at || source.slice(offset, end).toLowerCase() !== `<${tag}`.toLowerCase()) return;
    pieces.push(source.slice(at, end), ` ${MARK}="${index}"`);
    at = end;
  });
  return [...pieces, source.slice(at)].join('');
}

/** An address that a refused request was for, as the browser's message quotes it. */
const quotedAddress = (message: string): string | undefined => /'((?:https?|wss?):\/\/[^']+)'/.exec(message)?.[1];

/** What a message of the browser's security log says against the page; nothing when only we have forbidden it. */
function misdeedIn(message: string): string | undefined {
  const isOurs = POLICY.some((directive) => message.includes(directive));
  if (!isOurs) return `console: ${message}`;
  const address = quotedAddress(message);
  return address === undefined || address.startsWith(`${ORIGIN}/`) ? undefined : `asked for ${address}`;
}

/** Serves the page and the other files of its asset, and keeps a list of everything that it should not have tried. */
async function serveOnly(page: Session, part: DocumentPart, files: Files): Promise<Set<string>> {
  const misdeeds = new Set<string>();
  let isServed = false;
  const refuse = (requestId: unknown, errorReason: string) =>
    page.send('Fetch.failRequest', { requestId, errorReason });
  const answer = (requestId: unknown, name: string, content: string | Uint8Array) =>
    page.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: 200,
      responseHeaders: [
        { name: 'Content-Type', value: TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream' },
        { name: 'Content-Security-Policy', value: POLICY.join('; ') },
      ],
      body: Buffer.from(content).toString('base64'),
    });
  page.on('Fetch.requestPaused', ({ requestId, request, resourceType }) => {
    const { url } = request as { readonly url: string };
    const { origin, pathname } = new URL(url);
    const address = origin + pathname;
    const file = [...files].find(([name]) => addressOf(name) === address);
    const respond = (): Promise<object> => {
      if (resourceType === 'Document' && address === addressOf(part.file) && !isServed) {
        isServed = true;
        return answer(requestId, 'page.html', marked(part));
      }
      if (resourceType !== 'Document' && file) return answer(requestId, ...file);
      // What is on the site and not in the asset cannot be seen here; whether it exists is a question of links.
      if (origin !== ORIGIN || resourceType === 'Document') misdeeds.add(`asked for ${url}`);
      return refuse(requestId, resourceType === 'Document' ? 'Aborted' : 'BlockedByClient');
    };
    // The page may be closed while it still asks.
    respond().catch(() => {});
  });
  page.on('Log.entryAdded', ({ entry }) => {
    const { source, level, text } = entry as { readonly source: string; readonly level: string; readonly text: string };
    const misdeed = level === 'error' && source === 'security' ? misdeedIn(text) : undefined;
    if (misdeed !== undefined) misdeeds.add(misdeed);
  });
  await page.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
  await page.send('Log.enable');
  return misdeeds;
}

async function open(page: Session, part: DocumentPart): Promise<void> {
  const loaded = new Promise<void>((resolve) => page.on('Page.loadEventFired', () => resolve()));
  await page.send('Page.enable');
  const { errorText } = await page.send<{ errorText?: string }>('Page.navigate', { url: addressOf(part.file) });
  if (errorText) throw new BrowserError(`${part.file} does not load: ${errorText}`);
  await loaded;
}

interface Evaluated {
  readonly result: { readonly value?: unknown; readonly objectId?: string };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

async function evaluated(page: Session, method: string, params: object): Promise<Evaluated['result']> {
  const { result, exceptionDetails } = await page.send<Evaluated>(method, { awaitPromise: true, ...params });
  if (exceptionDetails) {
    const { text, exception } = exceptionDetails;
    throw new BrowserError(`the page cannot be examined: ${exception?.description?.split('\n')[0] ?? text}`);
  }
  return result;
}

/** Calls a method of the probe. */
type Ask = <T>(method: string, ...args: readonly unknown[]) => Promise<T>;

async function startProbe(page: Session, axe: string): Promise<Ask> {
  await evaluated(page, 'Runtime.evaluate', { expression: `${axe}; 0` });
  const { objectId } = await evaluated(page, 'Runtime.evaluate', { expression: PROBE });
  return async <T>(method: string, ...args: readonly unknown[]) => {
    const { value } = await evaluated(page, 'Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: `function (...args) { return this.${method}(...args); }`,
      arguments: args.map((one) => ({ value: one })),
      returnByValue: true,
    });
    // The probe says what each of its methods answers.
    return value as T;
  };
}

const withContrast = (
  { required, color: _color, boxes: _boxes, isText: _isText, ...finding }: DoubtfulText,
  ratio: number | null,
): BrowserFinding => (ratio === null ? finding : { ...finding, contrast: { ratio, required } });

/** What axe found at one width in one colour scheme, with its doubts about contrast settled by the pixels. */
async function lookAt(
  page: Session,
  ask: Ask,
  { width, height, scheme, only }: Look,
): Promise<Omit<FileObservation, 'misdeeds'>> {
  await page.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  await page.send('Emulation.setEmulatedMedia', {
    features: [
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ],
  });
  const { violations, undecided, doubtful, page: size } = await ask<Probed>('look', only);
  if (doubtful.length === 0) return { violations, undecided };
  await ask('hideText', true);
  const { data } = await page.send<{ data: string }>('Page.captureScreenshot', {
    format: 'png',
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width: size.width, height: Math.min(size.height, MAX_PICTURE), scale: 1 },
  });
  await ask('hideText', false);
  const ratios = await ask<(number | null)[]>('contrasts', data, doubtful);
  const measured = doubtful.map((doubt, index) => ({ doubt, ratio: ratios[index] ?? null }));
  const findingsOf = (those: typeof measured): BrowserFinding[] =>
    those.map(({ doubt, ratio }) => withContrast(doubt, ratio));
  const faint = measured.filter(({ doubt, ratio }) => ratio !== null && ratio < doubt.required);
  const unseen = measured.filter(({ ratio }) => ratio === null);
  return {
    violations: [...violations, ...findingsOf(faint.filter(({ doubt }) => doubt.isText))],
    undecided: [...undecided, ...findingsOf([...unseen, ...faint.filter(({ doubt }) => !doubt.isText)])],
  };
}

/** One finding per rule and element, the worst contrast of all looks; says where when it is not so everywhere. */
function merged(
  looks: readonly { readonly look: Look; readonly findings: readonly BrowserFinding[] }[],
): BrowserFinding[] {
  const found = new Map<string, { finding: BrowserFinding; readonly looks: Look[] }>();
  for (const { look, findings } of looks) {
    for (const finding of findings) {
      const key = `${finding.rule}\0${finding.element ?? finding.selector}`;
      const before = found.get(key);
      if (!before) {
        found.set(key, { finding, looks: [look] });
        continue;
      }
      before.looks.push(look);
      const isWorse = (finding.contrast?.ratio ?? 22) < (before.finding.contrast?.ratio ?? 22);
      if (isWorse) before.finding = finding;
    }
  }
  return [...found.values()].map(({ finding, looks: seen }) => {
    const schemes = new Set(seen.map(({ scheme }) => scheme));
    const widths = new Set(seen.map(({ width }) => width));
    const where = [
      ...(schemes.size === 1 && schemes.has('dark') ? ['in dark colours'] : []),
      ...(widths.size === 1 ? [`at a width of ${[...widths][0]} pixels`] : []),
    ];
    return where.length === 0 ? finding : { ...finding, help: `${finding.help}, ${where.join(' ')}` };
  });
}

/**
 * An empty profile with one window. Pages follow each other in it, for a window that knows axe already is three times as
 * fast with the next page; nothing of one page can wait there for another, since no script of it runs and no answer to
 * it carries a cookie.
 */
interface Window {
  readonly page: Session;
  close(): void;
}

async function openWindow(browser: DevTools): Promise<Window> {
  const { browserContextId } = await browser.send<{ browserContextId: string }>('Target.createBrowserContext', {
    disposeOnDetach: true,
  });
  const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', {
    url: 'about:blank',
    browserContextId,
  });
  const page = await browser.attach(targetId);
  await page.send('Network.enable');
  await page.send('Network.setBypassServiceWorker', { bypass: true });
  return {
    page,
    close: () => {
      // A browser that has ended has no profiles.
      browser.send('Target.disposeBrowserContext', { browserContextId }).catch(() => {});
    },
  };
}

async function examinePart(page: Session, axe: string, part: DocumentPart, files: Files): Promise<FileObservation> {
  const misdeeds = await serveOnly(page, part, files);
  await open(page, part);
  const ask = await startProbe(page, axe);
  const looks = [];
  for (const look of LOOKS) looks.push({ look, ...(await lookAt(page, ask, look)) });
  return {
    violations: merged(looks.map(({ look, violations }) => ({ look, findings: violations }))),
    undecided: merged(looks.map(({ look, undecided }) => ({ look, findings: undecided }))),
    misdeeds: [...misdeeds].sort(),
  };
}

interface Started {
  readonly browser: DevTools;
  /** Those that no page is in. */
  readonly idle: Window[];
  readonly axe: string;
  readonly engine: string;
}

async function startAll(env: Environment): Promise<Started | Unavailable> {
  const where = locateChromium(env);
  if ('missing' in where) return { unavailable: where.missing };
  try {
    const [chromium, { default: axe }] = await Promise.all([readyChromium(where, env), import('axe-core')]);
    const browser = await startChromium(chromium);
    const product = browser.product.replace(/^(?:Headless)?Chrome\//, 'chromium ');
    return { browser, idle: [], axe: axe.source, engine: `${product}, axe ${axe.version}` };
  } catch (error) {
    if (!(error instanceof BrowserError || isRefusedByMachine(error))) throw error;
    return { unavailable: `the Chromium of ${where.from} does not start: ${error.message}` };
  }
}

/** A browser that starts when the first page needs it. */
export function openPageBrowser({ env, pageMs = PAGE_MS }: BrowserOptions): PageBrowser {
  const limit = limiter(PAGES_AT_ONCE);
  let starting: Promise<Started | Unavailable> | undefined;
  // One that has crashed is started again, one that never started is not.
  const orAnother = async (last: Started | Unavailable): Promise<Started | Unavailable> => {
    if ('unavailable' in last || !last.browser.isGone()) return last;
    await last.browser.close();
    return startAll(env);
  };
  const look = async ({ browser, idle, axe }: Started, part: DocumentPart, files: Files): Promise<FileObservation> => {
    const window = idle.pop() ?? (await openWindow(browser));
    try {
      const late = () => `looking at ${part.file} took longer than ${pageMs / 1000} seconds`;
      const observed = await inTime(pageMs, examinePart(window.page, axe, part, files), late);
      idle.push(window);
      return observed;
    } catch (error) {
      window.close();
      throw error;
    }
  };
  return {
    async examine({ parts }, files) {
      const pages = parts.filter(({ format }) => format === 'html');
      starting = starting ? starting.then(orAnother) : startAll(env);
      const started = await starting;
      if ('unavailable' in started) return started;
      try {
        const observed = pages.map((part) => limit(async () => [part.file, await look(started, part, files)] as const));
        return { engine: started.engine, files: Object.fromEntries(await Promise.all(observed)) };
      } catch (error) {
        if (!(error instanceof BrowserError)) throw error;
        return { unavailable: error.message };
      }
    },
    async close() {
      const last = await starting;
      starting = undefined;
      if (last && 'browser' in last) await last.browser.close();
    },
  };
}
