/** The workflows and the action as GitHub reads them; what their steps do is in workflow-runs.long.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { channels, engines, sources } from '../generated/registry.ts';
import { ROOT } from './own.ts';
import { type Job, workflowNames, workflowOf, workflowText } from './runner.ts';
import { workflowFaults } from './workflow-rules.ts';

const NOW = '2026-11-23T10:00:00Z';
const names = workflowNames();
const jobOf = (name: string, job: string): Job => {
  const found = workflowOf(name).jobs[job];
  if (!found) throw new Error(`${name} has no job ${job}`);
  return found;
};
const runsOf = (name: string): string[] =>
  Object.values(workflowOf(name).jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

test.each(names)('%s keeps every rule, and the linter has nothing to say', async (name) => {
  expect(await workflowFaults(name, workflowText(name), NOW)).toEqual([]);
});

test('all workflows run the same version of each action', () => {
  const used = names.flatMap((name) =>
    [...workflowText(name).matchAll(/uses: (\S+@\S+)/g)].map(([, action]) => action),
  );
  const actions = new Set(used.map((action) => action?.split('@')[0]));
  expect(new Set(used).size).toBe(actions.size);
});

describe('a fault is found', () => {
  const good = workflowText('mhub-verify.yml');
  const changed = (from: string, to: string, text = good): string => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };

  test.each([
    ['an unknown key', changed('  verify:', '  verify:\n    retries: 3'), 'unexpected key "retries"'],
    ['a broken expression', changed('if: always()', 'if: always('), '[expression]'],
    ['a step that is not there', changed('if: always()', "if: steps.none.outputs.x == '1'"), '[expression]'],
    ['an unknown runner', changed('ubuntu-24.04', 'ubuntu-24.4'), '[runner-label]'],
    ['a step of a cron that is too large', changed('23 3 * * *', '*/61 * * * *'), 'cron "*/61 * * * *"'],
    ['a cron that comes too often', changed('23 3 * * *', '*/2 * * * *'), 'GitHub waits 5 minutes'],
    ['a cron at the full hour', changed('23 3 * * *', '0 3 * * *'), 'at the full hour'],
    ['permissions for all jobs', changed('permissions: {}', 'permissions: { contents: read }'), 'at the top'],
    ['permissions of old', changed('permissions: {}\n', ''), 'at the top'],
    [
      'a job without permissions',
      changed('    permissions:\n      contents: read\n      actions: read\n', ''),
      'no permissions',
    ],
    ['a job without an end', changed('    timeout-minutes: 30\n', ''), 'does not end'],
    ['a title in a shell', changed(')" verify\n', ')" verify $' + '{{ github.event.issue.title }}\n'), 'into a shell'],
    ['an input in a shell', changed(')" verify\n', ')" verify $' + '{{ inputs.since }}\n'), 'into a shell'],
    ['a trigger for strangers', changed('  workflow_dispatch:', '  pull_request_target:'), 'pull_request_target'],
    ['credentials that stay', changed('          persist-credentials: false\n', ''), 'leaves credentials'],
    [
      'an action by its tag',
      changed(/uses: actions\/setup-node.*/.exec(good)?.[0] ?? '', 'uses: actions/setup-node@v7'),
      'not pinned',
    ],
    ['an action without its version', changed(' # v7.0.1', ''), 'not pinned'],
    ['a secret without an environment', changed('github.token', 'secrets.DEPLOY_TOKEN'), 'no environment'],
    [
      'a secret for every step',
      changed('  verify:', '  verify:\n    env: { KEY: "$' + '{{ secrets.KEY }}" }'),
      'all of its steps',
    ],
  ])('%s', async (_name, text, fault) => {
    expect((await workflowFaults('mhub-verify.yml', text, NOW)).join('\n')).toContain(fault);
  });
});

describe('ci.yml', () => {
  const { on } = workflowOf('ci.yml');
  const { permissions, strategy } = jobOf('ci.yml', 'test');

  test('tests every push to main and every pull request, and may only read', () => {
    expect(on).toEqual({ push: { branches: ['main'] }, pull_request: null });
    expect(permissions).toEqual({ contents: 'read' });
  });

  test('tests the oldest Node that package.json allows, and the lines after it', () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
    const versions = strategy?.matrix['node'];
    expect(versions).toEqual(['20.19', '22', '24']);
    expect(engines.node).toBe(`>=${versions?.[0]}`);
  });

  test('runs the command of the README', () => {
    expect(runsOf('ci.yml')).toEqual(['npm test']);
  });
});

