/** Drives the real loop through simulated time, from one thing that happens to the next, and checks after each step. */
import { join } from 'node:path';
import type { ChannelClass, Instant, RunContext } from '../../core/contracts.ts';
import { Failed, Killed } from '../../core/errors.ts';
import { exitCodeOf, type RunReport } from '../../core/report.ts';
import { type Break, type CheckedCommit, Checker } from '../../core/simulation/checker.ts';
import { type FaultName, faults as faultTable, type PlannedFault } from '../../core/simulation/faults.ts';
import { type Random, randomOf } from '../../core/simulation/random.ts';
import { Turns } from '../../core/simulation/turns.ts';
import { type TrueRates, trueRates } from '../../core/simulation/visitors.ts';
import { epochOf, toInstant } from '../../core/time.ts';
import { jobs } from '../../generated/jobs.ts';
import { FAULT_POINTS, type FaultPoint, withFaults } from '../fault.ts';
import { type OperateOptions, resolveDoubt, resume } from '../operate.ts';
import { registeredAdapters } from '../perform.ts';
import { EVENTS_DIR, run } from '../run.ts';
import { type CallFault, Outside, type OutsideOptions, type StandIns, simulatedAdapters, tokenOf } from './channels.ts';
import { branchTip, ObjectReader } from './objects.ts';
import { type Deed, Editor } from './person.ts';
import type { Place } from './place.ts';
import { opener } from './repo.ts';
import { type Page, pagesOf, writeVisits } from './visits.ts';

export interface TimelineEntry {
  readonly at: Instant;
  readonly kind: 'out' | 'held' | 'fault' | 'person' | 'recovered' | 'lost';
  readonly text: string;
}

export interface Totals {
  runs: number;
  killed: number;
  commits: number;
  published: number;
  visits: number;
  faults: number;
}

export interface Driven {
  readonly timeline: readonly TimelineEntry[];
  readonly totals: Totals;
  readonly breaks: readonly Break[];
  /** The step at which it broke, from 1. */
  readonly step: number;
  /** The clone that was used last. */
  readonly clone: string;
  readonly rates: TrueRates;
  /** Published keys with their instants. */
  readonly checker: Checker;
  readonly injected: readonly PlannedFault[];
  /** The commit that it began with. */
  readonly since: string;
  close(): void;
}

