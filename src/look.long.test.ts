/**
 * What a person gets to see of the first run on this repository's own workspace, in a real browser: nothing on the
 * pages breaks, reaches out, overflows or shuts anybody out, and what visitors do there comes back as evidence.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseEvents } from './core/events.ts';
import type { Signal } from './generated/entities.ts';
import { readBatches } from './shell/events.ts';
import { type Served, serve } from './shell/serve.ts';
import { type Browser, findChromium, openBrowser, type Visit } from './testing/browser.ts';
import { mhub } from './testing/mhub.ts';
import { ownFiles } from './testing/own.ts';
import { readPdf } from './testing/pdf.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';

const NOW = '2026-11-23T10:00:00Z';
const COLLECTOR = '/_mhub/events';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const chromium = await findChromium();
const seen = test.skipIf('missing' in chromium);
/** Titles of what could not be looked at say why. */
const titled = (title: string): string => ('missing' in chromium ? `${title} (skipped: ${chromium.missing})` : title);

let repo: TempRepo;
let site: Served;
let mail: Served;
let paper: Served;
let browser: Browser;

const campaignFolder = 'hub/campaigns/start';
const emailFolder = (): string => {
  const name = readdirSync(join(repo.root, campaignFolder, 'assets')).find((id) => id.startsWith('email-'));
  return `${campaignFolder}/assets/${name}`;
};

const serving = ({ eventsDir, folder = 'site' }: { eventsDir: string; folder?: string }): Promise<Served> =>
  serve({
    root: repo.root,
    folder,
    port: 0,
    eventsDir: join(repo.root, eventsDir),
    collectorPath: COLLECTOR,
    now: () => NOW,
  });

beforeAll(async () => {
  if ('missing' in chromium) return;
  repo = await tempRepo(ownFiles());
  const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: NOW, env: repo.env });
  expect(exit, output).toBe(0);
  site = await serving({ eventsDir: '.mhub/unread' });
  mail = await serving({ eventsDir: '.mhub/unread', folder: emailFolder() });
  paper = await serving({ eventsDir: '.mhub/unread', folder: `${campaignFolder}/assets/one-pager` });
  browser = await openBrowser(chromium);
});

afterAll(async () => {
  if ('missing' in chromium) return;
  await browser?.close();
  await site?.close();
  await mail?.close();
  await paper?.close();
  repo?.remove();
});

/** Does something on a page as a visitor, and closes the browser window whatever happens. */
async function visiting(
  { url }: Served,
  look: Parameters<Browser['visit']>[1],
  act: (visit: Visit) => Promise<void>,
): Promise<void> {
  const visit = await browser.visit(url, look);
  try {
    await act(visit);
  } finally {
    await visit.close();
  }
}

/** What can differ between a light and a dark page. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

interface AxeFinding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

/** What axe finds, and what it cannot decide, as "rule: elements". The policy of a page does not hold for a debugger. */
async function barriersOn(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(AXE);
  const options = JSON.stringify(rules ? { runOnly: rules } : {});
  const { violations, incomplete } = await page.evaluate<Record<'violations' | 'incomplete', AxeFinding[]>>(
    `axe.run(${options})`,
  );
  const elementsOf = ({ nodes }: AxeFinding): string => nodes.map(({ target }) => target.join(' ')).join(', ');
  return [...violations, ...incomplete].map((finding) => `${finding.id}: ${elementsOf(finding)}`);
}

const widthOver = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const PAGES = [
  { name: 'landing page, arm a', path: '/start/', widths: [375, 1280] },
  { name: 'landing page, arm b', path: '/start/b/', widths: [375, 1280] },
  { name: 'index', path: '/', widths: [375, 1280] },
  { name: 'page of a missing address', path: '/404.html', widths: [375, 1280] },
  { name: 'email', path: '/email.html', widths: [375, 640] },
  { name: 'source of the one-pager', path: '/one-pager.html', widths: [375, 1280] },
] as const;
const serverOf = (path: string): Served => (path === '/email.html' ? mail : path === '/one-pager.html' ? paper : site);

for (const { name, path, width } of PAGES.flatMap((page) => page.widths.map((width) => ({ ...page, width })))) {
  seen(
    titled(`${name} at ${width} pixels, light and dark: nothing breaks, overflows or shuts anybody out`),
    async () => {
      const served = serverOf(path);
      await visiting(served, { viewport: { width, height: 800 }, colorScheme: 'light' }, async ({ page, problems }) => {
        await page.goto(served.url + path);
        for (const question of await page.locator('summary').all()) await question.click();
        expect(await widthOver(page)).toBe(0);
        expect(await barriersOn(page)).toEqual([]);
        await page.emulateMedia({ colorScheme: 'dark' });
        expect(await barriersOn(page, COLOUR_RULES)).toEqual([]);
        expect(problems).toEqual([]);
      });
    },
  );
}

