/** `mhub run` and its stages: one clock reading, one state of the files, and commits that appear whole or not at all. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Instant, Io, RunContext } from '../core/contracts.ts';
import { Failed, isRefusedByMachine, Killed, refusalOf } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { exitCodeOf, type RunReport, type StageLine } from '../core/report.ts';
import type { StageName } from '../generated/entities.ts';
import { jobs } from '../generated/jobs.ts';
import type { CallGuard } from './calling.ts';
import type { Deploying } from './deploy/index.ts';
import { type Drawer, openDrawer } from './draw/index.ts';
import { loadSecrets } from './env.ts';
import { forgetCalm, rememberCalm } from './fast.ts';
import { faultPoint } from './fault.ts';
import { openRepo } from './git.ts';
import { type After, tellGithub } from './github/after.ts';
import { clocksWith, pullRequestLanding } from './github/landing.ts';
import { clearJournal, openJournal, readJournal } from './journal.ts';
import { type LoopResult, runLoop } from './loop.ts';
import type { Examiner } from './observe/index.ts';
import { lazyExaminer } from './observe/lazy.ts';
import { inputPaths, openInputs, openWorkspace } from './open.ts';
import { onceEach, txtRecords } from './outside.ts';
import { type Adapters, type Performer, registeredAdapters } from './perform.ts';
import type { PublishStep } from './publishing.ts';
import { dropEvents, takeEvents } from './seal.ts';
import { commitSnapshot, workTreeSnapshot } from './snapshot.ts';
import { switchReader } from './switches.ts';
import {
  bringUpToDate,
  finishEarlierSync,
  type Landing,
  LandingBlocked,
  LostRace,
  land,
  Overtaken,
  REMOTE,
  type Start,
  startFrom,
  stepBackMs,
} from './transact.ts';
import { World } from './world.ts';

/** Rounds against other writers; each starts from their result. */
const MAX_ROUNDS = 40;
export const EVENTS_DIR = '.mhub/events';

/** How time passes for calls to the outside. */
export interface Timing extends Pick<CallGuard, 'monotonic' | 'sleep' | 'windowMs' | 'timeoutMs'> {
  /** At least 0, less than 1; spreads writers that have met. */
  readonly random: () => number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly now: Instant;
  readonly stages: ReadonlySet<StageName>;
  /** Whether to settle what earlier runs left open; as the stages say when left out. */
  readonly settle?: boolean;
  /** How what is due is published: by this process when left out. */
  readonly publish?: PublishStep | undefined;
  readonly campaigns: readonly string[];
  readonly dryRun: boolean;
  /** Reads the work tree instead of the last commit; only for dry runs. */
  readonly workTree?: boolean;
  readonly delivery?: RunContext['delivery'];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the engine; what one version remembers another must find out for itself. */
  readonly version: string;
  /** Those of the registry when left out. */
  readonly adapters?: Adapters | undefined;
  /** Time for calls; the machine's own when left out. */
  readonly timing?: Partial<Timing> | undefined;
  /** Asks the world for Guard; a browser and the network when left out. */
  readonly examiner?: Examiner | undefined;
  /** Draws for Make; with the machine's own browser when left out. */
  readonly drawer?: Drawer | undefined;
  /** Opens the repository; a simulation keeps what it has read. */
  readonly open?: typeof openRepo | undefined;
  /** Tells runs apart that start in one second from one commit; random when left out. */
  readonly nonce?: string | undefined;
  /** Once it is aborted the run comes to its end: no call begins any more, receipts are filed. */
  readonly stopping?: AbortSignal | undefined;
  readonly onStage: (line: StageLine) => void;
  readonly onProgress: (what: string) => void;
}

const TIMING: Timing = {
  monotonic: () => performance.now(),
  sleep: (milliseconds) => wait(milliseconds),
  windowMs: 60_000,
  timeoutMs: 30_000,
  random: Math.random,
};

/**
 * 20261123T054020Z-3f2a1c9e. It stands in every commit of the run: were two runs of one second to make the same commit,
 * the one that lost the race would find "its" commit on the branch and call the channels as well.
 */
export const runId = (now: Instant, base: string, nonce: string): string =>
  `${now.replace(/[-:]/g, '')}-${sha256(`${base}\0${now}\0${nonce}`).slice(0, 8)}`;

