/** Drives the real loop through simulated time, from one thing that happens to the next, and checks after each step. */
import { join } from 'node:path';
import type { Instant } from '../../core/contracts.ts';
import { exitCodeOf, type RunReport } from '../../core/report.ts';
import type { Break, Checker } from '../../core/simulation/checker.ts';
import type { PlannedFault } from '../../core/simulation/faults.ts';
import { type Random, randomOf } from '../../core/simulation/random.ts';
import { type TrueRates, trueRates } from '../../core/simulation/visitors.ts';
import { epochOf, toInstant } from '../../core/time.ts';
import { EVENTS_DIR } from '../run.ts';
import { Cron } from './cron.ts';
import { type Ground, type GroundOptions, layGround } from './ground.ts';
import { type Attempt, bugsIn, type Ended, isTrouble } from './machines.ts';
import type { Place } from './place.ts';
import type { TimelineEntry, Totals } from './telling.ts';
import { trapsFor } from './traps.ts';
import { type Page, pagesOf, writeVisits } from './visits.ts';

export interface Driven {
  readonly timeline: readonly TimelineEntry[];
  readonly totals: Totals;
  readonly breaks: readonly Break[];
  /** The step at which it broke, from 1. */
  readonly step: number;
  /** The clone that was used last. */
  readonly clone: string;
  readonly rates: TrueRates;
  readonly checker: Checker;
  readonly injected: readonly PlannedFault[];
  /** The commit that it began with. */
  readonly since: string;
}

export interface DriveOptions extends GroundOptions {
  readonly onProgress: (what: string) => void;
  /** Does mischief after a step, so that a test can see the checker bite. */
  readonly mischief?: (world: { place: Place; step: number; now: Instant }) => void;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const VISITS_PER_DAY = 12;
/** How much later than the first one a second machine starts, in milliseconds. */
const DELAYS = [0, 0, 400, 900, 2_500, 5_000, 40_000];

class Drive {
  private readonly options: DriveOptions;
  private readonly ground: Ground;
  private readonly rates: TrueRates;
  private readonly visitors: Random;
  private readonly chance: Random;
  private pages: readonly Page[] = [];
  private visitedUpTo: number;
  private step = 0;
  /** Whether the schedule has held back the run that is next. */
  private isHeldBack = false;
  private readonly cron: Cron;

  constructor(options: DriveOptions, ground: Ground) {
    this.options = options;
    this.ground = ground;
    this.rates = trueRates(randomOf('rates', options.seed));
    this.visitors = randomOf('visitors', options.seed);
    this.chance = randomOf('cron', options.seed);
    this.visitedUpTo = ground.turns.now;
    this.cron = new Cron(ground.turns.now, ground.telling);
  }

  /** Whether nothing has broken so far. */
  private get isWhole(): boolean {
    return this.ground.checker.breaks.length === 0;
  }

  async play(): Promise<Driven> {
    const { turns, end } = this.ground;
    while (this.isWhole) {
      const tick = this.cron.next(turns.now, this.otherMoments());
      if (tick === undefined || tick >= end) break;
      turns.now = Math.max(turns.now, tick);
      await this.wake();
    }
    if (this.isWhole) await this.finish();
    const { telling, checker, machines, watch } = this.ground;
    return {
      timeline: telling.timeline,
      totals: telling.totals,
      breaks: checker.breaks,
      step: this.step,
      clone: machines.root,
      rates: this.rates,
      checker,
      injected: telling.injected,
      since: watch.since,
    };
  }

  private otherMoments(): number[] {
    const everyDays = this.options.plan.length > 0 ? 3 : 1;
    const visits = this.pages.length > 0 ? [this.visitedUpTo + everyDays * DAY] : [];
    return [...visits, ...this.ground.errands.moments];
  }

  /** A start of the schedule. */
  private async wake(): Promise<void> {
    const { turns, weather, errands, editor, reader, tip, telling } = this.ground;
    weather.advance(turns.now);
    if (this.isDelayed()) return;
    if (errands.hasDeeds || !weather.isCalm) await editor.look(reader, tip());
    await errands.run(turns.now);
    const faultsBefore = telling.totals.faults;
    const ended = await this.runStep();
    const [first] = ended;
    if (first?.kind === 'report') await this.afterReport(first.report, ended.length);
    this.cron.after(this.step, turns.now, ended.some(isTrouble) || telling.totals.faults > faultsBefore);
  }

  /** One delay does not follow another: weeks without a run would show nothing. */
  private isDelayed(): boolean {
    const { turns, weather, telling, busyUntil } = this.ground;
    const wasHeldBack = this.isHeldBack;
    this.isHeldBack = false;
    const late = wasHeldBack ? undefined : (weather.take('late-cron') ?? weather.take('skipped-cron'));
    if (!late) return false;
    const hours = late.fault.name === 'late-cron' ? late.random.whole(1, 9) : late.random.whole(24, 9 * 24);
    const until = Math.min(turns.now + hours * HOUR, Math.max(busyUntil, turns.now));
    this.cron.skip(until);
    telling.inject(late.fault, `nothing starts for ${hours} hours`);
    this.isHeldBack = until > turns.now;
    return this.isHeldBack;
  }

