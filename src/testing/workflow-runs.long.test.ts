/** What the jobs of the workflows do when their steps are carried out here, against a bare remote. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { mhub } from './mhub.ts';
import { ownFiles, ROOT } from './own.ts';
import { FIRST_RUN } from './play.ts';
import { type TempRepo, tempRepo } from './repo.ts';
import { liveWorkspace } from './rig.ts';
import { type Contexts, commandsIn, type Job, type JobEnded, runJob, workflowOf, workflowText } from './runner.ts';

const TOKEN = 'the-token-of-the-job';
/** Each run is a process of its own, on a machine that may have much else to do. */
const PATIENT = { timeout: 120_000 };
const WORKFLOWS = ['mhub.yml', 'mhub-pages.yml', 'mhub-verify.yml'];

const folder = mkdtempSync(join(tmpdir(), 'mhub-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const temporary = (): string => mkdtempSync(join(folder, 'step-'));

const jobOf = (workflow: string, name: string): Job => {
  const job = workflowOf(workflow).jobs[name];
  if (!job) throw new Error(`${workflow} has no job ${name}`);
  return job;
};

/** Programs of the runner's machine, each a script that takes the place of the real one. */
function toolbox(tools: Readonly<Record<string, string>>): string {
  const bin = temporary();
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

/** What npm ci leaves of the package, and a clock that stands still. */
const engineTools = (now: string): string =>
  toolbox({
    npm: `[ "$*" = ci ] || exit 97
if grep -q '"name": "mhub-engine"' package.json; then cp -r '${ROOT}/dist' dist
else mkdir -p node_modules && ln -s '${ROOT}' node_modules/mhub-engine; fi`,
    node: `case "$2" in run | status) exec '${process.execPath}' "$@" --now ${now} ;; esac\nexec '${process.execPath}' "$@"`,
  });

const WORKSPACE: Readonly<Record<string, string>> = {
  ...liveWorkspace(),
  '.gitignore': 'node_modules/\n.mhub/\n',
  'package.json': '{ "private": true }\n',
  ...Object.fromEntries(WORKFLOWS.map((name) => [`.github/workflows/${name}`, workflowText(name)])),
};

const workspace = (files: Readonly<Record<string, string>> = {}): Promise<TempRepo> =>
  tempRepo({ ...WORKSPACE, ...files }, { remote: true });

/** In which everything is made and judged, and nothing published. */
let template: TempRepo;

async function madeWorkspace(files: Readonly<Record<string, string>> = {}): Promise<TempRepo> {
  const repo = await tempRepo({}, { remote: true });
  repo.git('fetch', '-q', template.root, 'main');
  repo.git('reset', '-q', '--hard', 'FETCH_HEAD');
  for (const [path, content] of Object.entries(files)) repo.write(path, content);
  repo.commit('what people wrote');
  repo.git('push', '-q', '--force', 'origin', 'main');
  return repo;
}

const tipOf = ({ git, remote }: TempRepo): string => git('-C', remote ?? '', 'rev-parse', 'main').trim();
const filesAt = ({ git, remote }: TempRepo): string =>
  git('-C', remote ?? '', 'ls-tree', '-r', '--name-only', '--full-tree', 'main');

interface Place {
  readonly job: Job;
  readonly now?: string;
  /** As `fetch-depth` of the job's checkout. */
  readonly depth?: number;
  readonly contexts?: Contexts;
  /** Between checkout and the steps. */
  readonly meanwhile?: () => void;
}

/** A job on a fresh machine: what actions/checkout leaves, then its steps. */
async function onRunner(origin: TempRepo, { job, now = FIRST_RUN, depth = 1, contexts, meanwhile }: Place) {
  const temp = temporary();
  const clone = join(temp, 'work');
  const shallow = depth === 0 ? [] : [`--depth=${depth}`];
  execFileSync('git', ['clone', '-q', ...shallow, `file://${origin.remote}`, clone], { env: origin.env });
  const sha = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone, encoding: 'utf8' }).trim();
  meanwhile?.();
  const env = {
    ...origin.env,
    PATH: [engineTools(now), process.env['PATH']].join(delimiter),
    GITHUB_REPOSITORY: 'ada/garden',
    GITHUB_REF_NAME: 'main',
    GITHUB_SHA: sha,
    // Nobody is there: what a run would tell GitHub has no part in these tests.
    GITHUB_API_URL: 'http://127.0.0.1:9',
  };
  const ended = await runJob(
    job,
    { github: { token: TOKEN }, secrets: {}, vars: {}, ...contexts },
    { cwd: clone, env, temp },
  );
  return { ...ended, clone, temp };
}

const said = ({ steps }: JobEnded): string =>
  steps.map(({ step, exit, output }) => `${step}: ${exit}\n${output}`).join('\n');
const stepOf = ({ steps }: JobEnded, name: string) => {
  const found = steps.find(({ step }) => step === name);
  if (!found) throw new Error(`no step ${name} was carried out`);
  return found;
};
const RUN = 'Run the loop';

beforeAll(async () => {
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: ROOT });
  template = await workspace();
  for (const stage of ['sense', 'decide', 'make', 'guard']) {
    const args = [stage, '--cwd', template.root, '--delivery', 'local'];
    const { exit, output } = await mhub(args, { now: FIRST_RUN, env: template.env });
    expect(exit, output).toBe(0);
  }
}, PATIENT.timeout);
afterAll(() => template?.remove());

