import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { asset as email } from '../../assets/email.ts';
import { asset as post } from '../../assets/social-post.ts';
import type { AssetKind, Copy, RenderContext } from '../../core/contracts.ts';
import { Blocked } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { DrawOrder } from '../../testing/draw-child.ts';
import { copyWith, EMAIL_COPY, placeIn, unitWith } from '../../testing/made.ts';
import { ROOT } from '../../testing/own.ts';
import { openDrawer, simulatedDrawer } from './index.ts';

const POST_COPY = copyWith({
  'post.text': ['Somebody asks, and somebody searches. Each note is saved while you type.'],
});

const drawer = openDrawer({ env: {} });
afterAll(() => drawer.close());

const orderOf = (kind: AssetKind, copy: Copy, place: RenderContext) => ({
  files: kind.render(copy, place),
  drawings: kind.drawings ?? [],
});
const drawnEmail = async (locale = 'en'): Promise<string> =>
  String(
    (await drawer.draw(orderOf(email, EMAIL_COPY, placeIn('outbox', {}, unitWith({ locale }))))).get('email.html'),
  );
const drawnCard = async (): Promise<Uint8Array> =>
  (await drawer.draw(orderOf(post, POST_COPY, placeIn('feed')))).get('card.png') as Uint8Array;

test('an email is whole: language, title, preheader, one main part, and a name for every link', async () => {
  const html = await drawnEmail();
  expect(html).toMatch(/^<!doctype html><html lang="en" dir="ltr"/);
  expect(html).toContain('<title>Notes that are found &lt;again&gt;</title>');
  expect(html).toContain('>What it takes to write it down once.</div>');
  expect(html.match(/role="main"/g)).toHaveLength(1);
  expect(html).toContain('@media (prefers-color-scheme:dark)');
  const links = html.match(/<a [^>]*>/g) ?? [];
  expect(links).toHaveLength(2);
  for (const link of links) expect(link).toMatch(/data-cta-id="[a-z-]+" href="https:/);
  expect(Buffer.byteLength(html)).toBeLessThan(100_000);
});

test('an email loads nothing', async () => {
  expect(await drawnEmail()).not.toMatch(/<(?:link|img|script)\b|@import|url\(/);
});

test('an email from right to left begins on the right', async () => {
  const html = await drawnEmail('he');
  expect(html).toContain('<html lang="he" dir="rtl"');
  expect(html).not.toMatch(/direction:ltr|border-left|align="left"/);
});

test('a card has the size that networks expect, and is small', async () => {
  const png = Buffer.from(await drawnCard());
  expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 630]);
  expect(png.length).toBeLessThan(150_000);
});

test('a logo stands on the card in its place, whatever its file says about its size', async () => {
  const logo =
    '<?xml version="1.0"?><!-- a <svg --><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9">' +
    '<circle cx="4" cy="4" r="4" fill="var(--accent)"/></svg>';
  const { brand } = unitWith({});
  const unit = unitWith({ design: { ...brand.design, logo: 'templates/logo.svg' } });
  const place = placeIn('feed', {}, { ...unit, templates: new Map([['templates/logo.svg', logo]]) });
  const drawn = await drawer.draw(orderOf(post, POST_COPY, place));
  expect(sha256(drawn.get('card.png') ?? '')).not.toBe(sha256(await drawnCard()));
});

test('whatever font a card asks for, it is drawn in those that mhub brings along', async () => {
  const { files, drawings } = orderOf(post, POST_COPY, placeIn('feed'));
  const foreign = String(files.get('card.svg')).replace('font-family="Inter"', 'font-family="Arial"');
  const drawn = await drawer.draw({ files: new Map([['card.svg', foreign]]), drawings });
  expect(sha256(drawn.get('card.png') ?? '')).toBe(sha256(await drawnCard()));
});

test.each([
  [
    'html',
    '<mjml><mj-body><mj-sections></mj-sections></mj-body></mjml>',
    'mend the MJML template: <mj-sections> means nothing',
  ],
  ['html', '<mjml><mj-body></mjml>', 'mend the MJML template: '],
  ['png', '<svg xmlns="http://www.w3.org/2000/svg"><rect></svg>', 'mend the SVG template: '],
] as const)('a template that is no good for %s says so and blocks only its asset', async (as, source, told) => {
  const drawing = drawer.draw({ files: new Map([['a', source]]), drawings: [{ as, from: 'a', to: 'b', keep: false }] });
  await expect(drawing).rejects.toThrow(Blocked);
  await expect(drawing).rejects.toThrow(told);
});

test('what was not rendered is not drawn', async () => {
  const drawings = [{ as: 'png', from: 'card.svg', to: 'card.png', keep: true }] as const;
  expect(await drawer.draw({ files: new Map([['post.txt', 'Hi']]), drawings })).toEqual(new Map());
});

test('in a simulation emails are drawn, and pictures are digests of what they come from', async () => {
  const simulated = simulatedDrawer({});
  const order = orderOf(post, POST_COPY, placeIn('feed'));
  const svg = String(order.files.get('card.svg'));
  expect((await simulated.draw(order)).get('card.png')).toEqual(
    Uint8Array.of(0x89, ...Buffer.from(sha256(svg), 'hex')),
  );
  const mail = await simulated.draw(orderOf(email, EMAIL_COPY, placeIn('outbox')));
  expect(mail.get('email.html')).toBe(await drawnEmail());
  await simulated.close();
});

test('another zone, language and home give the same bytes', { timeout: 60_000 }, async () => {
  const [mail, card] = [orderOf(email, EMAIL_COPY, placeIn('outbox')), orderOf(post, POST_COPY, placeIn('feed'))];
  const order: DrawOrder = {
    files: Object.fromEntries([...mail.files, ...card.files].map(([name, content]) => [name, String(content)])),
    drawings: [...mail.drawings, ...card.drawings],
  };
  const elsewhere = (env: Readonly<Record<string, string>>): unknown => {
    const home = mkdtempSync(join(tmpdir(), 'mhub-home-'));
    try {
      const told = execFileSync(process.execPath, ['--import', 'tsx', join(ROOT, 'src/testing/draw-child.ts')], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'] ?? '', HOME: home, MHUB_CHILD: JSON.stringify(order), ...env },
        encoding: 'utf8',
      });
      return JSON.parse(told);
    } finally {
      rmSync(home, { recursive: true });
    }
  };
  const here = { 'email.html': sha256(await drawnEmail()), 'card.png': sha256(await drawnCard()) };
  expect(elsewhere({ TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8' })).toEqual(here);
  expect(elsewhere({ TZ: 'America/St_Johns', LANG: 'C' })).toEqual(here);
});