  private async afterReport(report: RunReport, machines: number): Promise<void> {
    const { errands, weather, tip } = this.ground;
    this.cron.expect(report.nextDue);
    errands.plan(report);
    // A person may have changed something in the middle of it.
    const isLatest = report.head === tip();
    const isQuiet = exitCodeOf(report) === 0 && machines === 1 && weather.isCalm && isLatest;
    if (isQuiet && this.chance.chance(this.options.plan.length > 0 ? 0.15 : 0.05) && this.isWhole) {
      await this.runAgain(report.now);
    }
  }

  /** A second run right after the first has nothing to do. */
  private async runAgain(now: Instant): Promise<void> {
    const { checker, machines, telling, watch } = this.ground;
    const [again] = await this.start([{ task: 'a', root: machines.root, now, delay: 0 }]);
    await watch.look();
    telling.totals.runs += 1;
    if (again?.kind === 'report') checker.checkCalm(again.report.commits);
  }

  private async runStep(): Promise<Ended[]> {
    const { place, onProgress, mischief } = this.options;
    const { turns, telling, checker, watch, machines, disturbances } = this.ground;
    this.step += 1;
    const faultsBefore = telling.totals.faults;
    onProgress(`step ${this.step}, ${turns.instant.slice(0, 16)}`);
    await disturbances.strike();
    this.visit();
    const attempts = await this.attempts(disturbances.clock());
    // What the person did before is no race.
    await watch.look();
    const pushesBefore = place.pushes();
    const ended = await this.start(attempts);
    telling.totals.runs += attempts.length;
    disturbances.pass();
    await watch.look();
    checker.checkPushes(place.pushes() - pushesBefore, attempts.length);
    for (const [index, one] of ended.entries()) {
      await this.tell(one, index, telling.totals.faults > faultsBefore);
    }
    this.pages = pagesOf(machines.root);
    if (mischief) {
      mischief({ place, step: this.step, now: turns.instant });
      await watch.look();
    }
    return ended;
  }

  private visit(): void {
    const { turns, machines, telling } = this.ground;
    const span = { from: toInstant(this.visitedUpTo), to: turns.instant };
    const events = join(machines.root, EVENTS_DIR);
    telling.totals.visits += writeVisits(events, this.pages, this.rates, VISITS_PER_DAY, span, this.visitors);
    this.visitedUpTo = turns.now;
  }

  private async attempts(now: Instant): Promise<Attempt[]> {
    const { delivery, machines, weather, telling } = this.ground;
    const first = { task: 'a', root: machines.root, now, delay: 0 };
    const second = delivery === 'direct' ? weather.take('double-cron') : undefined;
    if (!second) return [first];
    const root = await machines.second();
    const delay = second.random.pick(DELAYS);
    const clock = second.random.chance(0.5) ? now : toInstant(epochOf(now) + 1000);
    telling.inject(second.fault, `a second machine, ${delay} ms later`);
    return [first, { task: 'b', root, now: clock, delay }];
  }

  private start(attempts: readonly Attempt[]): Promise<Ended[]> {
    const { machines, disturbances } = this.ground;
    const traps = trapsFor('a', this.ground);
    return machines.start(attempts, this.step, disturbances.tokens, traps);
  }

  private async tell(ended: Ended, index: number, isDisturbed: boolean): Promise<void> {
    const { telling, checker, machines, delivery } = this.ground;
    if (ended.kind === 'report') {
      telling.report(ended.report);
      for (const bug of bugsIn(ended.report)) checker.report('bug', bug);
    }
    if (ended.kind === 'killed') {
      telling.totals.killed += 1;
      const isFresh = index === 0 && delivery === 'direct' && this.chance.chance(0.5);
      if (isFresh) await machines.renew();
      telling.say('lost', `${ended.message}${isFresh ? '; goes on from a fresh clone' : ''}`);
      if (index > 0) machines.loseSecond();
    }
    if (ended.kind === 'failed' && !isDisturbed) {
      checker.report('bug', `the world refused without a fault: ${ended.message}`);
    }
    if (ended.kind === 'failed' || ended.kind === 'full') telling.say('lost', `the run ended: ${ended.message}`);
    if (ended.kind === 'bug') checker.report('bug', ended.message);
  }

  /** What was broken is mended: the doubts are settled, and then there is nothing to do. */
  private async finish(): Promise<void> {
    const { turns, end, weather, disturbances, editor, errands, reader, tip, watch, checker } = this.ground;
    weather.clear();
    disturbances.mend();
    turns.now = Math.max(turns.now, end);
    await editor.look(reader, tip());
    await errands.run(Infinity);
    await watch.look();
    for (let turn = 1; turn <= 2 && this.isWhole; turn += 1) {
      turns.now += 30 * MINUTE;
      await this.runStep();
    }
    if (!this.isWhole) return;
    checker.checkClosed();
    const before = tip();
    await this.runAgain(turns.instant);
    if (tip() !== before) checker.report('I8', 'the last run moved the branch');
  }
}

export async function drive(options: DriveOptions): Promise<Driven> {
  const ground = await layGround(options);
  try {
    return await new Drive(options, ground).play();
  } finally {
    ground.reader.close();
  }
}
