import type { Io } from '../core/contracts.ts';

/** A world without a network, in which no time passes. */
export const secluded: Pick<Io, 'fetch' | 'once' | 'txtRecords' | 'pause' | 'stopping'> = {
  fetch: async (input) => {
    throw new Error(`nothing is to be fetched here, also not ${String(input)}`);
  },
  once: (_name, make) => make(),
  txtRecords: async () => [],
  pause: async () => {},
  stopping: new AbortController().signal,
};
