/** Names of halts. */
import type { Halt } from '../generated/entities.ts';
import { digestOf } from './hash.ts';

/** The same trouble has the same name, so that it halts once and a resumed halt is not written again. */
export function haltPath({ campaign, channel, breaker, evidence, at }: Halt): string {
  const what = breaker === 'manual' ? at : evidence;
  return `hub/halts/${`${campaign}-${channel}`.slice(0, 54)}-${digestOf([breaker, what]).slice(0, 8)}.yaml`;
}
