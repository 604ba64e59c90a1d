/** The machines of a simulation: each has a clone, and what the schedule starts on it ends in one of a few ways. */
import type { Instant, RunContext } from '../../core/contracts.ts';
import { Failed, Killed } from '../../core/errors.ts';
import type { RunReport } from '../../core/report.ts';
import { type Random, randomOf } from '../../core/simulation/random.ts';
import type { Turns } from '../../core/simulation/turns.ts';
import { jobs } from '../../generated/jobs.ts';
import { simulatedDrawer } from '../draw/index.ts';
import { type FaultPoint, withFaults } from '../fault.ts';
import { simulatedExaminer } from '../observe/index.ts';
import type { OperateOptions } from '../operate.ts';
import type { Adapters } from '../perform.ts';
import { type RunOptions, run } from '../run.ts';
import type { Place } from './place.ts';

const ALL_STAGES = new Set(jobs.map(({ stage }) => stage));

/** One run of the loop, as the schedule starts it. */
export interface Attempt {
  readonly task: string;
  readonly root: string;
  readonly now: Instant;
  /** Milliseconds after the others. */
  readonly delay: number;
}

export type Ended =
  | { readonly kind: 'report'; readonly report: RunReport }
  | { readonly kind: 'killed' | 'failed' | 'full' | 'bug'; readonly message: string };

export interface MachineOptions {
  readonly place: Place;
  readonly seed: number;
  readonly delivery: RunContext['delivery'];
  readonly version: string;
  readonly turns: Turns;
  readonly adapters: Adapters;
  readonly open: NonNullable<RunOptions['open']>;
  /** Clocks of the runs at work, by task. */
  readonly clocks: Map<string, Instant>;
}

const isNoSpace = (message: string): boolean => message.includes('ENOSPC');

/** Bugs of a report that no full disk explains. */
export const bugsIn = ({ bugs }: RunReport): string[] => bugs.filter((bug) => !isNoSpace(bug));

/** Whatever a later run may have to make up for. */
export const isTrouble = (ended: Ended): boolean =>
  ended.kind !== 'report' ||
  ended.report.bugs.length > 0 ||
  ended.report.notes.some(({ level }) => level === 'in_doubt' || level === 'failed' || level === 'blocked');

function endOf(settled: PromiseSettledResult<RunReport>): Ended {
  if (settled.status === 'fulfilled') return { kind: 'report', report: settled.value };
  const reason = settled.reason as unknown;
  if (reason instanceof Killed) return { kind: 'killed', message: reason.message };
  if (reason instanceof Error && isNoSpace(reason.message)) return { kind: 'full', message: 'ENOSPC' };
  if (reason instanceof Failed) return { kind: 'failed', message: reason.message };
  return { kind: 'bug', message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) };
}

export class Machines {
  /** Clone of the machine that the schedule starts. */
  root: string;
  private other: string | undefined;
  private readonly options: MachineOptions;
  private readonly backoff: Random;

  constructor(root: string, options: MachineOptions) {
    this.root = root;
    this.options = options;
    this.backoff = randomOf('backoff', options.seed);
  }

  /** A machine without memory takes the place of the first one. */
  async renew(): Promise<void> {
    this.root = await this.options.place.clone();
  }

  async second(): Promise<string> {
    this.other ??= await this.options.place.clone();
    return this.other;
  }

  loseSecond(): void {
    this.other = undefined;
  }

  /** For commands of the person who sits there. */
  operating(): OperateOptions {
    const { place, turns, delivery, seed, open } = this.options;
    const nonce = `${seed} person`;
    return { cwd: this.root, now: turns.instant, env: place.env, delivery, dryRun: false, nonce, open };
  }

  /** Runs the loop on each machine, all at once. */
  async start(
    attempts: readonly Attempt[],
    step: number,
    tokens: Readonly<Record<string, string>>,
    onPoint: (point: FaultPoint) => void,
  ): Promise<Ended[]> {
    const { place, turns } = this.options;
    const env = { ...place.env, ...tokens };
    const tasks = Object.fromEntries(
      attempts.map((attempt) => [
        attempt.task,
        { delay: attempt.delay, work: () => this.run(attempt, `${step} ${attempt.task}`, env) },
      ]),
    );
    const settled = await withFaults(onPoint, () => turns.together(tasks));
    place.setReachable(true);
    place.clearHooks();
    return settled.map(endOf);
  }

  private run({ task, root: cwd, now }: Attempt, name: string, env: Readonly<Record<string, string>>) {
    const { seed, delivery, version, turns, adapters, open, clocks } = this.options;
    clocks.set(task, now);
    return run({
      cwd,
      now,
      stages: ALL_STAGES,
      campaigns: [],
      dryRun: false,
      delivery,
      env,
      version,
      adapters,
      examiner: simulatedExaminer,
      drawer: simulatedDrawer(env),
      open,
      nonce: `${seed} ${name}`,
      timing: {
        monotonic: () => turns.now,
        sleep: (milliseconds) => turns.sleep(milliseconds),
        random: () => this.backoff.next(),
      },
      onStage: () => undefined,
      onProgress: () => undefined,
    });
  }
}