describe('mhub.yml', () => {
  const { on, concurrency } = workflowOf('mhub.yml');
  const run = jobOf('mhub.yml', 'run');

  test('starts by schedule, by hand and by a call from outside', () => {
    expect(Object.keys(on)).toEqual(['schedule', 'workflow_dispatch', 'repository_dispatch']);
  });

  test('lets one run end before the next one starts', () => {
    expect(concurrency).toEqual({ group: 'mhub', 'cancel-in-progress': false });
  });

  test('has its secrets in an environment of one job, and hands them and the token to one step of it', () => {
    expect(run.environment).toEqual({ name: 'publish', deployment: false });
    const withSecrets = run.steps.filter((step) => /secrets\.|github\.token/.test(JSON.stringify(step)));
    expect(withSecrets.map(({ name }) => name)).toEqual(['Run the loop']);
  });

  test('hands over every variable that an adapter or a page of the docs names', () => {
    const given = Object.keys(run.steps.find(({ name }) => name === 'Run the loop')?.env ?? {});
    const registered = [channels, engines, sources].flatMap((plugins) =>
      Object.values(plugins).flatMap(({ env = [] }) => env),
    );
    const pages = ['channels', 'email', 'hosting'].map((page) => readFileSync(join(ROOT, `docs/${page}.md`), 'utf8'));
    const documented = pages.flatMap((page) =>
      [...page.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`/g)].map(([, name]) => name),
    );
    const missing = [...registered, ...documented].filter((name) => name !== undefined && !given.includes(name));
    expect(missing).toEqual([]);
  });

  test('says what keeps it from going live', () => {
    const comment = workflowText('mhub.yml').match(/^#.*$/gm)?.join(' ') ?? '';
    expect(comment).toContain('brands/mhub/brand.yaml');
    expect(comment).toContain('reserved');
  });
});

describe('release.yml', () => {
  const { on, jobs } = workflowOf('release.yml');

  test('starts by hand, on main', () => {
    expect(on).toEqual({ workflow_dispatch: null });
    expect(jobs['build']?.if).toBe("github.ref == 'refs/heads/main'");
    expect([jobs['tag']?.needs, jobs['npm']?.needs]).toEqual(['build', ['build', 'tag']]);
  });

  test('installs packages only where nothing can be pushed or signed', () => {
    const installing = Object.values(jobs).filter(({ steps }) =>
      steps.some(({ run }) => /npm (ci|test|pack)/.test(run ?? '')),
    );
    expect(installing.map(({ permissions }) => permissions)).toEqual([{ contents: 'read' }]);
  });

  test('publishes to npm without a token, in an environment, and only where the owner has said so', () => {
    expect(jobs['npm']).toMatchObject({
      if: "vars.MHUB_NPM == 'true'",
      environment: 'npm',
      permissions: { 'id-token': 'write' },
    });
    expect(workflowText('release.yml')).not.toContain('secrets.');
  });
});

test('the other workflows of a workspace have the rights they need, and no secrets', () => {
  const rights = ['mhub-pages.yml', 'mhub-verify.yml'].map((name) => {
    expect(workflowText(name)).not.toContain('secrets.');
    return Object.values(workflowOf(name).jobs).map(({ permissions }) => permissions);
  });
  expect(rights).toEqual([
    [{ contents: 'read', pages: 'write', 'id-token': 'write' }],
    [
      { contents: 'read', actions: 'read' },
      { contents: 'read', actions: 'write' },
    ],
  ]);
});

test('action.yml starts a file of the repository without a shell, and says what it takes and gives', () => {
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    readonly runs: Readonly<Record<string, string>>;
    readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
    readonly outputs: Readonly<Record<string, { readonly description: string }>>;
  };
  expect(action.runs).toEqual({ using: 'node24', main: 'bin/action.js' });
  const entry = readFileSync(join(ROOT, 'bin/action.js'), 'utf8');
  expect([...entry.matchAll(/inputOf\('([\w-]+)'\)/g)].map(([, name]) => name).sort()).toEqual(
    Object.keys(action.inputs).sort(),
  );
  expect(Object.keys(action.outputs)).toEqual(['commits', 'published', 'exit_code']);
  const described = [...Object.values(action.inputs), ...Object.values(action.outputs)];
  for (const { description } of described) expect(description).toMatch(/^[A-Z0].*\.$/);
});
