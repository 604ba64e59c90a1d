/** A release, from the commit of a version to a job that uses its tag, against bare remotes. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ownFiles, ROOT } from './own.ts';
import { baseWorkspace, FIRST_RUN } from './play.ts';
import { type TempRepo, tempRepo } from './repo.ts';
import { liveWorkspace } from './rig.ts';
import { runJob, type StepEnded, startStep, workflowOf } from './runner.ts';

const TOKEN = 'the-token-of-the-job';
const folder = mkdtempSync(join(tmpdir(), 'mhub-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const temporary = (): string => mkdtempSync(join(folder, 'step-'));

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const TAG = `v${version}`;
const MAJOR = `v${version.split('.')[0]}`;

const at = ({ git, remote }: TempRepo, name: string): string =>
  git('-C', remote ?? '', 'rev-parse', '--verify', `${name}^{commit}`).trim();
const tagsOf = ({ git, remote }: TempRepo): string[] =>
  git('-C', remote ?? '', 'tag', '--list')
    .split('\n')
    .filter((tag) => tag !== '');

describe('scripts/release-tree.mjs', () => {
  /** A repository with a bundle that knows nothing but its version. */
  async function repository(bundled: string, named = bundled): Promise<TempRepo> {
    const repo = await tempRepo(
      {
        '.gitignore': 'dist/\n',
        'README.md': 'Read me.\n',
        'bin/mhub.js': `console.log('${bundled}');\n`,
        'package.json': JSON.stringify({ version: named, type: 'module' }),
        'scripts/release-tree.mjs': readFileSync(join(ROOT, 'scripts/release-tree.mjs')),
      },
      { remote: true },
    );
    onTestFinished(() => repo.remove());
    repo.write('dist/main.js', 'main();\n');
    repo.write('dist/.stamp', 'of this machine');
    return repo;
  }
  const release = ({ root, env }: TempRepo, ...args: string[]) =>
    spawnSync(process.execPath, ['scripts/release-tree.mjs', ...args], { cwd: root, env, encoding: 'utf8' });

  test('pushes a commit on top of HEAD that holds the bundle, and leaves branch, index and work tree alone', async () => {
    const repo = await repository('1.2.3');
    repo.write('README.md', 'A change that nobody has committed.\n');
    const before = [at(repo, 'main'), repo.git('status', '--porcelain'), repo.git('rev-parse', 'HEAD')];
    const { status, stderr } = release(repo, '--push', 'origin');
    expect(status, stderr).toBe(0);
    expect([at(repo, 'main'), repo.git('status', '--porcelain'), repo.git('rev-parse', 'HEAD')]).toEqual(before);
    expect(tagsOf(repo)).toEqual(['v1', 'v1.2.3']);
    expect(at(repo, 'v1.2.3^')).toBe(at(repo, 'main'));
    const changed = repo.git('-C', repo.remote ?? '', 'diff', '--name-status', 'main', 'v1.2.3');
    expect(changed).toBe('A\tdist/main.js\n');
  });

  test('makes the same commit from the same bundle, so that a second try changes nothing', async () => {
    const repo = await repository('1.2.3');
    const first = release(repo, '--push', 'origin');
    const second = release(repo, '--push', 'origin');
    expect([second.status, second.stdout]).toEqual([0, first.stdout]);
  });

  test('never puts another bundle under a version that is out', async () => {
    const repo = await repository('1.2.3');
    release(repo, '--push', 'origin');
    const out = at(repo, 'v1.2.3');
    repo.write('dist/main.js', 'other();\n');
    expect(release(repo, '--push', 'origin').status).not.toBe(0);
    expect([at(repo, 'v1.2.3'), at(repo, 'v1')]).toEqual([out, out]);
  });

  test('moves the major tag forward and never back', async () => {
    const repo = await repository('1.10.0');
    for (const tag of ['v1.9.9', 'v1', 'v2.0.0', 'v1.11.0-rc.1'])
      repo.git('push', '-q', 'origin', `HEAD:refs/tags/${tag}`);
    release(repo, '--push', 'origin');
    expect(at(repo, 'v1')).toBe(at(repo, 'v1.10.0'));
    repo.git('push', '-q', '--force', 'origin', 'HEAD:refs/tags/v1', 'HEAD:refs/tags/v1.10.1');
    repo.write('bin/mhub.js', "console.log('1.9.10');\n");
    repo.write('package.json', JSON.stringify({ version: '1.9.10', type: 'module' }));
    repo.commit('an older line');
    expect(release(repo, '--push', 'origin').stdout).toContain('pushed v1.9.10 to origin');
    expect(at(repo, 'v1')).toBe(at(repo, 'v1.10.1'));
  });

  test('gives a version before a release no major tag', async () => {
    const repo = await repository('2.0.0-rc.1');
    expect(release(repo, '--push', 'origin').status).toBe(0);
    expect(tagsOf(repo)).toEqual(['v2.0.0-rc.1']);
  });

  test('refuses a bundle of another version, and what it does not understand', async () => {
    const repo = await repository('1.2.2', '1.2.3');
    expect(release(repo).stderr).toContain('dist/ is of 1.2.2, package.json of 1.2.3');
    expect(release(repo, '--push').stderr).toContain('usage:');
    expect(tagsOf(repo)).toEqual([]);
  });
});