const FAULTY = `<!DOCTYPE html><html lang="en"><head><title>Faulty</title>
<meta http-equiv="Content-Security-Policy" content="script-src 'none'">
<style>p { color: #767676 } @media (prefers-color-scheme: dark) { p { color: #eee } }</style></head>
<body><main><h1>Faulty</h1><p>Readable on white only.</p><img src="https://elsewhere.example/pixel.png">
<img src="missing.png" alt="Missing"><div style="width: 999px">wide</div><script>here()</script></main></body></html>`;

seen(titled('a page with faults is seen to have them'), async () => {
  repo.write('.mhub/faulty/index.html', FAULTY);
  const faulty = await serving({ eventsDir: '.mhub/unread', folder: '.mhub/faulty' });
  await visiting(
    faulty,
    { viewport: { width: 375, height: 800 }, colorScheme: 'light' },
    async ({ page, problems }) => {
      await page.goto(`${faulty.url}/`);
      expect(await widthOver(page)).toBeGreaterThan(600);
      expect(await barriersOn(page)).toEqual(['image-alt: img:nth-child(3)']);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await barriersOn(page, COLOUR_RULES)).toEqual(['color-contrast: p']);
      expect(problems).toEqual(
        expect.arrayContaining([
          'asked for https://elsewhere.example/pixel.png',
          `404: ${faulty.url}/missing.png`,
          expect.stringMatching(/^console: .*Content Security Policy/),
        ]),
      );
    },
  );
  await faulty.close();
});

seen(titled('at 320 pixels, which is 1280 at a zoom of four, nothing needs scrolling sideways'), async () => {
  for (const path of PAGES.map((page) => page.path)) {
    await visiting(serverOf(path), { viewport: { width: 320, height: 640 } }, async ({ page }) => {
      await page.goto(serverOf(path).url + path);
      expect(await widthOver(page), path).toBe(0);
    });
  }
});

seen(titled('an address without a page answers 404 and shows the way back'), async () => {
  await visiting(site, {}, async ({ page }) => {
    const answer = await page.goto(`${site.url}/nowhere/at/all`);
    expect(answer?.status()).toBe(404);
    await page.getByRole('link').click();
    expect(page.url()).toBe(`${site.url}/`);
  });
});

seen(titled('the landing page works with the keyboard alone'), async () => {
  await visiting(site, { viewport: { width: 1280, height: 800 } }, async ({ page, problems }) => {
    await page.goto(`${site.url}/start/`);
    const focused = page.locator(':focus');
    await page.keyboard.press('Tab');
    expect(await focused.getAttribute('data-cta-id')).toBe('skip-to-content');
    expect((await focused.boundingBox())?.x).toBeGreaterThan(0);
    await page.keyboard.press('Enter');
    expect(page.url()).toBe(`${site.url}/start/#main`);
    await page.keyboard.press('Tab');
    expect(await focused.getAttribute('data-cta')).toBe('primary');

    const answer = page.locator('details p').first();
    await page.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await answer.isVisible()).toBe(true);
    await page.keyboard.press('Space');
    expect(await answer.isVisible()).toBe(false);
    expect(problems).toEqual([]);
  });
});

const landing = async (): Promise<string> => (await fetch(`${site.url}/start/`)).text();

seen(titled('the landing page is light, and needs nothing but itself'), async () => {
  const html = await landing();
  expect(Buffer.byteLength(html)).toBeLessThan(20_000);
  expect(gzipSync(html).length).toBeLessThan(7_000);
  expect(html.match(/ (?:src|srcset|poster)=/g)).toBeNull();
  // Whatever names a side of the page is wrong for readers from right to left.
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  expect(style.match(/(?:[{;]|-)(?:left|right|top|bottom)(?=[-:])(?!:auto)/g)).toEqual(['-top']); // scroll-padding-top
});

seen(titled('what networks and search engines are told about the landing page stands on it'), async () => {
  await visiting(site, { javaScriptEnabled: false }, async ({ page, problems }) => {
    await page.goto(`${site.url}/start/`);
    const heading = (await page.locator('h1').textContent()) ?? '';
    const told = async (name: string): Promise<string | null> =>
      page.locator(`meta[property="${name}"], meta[name="${name}"]`).getAttribute('content');
    expect([await told('og:title'), await told('twitter:title')]).toEqual([heading, heading]);
    expect([await told('og:type'), await told('og:site_name'), await told('og:locale')]).toEqual([
      'website',
      'mhub',
      'en_US',
    ]);
    expect([await told('og:url'), await told('twitter:card')]).toEqual(['https://mhub.example/start/', 'summary']);
    const data = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? '') as {
      '@graph': { '@type': string; mainEntity?: { name: string; acceptedAnswer: { text: string } }[] }[];
    };
    expect(data['@graph'].map((thing) => thing['@type'])).toEqual(['SoftwareApplication', 'FAQPage']);
    for (const question of await page.locator('summary').all()) await question.click();
    for (const { name, acceptedAnswer } of data['@graph'][1]?.mainEntity ?? []) {
      expect(await page.getByText(name, { exact: true }).isVisible(), name).toBe(true);
      expect(await page.getByText(acceptedAnswer.text, { exact: true }).isVisible(), name).toBe(true);
    }
    expect(problems).toEqual([]);
  });
});

