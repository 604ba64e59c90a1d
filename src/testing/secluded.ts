import type { Io } from '../core/contracts.ts';

/** A world without a network, in which no time passes. */
export const secluded: Pick<Io, 'fetch' | 'pause' | 'stopping'> = {
  fetch: async (input) => {
    throw new Error(`nothing is to be fetched here, also not ${String(input)}`);
  },
  pause: async () => {},
  stopping: new AbortController().signal,
};
