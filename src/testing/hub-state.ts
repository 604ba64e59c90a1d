import type { HubState } from '../core/contracts.ts';

/** A workspace in which the engine has written nothing yet. */
export const emptyHub: HubState = {
  assets: [],
  verdicts: new Map(),
  experiments: new Map(),
  signals: [],
  receipts: [],
  intents: [],
  halts: [],
  verifications: [],
  answers: new Map(),
  usage: [],
  unreadable: [],
};
