/** What goes wrong between two runs: lost machines, remotes that say no, people, variables that are gone, clocks. */
import type { Instant } from '../../core/contracts.ts';
import type { FaultName } from '../../core/simulation/faults.ts';
import { type Random, randomOf } from '../../core/simulation/random.ts';
import { toInstant } from '../../core/time.ts';
import { type StandIns, tokenOf } from './channels.ts';
import type { Machines } from './machines.ts';
import type { Disturbed } from './traps.ts';

const MINUTE = 60_000;

export interface DisturbanceOptions extends Disturbed {
  readonly machines: Machines;
  readonly standIns: StandIns;
}

/** @returns what happened, nothing when there was nothing that could */
type Act = (random: Random) => string | undefined | Promise<string | undefined>;

export class Disturbances {
  private readonly options: DisturbanceOptions;
  private gone: readonly string[] = [];
  private goneForRuns = 0;

  constructor(options: DisturbanceOptions) {
    this.options = options;
  }

  private async on(name: FaultName, act: Act): Promise<void> {
    const { weather, telling } = this.options;
    const one = weather.take(name);
    if (!one) return;
    const detail = await act(one.random);
    if (detail !== undefined) telling.inject(one.fault, detail);
  }

  async strike(): Promise<void> {
    if (this.options.delivery === 'direct') await this.strikeRemote();
    await this.on('revoked-token', (random) => {
      this.goneForRuns = random.whole(1, 3);
      this.gone = [tokenOf(random.pick(Object.keys(this.options.standIns)))];
      return `${this.gone.join(', ')} for ${this.goneForRuns} runs`;
    });
  }

  private async strikeRemote(): Promise<void> {
    const { place, machines, editor, errands, turns, weather } = this.options;
    await this.on('fresh-machine', async () => {
      await machines.renew();
      return 'a new clone';
    });
    await this.on('rejected-push', () => {
      place.hookOnce('pre-receive', 'exit 1');
      return 'a hook says no to one push';
    });
    await this.on('lost-answer', () => {
      place.hookOnce('reference-transaction', 'kill -9 $PPID', '"$1" = committed');
      return 'of one push';
    });
    await this.on('price-change', (random) => errands.promise(editor.changePrice(turns.instant), random));
    await this.on('corrupt-file', (random) => errands.promise(editor.corrupt(turns.instant), random));
    const kill = weather.find('kill-switch');
    // Otherwise it waits for the middle of a run.
    if (kill && randomOf(kill.fault.salt, 'when').chance(0.4)) {
      await this.on('kill-switch', (random) => errands.promise(editor.switchOff(turns.instant), random));
    }
  }

  /** The clock of the next run: the true one, unless it is off. */
  clock(): Instant {
    const { weather, telling, turns } = this.options;
    for (const [name, sign] of [
      ['clock-forward', 1],
      ['clock-back', -1],
    ] as const) {
      const one = weather.take(name);
      if (!one) continue;
      const minutes = one.random.whole(1, 2 * 24 * 60);
      telling.inject(one.fault, `${minutes} minutes`);
      return toInstant(turns.now + sign * minutes * MINUTE);
    }
    return turns.instant;
  }

  /** Variables of the simulated channels that are set now. */
  get tokens(): Record<string, string> {
    const names = Object.keys(this.options.standIns).map(tokenOf);
    return Object.fromEntries(names.filter((name) => !this.gone.includes(name)).map((name) => [name, 'simulated']));
  }

  /** After a run: what was gone for so many of them comes back. */
  pass(): void {
    if (this.goneForRuns === 0) return;
    this.goneForRuns -= 1;
    if (this.goneForRuns === 0) this.mend();
  }

  mend(): void {
    this.goneForRuns = 0;
    this.gone = [];
  }
}
