import { expect, test } from 'vitest';
import type { EventBatch, Io } from '../core/contracts.ts';
import { contextOf, publicationOf, publishingUnit } from '../testing/publications.ts';
import { secluded } from '../testing/secluded.ts';
import { channel } from './web.ts';

const launch = publicationOf({
  id: 'launch-a',
  channel: 'web',
  at: '2026-11-23T09:00:00Z',
  files: { 'index.html': '<!DOCTYPE html><title>Künstler</title>' },
  asset: { path: '/launch/', arm: 'a' },
});
const other = publicationOf({
  id: 'launch-b',
  channel: 'web',
  at: '2026-11-23T09:00:00Z',
  files: { 'index.html': 'B' },
  asset: { path: '/launch/b/', arm: 'b' },
});

const withdraw = channel.withdraw?.bind(channel) ?? (() => Promise.reject(new Error('pages cannot be taken down')));

const ioWith = (batches: readonly EventBatch[]): Io => ({
  ...secluded,
  env: {},
  now: '2026-11-23T10:00:00Z',
  file: async () => undefined,
  events: async () => batches,
});

const asked = { unit: publishingUnit, channel: contextOf('web', []).channel, signals: [] };

const line = (minute: number, event: object): string =>
  `${JSON.stringify({ at: `2026-11-23T09:0${minute}:00Z`, ...event })}\n`;

test('a page is written byte for byte, with everything that lists it', async () => {
  const { url, changes } = await channel.files(launch, contextOf('web', [other]));
  expect(url).toBe('https://northwind.example/launch/');
  expect(changes.map(({ path }) => path)).toEqual([
    'site/launch/index.html',
    'site/index.html',
    'site/sitemap.xml',
    'site/robots.txt',
    'site/404.html',
  ]);
  expect(changes[0]?.content).toBe(launch.files.get('index.html'));
  expect(changes[2]?.content).toContain('https://northwind.example/launch/');
  expect(changes[3]?.content).toContain('Sitemap: https://northwind.example/sitemap.xml');
});

test('where a page was taken down a page without it stands, and nothing lists it any more', async () => {
  const changes = await withdraw(launch, contextOf('web', [other]));
  expect(changes.map(({ path }) => path)).toEqual(['site/launch/index.html', 'site/index.html', 'site/sitemap.xml']);
  const [page, index, sitemap] = changes.map(({ content }) => String(content));
  expect(page).toContain('<meta name="robots" content="noindex">');
  expect(page).toContain('<a class="button" href="/" data-cta-id="withdrawn-home">');
  expect(page).not.toContain('Künstler');
  expect(index).not.toContain('launch/"');
  expect(sitemap).not.toContain('/launch/');
});

test('where another page was published at the same path before, that one stands again, if it is still what was sent', async () => {
  const before = { ...other, asset: { ...other.asset, path: '/launch/' } };
  const redrafted = { ...before, asset: { ...before.asset, content: 'f'.repeat(64) } };
  expect((await withdraw(launch, contextOf('web', [before])))[0]?.content).toBe('B');
  expect((await withdraw(launch, contextOf('web', [redrafted])))[0]?.content).toContain('Page not available');
});

const sheet = {
  ...publicationOf({
    id: 'one-pager',
    channel: 'web',
    at: '2026-11-23T09:00:00Z',
    files: { 'one-pager.html': '<h1>Paper</h1>' },
    asset: { kind: 'one_pager', path: '/launch/northwind-one-pager.pdf' },
  }),
  files: new Map<string, string | Uint8Array>([
    ['one-pager.html', '<h1>Paper</h1>'],
    ['one-pager.pdf', new Uint8Array([0x25, 0x50, 0x44, 0x46, 0xff])],
  ]),
};

