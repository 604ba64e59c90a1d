import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { Invalid } from '../core/errors.ts';
import type { TempRepo } from '../testing/repo.ts';
import { tempRepo } from '../testing/repo.ts';
import type { Secrets } from './env.ts';
import { loadSecrets, parseEnvFile } from './env.ts';

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanUp) => cleanUp()));

async function workspace(ignored = '.env\n.env.local\n'): Promise<TempRepo> {
  const temp = await tempRepo({ '.gitignore': ignored });
  cleanups.push(temp.remove);
  return temp;
}

async function secretsWith(files: Record<string, string>, environment: Record<string, string> = {}): Promise<Secrets> {
  const temp = await workspace();
  for (const [name, content] of Object.entries(files)) temp.write(name, content);
  return loadSecrets(temp.root, { ...temp.env, ...environment });
}

describe('where a value comes from', () => {
  test('the environment comes first, then .env.local, then .env; empty counts as missing', async () => {
    const secrets = await secretsWith(
      { '.env': 'A=from-env\nB=from-env\nC=from-env\nD=from-env\n', '.env.local': 'A=from-local\nB=from-local\nD=\n' },
      { A: 'from-process', B: '', E: '' },
    );
    expect(['A', 'B', 'C', 'D', 'E', 'F'].map((name) => [secrets.get(name), secrets.origin(name)])).toEqual([
      ['from-process', 'environment'],
      ['from-local', '.env.local'],
      ['from-env', '.env'],
      ['from-env', '.env'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(secrets.readEnvFor(['A', 'C', 'E', 'F'])).toEqual({ A: 'from-process', C: 'from-env' });
  });

  test('no files are fine, and a folder named .env is no file', async () => {
    const temp = await workspace('');
    mkdirSync(join(temp.root, '.env'));
    expect((await loadSecrets(temp.root, { ...temp.env, A: 'a' })).get('A')).toBe('a');
  });
});

describe('files that git could publish', () => {
  test.each(['.env', '.env.local', '.env.production'])(
    '%s tracked by git is refused, with the way out',
    async (file) => {
      const temp = await workspace('');
      temp.write(file, 'TOKEN=hunter2hunter2\n');
      temp.commit('oops');
      const error: unknown = await loadSecrets(temp.root, temp.env).catch((caught: unknown) => caught);
      expect(String(error)).toContain(`${file} is tracked by git: run "git rm --cached ${file}"`);
      expect(String(error)).not.toContain('hunter2');
    },
  );

  test('a .env that is not ignored is refused', async () => {
    const temp = await workspace('.env.local\n');
    temp.write('.env', 'TOKEN=x\n');
    await expect(loadSecrets(temp.root, temp.env)).rejects.toThrow('.env is not ignored by git');
  });

  test('a sample file may be tracked', async () => {
    const temp = await workspace();
    temp.write('.env.example', 'TOKEN=\n');
    temp.commit('sample');
    expect((await loadSecrets(temp.root, temp.env)).get('TOKEN')).toBeUndefined();
  });
});

describe('the file format', () => {
  const parse = (text: string): Record<string, string> =>
    Object.fromEntries(parseEnvFile('.env', Buffer.from(text)).values);

  test('comments, export, quotes, escapes, BOM and CRLF', () => {
    expect(
      parse(
        [
          '\uFEFF# comment',
          '',
          'A=plain value # comment',
          'export B = b#not-a-comment ',
          "C='single # \\n'",
          'D="line\\nbreak \\"q\\" # in" # out',
          'E=',
          'F= # only a comment',
          'G=a=b==',
          "H=it's",
          'I=ü',
        ].join('\r\n'),
      ),
    ).toEqual({
      A: 'plain value',
      B: 'b#not-a-comment',
      C: 'single # \\n',
      D: 'line\nbreak "q" # in',
      E: '',
      F: '',
      G: 'a=b==',
      H: "it's",
      I: 'ü',
    });
  });

  test('every mistake is named with its line, and no value is shown', async () => {
    const error: unknown = await secretsWith({
      '.env': 'A="open-secret\nnonsense-secret\nB=x\nB=y-secret\n2C=z-secret\n',
    }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Invalid);
    expect(
      String(error)
        .split('\n')
        .map((line) => /\.env:\d+:1/.exec(line)?.[0]),
    ).toEqual(['.env:1:1', '.env:2:1', '.env:4:1', '.env:5:1']);
    expect(String(error)).not.toContain('secret');
  });
});

describe('redaction', () => {
  const value = 's3cr/t+ "pä$$" 100%';

  test.each([
    ['as it is', value],
    ['JSON-escaped', JSON.stringify({ value })],
    ['URL-encoded', `https://x/?token=${encodeURIComponent(value)}`],
    ['form-encoded', new URLSearchParams({ a: value }).toString()],
    ['base64', Buffer.from(value).toString('base64')],
    ['base64url', Buffer.from(value).toString('base64url')],
    ['Basic, one byte on', `Basic ${Buffer.from(`user:${value}`).toString('base64')}`],
    ['Basic, two bytes on', `Basic ${Buffer.from(`users:${value}@x`).toString('base64')}`],
    ['Basic, aligned', `Basic ${Buffer.from(`us:${value}@`).toString('base64')}`],
  ])('hides a value of a .env file %s', async (_, text) => {
    const secrets = await secretsWith({ '.env': `TOKEN='${value}'\n` });
    expect(secrets.redact(`before ${text} after`)).toMatch(/^before .*\*\*\*.* after$/);
    const leaks = [value, encodeURIComponent(value), 's3cr', 'czNjc', 'MzY3'];
    expect(leaks.filter((leak) => secrets.redact(text).includes(leak))).toEqual([]);
  });

  test('hides protected names of the environment, the longest first, and nothing short or unprotected', async () => {
    const secrets = await secretsWith(
      { '.env': 'SHORT=abc\n' },
      { KEY: 'abcdef', LONGER: 'abcdefghij', HOME: '/home/ada' },
    );
    expect(secrets.redact('abcdef')).toBe('abcdef');
    secrets.protect(['KEY', 'LONGER', 'MISSING']);
    expect(secrets.redact('abc abcdefghij abcdef /home/ada')).toBe('abc *** *** /home/ada');
  });

  test('printing the secrets shows none', async () => {
    const secrets = await secretsWith({ '.env': 'TOKEN=hunter2hunter2\n' });
    expect(inspect(secrets, { depth: 9, showHidden: true }) + JSON.stringify(secrets)).not.toContain('hunter2');
  });
});
