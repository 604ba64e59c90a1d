import { readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { Channel, Publication, Source, TreeChannel } from '../core/contracts.ts';
import { contextOf, frozen, publicationOf, publishingUnit } from '../testing/publications.ts';

const filesIn = (folder: 'channels' | 'sources'): string[] =>
  readdirSync(new URL(`../${folder}/`, import.meta.url))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -'.ts'.length));

const channels = await Promise.all(
  filesIn('channels').map(async (file): Promise<[string, Channel]> => {
    const { channel } = (await import(new URL(`./${file}.ts`, import.meta.url).href)) as { channel: Channel };
    return [file, channel];
  }),
);
const sources = await Promise.all(
  filesIn('sources').map(async (file): Promise<[string, Source]> => {
    const { source } = (await import(new URL(`../sources/${file}.ts`, import.meta.url).href)) as { source: Source };
    return [file, source];
  }),
);

const treeChannels = channels.filter((entry): entry is [string, TreeChannel] => entry[1].files !== undefined);

test.each(channels)('%s lives in the tree, leaves the repository, or goes to many people', (_file, channel) => {
  expect([channel.files, channel.publish, channel.mailing].filter(Boolean)).toHaveLength(1);
  if (channel.class === 'query') expect(channel.find).toBeDefined();
  if (channel.class === 'key') expect(channel.keyMinutes).toBeGreaterThan(0);
});

/** What each adapter may write below; a new channel names its folder here. */
const FOLDERS: Readonly<Record<string, string>> = { web: 'site/', feed: 'site/', outbox: 'hub/outbox/' };

const publicationFor = (channel: 'web' | 'feed' | 'outbox', id: string, at: string): Publication =>
  publicationOf({
    id,
    channel,
    at,
    files: { 'index.html': '<!DOCTYPE html>', 'post.txt': 'A post', 'email.html': '<p>Hi</p>', 'email.txt': 'Hi' },
    asset: { path: `/${id}/`, copy: [{ slot: 'subject', text: 'Subject', facts: [] }] },
  });

test.each([...channels, ...sources])('%s is filed under its id and says what it is and needs', (file, plugin) => {
  expect(plugin.id.replaceAll('_', '-')).toBe(file);
  expect(plugin.about).toMatch(/^[A-Z].{20,}\.$/);
  for (const name of plugin.env) expect(name).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
});

test.each([...channels, ...sources])('the params of %s are a closed and described JSON Schema', (_file, { params }) => {
  new Ajv2020({ strict: true }).compile(params);
  expect(params).toMatchObject({ type: 'object', additionalProperties: false });
  for (const property of Object.values(params.properties as Record<string, { description?: string }>)) {
    expect(property.description).toBeTruthy();
  }
});

test.each(treeChannels)(
  '%s writes the same files twice, from input it does not touch, below its own folder',
  async (_file, channel) => {
    const id = channel.id as 'web' | 'feed' | 'outbox';
    const now = frozen(publicationFor(id, 'today', '2026-11-23T09:00:00Z'));
    const context = frozen(contextOf(id, [publicationFor(id, 'yesterday', '2026-11-22T09:00:00Z')]));
    const published = await channel.files(now, context);
    expect(await channel.files(now, context)).toEqual(published);
    expect(published.changes.length).toBeGreaterThan(0);
    for (const { path, because } of published.changes) {
      expect(path.startsWith(FOLDERS[id] ?? `no folder for ${id}`)).toBe(true);
      expect(path).toMatch(/^[a-z0-9][a-z0-9./-]*$/);
      expect(path).not.toContain('..');
      expect(because).toMatch(/^[^\r\n]+$/);
    }
    expect(published.url).not.toBe('');
  },
);

test.each(treeChannels)('the order of what stands on %s already does not matter', async (_file, channel) => {
  const id = channel.id as 'web' | 'feed' | 'outbox';
  const earlier = [20, 21, 22].map((day) => publicationFor(id, `day-${day}`, `2026-11-${Math.max(day, 21)}T09:00:00Z`));
  const now = publicationFor(id, 'today', '2026-11-23T09:00:00Z');
  const forwards = await channel.files(now, contextOf(id, earlier));
  expect(await channel.files(now, contextOf(id, earlier.toReversed()))).toEqual(forwards);
});

test.each(sources)('%s names only files of the repository as inputs', (_file, source) => {
  for (const path of source.inputs({ path: 'CHANGELOG.md' })) expect(path).toMatch(/^[A-Za-z0-9]/);
  expect(publishingUnit.sources.every(({ adapter }) => adapter !== source.id || source.env.length === 0)).toBe(true);
});
