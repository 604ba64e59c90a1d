/** What the simulated person does later: takes back a deed, resumes what was halted, resolves what was assumed. */
import type { RunReport } from '../../core/report.ts';
import type { Checker } from '../../core/simulation/checker.ts';
import type { Random } from '../../core/simulation/random.ts';
import type { Turns } from '../../core/simulation/turns.ts';
import { type OperateOptions, resolveDoubt, resume } from '../operate.ts';
import type { Outside } from './channels.ts';
import type { Deed } from './person.ts';
import type { Telling } from './telling.ts';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const MAX_ERRANDS = 4;

export interface ErrandOptions {
  readonly turns: Turns;
  readonly telling: Telling;
  readonly checker: Checker;
  readonly outside: Outside;
  /** Nothing is left for later than this. */
  readonly busyUntil: number;
  /** The machine at which the person sits. */
  readonly operating: () => OperateOptions;
}

interface Errand {
  readonly at: number;
  readonly work: () => void | Promise<void>;
}

/** Takes out what is due, in its order. */
function due(errands: Errand[], until: number): Errand[] {
  errands.sort((a, b) => a.at - b.at);
  return errands.splice(0, errands.filter(({ at }) => at <= until).length);
}

export class Errands {
  private readonly options: ErrandOptions;
  /** What is to be taken back. */
  private readonly deeds: Errand[] = [];
  private readonly others: Errand[] = [];

  constructor(options: ErrandOptions) {
    this.options = options;
  }

  get moments(): number[] {
    return [...this.deeds, ...this.others].map(({ at }) => at);
  }

  get hasDeeds(): boolean {
    return this.deeds.length > 0;
  }

  /** @returns what the person has done and will take back, nothing when nothing was done */
  promise(deed: Deed | undefined, random: Random): string | undefined {
    if (!deed) return undefined;
    const { turns, telling, busyUntil } = this.options;
    const work = (): void => {
      const what = deed.undo(turns.instant);
      if (what !== undefined) telling.say('person', what);
    };
    this.deeds.push({ at: Math.min(turns.now + random.whole(1, 60) * HOUR, busyUntil), work });
    return deed.what;
  }

  /** Does what is due until a moment. */
  async run(until: number): Promise<void> {
    for (const { work } of due(this.deeds, until)) await work();
    for (const { work } of due(this.others, until)) await work();
  }

  /** After a day the person looks at what stands still. */
  plan({ notes, run }: RunReport): void {
    const { checker, outside, telling } = this.options;
    for (const { level, scope, message } of notes) {
      if (level !== 'halted' || !message.includes('hub/halts/') || this.others.length >= MAX_ERRANDS) continue;
      this.later(async (operating) => {
        await resume(operating, scope, undefined);
        telling.say('person', `resumed ${scope}`);
      });
    }
    const assumed = checker.filed.filter(({ status, run: filedBy }) => status === 'assumed_sent' && filedBy === run);
    for (const { key, channel, asset } of assumed) {
      const truth = outside.accepted.some((one) => one.key === key && one.channel === channel) ? 'sent' : 'released';
      this.later(async (operating) => {
        await resolveDoubt(operating, key, truth);
        telling.say('person', `resolved ${asset} on ${channel} as ${truth}`);
      });
    }
  }

  private later(act: (operating: OperateOptions) => Promise<void>): void {
    const { turns, busyUntil, operating } = this.options;
    const work = async (): Promise<void> => {
      try {
        await act(operating());
      } catch (error) {
        // The halt may be over, the doubt settled, or a campaign unreadable by now.
        if (!(error instanceof Error && ['Usage', 'Failed', 'Invalid'].includes(error.name))) throw error;
      }
    };
    this.others.push({ at: Math.min(turns.now + DAY, Math.max(busyUntil, turns.now)), work });
  }
}