export interface DriveOptions {
  readonly place: Place;
  readonly seed: number;
  readonly start: Instant;
  readonly days: number;
  readonly plan: readonly PlannedFault[];
  readonly delivery: RunContext['delivery'];
  /** Adapter -> class of the simulated channel in its place. */
  readonly standIns: StandIns;
  /** Channel id -> adapter. */
  readonly channels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly onProgress: (what: string) => void;
  /** Does mischief after a step, so that a test can see the checker bite. */
  readonly mischief?: (world: {
    place: Place;
    step: number;
    now: Instant;
    checker: Checker;
    outside: Outside;
  }) => void | Promise<void>;
  readonly faulty?: OutsideOptions['faulty'];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Minutes of the hour at which the schedule starts a run: twice an hour, away from the full one. */
const CRON_MINUTES = [17, 47];
const VISITS_PER_DAY = 12;
/** After trouble the next runs follow each other; then only what is due wakes the loop. */
const RETRIES = 4;
const ALL_STAGES = new Set(jobs.map(({ stage }) => stage));

/** The first start of the schedule at or after a moment. */
function cronAt(time: number): number {
  const hour = Math.floor(time / HOUR) * HOUR;
  const starts = [0, 1].flatMap((ahead) => CRON_MINUTES.map((minute) => hour + ahead * HOUR + minute * MINUTE));
  return starts.find((start) => start >= time) ?? time;
}

const CALL_FAULTS: ReadonlySet<string> = new Set<CallFault>([
  'rate-limit',
  'timeout-after-success',
  'reset-before',
  'reset-after',
  'server-error',
]);

const enospc = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' });

const isNoSpace = (error: unknown): boolean => error instanceof Error && error.message.includes('ENOSPC');

/** Where a process may die or a disk be full: every step that there is, at its first or second visit. */
const somePoint = (random: Random): { point: FaultPoint; visit: number } => ({
  point: random.pick(FAULT_POINTS),
  visit: random.chance(0.75) ? 1 : 2,
});

/** One run of the loop, as the schedule starts it. */
interface Attempt {
  readonly task: string;
  readonly root: string;
  readonly now: Instant;
}

type Ended =
  | { readonly kind: 'report'; readonly report: RunReport }
  | { readonly kind: 'killed' | 'failed' | 'full' | 'bug'; readonly message: string };

export async function drive(options: DriveOptions): Promise<Driven> {
  const { place, seed, days, plan, delivery, standIns, onProgress } = options;
  const begin = epochOf(options.start);
  const end = begin + days * DAY;
  const turns = new Turns(begin);
  const timeline: TimelineEntry[] = [];
  const totals: Totals = { runs: 0, killed: 0, commits: 0, published: 0, visits: 0, faults: 0 };
  const injected: PlannedFault[] = [];
  const say = (kind: TimelineEntry['kind'], text: string): void => {
    timeline.push({ at: toInstant(turns.now), kind, text });
  };

  let root = await place.clone();
  let other: string | undefined;
  const gitDir = delivery === 'local' ? join(root, '.git') : place.gitDir;
  const tip = (): string => branchTip(gitDir, place.branch);
  const reader = new ObjectReader(gitDir, place.env);
  const checker = new Checker(reader.read);
  const since = tip();
  let checkedTip = since;
  await checker.begin(checkedTip, await reader.files(checkedTip));
  const open = opener(place, reader);

  const clocks = new Map<string, Instant>();
  const armed: { fault: PlannedFault; random: Random }[] = [];
  const waiting = [...plan];
  const inject = (fault: PlannedFault, detail: string): void => {
    injected.push(fault);
    totals.faults += 1;
    say('fault', `${fault.name}: ${detail}`);
  };
  /** Takes the first armed fault of a name out of waiting. */
  const take = (name: FaultName): { fault: PlannedFault; random: Random } | undefined => {
    const index = armed.findIndex(({ fault }) => fault.name === name);
    return index === -1 ? undefined : armed.splice(index, 1)[0];
  };

  const outside = new Outside({
    turns,
    tip,
    clockOf: (task) => clocks.get(task) ?? toInstant(turns.now),
    fault: (channel) => {
      const index = armed.findIndex(({ fault }) => CALL_FAULTS.has(fault.name));
      const [one] = index === -1 ? [] : armed.splice(index, 1);
      if (!one) return undefined;
      inject(one.fault, `on ${channel}`);
      return { name: one.fault.name as CallFault, accepted: one.random.chance(0.5) };
    },
    ...(options.faulty ? { faulty: options.faulty } : {}),
  });
  const adapters = simulatedAdapters(registeredAdapters, outside, standIns, turns);
  const outsideChannels = new Set(
    Object.entries(options.channels).flatMap(([channel, adapter]) => (standIns[adapter] ? [channel] : [])),
  );

  const editor = new Editor(place, randomOf('person', seed));
  const deeds: { deed: Deed; at: number }[] = [];
  const errands: { at: number; work: () => Promise<void> }[] = [];
  const visitors = randomOf('visitors', seed);
  const rates = trueRates(randomOf('rates', seed));
  let pages: readonly Page[] = [];
  let visitedUpTo = begin;
  const busyUntil = plan.length === 0 ? begin : end - Math.max(2 * DAY, (days * DAY) / 10);
  let tokensGoneFor = 0;
  let gone: readonly string[] = [];

  const attention = new Set<string>();

  function promise(deed: Deed | undefined, random: Random): string | undefined {
    if (!deed) return undefined;
    deeds.push({ deed, at: Math.min(turns.now + random.whole(1, 60) * HOUR, busyUntil) });
    return deed.what;
  }

  // ---- one run ------------------------------------------------------------------------------------------------------

  /** What is to happen within this run, by the fault point at which it does. */
  function hookFor(task: string, once: { readonly name: FaultName }[]): (point: FaultPoint) => void {
    const visits = new Map<FaultPoint, number>();
    type Trap = { fault: PlannedFault; point: FaultPoint; visit: number; spring: () => void };
    const traps: Trap[] = [];
    const arm = (name: FaultName, build: (random: Random, fault: PlannedFault) => Omit<Trap, 'fault'>): void => {
      const one = armed.find(({ fault }) => fault.name === name);
      if (!one || once.some((other) => other.name === name)) return;
      once.push({ name });
      traps.push({ fault: one.fault, ...build(randomOf(one.fault.salt), one.fault) });
    };
    const used = (fault: PlannedFault): void => {
      const index = armed.findIndex((one) => one.fault === fault);
      if (index !== -1) armed.splice(index, 1);
    };
    arm('killed', (random) => {
      const place = somePoint(random);
      return {
        ...place,
        spring: () => {
          throw new Killed(`${place.point}:${place.visit}`);
        },
      };
    });
    arm('full-disk', (random) => ({
      ...somePoint(random),
      spring: () => {
        throw enospc();
      },
    }));
    if (delivery === 'direct') {
      arm('lost-race', (random) => ({
        point: 'commits-imported',
        visit: random.whole(1, 2),
        spring: () => editor.takeNote(toInstant(turns.now)),
      }));
      arm('suspended', (random) => ({
        point: 'branch-moved',
        visit: random.whole(1, 2),
        spring: () => {
          turns.now += 10 * MINUTE;
        },
      }));
      arm('unreachable-remote', (random) => ({
        point: random.pick([
          'run-started',
          'settled',
          'stages-decided',
          'branch-moved',
          'call-remembered',
          'calls-done',
        ] as const),
        visit: 1,
        spring: () => place.setReachable(false),
      }));
      arm('kill-switch', (random) => ({
        point: random.pick([
          'run-started',
          'stages-decided',
          'commits-pushed',
          'branch-moved',
          'call-remembered',
        ] as const),
        visit: 1,
        spring: () => {
          const what = promise(editor.switchOff(toInstant(turns.now)), random);
          if (what !== undefined) say('person', what);
        },
      }));
    }
    return (point) => {
      if (turns.current !== task) return;
      const visit = (visits.get(point) ?? 0) + 1;
      visits.set(point, visit);
      const trap = traps.find((one) => one.point === point && one.visit === visit);
      if (!trap) return;
      used(trap.fault);
      inject(trap.fault, `at ${point}${visit > 1 ? `, visit ${visit}` : ''}`);
      trap.spring();
    };
  }

  async function oneRun({ task, root: cwd, now }: Attempt, env: Readonly<Record<string, string>>): Promise<RunReport> {
    clocks.set(task, now);
    return run({
      cwd,
      now,
      stages: ALL_STAGES,
      campaigns: [],
      dryRun: false,
      delivery,
      env,
      version: options.version,
      adapters,
      open,
      nonce: `${seed} ${step} ${task}`,
      timing: {
        monotonic: () => turns.now,
        sleep: (milliseconds) => turns.sleep(milliseconds),
        random: () => backoff.next(),
      },
      onStage: () => undefined,
      onProgress: () => undefined,
    });
  }

  async function attempts(all: readonly (Attempt & { delay: number })[]): Promise<Ended[]> {
    const env = {
      ...place.env,
      ...Object.fromEntries(
        Object.keys(standIns)
          .map(tokenOf)
          .filter((name) => !gone.includes(name))
          .map((name) => [name, 'simulated']),
      ),
    };
    const once: { name: FaultName }[] = [];
    const hooks = all.map(({ task }) => hookFor(task, once));
    const tasks = Object.fromEntries(
      all.map((attempt) => [attempt.task, { delay: attempt.delay, work: () => oneRun(attempt, env) }]),
    );
    const settled = await withFaults(
      (point) => {
        for (const hook of hooks) hook(point);
      },
      () => turns.together(tasks),
    );
    place.setReachable(true);
    place.clearHooks();
    return settled.map((one): Ended => {
      if (one.status === 'fulfilled') return { kind: 'report', report: one.value };
      const { reason } = one;
      if (reason instanceof Killed) return { kind: 'killed', message: reason.message };
      if (isNoSpace(reason)) return { kind: 'full', message: 'ENOSPC' };
      if (reason instanceof Failed) return { kind: 'failed', message: reason.message };
      return { kind: 'bug', message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) };
    });
  }

