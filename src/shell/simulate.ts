/** `mhub simulate`: the real loop on a throw-away clone, in virtual time, with simulated channels and visitors. */

import type { AuditRule } from '../core/audit/rules.ts';
import type { ChannelClass, Instant, RunContext, Unit } from '../core/contracts.ts';
import { Invalid, Usage } from '../core/errors.ts';
import { publicationKey, wentOut } from '../core/ledger.ts';
import { columns, type Paint, showTime } from '../core/report.ts';
import { openingsOf } from '../core/schedule.ts';
import type { Break } from '../core/simulation/checker.ts';
import { invariants } from '../core/simulation/checker.ts';
import { type FaultName, faultNames, type PlannedFault, planFaults } from '../core/simulation/faults.ts';
import { randomOf } from '../core/simulation/random.ts';
import { shrinkList } from '../core/simulation/shrink.ts';
import { epochOf, toInstant } from '../core/time.ts';
import { openRepo } from './git.ts';
import { openInputs } from './open.ts';
import { registeredAdapters } from './perform.ts';
import { answeringEngine, isRemote, type StandIns } from './simulate/channels.ts';
import { type Driven, type DriveOptions, drive } from './simulate/drive.ts';
import { Place } from './simulate/place.ts';
import { prepareForFaults } from './simulate/prepare.ts';
import type { TimelineEntry, Totals } from './simulate/telling.ts';
import { commitSnapshot } from './snapshot.ts';
import { verifyHistory } from './verify.ts';
import { World } from './world.ts';

export interface SimulateOptions {
  readonly cwd: string;
  readonly now: Instant;
  readonly days: number;
  readonly seed: number;
  readonly faults: readonly FaultName[];
  readonly version: string;
  /** Leaves the clone behind also when nothing broke. */
  readonly keep: boolean;
  readonly onProgress: (what: string) => void;
  /** Exactly these, instead of what the seed would give. */
  readonly plan?: readonly PlannedFault[];
  readonly mischief?: DriveOptions['mischief'];
  readonly faulty?: DriveOptions['faulty'];
}

export interface PlannedSlot {
  readonly campaign: string;
  readonly asset: string;
  readonly channel: string;
  readonly kind: string;
  readonly due: Instant;
  readonly published: boolean;
}

export interface Simulation {
  readonly seed: number;
  readonly start: Instant;
  readonly days: number;
  readonly timezone: string;
  readonly delivery: RunContext['delivery'];
  readonly faults: readonly FaultName[];
  /** Channel -> class of the simulated channel that answered in its place. */
  readonly simulated: Readonly<Record<string, ChannelClass>>;
  readonly engine: string;
  /** Paths that the clone had differently from the workspace from the start. */
  readonly prepared: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly totals: Totals;
  readonly slots: readonly PlannedSlot[];
  readonly breaks: readonly Break[];
  readonly step: number;
  readonly injected: readonly PlannedFault[];
  /** Smallest scenario that still breaks. */
  readonly shrunk?: {
    readonly days: number;
    readonly plan: readonly PlannedFault[];
    readonly breaks: readonly Break[];
  };
  readonly rates: Readonly<Record<'a' | 'b', number>>;
  /** Where the clones are, when they were left. */
  readonly folder?: string;
}

const CLASSES: readonly ChannelClass[] = ['natural', 'key', 'query', 'opaque'];
const DAY = 24 * 60 * 60_000;
/** Runs of the whole scenario that shrinking may cost. */
const MAX_SHRINK_RUNS = 14;

interface Opened {
  readonly units: readonly Unit[];
  readonly timezone: string;
  readonly engine: string;
  readonly delivery: RunContext['delivery'];
}

async function openPlace(place: Place): Promise<Opened> {
  const root = await place.clone({ bareTree: true });
  const repo = await openRepo(root, place.env);
  const { commit } = await repo.head();
  const { units, workspace, problems } = await openInputs(new World(await commitSnapshot(repo, commit)), []);
  if (units.length === 0)
    throw problems.length > 0 ? new Invalid(problems) : new Usage('there is no campaign to simulate');
  const { timezone, engine, delivery } = workspace;
  // Nobody plays GitHub: what a pull request would carry is pushed.
  return { units, timezone, engine, delivery: delivery === 'pull-request' ? 'direct' : delivery };
}

