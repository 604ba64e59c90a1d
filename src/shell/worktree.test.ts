import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { TempRepo } from '../testing/repo.ts';
import { tempRepo } from '../testing/repo.ts';
import { advance, commitAll } from './commit.ts';
import { syncWorkTree } from './worktree.ts';

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanUp) => cleanUp()));

async function repoWith(files: Record<string, string>): Promise<TempRepo> {
  const temp = await tempRepo(files);
  cleanups.push(temp.remove);
  return temp;
}

/** Commits the changes as the engine does, without bringing the work tree up to date. */
async function moveBranch(
  { repo }: TempRepo,
  contents: Record<string, string | Uint8Array | null>,
): Promise<{ from: string; to: string }> {
  const { commit: from } = await repo.head();
  const changes = Object.entries(contents).map(([path, content]) => ({ path, content }));
  const identity = { name: 'mhub', email: 'mhub@example.com' };
  const now = '2026-11-23T06:00:00Z';
  const [to = ''] = await commitAll(repo, {
    base: from,
    identity,
    now,
    commits: [{ message: 'm\n', changes }],
    allowed: () => true,
  });
  expect(await advance(repo, 'main', from, to)).toBe(true);
  return { from, to };
}

test('a clean tree is clean again: files written, changed and deleted, empty folders gone', async () => {
  const temp = await repoWith({ 'hub/a/old.yaml': 'old', 'hub/keep.yaml': 'k', 'brands/b': 'b', 'hub/turns': 'file' });
  const bytes = Uint8Array.from([0, 255, 10, 13]);
  const { from, to } = await moveBranch(temp, {
    'hub/a/old.yaml': null,
    'hub/keep.yaml': 'K',
    'site/x/index.html': '<p>',
    'hub/b.bin': bytes,
    'hub/turns': null,
    'hub/turns/into': 'folder',
  });
  expect(await syncWorkTree(temp.repo, from, to)).toEqual({ left: [] });
  expect(temp.git('status', '--porcelain')).toBe('');
  expect(existsSync(join(temp.root, 'hub/a'))).toBe(false);
  expect([...readFileSync(join(temp.root, 'hub/b.bin'))]).toEqual([...bytes]);
  expect(await syncWorkTree(temp.repo, from, to)).toEqual({ left: [] });
});

test('1,000 files are brought up to date', async () => {
  const temp = await repoWith({ a: 'a' });
  const files = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`hub/${index % 10}/${index}`, `content ${index}`]),
  );
  const { from, to } = await moveBranch(temp, files);
  await syncWorkTree(temp.repo, from, to);
  expect(temp.git('status', '--porcelain')).toBe('');
});

test("the user's staged and unstaged work on other files survives byte for byte", async () => {
  const temp = await repoWith({ 'brands/a': 'a\n', 'brands/b': 'b\n', 'brands/c': 'c\n', 'hub/x': 'x\n' });
  temp.write('brands/a', 'staged\n');
  temp.git('add', 'brands/a');
  temp.write('brands/a', 'staged, then edited\n');
  temp.write('brands/b', 'edited\n');
  temp.git('rm', '-q', '--cached', 'brands/c');
  temp.write('größe.txt', 'untracked\n');
  const look = (): string[] => [
    temp.git('diff'),
    temp.git('diff', '--cached'),
    temp.git('status', '--porcelain', '-uall'),
  ];
  const before = look();
  const { from, to } = await moveBranch(temp, { 'hub/x': 'X\n', 'hub/y': 'y\n' });
  expect(await syncWorkTree(temp.repo, from, to)).toEqual({ left: [] });
  expect(look()).toEqual(before);
});