seen(titled('both arms name the control as their canonical address, and link the same one-pager'), async () => {
  for (const path of ['/start/', '/start/b/']) {
    await visiting(site, {}, async ({ page }) => {
      await page.goto(site.url + path);
      const canonical = await page.locator('link[rel="canonical"]').getAttribute('href');
      expect(canonical, path).toBe('https://mhub.example/start/');
      const link = page.locator('[data-cta-id="one-pager"]');
      expect(await link.getAttribute('href'), path).toBe('/start/mhub-one-pager.pdf');
    });
  }
});

/** What a printer of the United States leaves of an A4 page at its real size: Letter is 17.6 mm less high. */
const LETTER = { cut: (297 - 279.4) / 2, unprintable: 5 };

seen(titled('the one-pager is one tagged sheet of selectable text that fits A4 and Letter'), async () => {
  const answer = await fetch(`${site.url}/start/mhub-one-pager.pdf`);
  expect(answer.headers.get('content-type')).toBe('application/pdf');
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect(bytes.length).toBeLessThan(100_000);
  expect(Buffer.from(bytes)).toEqual(readFileSync(join(repo.root, campaignFolder, 'assets/one-pager/one-pager.pdf')));
  const pdf = await readPdf(bytes);
  expect(pdf).toMatchObject({ pages: 1, language: 'en', isTagged: true, title: expect.stringMatching(/ · mhub$/) });
  expect(pdf.tags.filter((tag) => tag === 'H1')).toHaveLength(1);
  expect(pdf.tags).toEqual(expect.arrayContaining(['H2', 'H3', 'P', 'L', 'LI', 'Link', 'Code']));
  await visiting(paper, {}, async ({ page }) => {
    await page.goto(`${paper.url}/one-pager.html`);
    const squeezed = (text: string): string => text.replace(/\s+/g, '');
    for (const words of await page.locator('h1, h2, h3, p, li > span').allTextContents()) {
      expect(squeezed(pdf.text)).toContain(squeezed(words));
    }
  });
  const { top, bottom, start, end } = pdf.extent;
  expect([Math.round(pdf.width), Math.round(pdf.height)]).toEqual([210, 297]);
  expect(top).toBeGreaterThan(LETTER.cut + LETTER.unprintable);
  expect(bottom).toBeLessThan(297 - LETTER.cut - LETTER.unprintable);
  expect(start).toBeGreaterThan(LETTER.unprintable);
  expect(end).toBeLessThan(210 - LETTER.unprintable);
});

/** What a reader finds in an Atom feed, by the parser of a browser. */
const readAtom = (page: Page, xml: string) =>
  page.evaluate<Record<'errors' | 'ids' | 'posts', string[]>>(`{
    const feed = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'application/xml');
    const texts = (selector) => [...feed.querySelectorAll(selector)].map(({ textContent }) => textContent);
    ({ errors: texts('parsererror'), ids: texts('entry > id'), posts: texts('entry > content[type=text]') });
  }`);

seen(titled('both feeds parse and name the same post'), async () => {
  const fetched = async (name: string): Promise<string> => (await fetch(`${site.url}/${name}`)).text();
  const { items } = JSON.parse(await fetched('feed.json')) as { items: { id: string; content_text: string }[] };
  expect(items).toHaveLength(1);
  await visiting(site, {}, async ({ page }) => {
    expect(await readAtom(page, await fetched('feed.xml'))).toEqual({
      errors: [],
      ids: items.map(({ id }) => id),
      posts: items.map(({ content_text }) => content_text),
    });
    expect((await readAtom(page, '<feed><entry></feed>')).errors).toHaveLength(1);
  });
});

seen(titled('the card that both feeds name is served, and a browser shows it in the size that they say'), async () => {
  const { items } = (await (await fetch(`${site.url}/feed.json`)).json()) as { items: { image: string }[] };
  const { pathname } = new URL(items[0]?.image ?? '');
  expect(await (await fetch(`${site.url}/feed.xml`)).text()).toContain(`${pathname}" type="image/png" medium="image"`);
  await visiting(site, {}, async ({ page }) => {
    const answer = await page.goto(site.url + pathname);
    expect(answer?.headers()['content-type']).toBe('image/png');
    const size = await page.evaluate<number[]>('[document.images[0].naturalWidth, document.images[0].naturalHeight]');
    expect(size).toEqual([1200, 630]);
  });
});

