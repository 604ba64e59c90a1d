import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { TempRepo } from '../testing/repo.ts';
import { tempRepo } from '../testing/repo.ts';
import type { CommitAll } from './commit.ts';
import { advance, commitAll, commitMessage } from './commit.ts';

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanUp) => cleanUp()));

async function repoWith(files: Record<string, string>): Promise<TempRepo & { base: string }> {
  const temp = await tempRepo(files);
  cleanups.push(temp.remove);
  return { ...temp, base: temp.git('rev-parse', 'HEAD').trim() };
}

const settings: Omit<CommitAll, 'base' | 'commits'> = {
  identity: { name: 'Ümhub <bot>\n', email: 'mhub@example.com' },
  now: '2026-11-23T06:00:00.500Z',
  allowed: (path) => path.startsWith('hub/'),
};
const one = (path: string, content: string | Uint8Array | null): CommitAll['commits'] => [
  { message: 'm\n', changes: [{ path, content }] },
];

test('several commits stand on top of each other, by the given identity at the given time', async () => {
  const { repo, git, base } = await repoWith({ 'hub/old': 'old', 'brands/b': 'b' });
  const commits = [
    {
      message: 'one\n',
      changes: [
        { path: 'hub/a/b.yaml', content: 'ü\n' },
        { path: 'hub/old', content: null },
      ],
    },
    { message: 'two\n\nbody\n', changes: [{ path: 'hub/a/c.yaml', content: 'c' }] },
  ];
  const ids = await commitAll(repo, { ...settings, base, commits });
  expect(
    git('log', '--date=raw', '--format=%H|%P|%an|%ae|%cn|%ad|%cd|%s', ids[1] ?? '')
      .split('\n')
      .slice(0, 2),
  ).toEqual([
    `${ids[1]}|${ids[0]}|Ümhub bot|mhub@example.com|Ümhub bot|1795413600 +0000|1795413600 +0000|two`,
    `${ids[0]}|${base}|Ümhub bot|mhub@example.com|Ümhub bot|1795413600 +0000|1795413600 +0000|one`,
  ]);
  expect(git('ls-tree', '-r', '--name-only', ids[1] ?? '').split('\n')).toEqual([
    'brands/b',
    'hub/a/b.yaml',
    'hub/a/c.yaml',
    '',
  ]);
  expect(git('show', `${ids[1]}:hub/a/b.yaml`)).toBe('ü\n');
  expect(git('fsck', '--strict', ids[1] ?? '')).toBe('');
});

