/** `mhub preview` on a workspace that ran: as files, as a server, and in a real browser with assets that mean harm. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from './core/hash.ts';
import type { Served } from './shell/loopback.ts';
import { readGallery, servePreview } from './shell/preview.ts';
import { type Browser, findChromium, openBrowser, type Visit } from './testing/browser.ts';
import { mhub } from './testing/mhub.ts';
import { baseWorkspace, FIRST_RUN } from './testing/play.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SECRET = 'correct-horse-battery';
const CAMPAIGN = 'hub/campaigns/spring';

const chromium = await findChromium();
const seen = test.skipIf('missing' in chromium);
const titled = (title: string): string => ('missing' in chromium ? `${title} (skipped: ${chromium.missing})` : title);

let repo: TempRepo;
let served: Served;
let browser: Browser;
/** Asset ids by kind. */
const ids = new Map<string, string>();

const preview = (...args: string[]) =>
  mhub(['preview', '--cwd', repo.root, '--now', FIRST_RUN, ...args], { now: FIRST_RUN, env: repo.env });
const out = (): string => join(repo.root, '../gallery');
const read = () => readGallery({ cwd: repo.root, campaigns: [], now: FIRST_RUN, env: repo.env });

interface Told {
  readonly exit_code: number;
  readonly campaigns: readonly {
    readonly assets: readonly { readonly id: string; readonly kind: string; readonly status: string }[];
  }[];
}
const told = async (): Promise<Told> => JSON.parse((await preview('--json')).output) as Told;

beforeAll(async () => {
  repo = await tempRepo({ ...baseWorkspace(), '.gitignore': '.env\n.mhub/\n' });
  const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });
  expect(exit, output).toBe(0);
  writeFileSync(join(repo.root, '.env'), `FEED_TOKEN=${SECRET}\n`);
  for (const { id, kind, status } of (await told()).campaigns[0]?.assets ?? []) {
    if (status === 'published' && !ids.has(kind)) ids.set(kind, id);
  }
  served = await servePreview(read, 0);
  if (!('missing' in chromium)) browser = await openBrowser(chromium);
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
  repo?.remove();
});

test('--json prints what is known and writes nothing', async () => {
  const { exit_code, campaigns } = await told();
  expect(exit_code).toBe(0);
  const statuses = campaigns[0]?.assets.map(({ status }) => status) ?? [];
  expect([...new Set(statuses)].sort()).toEqual(['planned', 'published']);
  expect(repo.git('status', '--porcelain')).toBe('');
});

test('--out writes a gallery that replaces an earlier one and nothing else', async () => {
  expect(await preview('--out', out())).toMatchObject({ exit: 0, output: expect.stringContaining('files in') });
  expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('<meta name="generator" content="mhub preview">');
  writeFileSync(join(out(), 'stale.html'), 'stale');
  expect((await preview('--out', out())).exit).toBe(0);
  expect(existsSync(join(out(), 'stale.html'))).toBe(false);
  const refused = await preview('--out', repo.root);
  expect(refused.exit).toBe(2);
  expect(refused.output).toContain('holds something else');
  expect(existsSync(join(repo.root, 'mhub.yaml'))).toBe(true);
});

test.each([
  [['nowhere', '--json'], 'no campaign nowhere'],
  [['--out', 'x', '--port', '1'], '--out serves nothing'],
  [['--json', '--open'], '--json serves nothing'],
  [['--port', 'many'], 'expected a whole number'],
])('%j is wrong usage', async (args, message) => {
  const { exit, output } = await preview(...args);
  expect(output).toContain(message);
  expect(exit).toBe(2);
});

test('a campaign that is invalid is named, and the exit code says so', async () => {
  const path = 'campaigns/autumn/campaign.yaml';
  repo.write(path, repo.read('campaigns/spring/campaign.yaml').replace(/goal: \w+/, 'goal: fame'));
  const { exit } = await preview('--out', out());
  expect(exit).toBe(3);
  expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain(`${path}:`);
  repo.git('clean', '-fdq', 'campaigns');
});