test('a one-pager is written byte for byte, and listed apart from the pages', async () => {
  const { url, changes } = await channel.files(sheet, contextOf('web', [launch]));
  expect(url).toBe('https://northwind.example/launch/northwind-one-pager.pdf');
  expect(changes[0]).toMatchObject({
    path: 'site/launch/northwind-one-pager.pdf',
    content: new Uint8Array([0x25, 0x50, 0x44, 0x46, 0xff]),
  });
  const [, index, sitemap] = changes.map(({ content }) => String(content));
  expect(index).toMatch(
    /On paper[\s\S]*href="launch\/northwind-one-pager.pdf" data-cta-id="index-launch-northwind-one-pager-pdf"/,
  );
  expect(sitemap).toContain('<loc>https://northwind.example/launch/northwind-one-pager.pdf</loc>');
});

test('of a one-pager that is taken down nothing is left', async () => {
  const changes = await withdraw(sheet, contextOf('web', [launch]));
  expect(changes[0]).toMatchObject({ path: 'site/launch/northwind-one-pager.pdf', content: null });
  expect(
    changes
      .slice(1)
      .map(({ content }) => String(content))
      .join(''),
  ).not.toContain('one-pager');
});

test('bytes of a page stay bytes', async () => {
  const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
  const page = { ...launch, files: new Map([['index.html', bytes]]) };
  const { changes } = await channel.files(page, contextOf('web', []));
  expect(changes[0]?.content).toEqual(bytes);
});

test('a page at the root of the site takes the place of the list', async () => {
  const root = { ...launch, asset: { ...launch.asset, path: '/' } };
  const { changes } = await channel.files(root, contextOf('web', [other]));
  expect(changes.filter(({ path }) => path === 'site/index.html').map(({ content }) => content)).toEqual([
    launch.files.get('index.html'),
  ]);
});

test.each(['/../../mhub.yaml/', '/x', '/../x.pdf', '/x.svg', '/a b.pdf', undefined])(
  'a page at %s is refused before anything is written',
  async (path) => {
    const asset = { ...launch.asset, path };
    const odd = { ...launch, asset: asset as typeof launch.asset };
    await expect(channel.files(odd, contextOf('web', []))).rejects.toThrow('has no path on the site such as /launch/');
  },
);

test('visits, clicks and conversions are counted per asset and arm, a batch at a time', async () => {
  const text = [
    line(5, { type: 'visit', path: '/launch/' }),
    line(1, { type: 'visit', path: '/launch/' }),
    line(2, { type: 'click', path: '/launch/', cta: 'start-hero' }),
    line(2, { type: 'click', path: '/launch/', cta: 'starter-kit' }),
    line(3, { type: 'visit', path: '/launch/b/' }),
    line(4, { type: 'visit', path: '/elsewhere/' }),
    'broken\n',
  ].join('');
  const readings = await channel.metrics?.([launch, other], {
    ...asked,
    io: ioWith([
      { name: '1.jsonl', text },
      { name: '2.jsonl', text: line(6, { type: 'visit', path: '/elsewhere/' }) },
    ]),
  });
  const a = { asset: 'launch-a', arm: 'a', path: '/launch/' };
  expect(readings).toEqual([
    {
      kind: 'outcomes',
      from: '2026-11-23T09:01:00Z',
      to: '2026-11-23T09:05:00Z',
      n: 5,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      items: [],
      counts: [
        { ...a, cta: 'start-hero', metric: 'clicks', count: 1 },
        { ...a, cta: 'starter-kit', metric: 'clicks', count: 1 },
        { ...a, cta: 'start-hero', metric: 'conversions', count: 1 },
        { ...a, metric: 'visits', count: 2 },
        { asset: 'launch-b', arm: 'b', path: '/launch/b/', metric: 'visits', count: 1 },
      ],
    },
  ]);
});

test('pages of other campaigns and emails that link to a page count nothing', async () => {
  const foreign = { ...launch, campaign: 'another' };
  const email = publicationOf({
    id: 'mail',
    channel: 'outbox',
    at: '2026-11-24T09:00:00Z',
    files: {},
    asset: { path: '/launch/' },
  });
  const io = ioWith([{ name: '1.jsonl', text: line(1, { type: 'visit', path: '/launch/' }) }]);
  expect(await channel.metrics?.([foreign, email], { ...asked, io })).toEqual([]);
});
