/** What completes at which place of the command line, by bash itself where a shell decides. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { program } from './cli.ts';
import { candidates } from './shell/completion/candidates.ts';
import { ROOT } from './testing/own.ts';
import { emptyPlace, NOW, type Place } from './testing/start.ts';

const root = program({ name: 'mhub-engine', version: '0.0.0-test', now: NOW });
/** In the workspace of this repository. */
const at = (...words: string[]): string[] =>
  candidates(root, words, ROOT).map((candidate) => (typeof candidate === 'string' ? candidate : candidate[0]));

test('commands, and those of a group', () => {
  expect(at('')).toEqual(expect.arrayContaining(['init', 'new', 'run', 'validate', 'policy', 'help']));
  expect(at('')).not.toContain('__complete');
  expect(at('pre')).toEqual(['preview']);
  expect(at('policy', 'e')).toEqual(['explain', 'effective']);
});

test('options with what they are for', () => {
  expect(at('run', '--d')).toEqual(['--dry-run', '--delivery']);
  expect(candidates(root, ['run', '--dry'], ROOT)).toEqual([['--dry-run', 'go through everything and write nothing']]);
});

test('values of options, also behind an equals sign, which bash gives as a word', () => {
  expect(at('resolve', 'k', '--as', '')).toEqual(['sent', 'released']);
  expect(at('resolve', 'k', '--as=r')).toEqual(['--as=released']);
  expect(at('resolve', 'k', '--as', '=', 'r')).toEqual(['released']);
  expect(at('resolve', 'k', '--as', '=')).toEqual(['sent', 'released']);
  expect(at('log', '--stage', 'm')).toEqual(['make', 'measure']);
  expect(at('completion', '')).toEqual(['bash', 'zsh', 'fish']);
});

test('ids of the workspace', () => {
  expect(at('run', '')).toContain('start');
  expect(at('run', 'start', '')).toContain('start');
  expect(at('halt', '--channel', '')).toEqual(['feed', 'outbox', 'web']);
  expect(at('why', '')).toEqual(['start', 'feed', 'outbox', 'web']);
  expect(at('policy', 'test', 'email-')).toEqual(['email-eu', 'email-us']);
  expect(at('check', '--pack', 'on')).toEqual(['online']);
  expect(at('new', 'offer', 'x', '--from', '')).toEqual(['local-run', 'scheduled-run']);
  expect(at('new', '')).toContain('segment');
  expect(at('new', 'channel', 'x', '--adapter', 'ma')).toEqual(['mastodon']);
});

test('files and folders are left to the shell', () => {
  expect(at('check', '')).toEqual([':files']);
  expect(at('run', '--cwd', '')).toEqual([':folders']);
});

test('--cwd says whose ids; outside of a workspace there are none', () => {
  expect(candidates(root, ['run', '--cwd', ROOT, ''], '/')).toEqual([['start']]);
  expect(candidates(root, ['run', ''], '/')).toEqual([]);
  expect(candidates(root, ['run', '--cwd', '/nowhere', ''], ROOT)).toEqual([]);
});

describe('a shell that really completes', () => {
  beforeAll(() => {
    execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: ROOT });
  });

  /** A workspace with mhub as npm installs it. */
  async function installed(): Promise<Place> {
    const place = emptyPlace();
    await place.mhub('init', '--yes');
    const bin = join(place.root, 'node_modules/.bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'mhub'), `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin/mhub.js')}' "$@"\n`);
    chmodSync(join(bin, 'mhub'), 0o755);
    return place;
  }

  const isInstalled = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).error === undefined;

  test('bash: what COMP_WORDS asks for is in COMPREPLY', async () => {
    const place = await installed();
    const completed = (...words: string[]): string[] => {
      const script = `
        eval "$(node_modules/.bin/mhub completion bash)"
        complete -p mhub >/dev/null || exit 9
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _mhub && printf '%s\\n' "\${COMPREPLY[@]}"`;
      const answer = execFileSync('bash', ['--norc', '-c', script, 'bash', 'mhub', ...words], {
        cwd: place.root,
        env: place.env,
        encoding: 'utf8',
      });
      return answer.trimEnd().split('\n');
    };
    expect(completed('val')).toEqual(['validate']);
    expect(completed('run', '')).toEqual(['start']);
    expect(completed('resolve', 'k', '--as', '')).toEqual(['sent', 'released']);
    expect(completed('new', 'offer', 'x', '--brand', 'ac')).toEqual(['acme-tools']);
    expect(completed('run', "it's $(touch oops) `touch oops`")).toEqual(['']);
    expect(place.files()).not.toContain('oops');
  });

  test('zsh: the script is one that zsh reads, and its function is there', async ({ skip }) => {
    if (!isInstalled('zsh')) return skip('zsh is not installed');
    const place = await installed();
    const script =
      'autoload -U compinit && compinit -u && eval "$(node_modules/.bin/mhub completion zsh)" && print $_comps[mhub]';
    expect(execFileSync('zsh', ['-fc', script], { cwd: place.root, env: place.env, encoding: 'utf8' })).toBe('_mhub\n');
  });

  test('fish: what it would offer', async ({ skip }) => {
    if (!isInstalled('fish')) return skip('fish is not installed');
    const place = await installed();
    const script = 'node_modules/.bin/mhub completion fish | source; complete -C "mhub resolve k --as "';
    const answer = execFileSync('fish', ['-Nc', script], { cwd: place.root, env: place.env, encoding: 'utf8' });
    expect(answer.trimEnd().split('\n').sort()).toEqual(['released', 'sent']);
  });
});
