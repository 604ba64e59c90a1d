/**
 * Which limits were in force at a commit, and which of them a publication broke. Worked out afresh from the files and
 * not with the engine's own breakers, so that a mistake there shows here.
 */
import type { Instant } from '../contracts.ts';
import { civilDay } from '../time.ts';
import { type AuditTree, type documentReader, type Fields, fieldsOf } from './model.ts';
import type { AuditRule } from './rules.ts';

/** A publication, as far as limits are concerned. */
export interface Occasion {
  readonly campaign: string;
  readonly brand: string;
  readonly channel: string;
}

export interface Counted extends Occasion {
  readonly key: string;
  readonly attempt: number;
  /** When it was filed, and when it was decided; far apart where a later run settled it, or a clock was wrong. */
  readonly at: Instant;
  readonly decided: Instant;
}

export interface Level {
  readonly name: string;
  readonly zone: string;
  readonly cap: number;
  readonly spacing: number;
  readonly counts: (other: Occasion) => boolean;
}

export interface Breach {
  readonly rule: AuditRule;
  readonly wrong: string;
}

/** Limits of one publication at one commit. */
export interface Limits {
  readonly levels: readonly Level[];
  /** What forbade it altogether. */
  readonly stops: readonly Breach[];
}

const zones = new Map<unknown, boolean>();

function isZone(zone: unknown): zone is string {
  const known = zones.get(zone) ?? (typeof zone === 'string' && hasZone(zone));
  zones.set(zone, known);
  return known;
}

function hasZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** undefined: left out; null: there, but not what it should be. */
function wholeNumber(value: unknown, whenLeftOut: number): number | null {
  if (value === undefined) return whenLeftOut;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}

interface Source {
  readonly name: string;
  readonly file: string;
  readonly fields: Fields | undefined;
  readonly zone: unknown;
  readonly counts: Level['counts'];
}

function levelOf({ name, file, fields, zone, counts }: Source, at: Instant): Level | Breach[] {
  const breakers = fieldsOf(fields?.['breakers']);
  const cap = wholeNumber(breakers['max_publishes_per_day'], Infinity);
  const spacing = wholeNumber(breakers['min_spacing_minutes'], 0);
  const enabled = breakers['publish_enabled'] ?? true;
  const until = breakers['halt_until'];
  const isReadable = typeof enabled === 'boolean' && (until === undefined || typeof until === 'string');
  if (!fields || cap === null || spacing === null || !isZone(zone) || !isReadable) {
    return [{ rule: 'caps/unknown', wrong: `${name}: ${file} could not be read at the time` }];
  }
  if (!enabled) return [{ rule: 'caps/disabled', wrong: `${name}: publish_enabled was false in ${file}` }];
  if (until !== undefined && at < until) {
    return [{ rule: 'caps/halt-until', wrong: `${name}: halt_until was ${until} in ${file}, decided at ${at}` }];
  }
  return { name, zone, cap, spacing, counts };
}

