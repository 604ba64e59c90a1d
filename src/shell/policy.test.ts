import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { showProblem } from '../core/errors.ts';
import { mhub } from '../testing/mhub.ts';
import { ROOT } from '../testing/own.ts';
import { baseWorkspace, FIRST_RUN } from '../testing/play.ts';
import { type TempRepo, tempRepo } from '../testing/repo.ts';
import { effectiveFor, explainPolicy, isProven, testPolicy } from './policy.ts';

const NOW = '2026-11-24T12:00:00Z';
const CAMPAIGN = 'campaigns/spring/campaign.yaml';

let repo: TempRepo;
beforeAll(async () => {
  repo = await tempRepo(baseWorkspace());
});
afterAll(() => repo.remove());

const run = (...args: string[]) => mhub([...args, '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });

/** Puts a file in its place for as long as a test runs. */
async function having<T>(path: string, edit: (text: string) => string, work: () => Promise<T>): Promise<T> {
  const before = repo.read(path);
  repo.write(path, edit(before));
  try {
    return await work();
  } finally {
    repo.write(path, before);
  }
}

describe('the packs of this repository', () => {
  test('prove all their rules', async () => {
    const tested = await testPolicy({ cwd: ROOT, now: NOW, packs: [], styles: [] });
    expect(tested.findings.map(showProblem)).toEqual([]);
    expect(tested.packs.map(({ pack }) => pack)).toEqual(
      expect.arrayContaining(['base', 'de', 'email', 'email-eu', 'email-us']),
    );
    for (const { pack, rules } of tested.packs) expect(rules.length, pack).toBeGreaterThan(0);
  });
});

describe('test', () => {
  test('tells a sample that comes out otherwise, and a rule that nobody would miss, with their places', async () => {
    const { findings, ended } = await having(
      'policies/email.yaml',
      (text) => text.replace('fail: Last chance to read it.', 'fail: Read it.'),
      async () => ({
        findings: (await testPolicy({ cwd: repo.root, now: NOW, packs: ['email'], styles: [] })).findings,
        ended: await run('policy', 'test', 'email'),
      }),
    );
    expect(findings.map(showProblem)).toEqual([
      expect.stringMatching(/^policies\/email\.yaml:\d+:\d+: no-pressure: expected to fail, passed$/),
      expect.stringMatching(/^policies\/email\.yaml:\d+:\d+: email\/no-pressure could be taken away/),
    ]);
    expect(ended.exit).toBe(3);
    expect(ended.output).toContain('Not proven: 4 rules and 10 samples in 1 pack.');
  });

  test('tells an exception that has expired', async () => {
    const exception = `exceptions:\n  - { rule: email/length, campaign: spring, asset: post-1, content: ${'a'.repeat(64)}, reason: A quote., owner: Ada, expires: 2026-11-24 }\n`;
    const at = (now: string) => () => testPolicy({ cwd: repo.root, now, packs: ['email'], styles: [] });
    const withException = (text: string) => text + exception;
    expect((await having('policies/email.yaml', withException, at('2026-11-23T12:00:00Z'))).findings).toEqual([]);
    const late = await having('policies/email.yaml', withException, at(NOW));
    expect(late.findings.map(({ message }) => message)).toEqual([
      'the exception from email/length expired on 2026-11-24',
    ]);
    expect(isProven(late)).toBe(false);
    const validate = (now: string) => having('policies/email.yaml', withException, () => run('validate', '--now', now));
    expect((await validate('2026-11-23T12:00:00Z')).exit).toBe(0);
    expect(await validate(NOW)).toMatchObject({
      exit: 3,
      output: expect.stringMatching(
        /policies\/email\.yaml:\d+:\d+: the exception from email\/length expired on 2026-11-24/,
      ),
    });
  });

  test('refuses a pack that is not there, and one that is not valid', async () => {
    expect(await run('policy', 'test', 'bas')).toMatchObject({
      exit: 2,
      output: expect.stringContaining('did you mean "base"?'),
    });
    const ended = await having(
      'policies/email.yaml',
      (text) => text.replace('max_length: 3500', 'max_lenght: 3500'),
      () => run('policy', 'test'),
    );
    expect(ended).toMatchObject({ exit: 2, output: expect.stringContaining('did you mean "max_length"?') });
  });
});

describe('effective', () => {
  test('leaves out what does not concern the audience, and says why', async () => {
    const audience = (where: string) => (text: string) =>
      text
        .replace(/^policies: .*$/m, 'policies: [base, email, email-us, de]')
        .replace(/^offers:/m, `jurisdictions: [${where}]\noffers:`);
    const inside = await having(CAMPAIGN, audience('DE, FR'), () =>
      effectiveFor({ cwd: repo.root, campaign: 'spring' }),
    );
    expect(inside[0]?.packs.map(({ pack }) => pack)).toEqual(['base', 'email', 'de']);
    expect(inside[0]?.left_out).toEqual([
      { pack: 'email-us', version: '1.0.0', why: 'for US; the audience is in DE, FR' },
    ]);
    expect(inside[0]?.rules.at(-1)).toMatchObject({
      rule: 'base/plain-words@de',
      tightens: 'base/plain-words',
      pack: 'de',
    });
    const outside = await having(CAMPAIGN, audience('US'), () => effectiveFor({ cwd: repo.root, campaign: 'spring' }));
    expect(outside[0]?.left_out.map(({ pack }) => pack)).toEqual(['de']);
  });

  test('shows only what may apply on a channel', async () => {
    const [feed] = await effectiveFor({ cwd: repo.root, campaign: 'spring', channel: 'feed' });
    const rules = feed?.rules.map(({ rule }) => rule);
    expect(rules).toContain('base/pictures');
    expect(rules).not.toContain('email/length');
  });

  test('is one value as JSON', async () => {
    const { exit, output } = await run('policy', 'effective', '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ campaigns: [{ campaign: 'spring' }], exit_code: 0 });
  });
});

describe('explain', () => {
  test('says what a rule forbids, where it is from, and what is stricter', async () => {
    const { exit, output } = await run('policy', 'explain', 'base/plain-words');
    expect(exit).toBe(0);
    for (const said of ['policies/base.yaml', 'best-in-class', 'A calmer inbox.', 'base/plain-words@de']) {
      expect(output).toContain(said);
    }
  });

  test('says what is wrong with an asset, and what to do', async () => {
    await run('run');
    const path = repo.git('ls-files', 'hub/campaigns/spring/verdicts').split('\n')[0] ?? '';
    const asset = path.replace(/^.*\/|\.yaml$/g, '');
    const finding =
      'findings:\n  - { rule: base/plain-words, severity: block, message: No., file: index.html, line: 3, column: 7 }\n';
    const explained = await having(
      path,
      (text) => text.replace('result: pass', 'result: deny').replace('findings: []\n', finding),
      () => explainPolicy(repo.root, `spring/${asset}`),
    );
    expect(explained).toMatchObject({
      assets: [
        {
          asset,
          verdict: { result: 'deny' },
          advice: [{ finding: { line: 3 }, advice: 'This passes: A calmer inbox.' }],
        },
      ],
    });
  });

  test('of what is neither names what is near', async () => {
    expect(await run('policy', 'explain', 'base/plain-word')).toMatchObject({
      exit: 2,
      output: expect.stringContaining('did you mean "base/plain-words"?'),
    });
  });
});
