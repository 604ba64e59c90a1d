import { expect, test } from 'vitest';
import { contextOf, publicationOf, publishingUnit } from '../testing/publications.ts';
import { addressOf, cspHash, escapeMarkup, indexPage, livePages, notFoundPage, sitemap, sitePath } from './site.ts';

const page = (id: string, path: string, at: string, arm?: 'a' | 'b') =>
  publicationOf({ id, channel: 'web', at, files: { 'index.html': id }, asset: { path, ...(arm && { arm }) } });

test('markup is escaped, and characters that XML cannot carry are left out', () => {
  expect(escapeMarkup(`<a href="x">Tom & Jerry's\u0000\u000b\uFFFE\uD800</a> 😀`)).toBe(
    '&lt;a href=&quot;x&quot;&gt;Tom &amp; Jerry&#39;s&lt;/a&gt; 😀',
  );
});

test('a page that was published again is listed once, as it is now', () => {
  const older = page('launch', '/launch/', '2026-11-20T09:00:00Z');
  const newer = page('launch', '/launch/', '2026-11-23T09:00:00Z');
  expect(livePages([older, newer], 'UTC')).toEqual([
    { path: '/launch/', title: 'Title of launch', day: '2026-11-23', canonical: true },
  ]);
});

test('the day of a page is that of the channel', () => {
  const late = page('launch', '/launch/', '2026-11-22T23:30:00Z');
  expect(livePages([late], 'Europe/Berlin')[0]?.day).toBe('2026-11-23');
});

test('a page whose path could leave the folder is not live', () => {
  const odd = ['/../x/', '//x/', '/x', 'x/', '/X/', '/a b/'].map((path) => page(path, path, '2026-11-23T09:00:00Z'));
  expect(livePages(odd, 'UTC')).toEqual([]);
});

test('index and sitemap list the control and not the other arm', () => {
  const at = '2026-11-23T09:00:00Z';
  const pages = livePages([page('launch-b', '/launch/b/', at, 'b'), page('launch-a', '/launch/', at, 'a')], 'UTC');
  const map = sitemap(publishingUnit.brand, pages);
  expect(map).toContain('<loc>https://northwind.example/launch/</loc><lastmod>2026-11-23</lastmod>');
  expect(map).not.toContain('/launch/b/');
  const index = indexPage(publishingUnit, 'site', pages);
  expect(index).toContain('<a href="launch/" data-cta-id="index-launch">Title of launch-a</a>');
  expect(index).not.toContain('launch/b/');
});

test('the index allows its own style and nothing else', () => {
  const index = indexPage(publishingUnit, 'site', []);
  const style = /<style>([\s\S]*?)<\/style>/.exec(index)?.[1] ?? '';
  expect(index).toContain(`content="default-src 'none'; style-src ${cspHash(style)}; `);
  expect(index).toContain('<html lang="en" dir="ltr">');
  expect(index).toContain('<link rel="canonical" href="https://northwind.example/">');
});

test('a title, a tagline or a font from YAML cannot bring markup into the index', () => {
  const { brand } = publishingUnit;
  const design = { ...brand.design, font: 'x;}</style><script>alert(1)</script>' };
  const hostile = { ...publishingUnit, brand: { ...brand, tagline: '"><script>alert(1)</script>', design } };
  const pages = [{ path: '/x/', title: '<script>alert(1)</script>', day: '2026-11-23', canonical: true }];
  expect(indexPage(hostile, 'site', pages)).not.toContain('<script');
  expect(notFoundPage(hostile.brand)).not.toContain('<script');
});

test('the index links the feed only when one is written to the same folder', () => {
  expect(indexPage(publishingUnit, 'site', [])).toContain('href="feed.xml"');
  const without = { ...publishingUnit, channels: publishingUnit.channels.filter(({ id }) => id !== 'feed') };
  expect(indexPage(without, 'site', [])).not.toContain('feed');
});

test('the folder of the web channel is the root of the site', () => {
  const nested = { ...contextOf('web', []).channel, params: { folder: 'site/northwind' } };
  const unit = { ...publishingUnit, channels: [nested] };
  expect(sitePath(unit, 'site/northwind/news/feed.xml')).toBe('/news/feed.xml');
  expect(sitePath({ ...unit, channels: [] }, 'site/news/feed.xml')).toBe('/news/feed.xml');
});

test('an address has one slash between host and path', () => {
  const { brand } = publishingUnit;
  const slashed = { ...brand, addresses: { ...brand.addresses, site_url: 'https://example.org/notes/' } };
  expect(addressOf(slashed, '/launch/')).toBe('https://example.org/notes/launch/');
  expect(notFoundPage(slashed)).toContain('href="/notes/"');
});