export async function limitsAt(
  tree: AuditTree,
  documentOf: ReturnType<typeof documentReader>,
  { campaign, brand, channel }: Occasion,
  at: Instant,
): Promise<Limits> {
  const load = (file: string) => documentOf(file, tree.get(file));
  const channelFile = `brands/${brand}/channels/${channel}.yaml`;
  const campaignFile = `campaigns/${campaign}/campaign.yaml`;
  const [workspace, channelFields, campaignFields] = [
    await load('mhub.yaml'),
    await load(channelFile),
    await load(campaignFile),
  ];
  const sources: Source[] = [
    { name: 'workspace', file: 'mhub.yaml', fields: workspace, zone: workspace?.['timezone'], counts: () => true },
    {
      name: `channel ${channel}`,
      file: channelFile,
      fields: channelFields,
      zone: channelFields?.['timezone'],
      counts: (other) => other.brand === brand && other.channel === channel,
    },
    {
      name: `campaign ${campaign}`,
      file: campaignFile,
      fields: campaignFields,
      zone: workspace?.['timezone'],
      counts: (other) => other.campaign === campaign,
    },
  ];
  const levels: Level[] = [];
  const stops: Breach[] = [];
  for (const source of sources) {
    const level = levelOf(source, at);
    if (Array.isArray(level)) stops.push(...level);
    else levels.push(level);
  }
  for (const [name, oid] of tree.folder('hub/halts')) {
    const file = `hub/halts/${name}`;
    const halt = await documentOf(file, oid);
    const { resolved, until } = halt ?? {};
    const isOver = resolved === true || (typeof until === 'string' && at >= until);
    const isOurs = halt?.['campaign'] === campaign && halt['channel'] === channel;
    if (isOurs && !isOver) stops.push({ rule: 'caps/halted', wrong: `${file} was not resolved` });
  }
  return { levels, stops };
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** No civil day has more hours. */
const LONGEST_DAY = 26 * 60 * MINUTE;
/** The longest spacing is a week. */
const REACH_DAYS = 8;

/** Publications by the day they were filed, so that each is compared with its neighbours only. */
export class Publications {
  private readonly byDay = new Map<number, Counted[]>();

  private static dayOf = ({ at }: Pick<Counted, 'at'>): number => Math.floor(Date.parse(at) / DAY);

  add(one: Counted): void {
    const day = Publications.dayOf(one);
    this.byDay.set(day, [...(this.byDay.get(day) ?? []), one]);
  }

  /** What turned out not to have happened counts no more. */
  drop({ key, attempt }: Pick<Counted, 'key' | 'attempt'>): void {
    for (const [day, all] of this.byDay) {
      const left = all.filter((one) => one.key !== key || one.attempt !== attempt);
      if (left.length < all.length) this.byDay.set(day, left);
    }
  }

  /** Those close enough to matter, without other records of the same attempt. */
  near(one: Counted): Counted[] {
    const day = Publications.dayOf(one);
    const days = Array.from({ length: 2 * REACH_DAYS + 1 }, (_, index) => day - REACH_DAYS + index);
    return days
      .flatMap((other) => this.byDay.get(other) ?? [])
      .filter(({ key, attempt }) => key !== one.key || attempt !== one.attempt);
  }
}

const isWithin = (a: Instant, b: Instant, milliseconds: number): boolean =>
  Math.abs(Date.parse(a) - Date.parse(b)) < milliseconds;

/** Publications on a day, by both of their times; whatever only one of them says accuses nobody. */
function usedOn(day: Instant, same: readonly Counted[], zone: string): number {
  const name = civilDay(day, zone);
  const isThen = (time: Instant): boolean => isWithin(time, day, LONGEST_DAY) && civilDay(time, zone) === name;
  return same.filter(({ at, decided }) => isThen(at) && isThen(decided)).length;
}

/**
 * Caps that one more publication breaks. Of two states of the configuration, that of the decision and that of the
 * receipt, the more generous one counts: a person who lowers a cap in between accuses nobody.
 *
 * @param others  publications that count already, without this one
 */
export function brokenCaps(
  one: Counted,
  others: readonly Counted[],
  decided: readonly Level[],
  filed: readonly Level[],
): Breach[] {
  return decided.flatMap((level): Breach[] => {
    const later = filed.find(({ name }) => name === level.name);
    const cap = Math.max(level.cap, later?.cap ?? level.cap);
    const spacing = Math.min(level.spacing, later?.spacing ?? level.spacing);
    const same = others.filter(level.counts);
    const day = civilDay(one.at, level.zone);
    const used =
      cap === Infinity ? 0 : Math.min(...[one.at, one.decided].map((time) => usedOn(time, same, level.zone))) + 1;
    const near = same.find(
      (other) => isWithin(other.decided, one.decided, spacing * MINUTE) && isWithin(other.at, one.at, spacing * MINUTE),
    );
    return [
      ...(used > cap
        ? [
            {
              rule: 'caps/exceeded' as const,
              wrong: `${level.name}: number ${used} on ${day} (${level.zone}), the cap is ${cap}`,
            },
          ]
        : []),
      ...(near
        ? [
            {
              rule: 'caps/spacing' as const,
              wrong: `${level.name}: less than ${spacing} minutes from that of ${near.decided}`,
            },
          ]
        : []),
    ];
  });
}