  // ---- one step -----------------------------------------------------------------------------------------------------

  async function look(): Promise<void> {
    const now = tip();
    const commits: CheckedCommit[] =
      now === checkedTip
        ? []
        : (await reader.commits(checkedTip, now)).map((commit) => ({
            ...commit,
            byPerson: place.byPerson.has(commit.id),
          }));
    checkedTip = now;
    await checker.step(commits, outside.calls, outside.accepted);
    checker.checkTruth(outside.accepted, outsideChannels);
  }

  function tellOf(report: RunReport): void {
    totals.commits += report.commits;
    totals.published += report.published.length;
    for (const { channel, asset, campaign } of report.published) say('out', `${channel}  ${asset}  ${campaign}`);
    const now = new Set<string>();
    for (const { level, scope, message } of report.notes) {
      if (level === 'info' || level === 'waiting') continue;
      const text = `${level} ${scope}: ${message}`;
      now.add(text);
      if (!attention.has(text)) say('held', text);
    }
    attention.clear();
    for (const text of now) attention.add(text);
    for (const bug of report.bugs) {
      if (!isNoSpace(new Error(bug))) checker.report('bug', bug);
    }
  }

  const isTrouble = (ended: Ended): boolean =>
    ended.kind !== 'report' ||
    ended.report.bugs.length > 0 ||
    ended.report.notes.some(({ level }) => level === 'in_doubt' || level === 'failed' || level === 'blocked');