/** Each run is a process of its own, on a machine that may have much else to do. */
const PATIENT = { timeout: 120_000 };

describe('a release of this repository', PATIENT, () => {
  let origin: TempRepo;
  let steps: readonly StepEnded[];
  let ghCalls: string;
  /** What the runner has of `uses:`: the files of the tag. */
  let action: string;

  beforeAll(async () => {
    execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: ROOT });
    origin = await tempRepo(ownFiles(), { remote: true });
    const temp = temporary();
    const clone = join(temp, 'work');
    execFileSync('git', ['clone', '-q', '--depth=1', `file://${origin.remote}`, clone], { env: origin.env });
    cpSync(join(ROOT, 'dist'), join(clone, 'dist'), { recursive: true });
    writeFileSync(join(clone, `mhub-engine-${version}.tgz`), 'a package');
    ghCalls = join(temp, 'gh-calls');
    const bin = temporary();
    writeFileSync(join(bin, 'gh'), `#!/bin/sh\necho "$*" >> '${ghCalls}'\n[ "$2" != view ]\n`);
    chmodSync(join(bin, 'gh'), 0o755);
    const env = { ...origin.env, PATH: [bin, process.env['PATH']].join(delimiter) };
    const job = workflowOf('release.yml').jobs['tag'];
    if (!job) throw new Error('release.yml has no job tag');
    const ended = await runJob(job, { github: { token: TOKEN } }, { cwd: clone, env, temp });
    expect(ended.result, ended.steps.map(({ output }) => output).join('\n')).toBe('success');
    steps = ended.steps;
    action = join(temp, 'action');
    execFileSync('git', ['clone', '-q', '--depth=1', `--branch=${TAG}`, `file://${origin.remote}`, action], {
      env: origin.env,
      stdio: 'pipe',
    });
  }, PATIENT.timeout);
  afterAll(() => origin?.remove());

  test('is a tag with the bundle, beside a main without it, and a page that shows it', () => {
    expect(tagsOf(origin)).toEqual([MAJOR, TAG].sort());
    expect(at(origin, `${TAG}^`)).toBe(at(origin, 'main'));
    const [pushed, shown] = steps;
    expect(pushed?.outputs).toEqual({ tag: TAG });
    expect(readFileSync(ghCalls, 'utf8').split('\n')).toEqual([
      `release view ${TAG}`,
      `release create ${TAG} mhub-engine-${version}.tgz --verify-tag --generate-notes`,
      '',
    ]);
    expect([pushed, shown].map((step) => step?.output).join()).not.toContain(TOKEN);
    expect(existsSync(join(action, 'dist/main.js'))).toBe(true);
    expect(existsSync(join(action, 'node_modules'))).toBe(false);
    expect(readdirSync(join(action, 'dist')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  /** A step with `uses:` in a fresh checkout of a workspace. */
  async function use(workspace: TempRepo, command: string, inputs: Readonly<Record<string, string>> = {}) {
    const temp = temporary();
    const cwd = join(temp, 'work');
    execFileSync('git', ['clone', '-q', '--depth=1', `file://${workspace.remote}`, cwd], { env: workspace.env });
    const env = {
      ...workspace.env,
      GITHUB_API_URL: 'http://127.0.0.1:9',
      INPUT_COMMAND: command,
      'INPUT_WORKING-DIRECTORY': '.',
      INPUT_TOKEN: TOKEN,
      ...inputs,
    };
    return { cwd, ...(await startStep([process.execPath, join(action, 'bin/action.js')], { cwd, env, temp })) };
  }
  const tip = (workspace: TempRepo): string => at(workspace, 'main');

  test('is used without npm: a first run publishes and pushes, the next ones are calm', async () => {
    const workspace = await tempRepo(liveWorkspace(), { remote: true });
    onTestFinished(() => workspace.remove());
    const first = await use(workspace, `run  --delivery direct --now ${FIRST_RUN}`);
    expect(first.exit, first.output).toBe(0);
    expect(first.outputs).toMatchObject({ exit_code: '0' });
    expect(Number(first.outputs['published'])).toBeGreaterThan(0);
    expect(first.output).not.toContain(TOKEN);
    const pushed = tip(workspace);
    for (const command of [`run --delivery direct --now ${FIRST_RUN}`, `run --now ${FIRST_RUN}`]) {
      const calm = await use(workspace, command);
      expect([calm.exit, calm.outputs]).toEqual([0, { commits: '0', published: '0', exit_code: '0' }]);
    }
    expect(tip(workspace)).toBe(pushed);
  });

  test('ends the step with the exit code of mhub while something is BLOCKED', async () => {
    const workspace = await tempRepo(baseWorkspace(), { remote: true });
    onTestFinished(() => workspace.remove());
    const { exit, output, outputs } = await use(workspace, `run --delivery direct --now ${FIRST_RUN}`);
    expect([exit, outputs['exit_code'], outputs['published']]).toEqual([3, '3', '0']);
    expect(output).toContain('RFC 2606');
  });

  test('has no shell: what stands in an input is a word of the command line', async () => {
    const workspace = await tempRepo(liveWorkspace(), { remote: true });
    onTestFinished(() => workspace.remove());
    const { cwd, exit, outputs } = await use(workspace, 'run $(touch canary) ; touch canary');
    expect([exit, outputs['exit_code']]).toEqual([2, '2']);
    expect(existsSync(join(cwd, 'canary'))).toBe(false);
  });

  test('works in a folder of the checkout', async () => {
    const workspace = await tempRepo({ 'README.md': 'Elsewhere.\n', ...liveWorkspace() }, { remote: true });
    onTestFinished(() => workspace.remove());
    const { exit, output } = await use(workspace, 'validate', { 'INPUT_WORKING-DIRECTORY': 'campaigns' });
    expect(exit, output).toBe(0);
  });

  test('gives git the token for the server of the job, and nothing else the input', async () => {
    const bin = temporary();
    cpSync(join(action, 'bin/action.js'), join(bin, 'action.js'));
    writeFileSync(join(bin, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(bin, 'mhub.js'), 'console.log(JSON.stringify(process.env));\n');
    const { stdout } = spawnSync(process.execPath, [join(bin, 'action.js')], {
      cwd: bin,
      env: {
        INPUT_TOKEN: TOKEN,
        GITHUB_SERVER_URL: 'https://git.example',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
      },
      encoding: 'utf8',
    });
    const env = JSON.parse(stdout) as Record<string, string>;
    expect(env).toMatchObject({ GITHUB_TOKEN: TOKEN, GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'safe.directory' });
    expect(env).not.toHaveProperty('INPUT_TOKEN');
    const ask = (host: string) =>
      spawnSync('git', ['credential', 'fill'], {
        cwd: bin,
        env: { ...env, PATH: process.env['PATH'], GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
        input: `protocol=https\nhost=${host}\n\n`,
        encoding: 'utf8',
      }).stdout;
    expect(ask('git.example')).toContain(`password=${TOKEN}`);
    expect(ask('github.com')).toBe('');
  });

  test("hands the runner's signal to mhub, which ends by itself", async () => {
    const workspace = await tempRepo({ ...liveWorkspace(), 'site/index.html': '<title>Site</title>' });
    onTestFinished(() => workspace.remove());
    const child = spawn(process.execPath, [join(action, 'bin/action.js')], {
      cwd: workspace.root,
      env: { ...workspace.env, INPUT_COMMAND: 'serve --port 0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<readonly unknown[]>((resolve) => child.on('close', (...how) => resolve(how)));
    let said = '';
    await new Promise<void>((serving) =>
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('Serving')) serving();
      }),
    );
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });
});
