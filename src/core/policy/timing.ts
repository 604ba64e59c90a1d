/** Frequency rules when something is planned and again when it goes out: they move an occasion, they never reject it. */
import type { AssetKindId, Verdict } from '../../generated/entities.ts';
import type { CampaignInput, Instant, Unit } from '../contracts.ts';
import { type FrequencyLimits, frequencyProblem, nextAllowed } from '../frequency.ts';
import { isUsed, wentOut } from '../ledger.ts';
import { type Opening, openingsOf, type TimedOpening } from '../schedule.ts';
import { type EffectivePolicy, type EffectiveRule, effectivePolicy } from './effective.ts';
import { applies } from './judge.ts';

type Input = Pick<CampaignInput, 'unit' | 'state' | 'now'>;

const isFrequency = ({ type }: EffectiveRule): boolean => type === 'frequency';

/** Limits that stop an asset of a kind on a channel; a rule that only warns moves nothing. */
export const frequencyLimits = (
  policy: EffectivePolicy,
  campaign: string,
  { kind, channel }: { readonly kind: AssetKindId; readonly channel: string },
): FrequencyLimits[] =>
  policy.rules
    .filter((rule) => isFrequency(rule) && rule.severity === 'block')
    .filter((rule) => applies(rule, { document: { kind, parts: [] }, channel, campaign }))
    .map(({ params }) => params);

/** Why nothing may go out at an instant by any of the limits, and the first instant at or after it at which it may. */
export interface Delay {
  readonly why: string;
  /** undefined: the limits allow nothing, ever. */
  readonly until: Instant | undefined;
}

/** One of the limits may push on what another has allowed: after so many turns they allow nothing. */
const MAX_TURNS = 100;

export function delayOf(
  limits: readonly FrequencyLimits[],
  zone: string,
  others: readonly Instant[],
  at: Instant,
): Delay | undefined {
  const problemAt = (instant: Instant): [FrequencyLimits, string] | undefined => {
    for (const limit of limits) {
      const problem = frequencyProblem(limit, zone, others, instant);
      if (problem !== undefined) return [limit, problem];
    }
    return undefined;
  };
  const first = problemAt(at);
  if (!first) return undefined;
  let until = at;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const problem = problemAt(until);
    if (!problem) return { why: first[1], until };
    until = nextAllowed(problem[0], zone, others, until);
  }
  return { why: first[1], until: undefined };
}

/** When the channel is used already, by receipts and by intents that may yet become one. */
export const usesOf = ({ unit, state }: Pick<Input, 'unit' | 'state'>, channel: string): Instant[] =>
  [...state.receipts.filter(wentOut), ...state.intents]
    .filter((one) => one.brand === unit.brand.id && one.channel === channel)
    .map(({ at }) => at);

export const zoneOf = ({ channels, workspace }: Unit, channel: string): string =>
  channels.find(({ id }) => id === channel)?.timezone ?? workspace.timezone;

/** Moves each occasion that has not been used to the next time at which the limits allow it, the earliest one first. */
function timed(input: Input, openings: readonly Opening[]): TimedOpening[] {
  const { unit, state, now } = input;
  // Putting a policy together takes longer than all the rest of a plan.
  const isLimited = unit.policies.some(({ rules }) => rules.some(({ type }) => type === 'frequency'));
  if (!isLimited) return openings.map((opening) => ({ opening, since: opening.due }));
  const policy = effectivePolicy(unit);
  const planned = new Map<string, Instant[]>();
  const timeOne = (opening: Opening): TimedOpening => {
    const { channel, due, asset, slot } = opening;
    const before = state.plan?.assets.find((entry) => entry.asset === asset && entry.slot === slot)?.due;
    if (due === undefined) return { opening, since: due };
    if (isUsed(unit.campaign.id, opening, state)) {
      const then = before ?? due;
      return { opening: { ...opening, due: then }, since: then };
    }
    const limits = frequencyLimits(policy, unit.campaign.id, opening);
    const others = [...usesOf(input, channel), ...(planned.get(channel) ?? [])];
    const delayAt = (at: Instant) => delayOf(limits, zoneOf(unit, channel), others, at);
    const delay = delayAt(due);
    const since = delay ? delay.until : due;
    // What is late goes out now, and now has to be legal as well.
    const late = since !== undefined && since <= now ? delayAt(now) : undefined;
    const kept = before !== undefined && before <= now && !delayAt(before) ? before : since;
    const at = late ? late.until : since !== undefined && since <= now ? kept : since;
    if (at === undefined) return { opening, since: due };
    planned.set(channel, [...(planned.get(channel) ?? []), at > now ? at : now]);
    const why = (late ?? delay)?.why;
    return { opening: { ...opening, due: at, ...(why === undefined ? {} : { moved: why }) }, since };
  };
  const order = openings
    .map((opening, index) => ({ opening, index }))
    .toSorted((a, b) => ((a.opening.due ?? '') < (b.opening.due ?? '') ? -1 : a.opening.due === b.opening.due ? 0 : 1));
  const result = new Map(order.map(({ opening, index }) => [index, timeOne(opening)]));
  return openings.map((opening, index) => result.get(index) ?? { opening, since: opening.due });
}

/** Occasions of the campaign at the times at which they can go out. */
export const legalOpenings = (input: Input): Opening[] =>
  openingsOf(input.unit, input.now, (openings) => timed(input, openings));

/** Denied for its time alone: nothing about it is to be written anew, and another time may do. */
export function isUntimelyOnly(policy: EffectivePolicy, verdict: Verdict): boolean {
  const names = new Set(policy.rules.filter(isFrequency).map(({ name }) => name));
  const held = verdict.findings.filter(({ severity }) => severity === 'block');
  return held.length > 0 && held.every(({ rule }) => names.has(rule));
}