  async function freshMachine(): Promise<string> {
    root = await place.clone();
    return 'a new clone';
  }

  async function disturb(): Promise<void> {
    type Act = (random: Random) => string | undefined | Promise<string>;
    const onDemand = async (name: FaultName, act: Act): Promise<void> => {
      const one = take(name);
      if (!one) return;
      const detail = await act(one.random);
      if (detail !== undefined) inject(one.fault, detail);
    };
    if (delivery === 'direct') {
      await onDemand('fresh-machine', freshMachine);
      await onDemand('rejected-push', () => {
        place.hookOnce('pre-receive', 'exit 1');
        return 'a hook says no to one push';
      });
      await onDemand('lost-answer', () => {
        place.hookOnce('reference-transaction', 'kill -9 $PPID', '"$1" = committed');
        return 'of one push';
      });
      await onDemand('price-change', (random) => promise(editor.changePrice(toInstant(turns.now)), random));
      await onDemand('corrupt-file', (random) => promise(editor.corrupt(toInstant(turns.now)), random));
      const between = armed.find(
        ({ fault }) => fault.name === 'kill-switch' && randomOf(fault.salt, 'when').chance(0.4),
      );
      if (between) await onDemand('kill-switch', (random) => promise(editor.switchOff(toInstant(turns.now)), random));
    }
    await onDemand('revoked-token', (random) => {
      tokensGoneFor = random.whole(1, 3);
      gone = [tokenOf(random.pick(Object.keys(standIns)))];
      return `${gone.join(', ')} for ${tokensGoneFor} runs`;
    });
  }

  /** The clock of this run: the true one, unless it is off. */
  function clockOfRun(): Instant {
    for (const [name, sign] of [
      ['clock-forward', 1],
      ['clock-back', -1],
    ] as const) {
      const one = take(name);
      if (!one) continue;
      const minutes = one.random.whole(1, 2 * 24 * 60);
      inject(one.fault, `${minutes} minutes`);
      return toInstant(turns.now + sign * minutes * MINUTE);
    }
    return toInstant(turns.now);
  }

  async function operate(work: (operating: OperateOptions) => Promise<unknown>): Promise<void> {
    const operating = {
      cwd: root,
      now: toInstant(turns.now),
      env: place.env,
      delivery,
      dryRun: false,
      nonce: `${seed} ${step}`,
    };
    try {
      await work(operating);
    } catch (error) {
      // The halt may be over, the doubt settled, or a campaign unreadable by now.
      if (!(error instanceof Error && ['Usage', 'Failed', 'Invalid'].includes(error.name))) throw error;
    }
  }

