import { expect, test } from 'vitest';
import { documentOf } from '../../core/document.ts';
import { scanSecrets } from './secrets.ts';

const scan = (html: string) => scanSecrets(documentOf('landing_page', new Map([['index.html', html]])));

/** Made of parts, so that no scanner takes this file for a leak. */
const join = (...parts: readonly string[]): string => parts.join('');
const AWS = join('AK', 'IA', 'QWERTYUIOPASDFGH');
const GITHUB = join('gh', 'p_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8');

test.each([
  ['AWS key id', AWS, 'a secret of aws (AWSAccessKeyID)'],
  ['GitHub token', GITHUB, 'a secret of github (GITHUB_TOKEN)'],
  ['Tailscale', join('ts', 'key-auth-kAbCdEf1CNTRL-', 'aB3dE6gH9jK2mN5pQ8sT1vW4'), 'a Tailscale key'],
  ['Cloudflare', join('cf', 'ut_', 'a1B2c3D4'.repeat(6)), 'a Cloudflare token'],
  ['GitHub App', join('gh', 's_123456_', 'eyJ', 'a1B2c3D4'.repeat(12), '.', 'x-y_z'.repeat(20)), 'a GitHub App token'],
  ['Stripe', join('sk', '_live_', 'a1B2c3D4e5F6g7H8'), 'a Stripe key'],
  ['Stripe, restricted', join('rk', '_test_', 'a1B2c3D4e5F6g7H8'), 'a Stripe key'],
  ['Google client', join('GOC', 'SPX-', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4'), 'a Google client secret'],
  ['Google API', join('AI', 'za', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R'), 'a Google API key'],
])('finds a secret: %s', async (_name, secret, what) => {
  expect(await scan(`<p>It is ${secret}, you see.</p>`)).toEqual([
    { file: 'index.html', offset: 9, length: secret.length, what },
  ]);
});

test.each([
  ['an attribute', `<img src="/a.png" alt="${AWS}">`],
  ['a comment', `<!-- ${AWS} -->`],
  ['a comment that switches the scanner off', `<!-- secretlint-disable -->\n<p>${AWS}</p>`],
  ['a line that switches the scanner off', `<p>${AWS}</p><!-- secretlint-disable-line -->`],
  ['an entity', `<p>${AWS.replace('W', '&#87;')}</p>`],
  ['invisible characters', `<p>${AWS.replace('W', '\u200bW\u00ad')}</p>`],
  ['tags', `<p>${AWS.replace('W', '<b>W</b>')}</p>`],
])('finds it in %s, once', async (_name, html) => expect(await scan(html)).toHaveLength(1));

test('the range of a secret that markup takes apart is that of its source', async () => {
  const html = `<p>${AWS.replace('W', '&#87;')}</p>`;
  const [first] = await scan(html);
  expect(html.slice(first?.offset, (first?.offset ?? 0) + (first?.length ?? 0))).toBe(AWS.replace('W', '&#87;'));
});

test('ordinary copy holds none', async () => {
  const html = `<p style="color:#1a1a1a">Notes that are found again, sk_live is a prefix, ${'a1b2c3d4'.repeat(5)}.</p>`;
  expect(await scan(html)).toEqual([]);
});

test('a scan leaves nothing behind in the process that the next ones would have to search', async () => {
  await scan('<p>Write it down.</p>');
  expect(performance.getEntries()).toEqual([]);
});