/** Header fields by lower-case name, unfolded, and what follows the empty line (RFC 5322). */
function messageOf(source: string): { readonly fields: ReadonlyMap<string, string>; readonly body: string } {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const lines = head.replace(/\r\n(?=[ \t])/g, '').split('\r\n');
  const fields = lines.map(
    (line) => [line.split(':')[0]?.toLowerCase() ?? '', line.replace(/^[^:]*:\s*/, '')] as const,
  );
  return { fields: new Map(fields), body: rest.join('\r\n\r\n') };
}

const fromQuotedPrintable = (text: string): string => {
  const joined = text.replace(/=[ \t]*\r\n/g, '');
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_code, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n');
};

seen(titled('the message in the outbox carries the email that was looked at, as HTML and as text'), () => {
  const [name = ''] = readdirSync(join(repo.root, 'hub/outbox'));
  const { fields, body } = messageOf(repo.read(`hub/outbox/${name}`).replace(/\r?\n/g, '\r\n'));
  const [type = '', boundary = ''] = fields.get('content-type')?.split(/; *boundary="|"/) ?? [];
  expect(type).toBe('multipart/alternative');
  const parts = body.split(`--${boundary}`).slice(1, -1);
  const decoded = parts
    .map((part) => messageOf(part.replace(/^\r\n/, '')))
    .map((part) => ({
      type: part.fields.get('content-type'),
      text: fromQuotedPrintable(part.body).trim(),
    }));
  expect(decoded).toEqual([
    { type: 'text/plain; charset=utf-8', text: repo.read(`${emailFolder()}/email.txt`).trim() },
    { type: 'text/html; charset=utf-8', text: repo.read(`${emailFolder()}/email.html`).trim() },
  ]);
});

/** Visits a page and clicks its primary call to action; gives what the page sent about it. */
async function clickThrough(served: Served, before: (page: Page) => Promise<unknown>): Promise<string[]> {
  const reports: string[] = [];
  await visiting(served, { viewport: { width: 1280, height: 800 } }, async ({ page, problems }) => {
    page.on('request', (request) => {
      if (request.url() === served.url + COLLECTOR) reports.push(request.postData() ?? '');
    });
    await before(page);
    await page.goto(`${served.url}/start/?utm_source=feed`);
    await page.locator('[data-cta="primary"]').click();
    await page.waitForURL(/#start$/);
    await page.waitForLoadState('networkidle');
    expect(problems).toEqual([]);
  });
  return reports;
}

seen(titled('a visitor who asks not to be tracked is not reported at all'), async () => {
  for (const [name, value] of [
    ['globalPrivacyControl', true],
    ['doNotTrack', '1'],
  ] as const) {
    const wish = `Object.defineProperty(Navigator.prototype, '${name}', { get: () => ${JSON.stringify(value)} })`;
    expect(await clickThrough(site, (page) => page.addInitScript(wish)), name).toEqual([]);
  }
});

const signalsIn = (folder: string): Signal[] => {
  const day = join(repo.root, folder, NOW.slice(0, 10));
  return existsSync(day) ? readdirSync(day).map((name) => parse(readFileSync(join(day, name), 'utf8')) as Signal) : [];
};

seen(titled('a visit and a click on the call to action become signals of the next run'), async () => {
  const measuring = await serving({ eventsDir: '.mhub/events' });
  const reports = await clickThrough(measuring, async () => {});
  await measuring.close();
  expect(reports.map((report) => JSON.parse(report) as object)).toEqual([
    { type: 'visit', path: '/start/', source: 'feed' },
    { type: 'click', path: '/start/', source: 'feed', cta: expect.stringMatching(/-hero$/) },
  ]);
  const events = readBatches(join(repo.root, '.mhub/events')).flatMap(({ text }) => parseEvents(text).events);
  expect(events.map(({ type }) => type)).toEqual(['visit', 'click']);

  const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: '2026-11-23T10:05:00Z', env: repo.env });
  expect(exit, output).toBe(0);
  const sensed = signalsIn('hub/brands/mhub/signals').filter(({ kind }) => kind === 'visits');
  expect(sensed.map(({ n }) => n).sort()).toEqual([0, 1]);
  const measured = signalsIn('hub/campaigns/start/signals').filter(({ kind }) => kind === 'outcomes');
  const counts = measured.flatMap((signal) => signal.counts).filter(({ asset }) => asset === 'landing-page-a');
  expect(counts.map(({ metric, count }) => [metric, count])).toEqual([
    ['clicks', 1],
    ['conversions', 1],
    ['visits', 1],
  ]);
});