/** A request exactly as given. */
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number | undefined; policy: unknown; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(served.url);
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, policy: response.headers['content-security-policy'], text }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });

test('a reload shows the work tree as it is now, and what is wrong with it', async () => {
  const before = repo.read('campaigns/spring/campaign.yaml');
  repo.write('campaigns/spring/campaign.yaml', before.replace(/^name: .*$/m, 'name: Spring anew'));
  expect((await ask('/')).text).toContain('<h1>Spring anew</h1>');
  repo.write('campaigns/spring/campaign.yaml', before);
  const workspace = repo.read('mhub.yaml');
  repo.write('mhub.yaml', 'engine: [');
  expect(await ask('/')).toMatchObject({ status: 503, text: expect.stringMatching(/^mhub\.yaml:\d+:\d+: /) });
  repo.write('mhub.yaml', workspace);
  expect((await ask('/')).status).toBe(200);
});

test('only this machine may ask, only for what is there, and only to read', async () => {
  expect((await ask('/', { host: 'evil.example' })).status).toBe(403);
  expect((await ask('/../mhub.yaml')).status).toBe(404);
  expect((await ask('/%2e%2e/mhub.yaml')).status).toBe(404);
  expect((await ask('/%zz')).status).toBe(404);
  expect((await ask('/', {}, 'POST')).status).toBe(405);
});

test('a page of an asset is served without an origin', async () => {
  const { status, policy } = await ask(`/assets/spring/${ids.get('landing_page')}/index.html`);
  expect(status).toBe(200);
  expect(policy).toMatch(/^sandbox; default-src 'none'; .*frame-ancestors 'self'$/);
});

/** Puts other words into a file of an asset, as somebody with write access could. */
function tamper(kind: string, name: string, content: string): () => void {
  const path = `${CAMPAIGN}/assets/${ids.get(kind)}/${name}`;
  const before = repo.read(path);
  repo.write(path, content);
  return () => repo.write(path, before);
}

test('the value of a secret is shown nowhere', async () => {
  const undo = tamper('social_post', 'post.txt', `The token is ${SECRET}.\n`);
  const { files } = await read();
  expect([...files.values()].filter((content) => Buffer.from(content).includes(SECRET))).toEqual([]);
  expect([...files.values()].filter((content) => String(content).includes('The token is ***.'))).not.toEqual([]);
  expect((await preview('--json')).output).not.toContain(SECRET);
  undo();
});

// ---- in a browser ---------------------------------------------------------------------------------------------------

async function visiting(look: Parameters<Browser['visit']>[1], act: (visit: Visit) => Promise<void>): Promise<void> {
  const visit = await browser.visit(served.url, look);
  try {
    await act(visit);
  } finally {
    await visit.close();
  }
}

/** That a script of an asset was kept from running is what is wanted. */
const isWanted = (problem: string): boolean =>
  problem.includes("frame is sandboxed and the 'allow-scripts' permission");

/** What axe finds and cannot decide, on the gallery's own part of a page: frames hold what Guard has looked at. */
async function barriersOn(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(AXE);
  const asked = rules ? { runOnly: rules } : { rules: { 'frame-tested': { enabled: false } } };
  const { violations, incomplete } = await page.evaluate<
    Record<'violations' | 'incomplete', { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]>
  >(`axe.run(${JSON.stringify({ iframes: false, ...asked })})`);
  return [...violations, ...incomplete].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
}

const widthOver = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const pagePaths = (): string[] => [
  '/',
  ...['landing_page', 'email', 'social_post'].map((kind) => `/campaigns/spring/${ids.get(kind)}.html`),
];

seen.each([375, 1280])(
  titled('at %d pixels, light and dark, nothing breaks, overflows or shuts anybody out'),
  async (width) => {
    for (const path of pagePaths()) {
      await visiting({ viewport: { width, height: 800 }, colorScheme: 'light' }, async ({ page, problems }) => {
        await page.goto(served.url + path);
        for (const fold of await page.locator('summary').all()) await fold.click();
        expect(await widthOver(page), path).toBe(0);
        expect(await barriersOn(page), path).toEqual([]);
        await page.emulateMedia({ colorScheme: 'dark' });
        expect(await barriersOn(page, ['color-contrast', 'link-in-text-block']), path).toEqual([]);
        expect(problems.filter((problem) => !isWanted(problem))).toEqual([]);
      });
    }
  },
);

