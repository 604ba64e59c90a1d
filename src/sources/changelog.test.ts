import { expect, test } from 'vitest';
import type { Io, Reading } from '../core/contracts.ts';
import { Blocked } from '../core/errors.ts';
import { secluded } from '../testing/secluded.ts';
import { source } from './changelog.ts';

const CHANGELOG = `# Changelog

All notable changes to this project.

- This bullet belongs to no version.

## [Unreleased]

### Added
- **Breaking:** \`mhub run\` takes a [campaign](https://example.com/docs) (see [#12]
  and the \`snake_case_name\` rule).

<!-- - hidden -->
## [1.1.0] - 2026-11-20 [YANKED]
- Never mind.

## 1.0.0 - 2026-11-02

### Fixed
* One _honest_ fix in <b>HTML</b> & 2 \\* 3
- Another fix

\`\`\`
## [9.9.9]
- not an item
\`\`\`

## [0.9.0](https://example.com/0.9.0) - 2026-10-01
### Added
- The first thing

[Unreleased]: https://example.com/compare
[1.0.0]: https://example.com/1.0.0
`;

const ioWith = (files: Readonly<Record<string, string>>): Io => ({
  ...secluded,
  env: {},
  now: '2026-11-23T09:00:00Z',
  file: async (path) => files[path],
  events: async () => [],
});

async function readingOf(markdown: string): Promise<Reading> {
  const [reading] = await source.read({ path: 'CHANGELOG.md' }, ioWith({ 'CHANGELOG.md': markdown }));
  if (!reading) throw new Error('no reading');
  return reading;
}

test('a changelog becomes news in plain words, newest first', async () => {
  const reading = await readingOf(CHANGELOG);
  expect(reading.items).toEqual([
    {
      title: 'Unreleased',
      text: 'Breaking: mhub run takes a campaign (see [#12] and the snake_case_name rule).',
    },
    { title: '1.0.0', text: 'One honest fix in HTML & 2 * 3' },
    { title: '1.0.0', text: 'Another fix' },
    { title: '0.9.0', text: 'The first thing' },
  ]);
  expect(reading).toMatchObject({ kind: 'news', n: 4, counts: [] });
  expect(reading).toMatchObject({ from: '2026-10-01T00:00:00Z', to: '2026-11-02T00:00:00Z' });
});

test('only a change of the news changes the digest', async () => {
  const { digest } = await readingOf(CHANGELOG);
  expect((await readingOf(CHANGELOG.replace('All notable', 'The notable').replaceAll('\n', '\r\n'))).digest).toBe(
    digest,
  );
  expect((await readingOf(CHANGELOG.replace('Another fix', 'Another repair'))).digest).not.toBe(digest);
});

test('the 20 newest items are news', async () => {
  const bullets = Array.from({ length: 30 }, (_, index) => `- item ${index}`).join('\n');
  const reading = await readingOf(`## [Unreleased]\n${bullets}\n`);
  expect(reading.n).toBe(20);
  expect(reading.items.at(-1)?.text).toBe('item 19');
  expect(reading.from).toBeUndefined();
});

test('a changelog without items is a reading of nothing', async () => {
  expect(await readingOf('# Changelog\n')).toMatchObject({ n: 0, items: [] });
});

test('a missing changelog is blocked with its name', async () => {
  const read = source.read({ path: 'docs/NEWS.md' }, ioWith({}));
  await expect(read).rejects.toThrow(Blocked);
  await expect(source.read({ path: 'docs/NEWS.md' }, ioWith({}))).rejects.toThrow(
    'BLOCKED source changelog: add docs/NEWS.md or remove the source',
  );
  expect(source.inputs({ path: 'docs/NEWS.md' })).toEqual(['docs/NEWS.md']);
});
