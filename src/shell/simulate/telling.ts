/** What a simulation has to tell: what happened when, how much of it, and which faults came true. */
import type { Instant } from '../../core/contracts.ts';
import type { RunReport } from '../../core/report.ts';
import type { PlannedFault } from '../../core/simulation/faults.ts';
import type { Turns } from '../../core/simulation/turns.ts';

export interface TimelineEntry {
  readonly at: Instant;
  readonly kind: 'out' | 'held' | 'fault' | 'person' | 'recovered' | 'lost';
  readonly text: string;
}

export interface Totals {
  runs: number;
  killed: number;
  commits: number;
  published: number;
  visits: number;
  faults: number;
}

export class Telling {
  readonly timeline: TimelineEntry[] = [];
  readonly totals: Totals = { runs: 0, killed: 0, commits: 0, published: 0, visits: 0, faults: 0 };
  readonly injected: PlannedFault[] = [];
  private readonly turns: Turns;
  /** What the last run said; saying it again is no news. */
  private attention: ReadonlySet<string> = new Set();

  constructor(turns: Turns) {
    this.turns = turns;
  }

  say(kind: TimelineEntry['kind'], text: string): void {
    this.timeline.push({ at: this.turns.instant, kind, text });
  }

  inject(fault: PlannedFault, detail: string): void {
    this.injected.push(fault);
    this.totals.faults += 1;
    this.say('fault', `${fault.name}: ${detail}`);
  }

  report({ commits, published, notes }: RunReport): void {
    this.totals.commits += commits;
    this.totals.published += published.length;
    for (const { channel, asset, campaign } of published) this.say('out', `${channel}  ${asset}  ${campaign}`);
    const now = new Set<string>();
    for (const { level, scope, message } of notes) {
      if (level === 'info' || level === 'waiting') continue;
      const text = `${level} ${scope}: ${message}`;
      now.add(text);
      if (!this.attention.has(text)) this.say('held', text);
    }
    this.attention = now;
  }
}
