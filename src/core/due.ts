/** When it is worth running again without any change of files. */
import { activityOf } from './activity.ts';
import type { HubState, Instant, Note, Unit } from './contracts.ts';
import { openingsOf } from './schedule.ts';
import { startOfDay } from './time.ts';

/** The next slot, campaign start or end, expiry of a fact, or end of a wait; undefined when nothing is to come. */
export function nextDue(unit: Unit, state: HubState, notes: readonly Note[], now: Instant): Instant | undefined {
  const activity = activityOf(unit, state.signals, now);
  const waits = notes.flatMap(({ until }) => until ?? []);
  const expiries = unit.brand.facts.flatMap(({ expires }) =>
    expires === undefined ? [] : startOfDay(expires, unit.workspace.timezone),
  );
  const slots = activity.active ? openingsOf(unit, now).flatMap(({ due }) => due ?? []) : [];
  return [...waits, ...expiries, ...slots, ...(activity.until === undefined ? [] : [activity.until])]
    .filter((instant) => instant > now)
    .sort()[0];
}