test('files that the user has edited, deleted, replaced or made first are left and named', async () => {
  const temp = await repoWith({
    'hub/edited': 'e',
    'hub/deleted': 'd',
    'hub/linked': 'l',
    'hub/staged': 's',
    'hub/gone': 'g',
  });
  temp.write('hub/edited', 'mine');
  unlinkSync(join(temp.root, 'hub/deleted'));
  unlinkSync(join(temp.root, 'hub/linked'));
  symlinkSync('edited', join(temp.root, 'hub/linked'));
  temp.write('hub/staged', 'my stage');
  temp.git('add', 'hub/staged');
  temp.write('hub/gone', 'still mine');
  temp.write('hub/new', 'mine too');
  const { from, to } = await moveBranch(temp, {
    'hub/edited': 'E',
    'hub/deleted': 'D',
    'hub/linked': 'L',
    'hub/staged': 'S',
    'hub/new': 'N',
    'hub/gone': null,
  });
  const { left } = await syncWorkTree(temp.repo, from, to);
  expect([...left].sort()).toEqual(['hub/deleted', 'hub/edited', 'hub/gone', 'hub/linked', 'hub/new', 'hub/staged']);
  expect(['edited', 'staged', 'gone', 'new'].map((name) => temp.read(`hub/${name}`))).toEqual([
    'mine',
    'my stage',
    'still mine',
    'mine too',
  ]);
  expect(existsSync(join(temp.root, 'hub/deleted'))).toBe(false);
  expect(temp.git('show', ':hub/staged')).toBe('my stage');
  expect(temp.git('diff', '--cached', '--name-only')).toBe('hub/staged\n');
});

test('a file that already has the new content is not written again', async () => {
  const temp = await repoWith({ 'hub/a': 'a' });
  temp.write('hub/a', 'A');
  temp.write('hub/new', 'N');
  const before = statSync(join(temp.root, 'hub/a')).ino;
  const { from, to } = await moveBranch(temp, { 'hub/a': 'A', 'hub/new': 'N' });
  expect(await syncWorkTree(temp.repo, from, to)).toEqual({ left: [] });
  expect(statSync(join(temp.root, 'hub/a')).ino).toBe(before);
  expect(temp.git('status', '--porcelain')).toBe('');
});

test('a symlinked folder is never followed', async () => {
  const temp = await repoWith({ 'hub/a': 'a' });
  const outside = join(temp.root, '..', 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'a'), 'a');
  rmSync(join(temp.root, 'hub'), { recursive: true });
  symlinkSync(outside, join(temp.root, 'hub'));
  const { from, to } = await moveBranch(temp, { 'hub/a': 'A', 'hub/deep/b': 'b' });
  expect([...(await syncWorkTree(temp.repo, from, to)).left].sort()).toEqual(['hub/a', 'hub/deep/b']);
  expect([readFileSync(join(outside, 'a'), 'utf8'), existsSync(join(outside, 'deep'))]).toEqual(['a', false]);
});

test("executable files of somebody else's commit stay executable", async () => {
  const temp = await repoWith({ 'bin/x': 'x' });
  const { commit: from } = await temp.repo.head();
  temp.write('bin/x', 'X');
  chmodSync(join(temp.root, 'bin/x'), 0o755);
  const to = temp.commit('theirs');
  temp.git('reset', '-q', '--hard', from);
  expect(await advance(temp.repo, 'main', from, to)).toBe(true);
  expect(await syncWorkTree(temp.repo, from, to)).toEqual({ left: [] });
  expect(temp.git('status', '--porcelain')).toBe('');
});

test('when another branch is checked out nothing is touched', async () => {
  const temp = await repoWith({ 'hub/a': 'a' });
  temp.git('checkout', '-q', '-b', 'mine');
  const { from, to } = await moveBranch(temp, { 'hub/a': 'A' });
  expect(await syncWorkTree(temp.repo, from, to)).toEqual({ left: [] });
  expect([temp.read('hub/a'), temp.git('status', '--porcelain')]).toEqual(['a', '']);
});

test('an index that stays locked is said, with what to do, and no file is touched', async () => {
  const temp = await repoWith({ 'hub/a': 'a' });
  const { from, to } = await moveBranch(temp, { 'hub/a': 'A' });
  writeFileSync(join(temp.root, '.git/index.lock'), '');
  await expect(syncWorkTree(temp.repo, from, to, [0])).rejects.toThrow(
    /index locked.*git restore --staged --worktree hub/,
  );
  expect(temp.read('hub/a')).toBe('a');
  unlinkSync(join(temp.root, '.git/index.lock'));
  await syncWorkTree(temp.repo, from, to);
  expect([temp.read('hub/a'), temp.git('status', '--porcelain')]).toEqual(['A', '']);
});
