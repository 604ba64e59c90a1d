/** Kills real processes at a step of a publish, lets the next run do what it does, and looks at what came of it. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULT_POINTS, type FaultPoint } from '../shell/fault.ts';
import { brokenPromises } from './facts.ts';
import { type Loopback, serveLoopback } from './loopback.ts';
import type { Classes } from './loopback-channel.ts';
import { FIRST_RUN } from './play.ts';
import {
  brokenBooks,
  type Ended,
  inBook,
  liveWorkspace,
  openRig,
  type Rig,
  type Running,
  type Site,
  siteBefore,
} from './rig.ts';

/** Each class once; an opaque call goes out alone, so these two make for different ways through a run. */
export const PAIRS: readonly [Classes, Classes] = [
  { feed: 'query', outbox: 'opaque' },
  { feed: 'key', outbox: 'natural' },
];

export interface Bench {
  readonly rig: Rig;
  readonly loopback: Loopback;
  /** Everything is made and judged, nothing published; the clone is one commit behind. */
  readonly template: Site;
  close(): Promise<void>;
}

/** What a channel's class decides. */
const isOfCalls = (point: FaultPoint): boolean => point.startsWith('call');
const LANDING: ReadonlySet<FaultPoint> = new Set(['commits-imported', 'commits-pushed', 'sync-marked', 'branch-moved']);

/** Every point is in one of these. */
export const POINTS = {
  ofCalls: FAULT_POINTS.filter(isOfCalls),
  /** A run comes to these several times. */
  ofLanding: FAULT_POINTS.filter((point) => LANDING.has(point)),
  others: FAULT_POINTS.filter((point) => !isOfCalls(point) && !LANDING.has(point)),
};

/** When the process that publishes is killed: by itself at a step, or from outside. */
export type Kill = { readonly at: FaultPoint; readonly visit: number } | { readonly afterMs: number };

const WINDOW = { windowMs: 20_000, timeoutMs: 5_000 };

const order = (book: string, classes: Classes, runs: number) => ({
  book,
  now: FIRST_RUN,
  commands: Array.from({ length: runs }, () => ['run']),
  classes,
  ...WINDOW,
  alone: true,
});

/** How often a run comes to each point. */
async function visitsOf({ rig, template }: Bench, classes: Classes): Promise<ReadonlyMap<FaultPoint, number>> {
  const site = rig.copy(template, `visits-${classes.feed}`);
  const { passed, stderr } = await rig.start(site, { ...order(site.folder, classes, 1), counting: true }).ended;
  expect(passed, stderr).toHaveLength(1);
  const visits = new Map<FaultPoint, number>(FAULT_POINTS.map((point) => [point, 0]));
  for (const [point, visit] of passed[0] ?? []) visits.set(point, visit);
  return visits;
}

