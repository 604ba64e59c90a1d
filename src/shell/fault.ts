/**
 * The steps of a run at which a process may die. Tests kill it at every one of them; without MHUB_FAULT they do nothing.
 * MHUB_FAULT=intents-pushed:2 ends the process with SIGKILL when it comes there for the second time.
 */
export const FAULT_POINTS = [
  'run-started',
  'branch-caught-up',
  'settled',
  'stages-decided',
  'commits-imported',
  'commits-pushed',
  'sync-marked',
  'branch-moved',
  'call-journaled',
  'call-made',
  'call-remembered',
  'calls-done',
  'work-tree-synced',
  'events-dropped',
  'run-remembered',
] as const;

/** Steps of a run that mails a list, beside those of every run. */
export const MAILING_POINTS = [
  'mail-list-read',
  'mail-claiming',
  'mail-claimed',
  'mail-batch-journaled',
  'mail-batch-sent',
  'mail-batch-remembered',
  'mail-chunk-sent',
  'mail-filed',
] as const;

/** Steps of a landing by pull request, beside those of every run. */
export const PULL_REQUEST_POINTS = ['run-branch-pushed', 'pull-request-open', 'pull-request-merged'] as const;

/** Steps of a sharded run, beside those of every run and every call. */
export const SHARD_POINTS = ['shards-written', 'shard-opened', 'outcome-appended', 'outcomes-read'] as const;

export type FaultPoint =
  | (typeof FAULT_POINTS)[number]
  | (typeof MAILING_POINTS)[number]
  | (typeof PULL_REQUEST_POINTS)[number]
  | (typeof SHARD_POINTS)[number];

type FaultHook = (point: FaultPoint, visit: number) => void;

/** SIGKILL at the point and visit that MHUB_FAULT names. */
const killByEnvironment: FaultHook = (point, visit) => {
  const wanted = process.env['MHUB_FAULT'];
  if (wanted === undefined) return;
  const [name, count = '1'] = wanted.split(':');
  if (name === point && visit === Number(count)) process.kill(process.pid, 'SIGKILL');
};

let hook: FaultHook = killByEnvironment;
let visits = new Map<FaultPoint, number>();

/** Called by the code at the step that it names. */
export function faultPoint(point: FaultPoint): void {
  const visit = (visits.get(point) ?? 0) + 1;
  visits.set(point, visit);
  hook(point, visit);
}

/** Lets a simulation decide about life and death while `work` runs; visits are counted afresh. */
export async function withFaults<T>(decide: FaultHook, work: () => Promise<T>): Promise<T> {
  [hook, visits] = [decide, new Map()];
  try {
    return await work();
  } finally {
    [hook, visits] = [killByEnvironment, new Map()];
  }
}
