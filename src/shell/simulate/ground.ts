/** Puts together what a simulation is played on: time, machines, a person, the outside world, and who watches them. */
import { join } from 'node:path';
import type { Instant, RunContext } from '../../core/contracts.ts';
import { Checker } from '../../core/simulation/checker.ts';
import type { PlannedFault } from '../../core/simulation/faults.ts';
import { randomOf } from '../../core/simulation/random.ts';
import { Turns } from '../../core/simulation/turns.ts';
import { epochOf } from '../../core/time.ts';
import { registeredAdapters } from '../perform.ts';
import { Outside, type OutsideOptions, type StandIns, simulatedAdapters } from './channels.ts';
import { Disturbances } from './disturbances.ts';
import { Errands } from './errands.ts';
import { Machines } from './machines.ts';
import { branchTip, ObjectReader } from './objects.ts';
import { Editor } from './person.ts';
import type { Place } from './place.ts';
import { opener } from './repo.ts';
import { Telling } from './telling.ts';
import { Watch } from './watch.ts';
import { Weather } from './weather.ts';

export interface GroundOptions {
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
  readonly faulty?: OutsideOptions['faulty'];
}

const DAY = 24 * 60 * 60_000;

export type Ground = Awaited<ReturnType<typeof layGround>>;

export async function layGround(options: GroundOptions) {
  const { place, seed, delivery, standIns, plan, days } = options;
  const begin = epochOf(options.start);
  const end = begin + days * DAY;
  /** From here on nothing is disturbed any more. */
  const busyUntil = plan.length === 0 ? begin : end - Math.max(2 * DAY, (days * DAY) / 10);
  const turns = new Turns(begin);
  const telling = new Telling(turns);
  const weather = new Weather(plan, telling);

  const root = await place.clone();
  const gitDir = delivery === 'local' ? join(root, '.git') : place.gitDir;
  const tip = (): string => branchTip(gitDir, place.branch);
  const reader = new ObjectReader(gitDir, place.env);
  const checker = new Checker(reader.read);

  const clocks = new Map<string, Instant>();
  const outside = new Outside({
    turns,
    tip,
    clockOf: (task) => clocks.get(task) ?? turns.instant,
    fault: weather.onCall,
    ...(options.faulty ? { faulty: options.faulty } : {}),
  });
  const classes = new Map(
    Object.entries(options.channels).flatMap(([channel, adapter]) => {
      const kind = standIns[adapter];
      return kind ? [[channel, kind] as const] : [];
    }),
  );
  const channels = new Set(classes.keys());
  const watch = new Watch({ place, reader, checker, outside, channels, tip });
  await watch.begin();
  outside.remember(checker.filed, classes);

  const machines = new Machines(root, {
    place,
    seed,
    delivery,
    version: options.version,
    turns,
    adapters: simulatedAdapters(registeredAdapters, outside, standIns, turns),
    open: opener(place, reader),
    clocks,
  });
  const editor = new Editor(place, randomOf('person', seed));
  const operating = () => machines.operating();
  const errands = new Errands({ turns, telling, checker, outside, busyUntil, operating });
  const disturbed = { delivery, place, turns, telling, weather, editor, errands };
  const disturbances = new Disturbances({ ...disturbed, machines, standIns });
  return { ...disturbed, end, busyUntil, tip, reader, checker, watch, machines, disturbances };
}
