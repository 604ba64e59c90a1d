/** What is to happen in the middle of a run: faults that wait for one of the steps at which a run may be disturbed. */
import type { RunContext } from '../../core/contracts.ts';
import { Killed } from '../../core/errors.ts';
import type { FaultName } from '../../core/simulation/faults.ts';
import { type Random, randomOf } from '../../core/simulation/random.ts';
import type { Turns } from '../../core/simulation/turns.ts';
import { FAULT_POINTS, type FaultPoint } from '../fault.ts';
import type { Errands } from './errands.ts';
import type { Editor } from './person.ts';
import type { Place } from './place.ts';
import type { Telling } from './telling.ts';
import type { Armed, Weather } from './weather.ts';

const MINUTE = 60_000;

export interface Disturbed {
  readonly delivery: RunContext['delivery'];
  readonly place: Place;
  readonly turns: Turns;
  readonly telling: Telling;
  readonly weather: Weather;
  readonly editor: Editor;
  readonly errands: Errands;
}

interface Trap {
  readonly point: FaultPoint;
  /** At the how manyth visit of the point it springs. */
  readonly visit: number;
  spring(): void;
}

type Build = (random: Random, ground: Disturbed) => Trap;

const noSpace = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' });

/** Where a process may die or a disk be full: every step that there is, at its first or second visit. */
const somePoint = (random: Random): Pick<Trap, 'point' | 'visit'> => ({
  point: random.pick(FAULT_POINTS),
  visit: random.chance(0.75) ? 1 : 2,
});

const ANYWHERE: readonly [FaultName, Build][] = [
  [
    'killed',
    (random) => {
      const { point, visit } = somePoint(random);
      return {
        point,
        visit,
        spring() {
          throw new Killed(`${point}:${visit}`);
        },
      };
    },
  ],
  [
    'full-disk',
    (random) => ({
      ...somePoint(random),
      spring() {
        throw noSpace();
      },
    }),
  ],
];

const WITH_A_REMOTE: readonly [FaultName, Build][] = [
  [
    'lost-race',
    (random, { editor, turns }) => ({
      point: 'commits-imported',
      visit: random.whole(1, 2),
      spring: () => editor.takeNote(turns.instant),
    }),
  ],
  [
    'suspended',
    (random, { turns }) => ({
      point: 'branch-moved',
      visit: random.whole(1, 2),
      spring() {
        turns.now += 10 * MINUTE;
      },
    }),
  ],
  [
    'unreachable-remote',
    (random, { place }) => ({
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
    }),
  ],
  [
    'kill-switch',
    (random, { editor, errands, telling, turns }) => ({
      point: random.pick([
        'run-started',
        'stages-decided',
        'commits-pushed',
        'branch-moved',
        'call-remembered',
      ] as const),
      visit: 1,
      spring() {
        const what = errands.promise(editor.switchOff(turns.instant), random);
        if (what !== undefined) telling.say('person', what);
      },
    }),
  ],
];

/** @returns what a task meets at a step; each fault that is armed now springs once at most */
export function trapsFor(task: string, ground: Disturbed): (point: FaultPoint) => void {
  const { delivery, telling, turns, weather } = ground;
  const visits = new Map<FaultPoint, number>();
  const possible = [...ANYWHERE, ...(delivery === 'direct' ? WITH_A_REMOTE : [])];
  const traps = possible.flatMap(([name, build]): (Trap & Pick<Armed, 'fault'>)[] => {
    const fault = weather.find(name)?.fault;
    return fault ? [{ fault, ...build(randomOf(fault.salt), ground) }] : [];
  });
  return (point) => {
    if (turns.current !== task) return;
    const visit = (visits.get(point) ?? 0) + 1;
    visits.set(point, visit);
    const trap = traps.find((one) => one.point === point && one.visit === visit);
    if (!trap) return;
    weather.use(trap);
    telling.inject(trap.fault, `at ${point}${visit > 1 ? `, visit ${visit}` : ''}`);
    trap.spring();
  };
}
