/** Runs of the last day that the workflows of the repository promise, against those that GitHub has had. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Instant } from '../core/contracts.ts';
import { parseDocument } from '../core/documents.ts';
import { Blocked, Failed } from '../core/errors.ts';
import { count } from '../core/explain.ts';
import { columns, type Paint, showTime } from '../core/report.ts';
import {
  type ActualRun,
  accountOf,
  expectedStarts,
  type RunAccount,
  type Schedule,
  scheduleFaults,
  schedulesOf,
  showMinutes,
} from '../core/schedule-accounting.ts';
import { epochOf, toInstant } from '../core/time.ts';
import { ask, type Github, openGithub, Refused } from './github/client.ts';
import { readLog } from './history.ts';
import { clock } from './host.ts';
import type { Environment, Git } from './run-git.ts';
import type { World } from './world.ts';

const WORKFLOWS = '.github/workflows';
const OWN = /^\.github\/workflows\/mhub[\w-]*\.ya?ml$/;
const DAY_MS = 24 * 60 * 60_000;
const PAGE = 100;
/** More runs than a schedule can start in a day. */
const MAX_PAGES = 5;
/** More commits of the engine in a day than anybody has seen. */
const MAX_COMMITS = 5_000;

/** State of a workflow that GitHub has stopped by itself. */
export const STOPPED = 'disabled_inactivity';

export interface WorkflowRuns {
  /** File name, such as mhub.yml. */
  readonly workflow: string;
  readonly expected: number;
  /** What keeps GitHub from keeping the schedule. */
  readonly faults: readonly string[];
  /** Left out where nobody could be asked. */
  readonly runs?: RunAccount;
  /** As GitHub calls it, such as active. */
  readonly state?: string;
}

export interface ScheduleStatus {
  readonly since: Instant;
  readonly workflows: readonly WorkflowRuns[];
  /** Runs that have left commits here; a calm run leaves none. */
  readonly committed: number;
  /** Why the runs are not known. */
  readonly unknown?: string;
}

interface Promised {
  readonly workflow: string;
  readonly schedules: readonly Schedule[];
}

async function promisedBy(world: World): Promise<Promised[]> {
  const files = await world.subtree([WORKFLOWS]);
  return [...files].flatMap(([path, { bytes }]) => {
    if (!OWN.test(path)) return [];
    const parsed = parseDocument(path, bytes);
    const schedules = parsed.ok ? schedulesOf(parsed.document.value) : [];
    return schedules.length === 0 ? [] : [{ workflow: path.slice(WORKFLOWS.length + 1), schedules }];
  });
}

async function actualRuns(github: Github, workflow: string, since: Instant): Promise<ActualRun[]> {
  const { owner, repo, octokit } = github;
  const runs: ActualRun[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data } = await ask(github, `runs of ${workflow}`, 'read', () =>
      octokit.rest.actions.listWorkflowRuns({
        owner,
        repo,
        workflow_id: workflow,
        created: `>=${since}`,
        per_page: PAGE,
        page,
      }),
    );
    runs.push(
      ...data.workflow_runs.map(({ created_at: at, event, conclusion }) => ({
        at: toInstant(Date.parse(at)),
        event,
        conclusion,
      })),
    );
    if (data.workflow_runs.length < PAGE) break;
  }
  return runs;
}

async function stateOf(github: Github, workflow: string): Promise<string> {
  const { owner, repo, octokit } = github;
  const { data } = await ask(github, `workflow ${workflow}`, 'read', () =>
    octokit.rest.actions.getWorkflow({ owner, repo, workflow_id: workflow }),
  );
  return data.state;
}

async function askGithub(
  promised: readonly Promised[],
  since: Instant,
  now: Instant,
  env: Environment,
): Promise<Map<string, Required<Pick<WorkflowRuns, 'runs' | 'state'>>> | string> {
  try {
    const clocks = { clock: () => epochOf(clock()), sleep: (milliseconds: number) => wait(milliseconds) };
    const github = await openGithub({ get: (name) => env[name] || undefined }, 'runs', clocks);
    const answers = new Map<string, Required<Pick<WorkflowRuns, 'runs' | 'state'>>>();
    for (const { workflow } of promised) {
      const runs = accountOf(await actualRuns(github, workflow, since), since, now);
      answers.set(workflow, { runs, state: await stateOf(github, workflow) });
    }
    return answers;
  } catch (error) {
    if (error instanceof Blocked || error instanceof Failed || error instanceof Refused) return error.message;
    throw error;
  }
}

async function committedRuns(git: Git, since: Instant, now: Instant): Promise<number> {
  const commits = await readLog(git, { limit: MAX_COMMITS });
  const within = commits.filter(({ at }) => epochOf(at) > epochOf(since) && epochOf(at) <= epochOf(now));
  return new Set(within.map(({ trailers }) => trailers['Run'])).size;
}

/** @returns  undefined where no workflow of mhub has a schedule */
export async function scheduleStatus(
  world: World,
  git: Git,
  now: Instant,
  env: Environment,
): Promise<ScheduleStatus | undefined> {
  const promised = await promisedBy(world);
  if (promised.length === 0) return undefined;
  const since = toInstant(epochOf(now) - DAY_MS);
  const answers = await askGithub(promised, since, now, env);
  return {
    since,
    workflows: promised.map(({ workflow, schedules }) => ({
      workflow,
      expected: expectedStarts(schedules, since, now).length,
      faults: schedules.flatMap((schedule) =>
        scheduleFaults(schedule, now).map((fault) => `cron "${schedule.cron}": ${fault}`),
      ),
      ...(typeof answers === 'string' ? {} : answers.get(workflow)),
    })),
    committed: await committedRuns(git, since, now),
    ...(typeof answers === 'string' ? { unknown: answers } : {}),
  };
}

const showRuns = ({ seen, others, failed, longest_gap_minutes: gap }: RunAccount): string =>
  [
    `${seen} seen`,
    ...(others > 0 ? [`${others} started otherwise`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    `longest time without one ${showMinutes(gap)}`,
  ].join(', ');

function stoppedBy({ workflow, state }: WorkflowRuns): string[] {
  if (state === undefined || state === 'active') return [];
  const why = state === STOPPED ? 'GitHub has stopped it after 60 days without activity' : state;
  return [`${workflow}: ${why}; to start it again: gh workflow enable ${workflow}`];
}

export function renderSchedule({ since, workflows, committed, unknown }: ScheduleStatus, zone: string, paint: Paint) {
  const rows = workflows.map(({ workflow, expected, runs }) => [
    workflow,
    `expected ${count(expected, 'run')}`,
    runs ? showRuns(runs) : 'seen: not known',
  ]);
  const trouble = workflows.flatMap((one) => [
    ...one.faults.map((fault) => `${one.workflow}: ${fault}`),
    ...stoppedBy(one),
  ]);
  return [
    paint('bold', `Runs since ${showTime(since, zone)}`),
    ...columns(rows),
    ...(unknown === undefined
      ? []
      : [`  ${count(committed, 'run')} left commits; calm ones leave none. The others are not known: ${unknown}`]),
    ...trouble.map((line) => `  ${paint('yellow', line)}`),
  ].join('\n');
}
