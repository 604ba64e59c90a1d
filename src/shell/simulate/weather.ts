/** The faults of a plan, from the moment at which they are due until they have happened. */
import type { FaultName, PlannedFault } from '../../core/simulation/faults.ts';
import { type Random, randomOf } from '../../core/simulation/random.ts';
import { epochOf } from '../../core/time.ts';
import type { CallFault, OutsideOptions } from './channels.ts';
import type { Telling } from './telling.ts';

/** A fault that waits for the next occasion. */
export interface Armed {
  readonly fault: PlannedFault;
  readonly random: Random;
}

const CALL_FAULTS: ReadonlySet<string> = new Set<CallFault>([
  'rate-limit',
  'timeout-after-success',
  'reset-before',
  'reset-after',
  'server-error',
]);

export class Weather {
  private readonly waiting: PlannedFault[];
  private armed: Armed[] = [];
  private readonly telling: Telling;

  constructor(plan: readonly PlannedFault[], telling: Telling) {
    this.waiting = [...plan];
    this.telling = telling;
  }

  get isCalm(): boolean {
    return this.armed.length === 0;
  }

  /** Arms what is due by now. */
  advance(now: number): void {
    while (this.waiting[0] && epochOf(this.waiting[0].at) <= now) {
      const fault = this.waiting.shift();
      if (fault) this.armed.push({ fault, random: randomOf(fault.salt) });
    }
  }

  find(name: FaultName): Armed | undefined {
    return this.armed.find(({ fault }) => fault.name === name);
  }

  use({ fault: used }: Pick<Armed, 'fault'>): void {
    this.armed = this.armed.filter(({ fault }) => fault !== used);
  }

  /** The first armed fault of a name, which is used up by it. */
  take(name: FaultName): Armed | undefined {
    const one = this.find(name);
    if (one) this.use(one);
    return one;
  }

  /** What happens to a call. */
  onCall: OutsideOptions['fault'] = (channel) => {
    const one = this.armed.find(({ fault }) => CALL_FAULTS.has(fault.name));
    if (!one) return undefined;
    this.use(one);
    this.telling.inject(one.fault, `on ${channel}`);
    return { name: one.fault.name as CallFault, accepted: one.random.chance(0.5) };
  };

  clear(): void {
    this.armed = [];
  }
}
