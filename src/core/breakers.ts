/**
 * Circuit breakers: a fold over receipts, open intents and halts, never a counter. What cannot be read counts as
 * tripped, and an open intent counts against every cap.
 */
import type { Breakers, Halt, Receipt } from '../generated/entities.ts';
import type { HubState, Instant, Unit } from './contracts.ts';
import { ledgerPath, wentOut } from './ledger.ts';
import { civilDay, epochOf, nextDay, toInstant } from './time.ts';

/** Why nothing may be published now. */
export interface Stop {
  /** halted waits for a person, waiting for time. */
  readonly level: 'halted' | 'waiting';
  readonly why: string;
  readonly until?: Instant;
}

interface Level {
  readonly name: string;
  readonly file: string;
  readonly zone: string;
  readonly breakers: Breakers;
  /** Whether a record of the ledger counts at this level. */
  readonly counts: (record: { campaign: string; brand: string; channel: string }) => boolean;
}

function levelsOf(unit: Unit, channelId: string): Level[] {
  const { workspace, brand, campaign } = unit;
  const channel = unit.channels.find(({ id }) => id === channelId);
  if (!channel) throw new RangeError(`brand ${brand.id} has no channel ${channelId}`);
  return [
    {
      name: 'workspace',
      file: 'mhub.yaml',
      zone: workspace.timezone,
      breakers: workspace.breakers,
      counts: () => true,
    },
    {
      name: `channel ${channelId}`,
      file: `brands/${brand.id}/channels/${channelId}.yaml`,
      zone: channel.timezone,
      breakers: channel.breakers,
      counts: (record) => record.brand === brand.id && record.channel === channelId,
    },
    {
      name: `campaign ${campaign.id}`,
      file: `campaigns/${campaign.id}/campaign.yaml`,
      zone: workspace.timezone,
      breakers: campaign.breakers ?? {},
      counts: (record) => record.campaign === campaign.id,
    },
  ];
}

/**
 * The first thing that forbids one more publication of the unit's campaign on the channel.
 *
 * @param planned  publications decided in this run that are not in the ledger yet
 */
export function publishStop(
  unit: Unit,
  state: Pick<HubState, 'receipts' | 'intents' | 'halts' | 'unreadable'>,
  channelId: string,
  now: Instant,
  planned: readonly { campaign: string; brand: string; channel: string }[] = [],
): Stop | undefined {
  if (state.unreadable.length > 0) {
    return {
      level: 'halted',
      why: `cannot read ${state.unreadable.join(', ')}, so no cap can be computed: restore it`,
    };
  }
  const early = fromTheFuture(state.receipts, now);
  if (early) {
    const why =
      `${ledgerPath(early.run, early.at)} has a receipt of ${early.at}, but the clock says ${now}, ` +
      'so no cap can be computed: set the clock right, or restore the file';
    return { level: 'halted', why };
  }
  const halt = state.halts.find(
    (candidate) =>
      isStanding(candidate, now) && candidate.campaign === unit.campaign.id && candidate.channel === channelId,
  );
  if (halt) return { level: 'halted', why: `hub/halts/${halt.id}.yaml: ${halt.why}` };
  for (const { name, file, zone, breakers, counts } of levelsOf(unit, channelId)) {
    if (breakers.publish_enabled === false) {
      return { level: 'halted', why: `${name}: publish_enabled is false in ${file}` };
    }
    if (breakers.halt_until !== undefined && now < breakers.halt_until) {
      return {
        level: 'waiting',
        why: `${name}: halt_until ${breakers.halt_until} in ${file}`,
        until: breakers.halt_until,
      };
    }
    const spacing = spacingStop(
      name,
      breakers.min_spacing_minutes,
      [...state.receipts.filter(wentOut), ...state.intents].filter(counts),
      planned.some(counts),
      now,
    );
    if (spacing) return spacing;
    const cap = breakers.max_publishes_per_day;
    if (cap === undefined) continue;
    const today = civilDay(now, zone);
    const sent = state.receipts.filter(
      (receipt) => counts(receipt) && wentOut(receipt) && civilDay(receipt.at, zone) === today,
    ).length;
    const open = state.intents.filter(counts).length;
    const used = sent + open + planned.filter(counts).length;
    if (used >= cap) {
      const why = `${name}: max_publishes_per_day ${cap} reached on ${today} (${zone}): ${sent} in the ledger, ${used - sent} open`;
      return { level: 'waiting', why, until: nextDay(now, zone) };
    }
  }
  return undefined;
}

/** Clocks of two machines may differ by this much. */
const CLOCK_SKEW_MS = 60_000;

/** A receipt that cannot be dated: it would count on another day's cap. */
function fromTheFuture(receipts: readonly Receipt[], now: Instant): Receipt | undefined {
  const latest = toInstant(epochOf(now) + CLOCK_SKEW_MS);
  return receipts.find(({ at }) => at > latest);
}

/** Two publications of a level keep their distance; what is decided in this run goes out now. */
function spacingStop(
  name: string,
  minutes: number | undefined,
  records: readonly { readonly at: Instant }[],
  plannedNow: boolean,
  now: Instant,
): Stop | undefined {
  if (minutes === undefined) return undefined;
  const last = plannedNow
    ? now
    : records
        .map(({ at }) => at)
        .sort()
        .at(-1);
  if (last === undefined) return undefined;
  const until = toInstant(epochOf(last) + minutes * 60_000);
  if (now >= until) return undefined;
  return {
    level: 'waiting',
    why: `${name}: min_spacing_minutes ${minutes}, the last publication was at ${last}`,
    until,
  };
}

/** Switches as they are right now, wherever they were flipped. */
export interface LiveSwitches {
  /** Where a kill switch was found, such as MHUB_KILL. */
  readonly kill?: string;
  /** Breakers of workspace, channel and campaign, by file; undefined for one that cannot be read. */
  readonly breakers: Readonly<Record<string, Breakers | undefined>>;
  readonly halts: readonly (Pick<Halt, 'campaign' | 'channel' | 'resolved' | 'until'> & { readonly id: string })[];
}

/** Asked again right before a side effect: a switch that was flipped meanwhile stops the rest. */
export function switchStop(live: LiveSwitches, campaign: string, channel: string, now: Instant): Stop | undefined {
  if (live.kill !== undefined) return { level: 'halted', why: `${live.kill} is set: nothing is published` };
  for (const [file, breakers] of Object.entries(live.breakers)) {
    if (breakers === undefined)
      return { level: 'halted', why: `${file} cannot be read, so its breakers count as tripped` };
    if (breakers.publish_enabled === false) return { level: 'halted', why: `publish_enabled is false in ${file}` };
    if (breakers.halt_until !== undefined && now < breakers.halt_until) {
      return { level: 'waiting', why: `halt_until ${breakers.halt_until} in ${file}`, until: breakers.halt_until };
    }
  }
  const halt = live.halts.find(
    (candidate) => isStanding(candidate, now) && candidate.campaign === campaign && candidate.channel === channel,
  );
  return halt && { level: 'halted', why: `hub/halts/${halt.id}.yaml` };
}

/** Whether a halt still stops; one with an end is over by itself. */
export const isStanding = ({ resolved, until }: Pick<Halt, 'resolved' | 'until'>, now: Instant): boolean =>
  !resolved && (until === undefined || now < until);

/** Rejected assets after which campaign and channel halt: the strictest level decides. */
export function guardFailureLimit(unit: Unit, channelId: string): number {
  const limits = levelsOf(unit, channelId).map(({ breakers }) => breakers.max_guard_failures_before_halt ?? Infinity);
  return Math.min(...limits);
}
