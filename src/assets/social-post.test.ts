import { expect, test } from 'vitest';
import { channel as feed } from '../channels/feed.ts';
import { lengthOf } from '../core/room.ts';
import { copyWith, placeIn, unitWith } from '../testing/made.ts';
import { asset } from './social-post.ts';

const TEXT = 'Somebody asks, and somebody searches. Each note is saved while you type.';
const limitsOn = (network: string) => feed.limitsFor?.({ network }) ?? {};

const placeOn = (network: string, hashtags: string[] = [], locale = 'en', site_url = 'https://northwind.com') => {
  const { brand } = unitWith({});
  const unit = unitWith({ locale, addresses: { ...brand.addresses, site_url } }, { hashtags });
  return placeIn('feed', limitsOn(network), unit);
};
const postOf = (text: string, place: ReturnType<typeof placeOn>): string =>
  String(asset.render(copyWith({ 'post.text': [text] }), place).get('post.txt'));
const longest = (place: ReturnType<typeof placeOn>): number => asset.slotsFor?.(place)[0]?.length.max ?? 0;

test.each(['any', 'bluesky', 'mastodon', 'x', 'linkedin'])(
  'the longest text for %s fits with its link and all hashtags, and one more letter does not',
  (network) => {
    const tags = ['notes', 'writing'];
    const limits = limitsOn(network);
    const place = placeOn(network, tags);
    const text = 'a'.repeat(longest(place));
    const post = postOf(text, place);
    expect(post).toMatch(/\n\n#notes #writing\n$/);
    expect(lengthOf(post.trim(), limits)).toBe(limits.maxLength);
    expect(postOf(`${text}a`, place)).toMatch(/\n\n#notes\n$/);
  },
);

test('a text may be longer where addresses count less', () => {
  const [any, x, mastodon] = ['any', 'x', 'mastodon'].map((network) => longest(placeOn(network)));
  expect(x).toBe(280 - 23 - 2);
  expect(mastodon).toBe(500 - 23 - 2);
  expect(any).toBeLessThan(x ?? 0);
});

test('a language whose letters X counts twice gets half of the room', () => {
  expect(longest(placeOn('x', [], 'ja'))).toBe(Math.floor((280 - 23 - 2) / 2));
});

test('hashtags give way to words, the last one first', () => {
  const place = placeOn('any', ['notes', 'n'.repeat(40), 'writing', 'w'.repeat(40)]);
  expect(longest(place)).toBeGreaterThanOrEqual(120);
  expect(postOf('a'.repeat(longest(place) + 1), place)).toMatch(/\n\n#notes #n{40}\n$/);
});

test('without hashtags a post ends with its link', () => {
  expect(postOf(TEXT, placeOn('any'))).toMatch(
    /^Somebody asks[^#]*\n\nhttps:\/\/northwind\.com\/found-again\/\?utm_\S*\n$/,
  );
});

test('the card shows the words of the post, and says them to whoever does not see it', () => {
  const files = asset.render(copyWith({ 'post.text': [`${TEXT} 🚀`] }), placeOn('any'));
  expect([...files.keys()]).toEqual(['post.txt', 'card.svg', 'card.alt.txt']);
  expect(files.get('card.alt.txt')).toBe(`Northwind: ${TEXT}\n`);
  const svg = asset.extract(files).parts.find(({ file }) => file === 'card.svg');
  expect(svg?.blocks.map(({ text }) => text)).toEqual([
    'Northwind',
    'Somebody asks, and somebody searches.',
    'Each note is saved while you type.',
    placeOn('any').unit.brand.tagline,
    'northwind.com',
  ]);
  expect(files.get('post.txt')).toContain('🚀');
});

test('words in letters that the font of cards lacks go out without a card', () => {
  const files = asset.render(copyWith({ 'post.text': ['書きとめて、前に進もう。'] }), placeOn('any', [], 'ja'));
  expect([...files.keys()]).toEqual(['post.txt']);
});

test('a headline that no size makes fit is cut between words', () => {
  const endless = `${'Somebody asks and somebody searches and '.repeat(40)}nobody finds.`;
  const files = asset.render(copyWith({ 'post.text': [endless] }), placeOn('linkedin'));
  const lines = asset.extract(files).parts.find(({ file }) => file === 'card.svg')?.blocks[1]?.text ?? '';
  expect(lines).toMatch(/^Somebody asks .*\w…$/);
  expect(String(files.get('card.svg'))).not.toMatch(/y="(?:5[2-9]\d|[6-9]\d\d)">Somebody/);
});
