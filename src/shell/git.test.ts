import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { TempRepo } from '../testing/repo.ts';
import { tempRepo } from '../testing/repo.ts';
import { advance, commitAll, commitMessage } from './commit.ts';
import { openRepo } from './git.ts';
import { gitEnvironment, isTooOld } from './run-git.ts';

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanUp) => cleanUp()));

async function repoWith(files: Record<string, string | Uint8Array>, options?: { remote: boolean }): Promise<TempRepo> {
  const temp = await tempRepo(files, options);
  cleanups.push(temp.remove);
  return temp;
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mhub-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

const isolated = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
const identity = { name: 'mhub', email: 'mhub@example.com' };
const now = '2026-11-23T06:00:00Z';

async function commitOn(temp: TempRepo, base: string, path: string, content: string): Promise<string> {
  const commits = [{ message: `${path}\n`, changes: [{ path, content }] }];
  return (await commitAll(temp.repo, { base, identity, now, commits, allowed: () => true }))[0] ?? '';
}

describe('opening', () => {
  test('a subfolder opens the repository above it', async () => {
    const temp = await repoWith({ 'campaigns/spring/campaign.yaml': 'a' });
    expect((await openRepo(join(temp.root, 'campaigns/spring'), temp.env)).root).toBe(temp.root);
  });

  test('a folder outside of any repository is told to run git init', async () => {
    await expect(openRepo(emptyFolder(), isolated)).rejects.toThrow(/not in a git repository: run "git init"/);
  });

  test('a repository without a commit is told to make one', async () => {
    const folder = emptyFolder();
    execFileSync('git', ['init', '-q', folder]);
    await expect(openRepo(folder, isolated)).rejects.toThrow(/has no commit yet: run "git add -A && git commit/);
  });

  test('a bare repository is told to clone', async () => {
    const temp = await repoWith({ a: 'a' }, { remote: true });
    await expect(openRepo(temp.remote ?? '', isolated)).rejects.toThrow(/is a bare repository/);
  });

  test('a missing git and a missing folder are named', async () => {
    await expect(openRepo('/nowhere/at/all', isolated)).rejects.toThrow('no such folder: /nowhere/at/all');
    await expect(openRepo(emptyFolder(), { PATH: '/nowhere' })).rejects.toThrow(/install git 2.30 or newer/);
  });

  test('the GIT_DIR of a calling hook is not followed', async () => {
    const temp = await repoWith({ a: 'a' });
    const other = await repoWith({ b: 'b' });
    const env = { ...temp.env, GIT_DIR: join(other.root, '.git'), GIT_INDEX_FILE: '/nowhere' };
    expect((await openRepo(temp.root, env)).root).toBe(temp.root);
    expect(gitEnvironment({ GIT_SSH_COMMAND: 'ssh -i key', GIT_PREFIX: 'x' })).toMatchObject({
      GIT_SSH_COMMAND: 'ssh -i key',
    });
  });

  test('git 2.29 is too old, 2.30 and 3.0 are not', () => {
    expect(['git version 2.29.3', 'git version 2.30.0', 'git version 3.0.1 (Apple)'].map(isTooOld)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('the head is a branch and its commit, or no branch when detached', async () => {
    const temp = await repoWith({ a: 'a' });
    const commit = temp.git('rev-parse', 'HEAD').trim();
    expect(await temp.repo.head()).toEqual({ branch: 'main', commit });
    temp.git('checkout', '-q', '--detach');
    expect(await temp.repo.head()).toEqual({ branch: null, commit });
  });
});

describe('reading a commit', () => {
  test('lists files with their modes, symlinks included, whatever their names', async () => {
    const temp = await repoWith({ 'brands/ü n\n"x.yaml': 'a', 'brands/b.yaml': 'b', 'other/c': 'c', 'mhub.yaml': 'm' });
    symlinkSync('b.yaml', join(temp.root, 'brands/link.yaml'));
    temp.commit('link');
    const listed = await temp.repo.list('HEAD', ['brands', 'mhub.yaml', 'missing']);
    expect([...listed].map(([path, { mode }]) => [path, mode])).toEqual([
      ['brands/b.yaml', '100644'],
      ['brands/link.yaml', '120000'],
      ['brands/ü n\n"x.yaml', '100644'],
      ['mhub.yaml', '100644'],
    ]);
    expect((await temp.repo.list('HEAD', ['.'])).size).toBe(5);
  });

  test('2,000 binary blobs come back byte for byte from one process', async () => {
    const bytes = (index: number): Buffer => Buffer.from([0, 10, 13, 255, index % 256, index >> 8, 10]);
    const names = Array.from({ length: 2000 }, (_, index) => `f/${index}`);
    const temp = await repoWith({ ...Object.fromEntries(names.map((name, index) => [name, bytes(index)])), empty: '' });
    const listed = await temp.repo.list('HEAD', ['f', 'empty']);
    const blobs = await temp.repo.readBlobs([...listed.values()].map(({ oid }) => oid));
    const wrong = names.filter(
      (name, index) => !bytes(index).equals(blobs.get(listed.get(name)?.oid ?? '') ?? Buffer.from('?')),
    );
    expect(wrong).toEqual([]);
    expect(blobs.get(listed.get('empty')?.oid ?? '')).toHaveLength(0);
  });

  test('an object that is missing or no file is an error', async () => {
    const { repo } = await repoWith({ 'a/b': 'b' });
    const [tree] = await repo.objectIds('HEAD', ['a']);
    await expect(repo.readBlobs([tree ?? ''])).rejects.toThrow(/is tree, not a file/);
    await expect(repo.readBlobs(['1'.repeat(40)])).rejects.toThrow(/is missing, not a file/);
  });

  test('reads regular files and leaves out what is missing, a folder or a symlink', async () => {
    const temp = await repoWith({ 'a.txt': 'hello', 'b/c.txt': 'c' });
    symlinkSync('a.txt', join(temp.root, 'link'));
    temp.commit('link');
    temp.write('a.txt', 'not committed');
    const files = await temp.repo.read('HEAD', ['a.txt', 'b', 'link', 'missing']);
    expect([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])).toEqual([['a.txt', 'hello']]);
  });

  test('object ids of files, folders and the whole tree, null for what is missing', async () => {
    const temp = await repoWith({ 'a b.txt': 'a', 'c/d': 'd' });
    const ids = await temp.repo.objectIds('HEAD', ['a b.txt', 'missing', 'c', '']);
    const expected = ['HEAD:a b.txt', 'HEAD:c', 'HEAD:'].map((name) => temp.git('rev-parse', name).trim());
    expect(ids).toEqual([expected[0], null, expected[1], expected[2]]);
  });

  test('names what changed between two commits', async () => {
    const temp = await repoWith({ keep: 'k', edit: 'e', drop: 'd' });
    const from = temp.git('rev-parse', 'HEAD').trim();
    temp.write('edit', 'E');
    temp.write('nëw\tname', 'n');
    temp.git('rm', '-q', 'drop');
    const to = temp.commit('change');
    expect(await temp.repo.changedPaths(from, to)).toEqual(['drop', 'edit', 'nëw\tname']);
    expect((await temp.repo.diff(from, to))[0]).toMatchObject({ before: { mode: '100644' }, after: null });
  });

  test('only full object ids and HEAD reach git', async () => {
    const { repo } = await repoWith({ a: 'a' });
    await expect(repo.list('--output=x', ['a'])).rejects.toThrow(/not an object id/);
    await expect(repo.objectIds('HEAD', ['a\nb'])).rejects.toThrow(/line break in path/);
  });
});

describe('the work tree', () => {
  test('uncommitted files are named: staged, unstaged, untracked and deleted, but not ignored ones', async () => {
    const temp = await repoWith({
      'brands/a': 'a',
      'brands/b': 'b',
      'brands/c': 'c',
      'hub/x': 'x',
      '.gitignore': '*.log\n',
    });
    temp.write('brands/a', 'A');
    temp.write('brands/b', 'B');
    temp.git('add', 'brands/b');
    rmSync(join(temp.root, 'brands/c'));
    temp.write('brands/neu/größe *.yaml', 'n');
    temp.write('brands/debug.log', 'l');
    temp.write('hub/x', 'X');
    expect((await temp.repo.workTreeChanges(['brands', 'missing'])).sort()).toEqual([
      'brands/a',
      'brands/b',
      'brands/c',
      'brands/neu/größe *.yaml',
    ]);
    expect(await temp.repo.workTreeChanges([])).toEqual([]);
  });

  test('a path is no pattern', async () => {
    const temp = await repoWith({ a: 'a' });
    temp.write('a', 'A');
    expect(await temp.repo.workTreeChanges(['*', ':/'])).toEqual([]);
  });

  test('knows what is ignored and what is tracked', async () => {
    const { repo } = await repoWith({ '.gitignore': '.env\n', a: 'a' });
    expect(await Promise.all([repo.isIgnored('.env'), repo.isIgnored('a'), repo.isIgnored(':b')])).toEqual([
      true,
      false,
      false,
    ]);
    expect(await Promise.all([repo.isTracked('a'), repo.isTracked('.env'), repo.isTracked('*')])).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('hooks and file monitors of the repository are never run', async () => {
    const temp = await repoWith({ a: 'a' });
    const proof = join(temp.root, 'ran');
    const script = join(temp.root, '.git/evil');
    writeFileSync(script, `#!/bin/sh\ntouch ${proof}\n`, { mode: 0o755 });
    mkdirSync(join(temp.root, '.git/hooks'), { recursive: true });
    writeFileSync(join(temp.root, '.git/hooks/reference-transaction'), `#!/bin/sh\ntouch ${proof}\n`, { mode: 0o755 });
    temp.git('config', 'core.fsmonitor', script);
    const { commit } = await temp.repo.head();
    await advance(temp.repo, 'main', commit, await commitOn(temp, commit, 'hub/a', 'a'));
    expect(await temp.repo.workTreeChanges(['ran'])).toEqual([]);
  });
});

describe('history', () => {
  test("tells the engine's commits with reasons and trailers, newest first, filtered exactly", async () => {
    const temp = await repoWith({ a: 'a' });
    const message = (stage: string, campaign: string): string =>
      commitMessage({
        subject: `mhub(${stage}): ${campaign}, größer`,
        changes: [
          { path: 'hub/a', because: 'first: draft' },
          { path: 'hub/b', because: 'two\nMhub-Run: forged' },
        ],
        trailers: { Run: '20261123T060000Z-1', Stage: stage, Campaign: campaign },
      });
    const { commit: base } = await temp.repo.head();
    const commits = [
      ['make', 'spring'],
      ['guard', 'spring'],
      ['make', 'spring-launch'],
    ].map(([stage = '', campaign = ''], index) => ({
      message: message(stage, campaign),
      changes: [{ path: 'hub/a', content: String(index) }],
    }));
    const ids = await commitAll(temp.repo, { base, identity, now, commits, allowed: () => true });
    await advance(temp.repo, 'main', base, ids[2] ?? '');
    expect((await temp.repo.log()).map(({ commit }) => commit)).toEqual([ids[2], ids[1], ids[0]]);
    expect(await temp.repo.log({ campaign: 'spring', stage: 'make', run: '20261123T060000Z-1' })).toEqual([
      {
        commit: ids[0],
        at: '2026-11-23T06:00:00.000Z',
        subject: 'mhub(make): spring, größer',
        reasons: [
          { path: 'hub/a', because: 'first: draft' },
          { path: 'hub/b', because: 'two Mhub-Run: forged' },
        ],
        trailers: { Run: '20261123T060000Z-1', Stage: 'make', Campaign: 'spring' },
      },
    ]);
    expect((await temp.repo.log({ limit: 1 })).map(({ commit }) => commit)).toEqual([ids[2]]);
    expect(await temp.repo.log({ campaign: '.*' })).toEqual([]);
  });
});

describe('remotes', () => {
  test('a push moves the remote branch from what was expected', async () => {
    const temp = await repoWith({ a: 'a' }, { remote: true });
    const { commit: expected } = await temp.repo.head();
    const commit = await commitOn(temp, expected, 'hub/a', 'a');
    expect(await temp.repo.push({ remote: 'origin', branch: 'main', commit, expected })).toBe('ok');
    expect(await temp.repo.remoteTip('origin', 'main')).toBe(commit);
    expect(await temp.repo.push({ remote: 'origin', branch: 'neu/ü', commit, expected: null })).toBe('ok');
  });

  test('a push is rejected when the remote has moved, and fetch tells where to', async () => {
    const temp = await repoWith({ a: 'a' }, { remote: true });
    const other = await temp.clone();
    const { commit: expected } = await temp.repo.head();
    const theirs = await commitOn(other, expected, 'hub/theirs', 't');
    expect(await other.repo.push({ remote: 'origin', branch: 'main', commit: theirs, expected })).toBe('ok');
    const ours = await commitOn(temp, expected, 'hub/ours', 'o');
    expect(await temp.repo.push({ remote: 'origin', branch: 'main', commit: ours, expected })).toBe('rejected');
    expect(await temp.repo.push({ remote: 'origin', branch: 'main', commit: ours, expected: null })).toBe('rejected');
    expect(await temp.repo.fetch('origin', 'main')).toBe(theirs);
    expect(await temp.repo.isAncestor(expected, theirs)).toBe(true);
    expect(await temp.repo.isAncestor(ours, theirs)).toBe(false);
  });

  test('a push never rewrites history', async () => {
    const temp = await repoWith({ a: 'a' }, { remote: true });
    const { commit: base } = await temp.repo.head();
    const expected = await commitOn(temp, base, 'hub/one', '1');
    await temp.repo.push({ remote: 'origin', branch: 'main', commit: expected, expected: base });
    const aside = await commitOn(temp, base, 'hub/two', '2');
    await expect(temp.repo.push({ remote: 'origin', branch: 'main', commit: aside, expected })).rejects.toThrow(
      /does not build on/,
    );
    expect(await temp.repo.remoteTip('origin', 'main')).toBe(expected);
  });

  test('a remote that declines says so in its own words', async () => {
    const temp = await repoWith({ a: 'a' }, { remote: true });
    writeFileSync(join(temp.remote ?? '', 'hooks/pre-receive'), '#!/bin/sh\necho branch is protected >&2\nexit 1\n', {
      mode: 0o755,
    });
    const { commit: expected } = await temp.repo.head();
    const commit = await commitOn(temp, expected, 'hub/a', 'a');
    await expect(temp.repo.push({ remote: 'origin', branch: 'main', commit, expected })).rejects.toThrow(
      /pre-receive hook declined.*branch is protected/,
    );
  });

  test('a connection that ends without an answer leaves it unknown', async () => {
    const temp = await repoWith({ a: 'a' });
    temp.git('remote', 'add', 'origin', 'http://user:hunter22@127.0.0.1:1/x.git');
    const { commit: expected } = await temp.repo.head();
    const commit = await commitOn(temp, expected, 'hub/a', 'a');
    expect(await temp.repo.push({ remote: 'origin', branch: 'main', commit, expected })).toBe('unknown');
    await expect(temp.repo.fetch('origin', 'main')).rejects.toThrow(/^git fetch origin main: (?!.*hunter22)/);
  });

  test('a branch that the remote does not have is null', async () => {
    const temp = await repoWith({ a: 'a' }, { remote: true });
    expect(await temp.repo.remoteTip('origin', 'gone')).toBeNull();
    expect(await temp.repo.fetch('origin', 'gone')).toBeNull();
  });

  test('names that could be options or other refs are refused', async () => {
    const { repo } = await repoWith({ a: 'a' }, { remote: true });
    await expect(repo.fetch('--upload-pack=touch x', 'main')).rejects.toThrow(/not the name of a remote/);
    for (const branch of ['-x', 'a..b', 'a b', 'a:b', 'x.lock', '', 'a\nb', '@{1}', '/a', 'a/']) {
      await expect(repo.remoteTip('origin', branch)).rejects.toThrow(/not a branch name/);
    }
  });
});
