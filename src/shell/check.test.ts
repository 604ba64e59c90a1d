import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sarifOf } from '../core/policy/reports/sarif.ts';
import { mhub } from '../testing/mhub.ts';
import { baseWorkspace, FIRST_RUN } from '../testing/play.ts';
import { type TempRepo, tempRepo } from '../testing/repo.ts';
import { check } from './check.ts';

const CAMPAIGN = 'campaigns/spring/campaign.yaml';
/** A word of the first post. */
let word = '';
/** Denies that post, and makes a rule of another pack stricter. */
const strict = (exceptions: string): string => `version: 1.0.0
layer: partner
about: What a partner asks.
extends: { pack: base, version: ^3.0.0 }
rules:
  - { id: no-word, type: voice, severity: block, kinds: [social_post], params: { phrases: [${word}] } }
tighten:
  - { rule: base/plain-words, params: { phrases: [frictionless] } }
samples:
  - { rule: no-word, pass: Zzz. }
  - { rule: no-word, fail: 'A ${word} here.' }
  - { rule: base/plain-words, pass: A calm inbox. }
  - { rule: base/plain-words, fail: A frictionless inbox. }
${exceptions}`;

let repo: TempRepo;
let asset = '';
let path = '';
let content = '';

const run = (...args: string[]) => mhub([...args, '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });

const checked = (files: readonly string[], packs: readonly string[] = ['strict']) =>
  check({
    cwd: repo.root,
    now: FIRST_RUN,
    env: repo.env,
    kind: 'social_post',
    files,
    packs,
    styles: [],
    onProgress: () => undefined,
  });

const except = (expires = '2027-01-01', digest = content): void =>
  repo.write(
    'policies/strict.yaml',
    strict(`exceptions:
  - { rule: strict/no-word, campaign: spring, asset: ${asset}, content: ${digest}, reason: A quotation., owner: Ada, expires: ${expires} }
`),
  );

beforeAll(async () => {
  repo = await tempRepo(baseWorkspace());
  await run('run');
  path = repo.git('ls-files', 'hub/campaigns/spring/assets/*/post.txt').split('\n')[0] ?? '';
  asset = path.split('/').at(-2) ?? '';
  content = /^content: (\S+)$/m.exec(repo.read(path.replace('post.txt', 'asset.yaml')))?.[1] ?? '';
  word = /[a-z]{5,}/.exec(repo.read(path))?.[0] ?? '';
  repo.write('policies/strict.yaml', strict(''));
  repo.write(CAMPAIGN, repo.read(CAMPAIGN).replace(/^policies: \[/m, 'policies: [strict, '));
});
afterAll(() => repo.remove());

describe('an exception', () => {
  test('lets through exactly what it is for: the asset, and its file wherever it lies', async () => {
    repo.write('policies/strict.yaml', strict(''));
    repo.write('copy.txt', repo.read(path));
    repo.write('other.txt', `${repo.read(path)} And the rest of it.`);
    const resultsOf = async () => (await checked([path, 'copy.txt', 'other.txt'])).files.map(({ result }) => result);
    expect(await resultsOf()).toEqual(['fail', 'fail', 'fail']);
    except();
    expect(await resultsOf()).toEqual(['pass', 'pass', 'fail']);
    const made = (await checked([])).files.find((file) => file.path.endsWith(`/${asset}`));
    expect(made).toMatchObject({
      result: 'pass',
      exceptions: [{ rule: 'strict/no-word', campaign: 'spring', asset, owner: 'Ada', expires: '2027-01-01' }],
    });
    expect(made?.exceptions[0]?.findings[0]).toMatchObject({ rule: 'strict/no-word', file: path });
    except('2027-01-01', 'b'.repeat(64));
    expect(await resultsOf()).toEqual(['fail', 'fail', 'fail']);
  });

  test('is counted in every format', async () => {
    except();
    const line = `1 exception used: strict/no-word on spring/${asset} until 2027-01-01`;
    const said = (format: string) =>
      run('check', '--pack', 'strict', '--kind', 'social_post', '--format', format, path);
    expect(await said('text')).toMatchObject({ exit: 0, output: expect.stringContaining(`${line}.`) });
    expect(await said('github')).toMatchObject({ exit: 0, output: `::notice title=Exceptions::${line}\n` });
    expect(JSON.parse((await said('json')).output)).toMatchObject({ files: [{ exceptions: [{ asset }] }] });
    const [file] = (await checked([])).files.filter((one) => one.exceptions.length > 0);
    expect(JSON.stringify(sarifOf({ policy: '', packs: [], rules: [], files: file ? [file] : [] }, '1.0.0'))).toContain(
      '"justification":"A quotation. (Ada, until 2027-01-01)"',
    );
  });

  test('that has expired is an error', async () => {
    except('2026-11-24');
    const made = (await checked([])).files.find((file) => file.path.endsWith(`/${asset}`));
    expect(made).toMatchObject({ result: 'error', exceptions: [] });
    expect(made?.rules).toContainEqual({
      rule: 'strict/no-word',
      result: 'error',
      why: 'the exception by Ada expired on 2026-11-24: take it out or date it anew',
    });
  });
});

test('of some packs only what they say themselves is judged, also what they tighten', async () => {
  repo.write('policies/strict.yaml', strict(''));
  repo.write('words.txt', 'A frictionless inbox.');
  const names = async (pack: string) => (await checked(['words.txt'], [pack])).rules.map(({ name }) => name);
  expect((await names('base')).filter((name) => name.includes('@'))).toEqual([]);
  expect(await names('strict')).toEqual(['strict/no-word', 'base/plain-words@strict']);
});

test('a run and the status say how many exceptions were used', async () => {
  except();
  repo.commit('strict');
  const ran = await run('run');
  expect(ran.output).toContain('1 exception used');
  expect(repo.git('log', '--format=%s')).toMatch(/^mhub\(guard\): .*, 1 exception used$/m);
  const { output } = await run('status');
  expect(output).toContain('Exceptions used: 1');
  expect(output).toMatch(new RegExp(`strict/no-word on spring/${asset} +until 2027-01-01 +Ada`));
});
