import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Blocked } from '../../core/errors.ts';
import { findChromium, openBrowser } from '../../testing/browser.ts';
import { pictureOfPdf, readPdf } from '../../testing/pdf.ts';
import type { Pen } from './index.ts';
import { openPdfPen } from './pdf.ts';

const chromium = await findChromium();
const drawn = test.skipIf('missing' in chromium);
const titled = (title: string): string => ('missing' in chromium ? `${title} (skipped: ${chromium.missing})` : title);

const sheet = (body: string, style = ''): string => `<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><title>Blätter &amp; Notizen</title>
<style>@page{size:A4;margin:15mm 16mm}*{margin:0}body{font:10pt/1.5 Inter}${style}</style></head>
<body><main><h1>Überschrift</h1><p>Ein Absatz mit <a href="https://northwind.example/">Verweis</a>.</p>${body}</main></body></html>`;

let pen: Pen;
beforeAll(async () => {
  pen = await openPdfPen(process.env);
});
afterAll(() => pen.close());

const draw = async (html: string): Promise<Uint8Array> => (await pen.draw(html)) as Uint8Array;

drawn(titled('a sheet has a title, a language, tags and text that can be selected'), async () => {
  const pdf = await readPdf(await draw(sheet('<ul><li>Eins</li><li>Zwei</li></ul>')));
  expect(pdf).toMatchObject({ pages: 1, title: 'Blätter & Notizen', language: 'de', isTagged: true });
  expect(pdf.tags).toEqual(['Root', 'Document', 'H1', 'P', 'Link', 'L', 'LI', 'Lbl', 'LI', 'Lbl']);
  expect(pdf.text).toContain('Überschrift');
  expect(pdf.text).toContain('Ein Absatz mit Verweis.');
  expect([Math.round(pdf.width), Math.round(pdf.height)]).toEqual([210, 297]);
});

drawn(titled('its letters come with it, and nothing in it says when it was printed'), async () => {
  const pdf = Buffer.from(await draw(sheet(''))).toString('latin1');
  expect(pdf).toMatch(/\/FontName \/[A-Z]{6}\+Inter-Regular/);
  expect(pdf).toMatch(/\/FontFile2/);
  expect(pdf).not.toMatch(/CreationDate|ModDate|D:20/);
});

drawn(titled('what is a little too long is printed smaller, what is much too long is refused'), async () => {
  const lines = (count: number): string => '<p>Eine Zeile.</p>'.repeat(count);
  const [whole, small] = [await readPdf(await draw(sheet(lines(30)))), await readPdf(await draw(sheet(lines(52))))];
  expect([whole.pages, small.pages]).toEqual([1, 1]);
  expect(small.extent.bottom).toBeLessThanOrEqual(297 - 15);
  await expect(draw(sheet(lines(90)))).rejects.toThrow('it does not fit on one sheet');
});

drawn(titled('scripts do not run, and nothing is fetched'), async () => {
  const hostile = '<script>document.title = "taken"; document.body.append("taken")</script><p id="a">Text</p>';
  const loads = '<img src="https://elsewhere.example/a.png" alt="missing"><iframe src="file:///etc/passwd"></iframe>';
  const pdf = await readPdf(await draw(sheet(hostile + loads)));
  expect(pdf.title).toBe('Blätter & Notizen');
  expect(pdf.text).not.toMatch(/taken|root:/);
});

const DRAW = `
import { openPdfPen } from ${JSON.stringify(fileURLToPath(new URL('pdf.ts', import.meta.url)))};
const pen = await openPdfPen(process.env);
process.stdout.write(Buffer.from(await pen.draw(process.argv[1])).toString('base64'));
await pen.close();
`;

/** In a process of its own, as a machine somewhere else would draw it. */
function drawElsewhere(html: string, env: Readonly<Record<string, string>>): Buffer {
  const home = mkdtempSync(join(tmpdir(), 'mhub-elsewhere-'));
  try {
    const printed = execFileSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', DRAW, html],
      { env: { PATH: process.env['PATH'], HOME: home, ...env }, encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    return Buffer.from(printed, 'base64');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

drawn(titled('another zone, language and home give the same words, tags and pixels, and the same bytes'), async () => {
  if ('missing' in chromium) return;
  const html = sheet('<h2>Zwei</h2><p>Größe, “quotes” – and 1,234.5 €.</p>');
  const here = drawElsewhere(html, { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' });
  const there = drawElsewhere(html, { TZ: 'America/Anchorage', LANG: 'C' });
  expect(await readPdf(here)).toEqual(await readPdf(there));
  const browser = await openBrowser(chromium);
  const pictures = [await pictureOfPdf(browser, here, 1), await pictureOfPdf(browser, there, 1)] as const;
  await browser.close();
  expect(pictures[0].length).toBeGreaterThan(5_000);
  expect(pictures[0].equals(pictures[1])).toBe(true);
  expect(here.equals(there)).toBe(true);
});

test('without a browser it says what would help', async () => {
  const blind = await openPdfPen({ MHUB_CHROMIUM: '/nowhere/chromium' });
  const refusal = await blind.draw(sheet('')).catch((error: unknown) => error);
  await blind.close();
  expect(refusal).toBeInstanceOf(Blocked);
  expect((refusal as Blocked).missing).toEqual(['MHUB_CHROMIUM', '@sparticuz/chromium']);
  expect((refusal as Blocked).todo).toBe('MHUB_CHROMIUM is /nowhere/chromium, which is no program');
});
