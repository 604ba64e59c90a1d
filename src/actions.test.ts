/** On GitHub Actions: whatever people or others have written, nothing of it becomes a command, an output or a trailer. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitMessage } from './shell/commit.ts';
import { trailersOf } from './shell/history.ts';
import { serveGithub } from './testing/github/server.ts';
import { HOSTILE } from './testing/hostile.ts';
import { mhub } from './testing/mhub.ts';
import { baseWorkspace, FIRST_RUN } from './testing/play.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';
import { liveWorkspace } from './testing/rig.ts';

const LATER = '2026-11-25T12:00:00Z';
const folder = mkdtempSync(join(tmpdir(), 'mhub-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const actions = {
  GITHUB_ACTIONS: 'true',
  GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
  GITHUB_OUTPUT: join(folder, 'output'),
};

const isCommand = (line: string): boolean => line.trimStart().startsWith('::') || line.includes('##[');
const commandsIn = (output: string): string[] => output.split(/\r\n|\r|\n/).filter(isCommand);

/** Short enough for a field of a file. */
const texts = HOSTILE.filter((text) => text.length < 1_000 && !text.includes('\0'));
const ALL = texts.join('\n');

let repo: TempRepo;

beforeAll(async () => {
  const { 'mhub.yaml': settings = '', ...files } = baseWorkspace();
  repo = await tempRepo({
    ...files,
    'mhub.yaml': settings,
    // Mistakes are quoted in what is printed.
    ...Object.fromEntries(
      texts.map((text, index) => [
        `campaigns/bad-${index}/campaign.yaml`,
        `name: ${JSON.stringify(text)}\ngoal: ${JSON.stringify(text)}\n`,
      ]),
    ),
  });
});
afterAll(() => repo.remove());

test('names, reasons and wrong values stay text in output, summary, outputs and commits', async () => {
  const env = { ...repo.env, ...actions };
  const halted = await mhub(['halt', 'spring', '--channel', 'feed', '--why', ALL, '--cwd', repo.root], {
    now: FIRST_RUN,
    env,
  });
  expect(halted.exit, halted.output).toBe(0);
  expect(commandsIn(halted.output)).toEqual([]);

  const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: FIRST_RUN, env });
  expect(exit, output).toBe(3);
  expect(output).toContain('HALTED');
  const commands = commandsIn(output);
  expect(commands).toHaveLength(10);
  for (const command of commands) expect(command).toMatch(/^::(error|warning|notice) (file=campaigns\/|title=)/);

  const outputs = readFileSync(actions.GITHUB_OUTPUT, 'utf8');
  expect([...outputs.matchAll(/^(\w+)<<([0-9a-f-]{36})\n(\d+)\n\2$/gm)].map(([, name]) => name)).toEqual([
    'commits',
    'published',
    'exit_code',
  ]);
  expect(outputs.trimEnd().split('\n')).toHaveLength(9);
  expect(readFileSync(actions.GITHUB_STEP_SUMMARY, 'utf8')).not.toMatch(/<img|<script|\]\(https:\/\/evil/);

  const json = await mhub(['run', '--json', '--dry-run', '--cwd', repo.root], { now: LATER, env });
  expect(commandsIn(json.output).every((line) => /^::(error|warning|notice) /.test(line))).toBe(true);

  const runs = repo.git('log', '--format=%(trailers:key=Mhub-Run,valueonly)|', '--invert-grep', '--grep=^first$');
  for (const run of runs.split('|\n').filter((text) => text !== ''))
    expect(run).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{8}\n$/);
});

test.each(HOSTILE)('%j in a commit adds neither a line nor a trailer', (text) => {
  const changes = [{ path: 'hub/halts/a.yaml', because: text }];
  const lines = commitMessage({ subject: `mhub(make): ${text}`, changes, trailers: { Run: 'r1', Stage: text } }).split(
    '\n',
  );
  expect(lines).toHaveLength(7);
  expect(Object.keys(trailersOf(lines.slice(0, -1)))).toEqual(['Run', 'Stage']);
});

