/** When it is worth running again without any change of files. */
import { activityOf } from './activity.ts';
import type { HubState, Instant, Note, Unit } from './contracts.ts';
import { legalOpenings } from './policy/timing.ts';
import { startOfDay } from './time.ts';
import { nextLookOf } from './verifications.ts';

/** Days on which something that stands in public may stop to hold, whether the campaign runs or not. */
const expiries = ({ brand, campaign, policies }: Unit): string[] => [
  ...brand.facts.flatMap(({ expires }) => expires ?? []),
  ...policies
    .flatMap(({ exceptions = [] }) => exceptions)
    .flatMap((exception) => (exception.campaign === campaign.id ? [exception.expires] : [])),
];

/**
 * The next slot, campaign start or end, expiry of a fact or of an exception, or end of a wait; undefined when nothing is
 * to come.
 */
export function nextDue(unit: Unit, state: HubState, notes: readonly Note[], now: Instant): Instant | undefined {
  const activity = activityOf(unit, state.signals, now);
  const waits = notes.flatMap(({ until }) => until ?? []);
  const ends = expiries(unit).map((day) => startOfDay(day, unit.workspace.timezone));
  const slots = activity.active ? legalOpenings({ unit, state, now }).flatMap(({ due }) => due ?? []) : [];
  const looks = [nextLookOf(unit, state) ?? []].flat();
  return [...waits, ...ends, ...slots, ...looks, ...(activity.until === undefined ? [] : [activity.until])]
    .filter((instant) => instant > now)
    .sort()[0];
}
