/** When the schedule starts the next run: on its ticks, for what is due, what was disturbed, and what a person wants. */
import { epochOf } from '../../core/time.ts';
import type { Telling } from './telling.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Minutes of the hour at which a run may start: twice an hour, away from the full one. */
const TICKS = [17, 47];
/** After trouble the next runs follow each other; then only what is due wakes the loop. */
const RETRIES = 4;

/** The first tick at or after a moment. */
function tickAt(time: number): number {
  const hour = Math.floor(time / HOUR) * HOUR;
  const ticks = [0, 1].flatMap((ahead) => TICKS.map((minute) => hour + ahead * HOUR + minute * MINUTE));
  return ticks.find((tick) => tick >= time) ?? time;
}

export class Cron {
  private readonly telling: Telling;
  private nextDue: number | undefined;
  private retryAt: number | undefined;
  /** Until then nothing starts. */
  private skipUntil = 0;
  private troubles = 0;
  private troubleSince = 0;

  constructor(begin: number, telling: Telling) {
    this.nextDue = begin;
    this.telling = telling;
  }

  /** @param others  moments at which there is something else to do; @returns undefined when nothing ever is */
  next(now: number, others: readonly number[]): number | undefined {
    const moments = [this.nextDue, this.retryAt, ...others].filter((moment) => moment !== undefined);
    return moments.length === 0 ? undefined : tickAt(Math.max(now + 1, Math.min(...moments), this.skipUntil));
  }

  skip(until: number): void {
    this.skipUntil = until;
  }

  /** Takes over what a run says about the next one. */
  expect(nextDue: string | undefined): void {
    this.nextDue = nextDue === undefined ? undefined : epochOf(nextDue);
  }

  /** Whatever was disturbed is tried again at the next tick. */
  after(step: number, now: number, isTroubled: boolean): void {
    if (isTroubled) {
      if (this.troubles === 0) this.troubleSince = step;
      this.troubles += 1;
    } else {
      const runs = step - this.troubleSince;
      if (this.troubles > 0) this.telling.say('recovered', `in ${runs} run${runs === 1 ? '' : 's'}`);
      this.troubles = 0;
    }
    this.retryAt = isTroubled && this.troubles <= RETRIES ? now + MINUTE : undefined;
    if (!isTroubled && this.nextDue !== undefined && this.nextDue <= now) this.nextDue = now + DAY;
  }
}
