/** `mhub run` and its stages: one clock reading, one state of the files, and commits that appear whole or not at all. */
import { join } from 'node:path';
import { mayWrite } from '../core/changeset.ts';
import type { ChangeSet, Instant, Io, RunContext } from '../core/contracts.ts';
import { Failed, Usage } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { exitCodeOf, type RunReport, type StageLine } from '../core/report.ts';
import type { StageName, Workspace } from '../generated/entities.ts';
import { jobs } from '../generated/jobs.ts';
import { advance, commitAll, commitMessage } from './commit.ts';
import { loadSecrets } from './env.ts';
import { forgetCalm, rememberCalm } from './fast.ts';
import { openRepo, type Repo } from './git.ts';
import { type LoopResult, runLoop } from './loop.ts';
import { inputPaths, openInputs } from './open.ts';
import { dropEvents, takeEvents } from './seal.ts';
import { commitSnapshot, workTreeSnapshot } from './snapshot.ts';
import { syncWorkTree } from './worktree.ts';
import { World } from './world.ts';

const REMOTE = 'origin';
/** Rounds against other writers; each starts from their result. */
const MAX_ROUNDS = 5;
export const EVENTS_DIR = '.mhub/events';

export type Delivery = 'local' | 'direct';

export interface RunOptions {
  readonly cwd: string;
  readonly now: Instant;
  readonly stages: ReadonlySet<StageName>;
  readonly campaigns: readonly string[];
  readonly dryRun: boolean;
  /** Reads the work tree instead of the last commit; only for dry runs. */
  readonly workTree?: boolean;
  readonly delivery?: Delivery;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the engine; what one version remembers another must find out for itself. */
  readonly version: string;
  readonly onStage: (line: StageLine) => void;
  readonly onProgress: (what: string) => void;
}

/** Somebody else moved the branch: decide again on what is there now. */
class LostRace extends Error {}

/** 20261123T054020Z-3f2a1c9e: two runs from one commit in one second are the same run, and only one can land. */
const runId = (now: Instant, base: string): string =>
  `${now.replace(/[-:]/g, '')}-${sha256(`${base}\0${now}`).slice(0, 8)}`;

interface Start {
  readonly repo: Repo;
  readonly branch: string;
  readonly base: string;
}

/** In `direct` the remote's tip is the truth: a clone that is behind is brought up to date first. */
async function startFrom(repo: Repo, delivery: Delivery): Promise<Start> {
  const { branch, commit } = await repo.head();
  if (branch === null) throw new Usage('HEAD is detached: check out a branch, such as "git switch main"');
  if (delivery === 'local') return { repo, branch, base: commit };
  const tip = await repo.fetch(REMOTE, branch);
  if (tip === null || tip === commit) return { repo, branch, base: commit };
  if (!(await repo.isAncestor(commit, tip))) {
    throw new Usage(
      `${branch} has commits that ${REMOTE} lacks: push them first ("git push ${REMOTE} ${branch}"), or run with --delivery local`,
    );
  }
  if (!(await advance(repo, branch, commit, tip))) throw new LostRace();
  await syncWorkTree(repo, commit, tip);
  return { repo, branch, base: tip };
}

const allowed = (path: string): boolean =>
  jobs.some((job) => {
    const [, , scope = ''] = path.split('/');
    return mayWrite(job, scope, path);
  });

function messageOf(changeSet: ChangeSet, run: string): string {
  const { stage, scope, title, changes, trailers = {} } = changeSet;
  const owner = scope === 'workspace' ? {} : { [stage === 'sense' ? 'Brand' : 'Campaign']: scope };
  return commitMessage({
    subject: `mhub(${stage}): ${title}`,
    changes,
    trailers: { Run: run, Stage: stage, ...owner, ...trailers },
  });
}

interface Landing {
  head: string;
  commits: number;
}