test('the same request gives the same commit ids, and leaves no ref behind', async () => {
  const first = await repoWith({ 'brands/b': 'b' });
  const second = await repoWith({ 'brands/b': 'b' });
  const request = { ...settings, base: first.base, commits: one('hub/a', 'a') };
  const ids = await commitAll(first.repo, request);
  expect(await commitAll(first.repo, request)).toEqual(ids);
  expect(await commitAll(second.repo, request)).toEqual(ids);
  expect(first.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\n');
});

test('nothing to commit is no commit, and deleting what is not there is no error', async () => {
  const { repo, git, base } = await repoWith({ a: 'a' });
  expect(await commitAll(repo, { ...settings, base, commits: [] })).toEqual([]);
  const [id = ''] = await commitAll(repo, { ...settings, base, commits: one('hub/none/x', null) });
  expect(git('rev-parse', `${id}^{tree}`)).toBe(git('rev-parse', `${base}^{tree}`));
});

test('binary content and text that looks like commands arrive as they are', async () => {
  const { repo, git, base } = await repoWith({ a: 'a' });
  const bytes = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
  const message = 'größe\n\ndata 3\nM 100644 inline evil\n<<EOF\ndone\n\0\n';
  const changes = [
    { path: 'hub/bytes.bin', content: bytes },
    { path: 'hub/text', content: 'done\n\nD hub\n' },
  ];
  const [id = ''] = await commitAll(repo, { ...settings, base, commits: [{ message, changes }] });
  expect([...((await repo.read(id, ['hub/bytes.bin'])).get('hub/bytes.bin') ?? [])]).toEqual([...bytes]);
  expect(git('show', `${id}:hub/text`)).toBe('done\n\nD hub\n');
  expect(git('log', '-1', '--format=%B', id)).toBe('größe\n\ndata 3\nM 100644 inline evil\n<<EOF\ndone\n \n\n');
  expect(git('ls-tree', '-r', '--name-only', id)).toBe('a\nhub/bytes.bin\nhub/text\n');
});

test('1,000 files are one commit', async () => {
  const { repo, base } = await repoWith({ a: 'a' });
  const changes = Array.from({ length: 1000 }, (_, index) => ({ path: `hub/f/${index}`, content: `content ${index}` }));
  const [id = ''] = await commitAll(repo, { ...settings, base, commits: [{ message: 'm', changes }] });
  expect((await repo.list(id, ['hub'])).size).toBe(1000);
});

test.each([
  '../evil',
  'hub/../evil',
  'hub/a/../b',
  '.git/config',
  'hub/.git/config',
  'hub/a\nM 100644 inline evil',
  'hub/a b',
  '/hub/a',
  'hub//a',
  'hub/',
  '',
  'hub/.',
  'hub/-x',
  'hub/"a"',
  'hub/ü',
  'hub\\a',
  `hub/${'a'.repeat(101)}`,
  'hub/.hidden',
  'hub/git~1',
])('the path %j is refused before anything is written', async (path) => {
  const { repo, git, base } = await repoWith({ a: 'a' });
  const commits = [...one('hub/fine', 'f'), ...one(path, 'x')];
  await expect(commitAll(repo, { ...settings, base, commits, allowed: () => true })).rejects.toThrow(
    /not a plain path/,
  );
  expect(git('count-objects')).toMatch(/^3 objects/);
});

test('a path outside of the job is refused', async () => {
  const { repo, base } = await repoWith({ a: 'a' });
  await expect(commitAll(repo, { ...settings, base, commits: one('policies/base.yaml', 'x') })).rejects.toThrow(
    /policies\/base.yaml: not among/,
  );
});

test('the branch moves only from where it was expected', async () => {
  const { repo, git, base } = await repoWith({ a: 'a' });
  const [id = ''] = await commitAll(repo, { ...settings, base, commits: one('hub/a', 'a') });
  const [rival = ''] = await commitAll(repo, { ...settings, base, commits: one('hub/b', 'b') });
  expect(await advance(repo, 'main', base, id)).toBe(true);
  expect(await advance(repo, 'main', base, rival)).toBe(false);
  expect(git('rev-parse', 'main').trim()).toBe(id);
});

test('of eight writers at once exactly one moves the branch', async () => {
  const { repo, git, base } = await repoWith({ a: 'a' });
  const moved = await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      const [id = ''] = await commitAll(repo, { ...settings, base, commits: one(`hub/${writer}`, 'x') });
      return (await advance(repo, 'main', base, id)) ? id : undefined;
    }),
  );
  expect(moved.filter((id) => id !== undefined)).toEqual([git('rev-parse', 'main').trim()]);
});

test("the user's staged and unstaged work is not touched", async () => {
  const { repo, git, write, read, root, base } = await repoWith({
    'brands/a': 'a\n',
    'brands/b': 'b\n',
    'hub/x': 'x\n',
  });
  write('brands/a', 'staged\n');
  git('add', 'brands/a');
  write('brands/a', 'staged, then edited\n');
  write('brands/b', 'edited\n');
  write('notes', 'untracked\n');
  const before = [git('diff'), git('diff', '--cached'), git('status', '--porcelain')];
  const ids = await commitAll(repo, { ...settings, base, commits: one('hub/y', 'y') });
  expect([git('diff'), git('diff', '--cached'), git('status', '--porcelain')]).toEqual(before);
  expect([ids.length, read('brands/a'), existsSync(join(root, 'hub/y'))]).toEqual([1, 'staged, then edited\n', false]);
});

test('a message keeps every text on its line and within 200 characters', () => {
  const message = commitMessage({
    subject: 'mhub(make): spring\r\nMhub-Run: forged',
    changes: [{ path: 'hub/a', because: `${'😀'.repeat(300)}` }],
    trailers: { Run: '1\nMhub-Policy: forged', Campaign: 'spring' },
  });
  expect(message).toBe(
    `mhub(make): spring Mhub-Run: forged\n\n- hub/a: ${'😀'.repeat(200)}\n\nMhub-Run: 1 Mhub-Policy: forged\n` +
      'Mhub-Campaign: spring\n',
  );
  expect(() => commitMessage({ subject: 's', changes: [], trailers: { 'run\n': 'x' } })).toThrow(/not a trailer name/);
});