/** One process's way through its rounds. */
interface Journey {
  readonly timing: Timing;
  readonly nonce: string;
  readonly stopping: AbortSignal;
  readonly examiner: Examiner;
  readonly drawer: Drawer;
  readonly seen: CallGuard['seen'];
  readonly mailed: CallGuard['mailed'];
  readonly written: Performer['written'];
  readonly deployed: Deploying['begun'];
  readonly once: Io['once'];
}

/** Of a run that came to nothing, because nothing can land. */
const blockedResult = ({ message }: LandingBlocked): LoopResult => ({
  stages: [],
  published: [],
  upcoming: [],
  notes: [{ level: 'blocked', scope: 'workspace', message: message.replace(/^BLOCKED /, '') }],
  problems: [],
  invalid: [],
  ran: true,
  bugs: [],
  measured: false,
});

async function round(options: RunOptions, journey: Journey): Promise<RunReport> {
  const repo = await (options.open ?? openRepo)(options.cwd, options.env);
  faultPoint('run-started');
  if (!options.dryRun) await finishEarlierSync(repo);
  const head = await repo.head();
  const peek = new World(options.workTree ? workTreeSnapshot(repo.root) : await commitSnapshot(repo, head.commit));
  const first = await openInputs(peek, options.campaigns);
  const delivery = options.delivery ?? first.workspace.delivery;
  const writes = !options.dryRun;
  // A dry run looks at what is here and fetches nothing.
  const start = writes ? await startFrom(repo, delivery) : { repo, branch: head.branch ?? 'HEAD', base: head.commit };
  const world = start.base === head.commit ? peek : new World(await commitSnapshot(repo, start.base));
  const inputs = world === peek ? first : await openInputs(world, options.campaigns);
  const { workspace } = inputs;

  const secrets = await loadSecrets(repo.root, options.env, repo);
  const eventsDir = join(repo.root, EVENTS_DIR);
  const batches = takeEvents(eventsDir, { dryRun: options.dryRun });
  const context: RunContext = {
    now: options.now,
    run: runId(options.now, start.base, journey.nonce),
    base: start.base,
    delivery,
  };
  const io = (env: Readonly<Record<string, string>>): Io => ({
    env,
    now: options.now,
    fetch: (...request) => fetch(...request),
    once: journey.once,
    txtRecords,
    pause: journey.timing.sleep,
    stopping: journey.stopping,
    file: world.text,
    events: () => Promise.resolve(batches),
  });
  const landing: Landing = { head: start.base, commits: 0 };
  const remote = { name: REMOTE, branch: start.branch, known: () => landing.head };
  const memory = readJournal(repo.root);
  const guard: CallGuard = {
    ...journey.timing,
    seen: journey.seen,
    mailed: journey.mailed,
    root: repo.root,
    isOvertaken: () => hasMoved(start, delivery, landing),
    dryRun: options.dryRun,
    memory,
    journal: openJournal(repo.root, context.run),
    switches: switchReader(repo, { env: options.env, ...(delivery !== 'local' && writes ? { remote } : {}) }),
  };
  const settles = options.settle ?? options.stages.has('publish');
  const { sleep } = journey.timing;
  const isByPullRequest = delivery === 'pull-request' && writes;
  const mergeFor = isByPullRequest
    ? pullRequestLanding({ repo, branch: start.branch, context, secrets, sleep })
    : undefined;
  let result: LoopResult;
  let left: readonly string[] = [];
  let isBlocked = false;
  try {
    result = await runLoop({
      context,
      world,
      inputs,
      guard,
      deploying: {
        upstream: { repo, branch: start.branch, head: () => landing.head, identity: workspace.identity },
        begun: journey.deployed,
      },
      performer: {
        adapters: options.adapters ?? registeredAdapters,
        secrets,
        io,
        examiner: journey.examiner,
        drawer: journey.drawer,
        written: journey.written,
      },
      stages: options.stages,
      settle: settles,
      publish: options.publish,
      partial: options.campaigns.length > 0,
      commit: (pass) =>
        writes
          ? land(start, world, landing, { ...context, identity: workspace.identity, merge: mergeFor?.(pass) })
          : Promise.resolve(),
      onStage: options.onStage,
      onProgress: options.onProgress,
      stopping: journey.stopping,
      dryRun: options.dryRun,
    });
    left = await bringUpToDate(repo, start.base, landing);
  } catch (error) {
    // What has landed must not look like the user's own staged reversal, also when a later push was lost.
    if (!(error instanceof Killed)) left = await bringUpToDate(repo, start.base, landing);
    if (!(error instanceof LandingBlocked)) throw error;
    isBlocked = true;
    result = blockedResult(error);
  }
  if (writes && result.measured && result.bugs.length === 0) dropEvents(eventsDir, batches);
  faultPoint('events-dropped');
  // Receipts that could not land are known from the journal alone.
  const isSettled = settles && !isBlocked && !result.notes.some(({ level }) => level === 'in_doubt');
  if (writes && isSettled) clearJournal(repo.root);
  const paths = await inputPaths(inputs.inputs);
  const { measured: _measured, ...told } = result;
  const done: RunReport = {
    ...told,
    run: context.run,
    now: options.now,
    timezone: workspace.timezone,
    dryRun: options.dryRun,
    base: start.base,
    head: landing.head,
    branch: start.branch,
    commits: landing.commits,
    uncommitted: options.workTree ? [] : await repo.workTreeChanges(paths),
    left,
  };
  const isWhole = isWholeLoop(options);
  const report = writes
    ? await withGithub(done, {
        settings: { alerts: workspace.alerts, delivery },
        reopen: () => openWorkspace(world, inputs),
        secrets,
        env: options.env,
        clocks: clocksWith(sleep),
        isWhole: isWhole && !isBlocked && !journey.stopping.aborted && done.bugs.length === 0,
      })
    : done;
  const mayAnswer = isWhole && delivery === 'local' && !journey.stopping.aborted;
  if (writes) await rememberOrForget(repo.root, options, report, mayAnswer ? paths : undefined);
  faultPoint('run-remembered');
  return report;
}