/** Commits what is pending and moves the branch; in `direct` the remote moves first. */
async function land(
  { repo, branch }: Start,
  world: World,
  landing: Landing,
  options: RunContext & { readonly identity: Workspace['identity'] },
): Promise<void> {
  const changeSets = world.pending;
  if (changeSets.length === 0) return;
  const ids = await commitAll(repo, {
    base: landing.head,
    identity: options.identity,
    now: options.now,
    commits: changeSets.map((changeSet) => ({ message: messageOf(changeSet, options.run), changes: changeSet.changes })),
    allowed,
  });
  const tip = ids.at(-1);
  if (tip === undefined) throw new Error('git fast-import answered without commits');
  if (options.delivery === 'direct') await pushTip(repo, branch, landing.head, tip);
  if (!(await advance(repo, branch, landing.head, tip))) {
    // The remote has it already: the clone catches up at the next start.
    if (options.delivery === 'local') throw new LostRace();
  }
  world.pending = [];
  landing.head = tip;
  landing.commits += ids.length;
}

async function pushTip(repo: Repo, branch: string, base: string, tip: string): Promise<void> {
  const known = await repo.remoteTip(REMOTE, branch);
  const answer = known !== null && known !== base ? 'rejected' : await repo.push({ remote: REMOTE, branch, commit: tip, expected: known });
  if (answer === 'ok') return;
  const now = await repo.fetch(REMOTE, branch);
  // An answer that was lost on the way may have been a yes.
  if (now !== null && (now === tip || (await repo.isAncestor(tip, now)))) return;
  throw new LostRace();
}

async function round(options: RunOptions): Promise<RunReport> {
  const repo = await openRepo(options.cwd, options.env);
  const head = await repo.head();
  const peek = new World(options.workTree ? workTreeSnapshot(repo.root) : await commitSnapshot(repo, head.commit));
  const { workspace, inputs } = await openInputs(peek, options.campaigns);
  const delivery = options.delivery ?? workspace.delivery;
  const writes = !options.dryRun;
  // A dry run looks at what is here and fetches nothing.
  const start = writes ? await startFrom(repo, delivery) : { repo, branch: head.branch ?? 'HEAD', base: head.commit };
  const world = start.base === head.commit ? peek : new World(await commitSnapshot(repo, start.base));

  const secrets = await loadSecrets(repo.root, options.env);
  const eventsDir = join(repo.root, EVENTS_DIR);
  const batches = takeEvents(eventsDir, { dryRun: options.dryRun });
  const context: RunContext = {
    now: options.now,
    run: runId(options.now, start.base),
    base: start.base,
    delivery,
  };
  const io = (env: Readonly<Record<string, string>>): Io => ({
    env,
    now: options.now,
    file: async (path) => {
      const file = (await world.load([path])).get(path);
      return file === undefined ? undefined : Buffer.from(file.bytes).toString('utf8');
    },
    events: () => Promise.resolve(batches),
  });
  const landing: Landing = { head: start.base, commits: 0 };
  const result: LoopResult = await runLoop({
    context,
    world,
    performer: { secrets, io },
    stages: options.stages,
    campaigns: options.campaigns,
    commit: () => (writes ? land(start, world, landing, { ...context, identity: workspace.identity }) : Promise.resolve()),
    onStage: options.onStage,
    onProgress: options.onProgress,
  });
  const { left } = landing.commits > 0 ? await syncWorkTree(repo, start.base, landing.head) : { left: [] };
  if (writes && result.measured && result.bugs.length === 0) dropEvents(eventsDir, batches);
  const paths = await inputPaths(inputs);
  const { measured: _measured, ...told } = result;
  const report: RunReport = {
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
  if (writes) await rememberOrForget(repo.root, options, report, paths);
  return report;
}

/** Only a whole run that left nothing open may answer for the next one. */
async function rememberOrForget(root: string, options: RunOptions, report: RunReport, inputs: readonly string[]) {
  const isWhole = options.campaigns.length === 0 && jobs.every(({ stage }) => options.stages.has(stage));
  if (!isWhole || exitCodeOf(report) !== 0) return forgetCalm(root);
  const { now, timezone, branch, nextDue = null } = report;
  return rememberCalm(root, options.version, inputs, { now, timezone, branch, nextDue });
}

/** @throws Usage, Invalid, Failed; what happens inside of a campaign is in the report instead */
export async function run(options: RunOptions): Promise<RunReport> {
  for (let tries = 1; tries <= MAX_ROUNDS; tries += 1) {
    try {
      return await round(options);
    } catch (error) {
      if (!(error instanceof LostRace)) throw error;
      options.onProgress('somebody else was faster, deciding again');
    }
  }
  throw new Failed(`other writers were faster ${MAX_ROUNDS} times; nothing is lost, run again`, { mayHaveHappened: false });
}
