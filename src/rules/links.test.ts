import { expect, test } from 'vitest';
import type { RuleContext } from '../core/contracts.ts';
import { markdownPart } from '../core/document/markdown.ts';
import { documentOf } from '../core/document.ts';
import { exampleContextWith, exampleUnit } from '../core/policy/sample.ts';
import type { AssetKindId } from '../generated/entities.ts';
import { found } from '../testing/found.ts';
import { rule } from './links.ts';

const messages = (kind: AssetKindId, file: string, source: string, changes: Partial<RuleContext> = {}) =>
  (found(rule.check(documentOf(kind, new Map([[file, source]])), {}, exampleContextWith(changes))) ?? []).map(
    ({ message }) => message,
  );
const page = (html: string) => messages('landing_page', 'index.html', html);
const link = (href: string) => page(`<a href="${href}">Go</a><p id="here">Here</p>`);

test.each([
  '#here',
  '/pricing',
  '/found-again',
  '/?a=1#b',
  'https://northwind.example/',
  'HTTPS://Northwind.example/pricing',
  'http://docs.example',
  'mailto:a@b.example',
])('%s is a sound link of a page', (href) => expect(link(href)).toEqual([]));

test.each([
  '#',
  '#there',
  '',
  'pricing',
  '//docs.example/',
  '/\\docs.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'ftp://docs.example',
  'tel:1',
  'https://a:b@docs.example/',
  '/nowhere/',
  'https://northwind.example/nowhere',
  'https://',
])('%j is not', (href) => expect(link(href)).toHaveLength(1));

test('a page loads nothing from another host, and nothing inline but its icon', () => {
  const other = 'https://cdn.example/a';
  const loads = [
    '<script src="X"></script>',
    '<img src="X" alt="">',
    '<img srcset="/a.png 1x, X 2x" alt="">',
    '<link rel="stylesheet" href="X">',
  ];
  for (const load of [
    ...loads,
    '<iframe src="X"></iframe>',
    '<p style="background:url(X)">a</p>',
    '<style>@import "X"</style>',
  ]) {
    expect(
      page(load.replace('X', other)).some((message) => message.includes('another host')),
      load,
    ).toBe(true);
  }
  expect(
    page('<link rel="icon" href="data:image/svg+xml,a"><link rel="canonical" href="https://other.example/">'),
  ).toEqual([]);
  expect(page('<img src="data:image/png;base64,a" alt="">')).toHaveLength(1);
});

test('links from an email or a post into the site carry all four UTM parameters in lower case', () => {
  const url = 'https://northwind.example/found-again/?utm_source=outbox&utm_medium=email&utm_campaign=a&utm_content=b';
  expect(messages('social_post', 'post.txt', `See ${url}.`)).toEqual([]);
  expect(messages('email', 'email.html', `<a href="${url.replaceAll('&', '&amp;')}">Go</a>`)).toEqual([]);
  expect(messages('social_post', 'post.txt', `See ${url.replace('=b', '=B')}`)[0]).toMatch(
    /needs utm_content in lower case$/,
  );
  expect(messages('email', 'email.html', '<a href="https://northwind.example/pricing">Go</a>')[0]).toMatch(
    /needs utm_source, utm_medium, utm_campaign, utm_content in lower case$/,
  );
  expect(
    messages('email', 'email.txt', 'Leave: https://northwind.example/unsubscribe, see https://docs.example/'),
  ).toEqual([]);
});

test('a path means nothing in an email', () => {
  expect(messages('email', 'email.html', '<a href="/pricing">Go</a>')[0]).toContain(
    'needs the address of the site in front',
  );
});

test('a site below a path of its host keeps that path in front', () => {
  const brand = {
    ...exampleUnit.brand,
    addresses: { ...exampleUnit.brand.addresses, site_url: 'https://pages.example/northwind' },
  };
  const unit = { ...exampleUnit, brand };
  const inSite = (href: string) => messages('landing_page', 'index.html', `<a href="${href}">Go</a>`, { unit });
  expect(inSite('https://pages.example/northwind/pricing')).toEqual([]);
  expect(inSite('/northwind/pricing')).toEqual([]);
  expect(inSite('https://pages.example/northwind/nowhere')).toHaveLength(1);
  expect(inSite('https://pages.example/somebody-else')).toEqual([]);
});

test('a file that mhub did not make has no root to resolve relative links against, and other hosts and schemes stay what they are', async () => {
  const problems = async (url: string) => {
    const part = await markdownPart('README.md', `# Start\n\n[Go](<${url}>)\n`);
    return found(rule.check({ kind: 'text', parts: [part] }, {}, exampleContextWith())) ?? [];
  };
  for (const url of ['docs/policies.md', './docs/a.md#b', '../LICENSE', '/docs/a.md', '#start', '?plain=1'])
    expect(await problems(url), url).toEqual([]);
  for (const url of ['#', '', '//docs.example/', '/\\docs.example', 'javascript:alert(1)', 'data:text/html,x', 'tel:1'])
    expect(await problems(url), url).toHaveLength(1);
});
