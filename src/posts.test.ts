/** Weeks of posts from the template engine, without repeating itself: the promise of docs/posts.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { angleKey } from './core/angles.ts';
import { similarity } from './core/copywriter/text.ts';
import { ROOT } from './testing/own.ts';
import { type ListedPost, postsPage, thirtyPosts } from './testing/posts.ts';

const DAY = 24 * 60 * 60_000;

let posts: readonly ListedPost[];
beforeAll(async () => {
  posts = await thirtyPosts();
});

/** Every two posts, the earlier one first. */
const pairs = (): [ListedPost, ListedPost][] =>
  posts.flatMap((later, index) => posts.slice(0, index).map((earlier): [ListedPost, ListedPost] => [earlier, later]));

test('there are thirty, at the slots of the campaign, and docs/posts.md lists them', () => {
  expect(posts).toHaveLength(30);
  expect(posts[0]?.slot).toBe('2026-11-23T09:30[Europe/Berlin]');
  expect(readFileSync(join(ROOT, 'docs/posts.md'), 'utf8'), 'run: npm run gen').toBe(postsPage(posts));
});

test('no two posts share 60 % of their word pairs', () => {
  for (const [earlier, later] of pairs()) {
    expect(similarity(earlier.text, later.text), `${earlier.text}\n${later.text}`).toBeLessThan(0.6);
  }
});

test('no angle comes twice within seven days', () => {
  const tooSoon = pairs().filter(
    ([earlier, later]) =>
      angleKey(earlier.angle) === angleKey(later.angle) && Date.parse(later.due) - Date.parse(earlier.due) < 7 * DAY,
  );
  expect(tooSoon).toEqual([]);
});

test('they argue in at least four frameworks, none of which makes up half of them', () => {
  const counts = new Map<string, number>();
  for (const { framework } of posts) counts.set(framework, (counts.get(framework) ?? 0) + 1);
  expect(counts.size).toBeGreaterThanOrEqual(4);
  expect(Math.max(...counts.values())).toBeLessThan(15);
});
