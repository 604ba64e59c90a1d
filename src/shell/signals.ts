/**
 * SIGINT and SIGTERM while a run is at work. The first one asks it to come to its end: no call begins any more, the one
 * in flight may finish, receipts are filed. A second one ends the process at once.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** As shells have it: 130 for SIGINT, 143 for SIGTERM. */
const exitCodeFor = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

export interface Interruption {
  /** Aborted, with the name of the signal as its reason, when the process is asked to stop. */
  readonly stopping: AbortSignal;
  /** undefined: nobody has asked. */
  exitCode(): number | undefined;
  /** Signals mean again what they do by themselves. */
  release(): void;
}

export function stopOnSignals(): Interruption {
  const controller = new AbortController();
  let first: NodeJS.Signals | undefined;
  const ask = (signal: NodeJS.Signals): void => {
    if (first !== undefined) process.exit(exitCodeFor(signal));
    first = signal;
    controller.abort(signal);
  };
  for (const signal of SIGNALS) process.on(signal, ask);
  return {
    stopping: controller.signal,
    exitCode: () => (first === undefined ? undefined : exitCodeFor(first)),
    release: () => {
      for (const signal of SIGNALS) process.off(signal, ask);
    },
  };
}