seen(titled('at 320 pixels, which is 1280 at a zoom of four, nothing needs scrolling sideways'), async () => {
  await visiting({ viewport: { width: 320, height: 640 } }, async ({ page }) => {
    for (const path of pagePaths()) {
      await page.goto(served.url + path);
      for (const fold of await page.locator('summary').all()) await fold.click();
      expect(await widthOver(page), path).toBe(0);
    }
  });
});

seen(titled('width and colours are chosen with the keyboard, without a script'), async () => {
  await visiting({ viewport: { width: 1280, height: 800 }, javaScriptEnabled: false }, async ({ page }) => {
    await page.goto(`${served.url}/campaigns/spring/${ids.get('email')}.html`);
    const shownFrame = page.locator('.screen iframe:visible').first();
    const widthOf = async () => Math.round((await shownFrame.boundingBox())?.width ?? 0);
    expect(await widthOf()).toBeGreaterThan(500);
    await page.locator('#auto').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#phone').isChecked()).toBe(true);
    expect(await widthOf()).toBe(373);
    await page.locator('#system').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#dark').isChecked()).toBe(true);
    expect(await page.locator('.screen iframe:visible').getAttribute('src')).toMatch(/\/dark\/email\.html$/);
  });
});

const HARM = `<script>document.title = parent.document.title = 'owned'; fetch('https://evil.example/')</script>
<meta http-equiv="refresh" content="0;url=https://evil.example/">
<!DOCTYPE html><html lang="en"><head><title>Harm</title><link rel="stylesheet" href="https://evil.example/a.css"></head>
<body><img src="https://evil.example/p.png" alt="" onerror="parent.document.title = 'owned'"><p>harmless</p>
<iframe srcdoc="<script>top.document.title = 'owned'</script>"></iframe><svg onload="top.document.title = 'owned'"/></body></html>`;

seen(titled('no script of a poisoned asset runs, and it reaches nobody'), async () => {
  const undo = [
    tamper('landing_page', 'index.html', HARM),
    tamper('email', 'email.html', HARM),
    tamper('social_post', 'post.txt', HARM),
  ];
  for (const path of [...pagePaths(), `/assets/spring/${ids.get('landing_page')}/index.html`]) {
    await visiting({ viewport: { width: 1280, height: 2400 } }, async ({ page, problems }) => {
      await page.goto(served.url + path);
      await page.waitForLoadState('networkidle');
      expect(await page.title(), path).not.toBe('owned');
      expect(page.url()).toBe(served.url + path);
      expect(problems.filter((problem) => problem.startsWith('asked for'))).toEqual([]);
    });
  }
  for (const one of undo) one();
});

seen(titled('opened from the disk it shows the same, and a poisoned page is as harmless there'), async () => {
  const undo = tamper('landing_page', 'index.html', HARM);
  expect((await preview('--out', out())).exit).toBe(0);
  undo();
  const visit = await browser.visit('file://', { viewport: { width: 1280, height: 2400 } });
  await visit.page.goto(`file://${out()}/index.html`);
  await visit.page.locator(`a[data-cta-id="preview-asset-${ids.get('email')}"]`).click();
  const frame = visit.page.frameLocator('.screen iframe:visible');
  expect(await frame.locator('body').innerText()).not.toBe('');
  await visit.page.goto(`file://${out()}/campaigns/spring/${ids.get('landing_page')}/index.html`);
  expect(await visit.page.frameLocator('iframe').locator('p').innerText()).toBe('harmless');
  expect(await visit.page.title()).toMatch(/^index\.html: /);
  expect(visit.problems.filter((problem) => problem.startsWith('asked for'))).toEqual([]);
  await visit.close();
});

test('the same work tree gives the same files', async () => {
  const digests = async () => [...(await read()).files].map(([path, content]) => [path, sha256(content)]);
  expect(await digests()).toEqual(await digests());
});
