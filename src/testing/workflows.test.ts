/** The workflows as GitHub reads them, and what their steps do when they are carried out here. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { ownFiles, ROOT } from './own.ts';
import { tempRepo } from './repo.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = join(ROOT, '.github/workflows');
const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const workflowOf = (name: string): Workflow => parse(textOf(name)) as Workflow;
const stepsOf = (name: string): Step[] => Object.values(workflowOf(name).jobs).flatMap(({ steps }) => steps);
const names = readdirSync(FOLDER);

describe.each(names)('%s', (name) => {
  test('runs actions by the commit that was looked at, with its version beside it', () => {
    const used = [...textOf(name).matchAll(/uses:(.*)/g)].map(([, rest = '']) => rest.trim());
    expect(used.length).toBe(stepsOf(name).filter(({ uses }) => uses !== undefined).length);
    for (const action of used) expect(action).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('puts nothing into a shell but what stands in the file', () => {
    for (const { run = '' } of stepsOf(name)) expect(run).not.toContain('${{');
    expect(Object.keys(workflowOf(name).on)).not.toContain('pull_request_target');
  });

  test('leaves no credentials behind for what npm runs', () => {
    const checkouts = stepsOf(name).filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual([false]);
  });

  test('ends by itself', () => {
    for (const job of Object.values(workflowOf(name).jobs)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      expect(job['timeout-minutes']).toBeLessThanOrEqual(30);
    }
  });
});

test('both workflows run the same version of each action', () => {
  const used = names.flatMap(stepsOf).flatMap(({ uses }) => uses ?? []);
  const actions = new Set(used.map((action) => action.split('@')[0]));
  expect(new Set(used).size).toBe(actions.size);
});

describe('ci.yml', () => {
  const { on, permissions, jobs } = workflowOf('ci.yml');

  test('tests every push to main and every pull request, and may only read', () => {
    expect(on).toEqual({ push: { branches: ['main'] }, pull_request: null });
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) expect(job.permissions).toBeUndefined();
  });

  test('tests the oldest Node that package.json allows, and the lines after it', () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
    const versions = jobs['test']?.strategy?.matrix['node'];
    expect(versions).toEqual(['20.19', '22', '24']);
    expect(engines.node).toBe(`>=${versions?.[0]}`);
  });

  test('runs the command of the README', () => {
    expect(stepsOf('ci.yml').flatMap(({ run }) => run ?? [])).toEqual(['npm test']);
  });
});

describe('mhub.yml', () => {
  const { on, permissions, concurrency, jobs } = workflowOf('mhub.yml');

  test('starts by schedule, by hand and by a call from outside', () => {
    expect(Object.keys(on)).toEqual(['schedule', 'workflow_dispatch', 'repository_dispatch']);
  });

  test('keeps away from the full hour, and from a schedule that GitHub does not have', () => {
    const crons = (on['schedule'] as readonly { readonly cron: string }[]).map(({ cron }) => cron);
    for (const cron of crons) {
      expect(cron).toMatch(/^\d+(,\d+)* \* \* \* \*$/);
      const minutes = (cron.split(' ')[0] ?? '').split(',').map(Number);
      for (const minute of minutes) expect([minute % 2, minute < 60, minute % 15 > 0]).toEqual([1, true, true]);
    }
  });

  test('has one permission, in one job, and hands the token to one step', () => {
    expect(permissions).toEqual({});
    expect(Object.values(jobs).map((job) => job.permissions)).toEqual([{ contents: 'write' }]);
    expect([...textOf('mhub.yml').matchAll(/\$\{\{ *(.*?) *\}\}/g)].map(([, asked]) => asked)).toEqual([
      'github.token',
    ]);
    expect(textOf('mhub.yml')).not.toContain('secrets.');
  });

  test('lets one run end before the next one starts', () => {
    expect(concurrency).toEqual({ group: 'mhub', 'cancel-in-progress': false });
  });

  test('says what keeps it from going live', () => {
    const comment = textOf('mhub.yml').match(/^#.*$/gm)?.join(' ') ?? '';
    expect(comment).toContain('brands/mhub/brand.yaml');
    expect(comment).toContain('reserved');
  });
});

// ---- carrying the steps out -----------------------------------------------------------------------------------------

const stepWith = (text: string): Step & { readonly run: string } => {
  const found = stepsOf('mhub.yml').find(({ run = '' }) => run.includes(text));
  if (!found?.run) throw new Error(`no step of mhub.yml has ${text}`);
  return { ...found, run: found.run };
};

const folder = mkdtempSync(join(tmpdir(), 'mhub-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const temporary = (): string => mkdtempSync(join(folder, 'step-'));

test("git gets the job's token for github.com and for no other host", () => {
  const { env = {} } = stepWith('mhub run');
  const ask = (host: string) =>
    spawnSync('git', ['credential', 'fill'], {
      cwd: temporary(),
      env: {
        ...env,
        GITHUB_TOKEN: 'the-token',
        PATH: process.env['PATH'],
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
      },
      input: `protocol=https\nhost=${host}\n\n`,
      encoding: 'utf8',
    }).stdout;
  expect(ask('github.com')).toContain('username=x-access-token\npassword=the-token');
  expect(ask('github.com.example')).toBe('');
});

describe('the main step', () => {
  let bin: string;

  beforeAll(() => {
    execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: ROOT });
    // As npx in an installed clone: the bin of the package, and with --no nothing that would have to be fetched.
    bin = temporary();
    const npx = `#!/bin/sh\n[ "$1 $2 $3" = '--no -- mhub' ] || exit 97\nshift 3\nexec node '${join(ROOT, 'bin/mhub.js')}' "$@"\n`;
    writeFileSync(join(bin, 'npx'), npx);
    chmodSync(join(bin, 'npx'), 0o755);
  });

  test('goes live with nothing while the brand has reserved example names, and says which', async () => {
    const origin = await tempRepo(ownFiles(), { remote: true });
    onTestFinished(() => origin.remove());
    // What actions/checkout leaves: one commit of the branch; meanwhile a person has pushed another one.
    const clone = join(temporary(), 'clone');
    execFileSync('git', ['clone', '-q', '--depth=1', `file://${origin.remote}`, clone], { env: origin.env });
    origin.write('docs/later.md', 'Later.\n');
    origin.commit('pushed meanwhile');
    origin.git('push', '-q', 'origin', 'main');

    const temp = temporary();
    const env = {
      ...origin.env,
      CI: 'true',
      PATH: `${bin}:${process.env['PATH']}`,
      RUNNER_TEMP: temp,
      GITHUB_STEP_SUMMARY: join(temp, 'summary.md'),
    };
    const carryOut = ({ run, shell }: Step & { readonly run: string }) => {
      // The command lines that GitHub documents for a step with `shell: bash` and for one without a shell.
      const options = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
      return spawnSync('bash', [...options, '-c', run], { cwd: clone, env, encoding: 'utf8' });
    };

    const ended = carryOut(stepWith('mhub run'));
    expect(ended.status, ended.stdout + ended.stderr).toBe(3);
    expect(ended.stdout).toContain('RFC 2606');
    for (const field of ['site_url', 'from_address', 'list_address'])
      expect(ended.stdout).toContain(`addresses.${field}`);

    const pushed = origin.git('ls-tree', '-r', '--name-only', '--full-tree', fetched(origin));
    expect(pushed).toContain('docs/later.md');
    expect(pushed).toContain('hub/campaigns/start/plan.yaml');
    expect(pushed).not.toMatch(/^(site|hub\/open|hub\/ledger|hub\/outbox)\//m);

    expect(carryOut(stepWith('GITHUB_STEP_SUMMARY')).status).toBe(0);
    expect(readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8')).toMatch(/^```text\n.*RFC 2606.*\n```\n$/s);
  });
});

/** Tip of main at the remote. */
function fetched(origin: { git(...args: string[]): string }): string {
  origin.git('fetch', '-q', 'origin', 'main');
  return origin.git('rev-parse', 'origin/main').trim();
}