describe('mhub.yml', PATIENT, () => {
  const job = jobOf('mhub.yml', 'run');

  describe('with something due', () => {
    let origin: TempRepo;
    let first: JobEnded;
    beforeAll(async () => {
      origin = await madeWorkspace();
      first = await onRunner(origin, { job });
    }, PATIENT.timeout);
    afterAll(() => origin?.remove());

    test('publishes it, pushes, and hands the new site on', () => {
      expect(first.result, said(first)).toBe('success');
      expect(first.outputs).toEqual({ site: 'true' });
      const { outputs, summary } = stepOf(first, RUN);
      expect(outputs['exit_code']).toBe('0');
      expect(Number(outputs['published'])).toBeGreaterThan(0);
      expect(summary).not.toBe('');
      expect(filesAt(origin)).toMatch(/^site\/spring\//m);
      expect(filesAt(origin)).toMatch(/^hub\/ledger\//m);
      expect(said(first)).not.toContain(TOKEN);
    });

    test('is calm the next time', async () => {
      const tip = tipOf(origin);
      const second = await onRunner(origin, { job });
      expect(second.result, said(second)).toBe('success');
      expect(second.outputs).toEqual({ site: '' });
      expect(stepOf(second, RUN).outputs).toEqual({ commits: '0', published: '0', exit_code: '0' });
      expect(tipOf(origin)).toBe(tip);
    });

    test('leaves a history that mhub-verify.yml finds nothing in, until a person does what the engine alone may do', async () => {
      const verify = jobOf('mhub-verify.yml', 'verify');
      const verified = await onRunner(origin, { job: verify, depth: 0 });
      expect(verified.result, said(verified)).toBe('success');
      expect(stepOf(verified, 'Count the runs').output).toContain('mhub.yml         expected 48 runs');

      const plan = 'hub/campaigns/spring/plan.yaml';
      origin.git('pull', '-q', 'origin', 'main');
      origin.write(plan, `${origin.read(plan)}# by hand\n`);
      origin.commit('another plan');
      origin.git('push', '-q', 'origin', 'main');
      const accused = await onRunner(origin, { job: verify, depth: 0 });
      expect([accused.result, stepOf(accused, 'Verify the history').exit]).toEqual(['failure', 3]);
      expect(stepOf(accused, 'Count the runs').exit).toBe(0);
    });
  });

  test('fails with exit code 3 while something is BLOCKED, says what is missing, and publishes nothing', async () => {
    const origin = await tempRepo(ownFiles(), { remote: true });
    onTestFinished(() => origin.remove());
    const meanwhile = () => {
      origin.write('docs/later.md', 'Later.\n');
      origin.commit('pushed since the checkout');
      origin.git('push', '-q', 'origin', 'main');
    };
    const ended = await onRunner(origin, { job, now: '2026-11-23T10:00:00Z', meanwhile });
    expect(ended.result).toBe('failure');
    const { exit, output, outputs, summary } = stepOf(ended, RUN);
    expect(exit, output).toBe(3);
    expect(outputs['exit_code']).toBe('3');
    for (const text of ['RFC 2606', 'addresses.site_url', 'addresses.from_address', 'addresses.list_address']) {
      expect(output).toContain(text);
    }
    expect(summary).toContain('RFC 2606');
    expect(ended.outputs).toEqual({ site: '' });
    expect(filesAt(origin)).toContain('docs/later.md');
    expect(filesAt(origin)).toContain('hub/campaigns/start/plan.yaml');
    expect(filesAt(origin)).not.toMatch(/^(site|hub\/open|hub\/ledger|hub\/outbox)\//m);
  });

  test('publishes nothing while the variable MHUB_KILL of the repository is set', async () => {
    const origin = await madeWorkspace();
    onTestFinished(() => origin.remove());
    const ended = await onRunner(origin, { job, contexts: { vars: { MHUB_KILL: 'stop' } } });
    expect(stepOf(ended, RUN).output).toContain('MHUB_KILL');
    expect(filesAt(origin)).not.toMatch(/^site\//m);
  });

  test('a change of the delivery is a variable of the repository, not of the file', async () => {
    const origin = await madeWorkspace();
    onTestFinished(() => origin.remove());
    const tip = tipOf(origin);
    const ended = await onRunner(origin, { job, contexts: { vars: { MHUB_DELIVERY: 'local' } } });
    expect(ended.result, said(ended)).toBe('success');
    expect(tipOf(origin)).toBe(tip);
  });

  test('a name that is no delivery is refused before anything happens', async () => {
    const origin = await madeWorkspace();
    onTestFinished(() => origin.remove());
    const ended = await onRunner(origin, { job, contexts: { vars: { MHUB_DELIVERY: '$(touch canary); direct' } } });
    expect(stepOf(ended, RUN).exit).toBe(2);
    expect(existsSync(join(ended.clone, 'canary'))).toBe(false);
  });

  test("git gets the job's token for github.com and for no other host", () => {
    const env = job.steps.find(({ name }) => name === RUN)?.env ?? {};
    const ask = (host: string) =>
      spawnSync('git', ['credential', 'fill'], {
        cwd: temporary(),
        env: {
          ...env,
          GITHUB_TOKEN: TOKEN,
          PATH: process.env['PATH'],
          GIT_TERMINAL_PROMPT: '0',
          GIT_CONFIG_NOSYSTEM: '1',
        },
        input: `protocol=https\nhost=${host}\n\n`,
        encoding: 'utf8',
      }).stdout;
    expect(ask('github.com')).toContain(`username=x-access-token\npassword=${TOKEN}`);
    expect(ask('github.com.example')).toBe('');
  });
});

describe('signals of the runner', () => {
  const starting = ['mhub.yml', 'mhub-verify.yml'].flatMap((name) =>
    Object.values(workflowOf(name).jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run }) => (run?.includes('mhub-engine/bin') ? [[name, run] as const] : [])),
    ),
  );

  test.each(starting)('reach mhub itself: in %s it takes the place of the shell that starts it', (_name, run) => {
    const bin = toolbox({ node: '[ "$1" = -p ] && { echo mhub.js; exit; }\necho "$1 $$"' });
    const { pid, stdout } = spawnSync('bash', ['-eo', 'pipefail', '-c', run], {
      env: { PATH: [bin, process.env['PATH']].join(delimiter), MHUB_DELIVERY: 'direct' },
      encoding: 'utf8',
    });
    expect(stdout).toBe(`mhub.js ${pid}\n`);
  });
});

describe('texts that would be commands somewhere', PATIENT, () => {
  const HOSTILE = [
    '$(touch canary)',
    '`touch canary`',
    '"; touch canary; "',
    "' ; touch canary #",
    '$' + '{{ github.token }}',
    '::stop-commands::pause',
    '##[set-env name=PATH]/evil',
    '%0A::add-mask::crew',
    '| tee canary',
    '&& touch canary',
  ];
  const MULTILINE = ['x\n::set-output name=site::true', 'EOF\nsite=true\nEOF', 'x\r::error::x', 'a=b\nPATH=/evil'];
  const yaml = (value: unknown): string => JSON.stringify(value);

  async function nothingRan(origin: TempRepo): Promise<JobEnded> {
    onTestFinished(() => origin.remove());
    const ended = await onRunner(origin, { job: jobOf('mhub.yml', 'run') });
    for (const { output, outputs, leftovers } of ended.steps) {
      expect(commandsIn(output).filter((line) => !/^::(error|warning|notice) /.test(line))).toEqual([]);
      expect(['commits', 'published', 'exit_code', 'changed']).toEqual(expect.arrayContaining(Object.keys(outputs)));
      expect(leftovers).toBe('');
      expect(output).not.toContain(TOKEN);
    }
    for (const place of [ended.clone, ended.temp, ROOT]) expect(existsSync(join(place, 'canary'))).toBe(false);
    return ended;
  }

  test('are texts in names, titles, messages and news', async () => {
    const files = liveWorkspace();
    const all = HOSTILE.join(' ');
    const origin = await workspace({
      'campaigns/spring/campaign.yaml': (files['campaigns/spring/campaign.yaml'] ?? '').replace(
        'name: Spring on the quay',
        `name: ${yaml(all)}`,
      ),
      'brands/tidewell/brand.yaml': (files['brands/tidewell/brand.yaml'] ?? '')
        .replace('tagline: The logbook that stays on board', `tagline: ${yaml(HOSTILE[0])}`)
        .replace('do_not_say: [synergy]', `do_not_say: [${HOSTILE.map(yaml).join(', ')}]`),
      'CHANGELOG.md': `# Changelog\n\n## 2.0.0 - 2026-11-20\n\n${HOSTILE.map((text) => `- ${text}`).join('\n')}\n`,
    });
    expect([0, 3]).toContain(stepOf(await nothingRan(origin), RUN).exit);
  });

  test('are texts in what is not valid, and therefore shown', async () => {
    const values = [...HOSTILE, ...MULTILINE];
    const broken = Object.fromEntries(
      values.map((value, index) => [
        `campaigns/broken-${index}/campaign.yaml`,
        `goal: ${yaml(value)}\n${yaml(value)}: 1\n`,
      ]),
    );
    const ended = await nothingRan(await madeWorkspace(broken));
    expect(stepOf(ended, RUN).exit, said(ended)).toBe(3);
    expect(stepOf(ended, RUN).output).toContain('campaigns/broken-0/campaign.yaml');
  });
});

describe('workflows of the platform', () => {
  /** gh with its answers in files, and a record of what was asked. */
  function ghWith(script: string): { readonly env: Record<string, string>; calls(): string[] } {
    const temp = temporary();
    const calls = join(temp, 'calls');
    const bin = toolbox({ gh: `printf '%s\\n' "$*" >> '${calls}'\n${script}` });
    return {
      env: {
        PATH: [bin, process.env['PATH']].join(delimiter),
        GITHUB_REPOSITORY: 'ada/garden',
        GITHUB_REF_NAME: 'main',
      },
      calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    };
  }
  const carriedOut = (job: Job, env: Readonly<Record<string, string>>): Promise<JobEnded> => {
    const temp = temporary();
    mkdirSync(join(temp, 'work'));
    return runJob(job, { github: { token: TOKEN } }, { cwd: join(temp, 'work'), env, temp });
  };

  test('the workflow of the site is started on the branch of the run', async () => {
    const gh = ghWith('');
    const ended = await carriedOut(jobOf('mhub.yml', 'pages'), gh.env);
    expect(ended.result, said(ended)).toBe('success');
    expect(gh.calls()).toEqual(['workflow run mhub-pages.yml --repo ada/garden --ref main']);
  });

  test.each([
    ['echo workflow', { on: 'true' }],
    ['echo legacy', {}],
    ['echo "gh: Not Found (HTTP 404)" >&2; exit 1', {}],
  ])(
    'the site is shown where Pages takes it from a workflow, and elsewhere nothing fails: %s',
    async (script, outputs) => {
      const gh = ghWith(script);
      const ended = await carriedOut(jobOf('mhub-pages.yml', 'deploy'), gh.env);
      expect(ended.result, said(ended)).toBe('success');
      expect(ended.steps[0]?.outputs).toEqual(outputs);
      expect(gh.calls()).toEqual(['api repos/ada/garden/pages --jq .build_type']);
    },
  );

  describe('keep-alive', () => {
    const job = jobOf('mhub-verify.yml', 'keep-alive');
    const LIST = JSON.stringify({
      workflows: [
        { id: 1, state: 'active', path: '.github/workflows/mhub.yml' },
        { id: 2, state: 'disabled_manually', path: '.github/workflows/mhub-verify.yml' },
        { id: 3, state: 'active', path: '.github/workflows/other.yml' },
        { id: 4, state: 'active', path: '.github/workflows/mhub-pages.yml' },
      ],
    });
    const answers = (latest: string): string =>
      `case "$*" in
        *commits*) echo ${latest} ;;
        *--paginate*) for last in "$@"; do :; done; echo '${LIST}' | jq -r "$last" ;;
      esac`;
    const hasJq = spawnSync('jq', ['--version']).status === 0 && process.platform === 'linux';

    test.skipIf(!hasJq)('enables what is active and ours, and nothing that a person has disabled', async () => {
      const gh = ghWith(answers('2020-01-01T00:00:00Z'));
      const ended = await carriedOut(job, gh.env);
      expect(ended.result, said(ended)).toBe('success');
      expect(gh.calls().filter((call) => call.includes('PUT'))).toEqual([
        'api --method PUT repos/ada/garden/actions/workflows/1/enable',
        'api --method PUT repos/ada/garden/actions/workflows/4/enable',
      ]);
    });

    test.skipIf(!hasJq)('does nothing while somebody works on the repository', async () => {
      const gh = ghWith(answers(new Date().toISOString()));
      const ended = await carriedOut(job, gh.env);
      expect(ended.result, said(ended)).toBe('success');
      expect(gh.calls()).toHaveLength(1);
    });
  });
});