test('outside of Actions nothing of this is written', async () => {
  const { output } = await mhub(['run', '--cwd', repo.root], {
    now: LATER,
    env: { ...repo.env, GITHUB_OUTPUT: join(folder, 'no') },
  });
  expect(commandsIn(output).every((line) => !/^::(error|warning|notice) title=/.test(line))).toBe(true);
});

test('alerts and pages are told after the run, and what GitHub refuses harms nothing', async () => {
  const { 'mhub.yaml': settings = '', ...files } = liveWorkspace();
  const live = await tempRepo({ ...files, 'mhub.yaml': `${settings}alerts: github\n` }, { remote: true });
  const github = await serveGithub(live.remote ?? '', live.env);
  try {
    const run = (now: string, env: Readonly<Record<string, string>>) =>
      mhub(['run', '--cwd', live.root], { now, env: { ...live.env, ...actions, ...env } });
    const alone = await run(FIRST_RUN, {});
    expect(alone.exit).toBe(3);
    expect(alone.output).toContain('BLOCKED workspace: alerts: set GITHUB_REPOSITORY, GITHUB_TOKEN');
    expect(live.git('ls-files', 'site')).toContain('site/spring/index.html');

    await mhub(['halt', 'spring', '--channel', 'outbox', '--why', ALL, '--cwd', live.root], {
      now: LATER,
      env: live.env,
    });
    live.write(
      'brands/tidewell/offers/club.yaml',
      live.read('brands/tidewell/offers/club.yaml').replace('summary: ', 'summary: Now. '),
    );
    live.commit('a change');
    live.git('push', '-q', 'origin', 'main');
    const told = await run(LATER, github.env);
    expect(told.output).not.toContain(github.env['GITHUB_TOKEN']);
    expect(github.issues.map(({ title, state }) => [title, state])).toEqual([
      [expect.stringMatching(/^HALTED spring: spring-outbox-/), 'open'],
    ]);
    expect(github.shown.map(({ environment, statuses }) => [environment, statuses])).toContainEqual([
      'mhub',
      [{ state: 'success', url: 'http://127.0.0.1:9/spring/' }],
    ]);

    await mhub(['resume', 'spring', '--cwd', live.root], { now: LATER, env: live.env });
    github.before.set('repos/create-deployment', () =>
      github.turned.push({ status: 403, message: 'Resource not accessible by integration' }),
    );
    const healed = await run(LATER, github.env);
    expect(healed.exit, healed.output).toBe(0);
    expect(github.issues.map(({ state, reason }) => [state, reason])).toEqual([['closed', 'completed']]);
  } finally {
    await github.close();
    live.remove();
  }
});

test('what a check finds is sent to code scanning', async () => {
  const github = await serveGithub(repo.root, repo.env);
  try {
    repo.write('page.html', '<!doctype html><title>x</title><p>Guaranteed to double your sales!</p>');
    const check = (env: Readonly<Record<string, string>>) =>
      mhub(['check', 'page.html', '--campaign', 'spring', '--upload', '--cwd', repo.root], {
        now: LATER,
        env: { ...repo.env, ...env },
      });
    expect((await check({})).output).toContain('BLOCKED code scanning: set GITHUB_REPOSITORY, GITHUB_TOKEN');
    const { exit, output } = await check(github.env);
    expect(exit, output).toBe(3);
    expect(github.scanned).toMatchObject([
      { commit: repo.git('rev-parse', 'HEAD').trim(), ref: 'refs/heads/main', sarif: { version: '2.1.0' } },
    ]);
    github.turned.push({ status: 403, message: 'Resource not accessible by integration' });
    expect((await check(github.env)).output).toContain('give the token the permission "security-events: write"');
  } finally {
    await github.close();
  }
});

test('the doctor names what alerts and pull requests need', async () => {
  const settings = repo.read('mhub.yaml');
  repo.write('mhub.yaml', `${settings.replace('delivery: local', 'delivery: pull-request')}alerts: github\n`);
  const { output } = await mhub(['doctor', '--cwd', repo.root], { now: LATER, env: repo.env });
  repo.write('mhub.yaml', settings);
  expect(output).toMatch(/^fix +GITHUB_TOKEN +missing; needed by delivery pull-request, alerts$/m);
});