const isWholeLoop = ({ campaigns, stages }: RunOptions): boolean =>
  campaigns.length === 0 && jobs.every(({ stage }) => stages.has(stage));

const withGithub = async (report: RunReport, after: Omit<After, 'report'>): Promise<RunReport> => {
  const notes = await tellGithub({ ...after, report });
  return notes.length === 0 ? report : { ...report, notes: [...report.notes, ...notes] };
};

/** Only a whole run that left nothing open may answer for the next one, and only where no remote can know better. */
async function rememberOrForget(root: string, options: RunOptions, report: RunReport, inputs: string[] | undefined) {
  if (!inputs || exitCodeOf(report) !== 0) return forgetCalm(root);
  const { now, timezone, branch, nextDue = null } = report;
  return rememberCalm(root, options.version, inputs, { now, timezone, branch, nextDue });
}

/** Whether the branch is elsewhere by now; a remote that does not answer says nothing. */
async function hasMoved(
  { repo, branch }: Start,
  delivery: RunContext['delivery'],
  { head }: Landing,
): Promise<boolean> {
  if (delivery === 'local') return (await repo.head()).commit !== head;
  try {
    return (await repo.remoteTip(REMOTE, branch)) !== head;
  } catch (error) {
    if (error instanceof Failed) return false;
    throw error;
  }
}

/** @throws Usage, Invalid, Failed; what happens inside of a campaign is in the report instead */
export async function run(options: RunOptions): Promise<RunReport> {
  const journey: Journey = {
    timing: { ...TIMING, ...options.timing },
    nonce: options.nonce ?? randomUUID(),
    stopping: options.stopping ?? new AbortController().signal,
    examiner: options.examiner ?? lazyExaminer(options.env),
    drawer: options.drawer ?? openDrawer({ env: options.env }),
    seen: new Map(),
    mailed: new Map(),
    written: new Map(),
    deployed: new Map(),
    once: onceEach(),
  };
  try {
    return await rounds(options, journey);
  } finally {
    await journey.examiner.close();
    await journey.drawer.close();
  }
}

/** Decides again for as long as others are faster. */
async function rounds(options: RunOptions, journey: Journey): Promise<RunReport> {
  const { sleep, random } = journey.timing;
  for (let lost = 0; lost < MAX_ROUNDS; ) {
    try {
      return await round(options, journey);
    } catch (error) {
      if (isRefusedByMachine(error)) throw refusalOf(error);
      if (!(error instanceof LostRace)) throw error;
      options.onProgress('somebody else was faster, deciding again');
      if (error instanceof Overtaken) continue;
      lost += 1;
      await sleep(stepBackMs(lost, random()));
    }
  }
  throw new Failed(`other writers were faster ${MAX_ROUNDS} times; nothing is lost, run again`, {
    mayHaveHappened: false,
  });
}
