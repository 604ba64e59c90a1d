/**
 * Virtual time for tasks that take turns: exactly one of them is at work, the others sleep. When it falls asleep, time
 * jumps to the earliest wake-up. The order is decided by the sleeps alone, so that two runs interleave the same way
 * each time.
 */
import type { Instant } from '../contracts.ts';
import { toInstant } from '../time.ts';

export class Turns {
  /** Milliseconds since the epoch. */
  now: number;
  /** The task at work. */
  current = '';
  private readonly sleeping: { readonly at: number; readonly task: string; readonly wake: () => void }[] = [];
  private working = 0;

  constructor(now: number) {
    this.now = now;
  }

  get instant(): Instant {
    return toInstant(this.now);
  }

  /** Lets the current task sleep. */
  sleep(milliseconds: number): Promise<void> {
    const woken = this.enter(this.current, milliseconds);
    this.working -= 1;
    this.next();
    return woken;
  }

  /** Runs tasks from the given delays on; none of them rejects the others. */
  async together<T>(tasks: Readonly<Record<string, { delay: number; work: () => Promise<T> }>>) {
    const settled = Object.entries(tasks).map(async ([task, { delay, work }]) => {
      await this.enter(task, delay);
      try {
        return { task, status: 'fulfilled' as const, value: await work() };
      } catch (reason) {
        return { task, status: 'rejected' as const, reason: reason as unknown };
      } finally {
        this.working -= 1;
        this.next();
      }
    });
    this.next();
    return Promise.all(settled);
  }

  private enter(task: string, milliseconds: number): Promise<void> {
    return new Promise((wake) => {
      this.sleeping.push({ at: this.now + milliseconds, task, wake });
    });
  }

  private next(): void {
    if (this.working > 0) return;
    this.sleeping.sort((a, b) => a.at - b.at);
    const first = this.sleeping.shift();
    if (!first) return;
    this.now = Math.max(this.now, first.at);
    this.current = first.task;
    this.working += 1;
    first.wake();
  }
}