/** Channel id -> adapter, over all brands that have a campaign. */
const channelsOf = (units: readonly Unit[]): Record<string, string> =>
  Object.fromEntries(units.flatMap(({ channels }) => channels.map(({ id, adapter }) => [id, adapter])));

/** Under faults every channel but the site leaves the repository; without, only those that do so anyway. */
async function standInsFor(
  channels: Readonly<Record<string, string>>,
  seed: number,
  isCalm: boolean,
): Promise<StandIns> {
  const adapters = [...new Set(Object.values(channels))].sort();
  const chosen: Record<string, ChannelClass> = {};
  let drawn = 0;
  for (const adapter of adapters) {
    const registered = registeredAdapters.channels[adapter];
    const real = await registered?.load();
    if (!registered || !real) continue;
    if (real.publish || isRemote(registered)) chosen[adapter] = real.class;
    if (isCalm || real.medium === 'site') continue;
    // Neighbouring seeds draw neighbouring classes, so that every class meets every channel soon.
    chosen[adapter] = CLASSES[(seed + drawn * (1 + Math.floor(seed / CLASSES.length))) % CLASSES.length] ?? 'opaque';
    drawn += 1;
  }
  return chosen;
}

/** The first change of the clocks within so many days: instants around which the offset of the zone differs. */
function clockChange(zone: string, from: number, days: number): number | undefined {
  const offset = (time: number): string =>
    new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
      .formatToParts(time)
      .find(({ type }) => type === 'timeZoneName')?.value ?? '';
  for (let day = 0; day < days; day += 1) {
    if (offset(from + day * DAY) !== offset(from + (day + 1) * DAY)) return from + day * DAY;
  }
  return undefined;
}

/** With fault dst, the start moves so that the clocks change within the simulated time, in either direction. */
function startFor({ now, days, seed, faults }: SimulateOptions, zone: string): Instant {
  if (!faults.includes('dst')) return now;
  const random = randomOf('start', seed);
  const first = clockChange(zone, epochOf(now), 366);
  if (first === undefined) return now;
  const second = clockChange(zone, first + 2 * DAY, 366) ?? first;
  const change = random.chance(0.5) ? first : second;
  const before = random.whole(1, Math.max(1, Math.min(days - 3, 40)));
  return toInstant(change - before * DAY + random.whole(0, 23) * 60 * 60_000);
}

/** The clocks change by themselves, once the start is near enough. */
function clockChanges({ faults, days }: SimulateOptions, zone: string, start: Instant): PlannedFault[] {
  const change = faults.includes('dst') ? clockChange(zone, epochOf(start), days) : undefined;
  return change === undefined ? [] : [{ name: 'dst', at: toInstant(change), salt: '' }];
}

/** Every occasion that the schedules have within the simulated time. */
function plannedSlots(units: readonly Unit[], start: Instant, days: number): Omit<PlannedSlot, 'published'>[] {
  const end = epochOf(start) + days * DAY;
  const slots = new Map<string, Omit<PlannedSlot, 'published'> & { slot: string }>();
  for (const unit of units) {
    for (let time = epochOf(start); time < end; time += DAY / 4) {
      for (const { asset, channel, kind, slot, due } of openingsOf(unit, toInstant(time))) {
        if (due === undefined || epochOf(due) < epochOf(start) || epochOf(due) >= end) continue;
        slots.set(publicationKey(unit.campaign.id, asset, channel, slot), {
          campaign: unit.campaign.id,
          asset,
          channel,
          kind,
          due,
          slot,
        });
      }
    }
  }
  return [...slots.values()].sort((a, b) => (a.due < b.due ? -1 : 1));
}

function slotsOf(driven: Driven, planned: readonly Omit<PlannedSlot, 'published'>[]): PlannedSlot[] {
  const out = new Set(
    driven.checker.filed.filter(wentOut).map(({ campaign, asset, channel }) => `${campaign} ${asset} ${channel}`),
  );
  return planned.map((slot) => ({ ...slot, published: out.has(`${slot.campaign} ${slot.asset} ${slot.channel}`) }));
}

interface Scene {
  readonly place: Place;
  readonly driven: Driven;
  readonly opened: Opened;
  readonly standIns: StandIns;
  readonly prepared: readonly string[];
}