  /** After a day the person looks at what stands still. */
  function planErrands(report: RunReport): void {
    const soon = Math.min(turns.now + DAY, Math.max(busyUntil, turns.now));
    for (const { level, scope, message } of report.notes) {
      if (level !== 'halted' || !message.includes('hub/halts/') || errands.length > 3) continue;
      errands.push({
        at: soon,
        work: () =>
          operate(async (operating) => {
            await resume(operating, scope, undefined);
            say('person', `resumed ${scope}`);
          }),
      });
    }
    const assumed = checker.filed.filter(
      ({ status, run: filedBy }) => status === 'assumed_sent' && filedBy === report.run,
    );
    for (const { key, channel, asset } of assumed) {
      const truth = outside.accepted.some((one) => one.key === key && one.channel === channel) ? 'sent' : 'released';
      errands.push({
        at: soon,
        work: () =>
          operate(async (operating) => {
            await resolveDoubt(operating, key, truth);
            say('person', `resolved ${asset} on ${channel} as ${truth}`);
          }),
      });
    }
  }

  async function afterwards(work: readonly { at: number; work: () => Promise<void> }[]): Promise<void> {
    for (const { work: act } of work) await act();
  }

  let step = 0;
  let troubles = 0;
  let troubleSince = 0;
  let nextDue: number | undefined = begin;
  let retryAt: number | undefined;
  let skipUntil = 0;
  const random = randomOf('cron', seed);
  const backoff = randomOf('backoff', seed);
  const result = (): Driven => ({
    timeline,
    totals,
    breaks: checker.breaks,
    step,
    clone: root,
    rates,
    checker,
    injected,
    since,
    close: () => reader.close(),
  });

  async function visitBefore(): Promise<void> {
    const counted = await writeVisits(
      join(root, EVENTS_DIR),
      pages,
      rates,
      VISITS_PER_DAY,
      { from: toInstant(visitedUpTo), to: toInstant(turns.now) },
      visitors,
    );
    totals.visits += counted;
    visitedUpTo = turns.now;
  }

  async function runStep(): Promise<Ended[]> {
    step += 1;
    const faultsBefore = injected.length;
    onProgress(`step ${step}, ${toInstant(turns.now).slice(0, 16)}`);
    await disturb();
    await visitBefore();
    const now = clockOfRun();
    const pushesBefore = place.pushes();
    const all: (Attempt & { delay: number })[] = [{ task: 'a', root, now, delay: 0 }];
    const second = delivery === 'direct' ? take('double-cron') : undefined;
    if (second) {
      other ??= await place.clone();
      const delay = second.random.pick([0, 0, 400, 900, 2_500, 5_000, 40_000]);
      all.push({
        task: 'b',
        root: other,
        now: second.random.chance(0.5) ? now : toInstant(epochOf(now) + 1000),
        delay,
      });
      inject(second.fault, `a second machine, ${delay} ms later`);
    }
    const callsBefore = outside.calls.length;
    const ended = await attempts(all);
    totals.runs += all.length;
    if (tokensGoneFor > 0) {
      tokensGoneFor -= 1;
      if (tokensGoneFor === 0) gone = [];
    }
    await look();
    const opaque = outside.calls.slice(callsBefore).filter((call) => call.class === 'opaque').length;
    checker.checkPushes(place.pushes() - pushesBefore, all.length * Math.max(3, 2 + opaque));
    for (const [index, one] of ended.entries()) {
      if (one.kind === 'report') tellOf(one.report);
      if (one.kind === 'killed') {
        totals.killed += 1;
        if (index === 0 && delivery === 'direct' && random.chance(0.5)) {
          await freshMachine();
          say('lost', `${one.message}; goes on from a fresh clone`);
        } else say('lost', one.message);
        if (index > 0) other = undefined;
      }
      if (one.kind === 'failed' && injected.length === faultsBefore) {
        checker.report('bug', `the world refused without a fault: ${one.message}`);
      }
      if (one.kind === 'failed' || one.kind === 'full') say('lost', `the run ended: ${one.message}`);
      if (one.kind === 'bug') checker.report('bug', one.message);
    }
    pages = pagesOf(root);
    await options.mischief?.({ place, step, now, checker, outside });
    if (options.mischief) await look();
    return ended;
  }

