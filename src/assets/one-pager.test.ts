import { beforeAll, expect, test } from 'vitest';
import type { Copy, Unit } from '../core/contracts.ts';
import { createLoader } from '../core/workspace.ts';
import { openPdfPen } from '../shell/draw/pdf.ts';
import { findChromium } from '../testing/browser.ts';
import { ownFiles } from '../testing/own.ts';
import { readPdf } from '../testing/pdf.ts';
import { asset as kind } from './one-pager.ts';

const chromium = await findChromium();
const title = 'copy that is as long as it may be everywhere still fits on one sheet';

let unit: Unit;
beforeAll(() => {
  const tree = new Map(Object.entries(ownFiles()).map(([path, bytes]) => [path, { bytes }]));
  const loaded = createLoader(tree, { channels: new Map() }).loadUnit('start');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  ({ unit } = loaded);
});

const WORDS = 'Campaign, asset, channel and slot form a key that mhub looks up before it publishes. ';

/** As many blocks as a slot takes, each as long as it may be. */
const copyWith = (taken: 'min' | 'max'): Copy => ({
  blocks: kind.slots.flatMap(({ slot, length, ...count }) =>
    Array.from({ length: count[taken] }, () => ({
      slot,
      text: WORDS.repeat(length.max).slice(0, length.max),
      facts: [],
    })),
  ),
});

function sheetOf(copy: Copy, own: Unit = unit): string {
  const [segment, offer] = [own.segments[0], own.offers[0]];
  const channel = own.channels.find(({ adapter }) => adapter === 'web');
  if (!segment || !offer || !channel) throw new Error('the workspace has no segment, offer or web channel');
  const files = kind.render(copy, {
    unit: own,
    offer,
    segment,
    channel,
    medium: 'site',
    limits: {},
    asset: { id: 'one-pager', path: '/start/mhub-one-pager.pdf' },
    template: (path) => String(own.templates.get(path)),
  });
  return String(files.get('one-pager.html'));
}

test.skipIf('missing' in chromium)(
  'missing' in chromium ? `${title} (skipped: ${chromium.missing})` : title,
  async () => {
    const pen = await openPdfPen(process.env);
    const pdf = await readPdf((await pen.draw(sheetOf(copyWith('max')))) as Uint8Array);
    await pen.close();
    expect(pdf.pages).toBe(1);
    expect(pdf.extent.bottom).toBeLessThanOrEqual(297 - 15);
  },
);

test('a reader of paper finds the address of the page, and of the offer where there is no page', () => {
  const { schedule } = unit.campaign;
  const alone = { ...unit.campaign, schedule: schedule.filter(({ asset }) => asset === 'one_pager') };
  const [offer] = unit.offers;
  const elsewhere = offer && { ...offer, cta: { ...offer.cta, url: 'https://shop.example/buy/' } };
  expect(sheetOf(copyWith('min'))).toContain('>mhub.example/start/</a>');
  const own = { ...unit, campaign: alone, offers: elsewhere ? [elsewhere] : [] };
  expect(sheetOf(copyWith('min'), own)).toContain('>shop.example/buy/</a>');
});

test('without questions and steps there is no empty section, and a language from right to left says so', () => {
  const offers = unit.offers.map((offer) => ({ ...offer, steps: [] }));
  const sheet = sheetOf(copyWith('min'), { ...unit, offers, brand: { ...unit.brand, locale: 'ar' } });
  expect(sheet).not.toMatch(/class="asked"|<ol>\s*<\/ol>/);
  expect(sheet).toContain('<html lang="ar" dir="rtl">');
});