/** Rules of verify that a fault breaks by itself: a clock that is off dates receipts wrongly. */
const EXCUSED: Readonly<Partial<Record<AuditRule, readonly FaultName[]>>> = {
  'ledger/backdated': ['clock-back', 'clock-forward'],
};

/** A second opinion on the history: the audit shares no code with the checker. */
async function askVerify(
  { clone, checker, since }: Driven,
  { byPerson }: Place,
  faults: readonly FaultName[],
): Promise<void> {
  const { findings } = await verifyHistory(clone, { since });
  for (const { rule, commit, wrong, file } of findings) {
    const isExcused = EXCUSED[rule]?.some((name) => faults.includes(name)) === true;
    if (!byPerson.has(commit) && !isExcused) checker.report('verify', `${rule} ${file ?? ''}: ${wrong}`, commit);
  }
}

async function play(
  options: SimulateOptions,
  start: Instant | undefined,
  days: number,
  plan: readonly PlannedFault[] | undefined,
): Promise<Scene & { start: Instant; plan: readonly PlannedFault[] }> {
  const place = new Place(options.cwd);
  try {
    const isCalm = options.faults.length === 0;
    const { timezone } = await openPlace(place);
    const from = start ?? startFor(options, timezone);
    const prepared = isCalm ? [] : prepareForFaults(place, randomOf('prepare', options.seed), from);
    const opened = await openPlace(place);
    const channels = channelsOf(opened.units);
    const standIns = await standInsFor(channels, options.seed, isCalm);
    const chosen = plan ?? planFaults({ seed: options.seed, start: from, days: options.days, faults: options.faults });
    const driven = await drive({
      place,
      seed: options.seed,
      start: from,
      days,
      plan: chosen,
      delivery: isCalm ? opened.delivery : 'direct',
      standIns,
      channels,
      version: options.version,
      onProgress: options.onProgress,
      ...(options.mischief ? { mischief: options.mischief } : {}),
      ...(options.faulty ? { faulty: options.faulty } : {}),
    });
    place.close();
    if (driven.breaks.length === 0) await askVerify(driven, place, options.faults);
    return { place, driven, opened, standIns, prepared, start: from, plan: chosen };
  } catch (error) {
    place.close();
    place.discard();
    throw error;
  }
}

const isSame = (breaks: readonly Break[], others: readonly Break[]): boolean =>
  others.some(({ invariant }) => breaks.some((one) => one.invariant === invariant));

/** Fewer days, then fewer faults, for as long as the same invariant breaks. */
async function shrink(
  options: SimulateOptions,
  scene: Awaited<ReturnType<typeof play>>,
): Promise<Simulation['shrunk']> {
  const { driven, start, plan } = scene;
  const until = driven.timeline.at(-1)?.at ?? start;
  const days = Math.min(options.days, Math.ceil((epochOf(until) - epochOf(start)) / DAY) + 1);
  let smallest: Simulation['shrunk'];
  const breaks = async (candidate: readonly PlannedFault[]): Promise<boolean> => {
    const again = await play(options, start, days, candidate);
    again.place.discard();
    const isBroken = isSame(driven.breaks, again.driven.breaks);
    if (isBroken) smallest = { days, plan: candidate, breaks: again.driven.breaks };
    return isBroken;
  };
  const injected = plan.filter((fault) => driven.injected.includes(fault));
  if (await breaks(injected)) await shrinkList(injected, breaks, MAX_SHRINK_RUNS);
  return smallest;
}

export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const scene = await play(options, undefined, options.days, options.plan);
  const { place, driven, opened, standIns, prepared, start } = scene;
  const isBroken = driven.breaks.length > 0;
  const shrunk = isBroken && options.faults.length > 0 ? await shrink(options, scene) : undefined;
  const isLeft = isBroken || options.keep;
  if (isLeft) place.tidy(driven.clone);
  else place.discard();
  const channels = channelsOf(opened.units);
  return {
    seed: options.seed,
    start,
    days: options.days,
    timezone: opened.timezone,
    delivery: options.faults.length === 0 ? opened.delivery : 'direct',
    faults: options.faults,
    simulated: Object.fromEntries(
      Object.entries(channels).flatMap(([channel, adapter]) =>
        standIns[adapter] ? [[channel, standIns[adapter]]] : [],
      ),
    ),
    engine: await answeringEngine(opened.engine, registeredAdapters),
    prepared,
    timeline: driven.timeline,
    totals: driven.totals,
    slots: slotsOf(driven, plannedSlots(opened.units, start, options.days)),
    breaks: driven.breaks,
    step: driven.step,
    injected: [...driven.injected, ...clockChanges(options, opened.timezone, start)],
    ...(shrunk ? { shrunk } : {}),
    rates: driven.rates,
    ...(isLeft ? { folder: place.folder } : {}),
  };
}