  while (checker.breaks.length === 0) {
    const visits = pages.length > 0 ? visitedUpTo + (plan.length > 0 ? 3 : 1) * DAY : undefined;
    const moments = [nextDue, retryAt, visits, deeds[0]?.at, errands[0]?.at].filter((moment) => moment !== undefined);
    if (moments.length === 0) break;
    deeds.sort((a, b) => a.at - b.at);
    errands.sort((a, b) => a.at - b.at);
    const tick = cronAt(Math.max(turns.now + 1, Math.min(...moments), skipUntil));
    if (tick >= end) break;
    turns.now = Math.max(turns.now, tick);
    while (waiting[0] && epochOf(waiting[0].at) <= turns.now) {
      const fault = waiting.shift();
      if (fault) armed.push({ fault, random: randomOf(fault.salt) });
    }
    const late = take('late-cron') ?? take('skipped-cron');
    if (late) {
      const hours = late.fault.name === 'late-cron' ? late.random.whole(1, 9) : late.random.whole(24, 9 * 24);
      skipUntil = Math.min(turns.now + hours * HOUR, Math.max(busyUntil, turns.now));
      inject(late.fault, `nothing starts for ${hours} hours`);
      if (skipUntil > turns.now) continue;
    }
    if (deeds.length > 0 || armed.length > 0) await editor.look(reader, tip());
    for (const due of deeds.splice(0, deeds.filter(({ at }) => at <= turns.now).length)) {
      const what = due.deed.undo(toInstant(turns.now));
      if (what !== undefined) say('person', what);
    }
    await afterwards(errands.splice(0, errands.filter(({ at }) => at <= turns.now).length));

    const faultsBefore = injected.length;
    const ended = await runStep();
    const [first] = ended;
    if (first?.kind === 'report') {
      const { report } = first;
      nextDue = report.nextDue === undefined ? undefined : epochOf(report.nextDue);
      planErrands(report);
      const isQuiet = exitCodeOf(report) === 0 && ended.length === 1 && armed.length === 0;
      if (isQuiet && random.chance(plan.length > 0 ? 0.15 : 0.05) && checker.breaks.length === 0) {
        const [again] = await attempts([{ task: 'a', root, now: report.now, delay: 0 }]);
        await look();
        if (again?.kind === 'report') checker.checkCalm(again.report.commits);
        totals.runs += 1;
      }
    }
    // Whatever was disturbed is tried again at the next start of the schedule.
    const isTroubled = ended.some(isTrouble) || injected.length > faultsBefore;
    if (isTroubled) {
      if (troubles === 0) troubleSince = step;
      troubles += 1;
    } else {
      if (troubles > 0) say('recovered', `in ${step - troubleSince} run${step - troubleSince === 1 ? '' : 's'}`);
      troubles = 0;
    }
    retryAt = isTroubled && troubles <= RETRIES ? turns.now + MINUTE : undefined;
    if (!isTroubled && nextDue !== undefined && nextDue <= turns.now) nextDue = turns.now + DAY;
  }

  if (checker.breaks.length === 0) await finish();
  return result();

  /** What was broken is mended: the doubts are settled, and then there is nothing to do. */
  async function finish(): Promise<void> {
    armed.length = 0;
    turns.now = Math.max(turns.now, end);
    gone = [];
    await editor.look(reader, tip());
    for (const { deed } of deeds.splice(0)) deed.undo(toInstant(turns.now));
    await afterwards(errands.splice(0));
    await look();
    for (let turn = 1; turn <= 2 && checker.breaks.length === 0; turn += 1) {
      turns.now += 30 * MINUTE;
      await runStep();
    }
    if (checker.breaks.length > 0) return;
    checker.checkClosed();
    const before = tip();
    const [again] = await attempts([{ task: 'a', root, now: toInstant(turns.now), delay: 0 }]);
    await look();
    if (again?.kind === 'report') checker.checkCalm(again.report.commits);
    if (tip() !== before) checker.report('I8', 'the last run moved the branch');
  }
}

export const faultAbout = (name: FaultName): string => faultTable[name];
export type { ChannelClass };
