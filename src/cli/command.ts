/** What a command is: a function that adds it to the program. What it needs to act, it loads in its action. */
import type { Command } from 'commander';
import type { Instant } from '../core/contracts.ts';
import type { Adapters } from '../shell/perform.ts';
import type { Timing } from '../shell/run.ts';

export interface Package {
  readonly name: string;
  readonly version: string;
}

/** What the process was started with. */
export interface Start extends Package {
  /** The one reading of the clock. */
  readonly now: Instant;
  /** Those of the registry when left out. */
  readonly adapters?: Adapters | undefined;
  /** The machine's own time for calls when left out. */
  readonly timing?: Partial<Timing> | undefined;
}

export type AddCommand = (root: Command, start: Start) => void;