const KIND: Readonly<Record<TimelineEntry['kind'], 'green' | 'yellow' | 'red' | 'cyan' | 'dim'>> = {
  out: 'green',
  held: 'yellow',
  fault: 'red',
  person: 'cyan',
  recovered: 'dim',
  lost: 'red',
};

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function renderSlots(slots: readonly PlannedSlot[], zone: string): string[] {
  const lines = [...new Set(slots.map(({ kind, channel }) => `${kind} on ${channel}`))].map((name) => {
    const own = slots.filter(({ kind, channel }) => `${kind} on ${channel}` === name);
    return [name, `${own.filter(({ published }) => published).length} of ${plural(own.length, 'slot')} published`];
  });
  const missed = slots
    .filter(({ published }) => !published)
    .map(({ due, asset, campaign }) => `  missed ${showTime(due, zone)}  ${asset}  ${campaign}`);
  return [...columns(lines), ...missed];
}

function renderBreak(simulation: Simulation, paint: Paint): string[] {
  const { breaks, seed, step, shrunk, folder, timezone } = simulation;
  return [
    paint('red', paint('bold', `Broken at step ${step}, seed ${seed}`)),
    ...breaks.flatMap(({ invariant, what, commit }) => [
      `  ${paint('red', invariant)} ${invariants[invariant]}`,
      `    ${what}${commit === undefined ? '' : ` (${commit.slice(0, 8)})`}`,
    ]),
    ...(shrunk
      ? [
          `Still broken within ${plural(shrunk.days, 'day')} with ${plural(shrunk.plan.length, 'fault')}:`,
          ...columns(shrunk.plan.map(({ at, name, salt }) => [showTime(at, timezone), name, salt])),
        ]
      : []),
    `The clones are in ${folder ?? ''}`,
  ];
}

export function renderSimulation(simulation: Simulation, paint: Paint): string {
  const { timeline, totals, timezone, simulated, engine, delivery, days, seed, start, slots, breaks, folder } =
    simulation;
  const answered = Object.entries(simulated).map(([channel, kind]) => `${channel} (class ${kind})`);
  const rows = timeline.map(
    ({ at, kind, text }) => `  ${showTime(at, timezone).slice(0, 16)}  ${paint(KIND[kind], kind.padEnd(9))} ${text}`,
  );
  return [
    paint('bold', `${plural(days, 'day')} from ${showTime(start, timezone)}, seed ${seed}, delivery ${delivery}`),
    ...rows,
    '',
    paint('bold', 'Planned'),
    ...renderSlots(slots, timezone),
    '',
    paint('bold', 'Totals'),
    ...columns([
      ['runs', `${totals.runs}, of which ${totals.killed} killed`],
      ['commits', String(totals.commits)],
      ['published', String(totals.published)],
      ['faults', String(totals.faults)],
      ['visits', String(totals.visits)],
    ]),
    '',
    paint('bold', 'Simulated'),
    answered.length > 0
      ? `  Channels answered by simulated performers: ${answered.join(', ')}.`
      : '  No channel leaves the repository: each wrote its files into the clone.',
    `  Copy came from engine ${engine}, visits from simulated visitors, and no browser looked at the pages.`,
    '  Emails were drawn, pictures and PDFs were not: digests stand for them.',
    ...(simulation.prepared.length > 0
      ? [`  Changed in the clone beforehand: ${simulation.prepared.join(', ')}.`]
      : []),
    '',
    ...(breaks.length > 0
      ? renderBreak(simulation, paint)
      : [`${paint('green', 'No invariant broke')} in ${plural(totals.runs, 'run')}.`]),
    ...(breaks.length === 0 && folder !== undefined ? [`The clones are in ${folder}`] : []),
  ].join('\n');
}

export { faultNames };