/** Ends a process and its group, but for the git commands that have a session of their own. */
export const killGroup = ({ process: child }: Running): void => {
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

let count = 0;

export interface Killed {
  readonly site: Site;
  readonly book: string;
  readonly ended: Ended;
}

/** A run that is killed, in a place of its own. */
export async function killed({ rig, template }: Bench, classes: Classes, kill: Kill): Promise<Killed> {
  count += 1;
  const book = `case-${count}`;
  const site = rig.copy(template, book);
  const fault = 'at' in kill ? { MHUB_FAULT: `${kill.at}:${kill.visit}` } : {};
  const running = rig.start(site, order(book, classes, 1), fault);
  const timer = 'afterMs' in kill ? setTimeout(() => killGroup(running), kill.afterMs) : undefined;
  const ended = await running.ended;
  clearTimeout(timer);
  return { site, book, ended };
}

/** The next run and one more. @returns what is wrong then; nothing, if the promise holds */
export async function wrongAfterRecovery(bench: Bench, classes: Classes, { site, book }: Killed): Promise<string[]> {
  const { rig, loopback } = bench;
  const { reports, stderr, code } = await rig.start(site, order(book, classes, 2)).ended;
  const [first, second] = reports;
  if (!first || !second) return [`the next runs ended with ${code}: ${stderr}`];
  const facts = rig.facts(site);
  const accepted = inBook(loopback, book);
  const sure = Object.entries(classes).filter(([, kind]) => kind !== 'opaque');
  return [
    ...brokenBooks(accepted, facts.receipts),
    ...brokenPromises(facts),
    ...sure.filter(([id]) => !accepted.some(({ channel }) => channel === id)).map(([id]) => `${id} got nothing`),
    ...(first.exit_code === 0 || first.exit_code === 3 ? [] : [`the next run: ${JSON.stringify(first)}`]),
    ...(second.commits === 0 && second.exit_code === 0 ? [] : [`one more run: ${JSON.stringify(second)}`]),
    ...rig
      .git(site.clone, 'status', '--porcelain')
      .split('\n')
      .filter((line) => line !== ''),
  ];
}

/** The same origin and the same service, seen from a clone that knows nothing else. */
export function elsewhere({ rig, loopback }: Bench, { site, book, ended }: Killed): Killed {
  const folder = `${book}-elsewhere`;
  const copy = rig.copy(site, folder);
  loopback.copy(book, folder);
  return { site: rig.freshClone(copy), book: folder, ended };
}

/** A fresh clone sees nothing but the origin and the service: kills that look alike from there are one case. */
export const sightOf = ({ rig, loopback }: Bench, { site, book }: Killed): string =>
  `${rig.git(site.origin, 'rev-list', '--count', 'main').trim()} commits, ${inBook(loopback, book).length} effects`;

/** Kills after which a service has an effect that no receipt tells of. */
export const TOLD_BY_INTENTS_ALONE: readonly (readonly [FaultPoint, number])[] = [
  ['call-made', 1],
  ['call-remembered', 2],
  ['calls-done', 1],
  ['commits-imported', 2],
];

/** The control: what is wrong where nothing had been written ahead of the call, and no journal is left. */
export async function wrongWithoutIntents(bench: Bench, at: FaultPoint, visit: number): Promise<string[]> {
  const { git } = bench.rig;
  const [classes] = PAIRS;
  const next = elsewhere(bench, await killed(bench, classes, { at, visit }));
  git(next.site.clone, 'rm', '-q', '-r', 'hub/open');
  git(next.site.clone, 'commit', '-q', '-m', 'as if nothing had been written ahead');
  git(next.site.clone, 'push', '-q', 'origin', 'main');
  return wrongAfterRecovery(bench, classes, next);
}

/** Kills runs at every visit of a point, and lets the next run be on the same machine, and in a fresh clone. */
export class KillAtEveryStep {
  private readonly inTurn = limited(3);
  private readonly seen = new Set<string>();
  private readonly bench: Bench;
  private readonly classes: Classes;
  private readonly visits: ReadonlyMap<FaultPoint, number>;

  private constructor(bench: Bench, classes: Classes, visits: ReadonlyMap<FaultPoint, number>) {
    [this.bench, this.classes, this.visits] = [bench, classes, visits];
  }

  static async of(bench: Bench, classes: Classes): Promise<KillAtEveryStep> {
    return new KillAtEveryStep(bench, classes, await visitsOf(bench, classes));
  }

  /** @returns what is wrong after recovery */
  async wrongAt(point: FaultPoint): Promise<string[]> {
    const each = Array.from({ length: this.visits.get(point) ?? 0 }, (_, index) => index + 1);
    if (each.length === 0) return [`no run comes to ${point}`];
    const wrong = each.map((visit) => this.inTurn(() => this.wrongAfter(point, visit)));
    return (await Promise.all(wrong)).flat();
  }

  /** One kill, at the last visit, and the next run in one place. @returns what is wrong after recovery */
  wrongAtLast(at: FaultPoint, place: 'on the same machine' | 'in a fresh clone'): Promise<string[]> {
    return this.inTurn(async () => {
      const { bench, classes } = this;
      const visit = this.visits.get(at) ?? 0;
      if (visit === 0) return [`no run comes to ${at}`];
      const here = await killed(bench, classes, { at, visit });
      if (here.ended.signal !== 'SIGKILL') return [`it ended with ${here.ended.code}: ${here.ended.stderr}`];
      return wrongAfterRecovery(bench, classes, place === 'on the same machine' ? here : elsewhere(bench, here));
    });
  }

  private async wrongAfter(at: FaultPoint, visit: number): Promise<string[]> {
    const { bench, classes, seen } = this;
    const here = await killed(bench, classes, { at, visit });
    if (here.ended.signal !== 'SIGKILL') return [`${at}:${visit} ended with ${here.ended.code}: ${here.ended.stderr}`];
    const sight = sightOf(bench, here);
    const there = seen.has(sight) ? undefined : elsewhere(bench, here);
    seen.add(sight);
    const wrong = [
      ...(await wrongAfterRecovery(bench, classes, here)),
      ...(there ? await wrongAfterRecovery(bench, classes, there) : []).map((what) => `in a fresh clone: ${what}`),
    ];
    return wrong.map((what) => `killed at ${at}:${visit}, ${what}`);
  }
}

/** At most so many at once: there are only so many processors. */
function limited(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

export async function openBench(): Promise<Bench> {
  const loopback = await serveLoopback();
  const rig = await openRig(loopback);
  const template = await siteBefore(join(rig.folder, 'template'), FIRST_RUN, liveWorkspace());
  // A clone that is behind has one more step to be killed at.
  rig.git(template.clone, 'reset', '-q', '--hard', 'HEAD~1');
  return {
    rig,
    loopback,
    template,
    close: () => {
      rig.remove();
      return loopback.close();
    },
  };
}

/** Under load a kill and what comes after it take this long. */
export const KILL_TIMEOUT_MS = 120_000;

/** A test per point, each with a kill at every visit. */
export function testKills(points: readonly FaultPoint[], classes: Classes): void {
  let bench: Bench;
  let kills: KillAtEveryStep;
  beforeAll(async () => {
    bench = await openBench();
    kills = await KillAtEveryStep.of(bench, classes);
  });
  afterAll(() => bench.close());
  test.concurrent.each(points)(
    `killed at %s, with channels of class ${Object.values(classes).join(' and ')}, the next run leaves nothing twice, unrecorded or open`,
    async (point) => expect(await kills.wrongAt(point)).toEqual([]),
    KILL_TIMEOUT_MS,
  );
}
