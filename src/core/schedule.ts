/** From a campaign's schedule to the occasions that a plan fills: what is due now, and what comes next. */
import type { AssetKindId, Campaign } from '../generated/entities.ts';
import type { DocumentKind, Instant, Named, Unit } from './contracts.ts';
import { sha256 } from './hash.ts';
import { type Civil, dayNumber, epochOf, occurrencesAround, stampOf } from './time.ts';

/** A place in the plan that wants an angle. */
export interface Opening {
  readonly asset: string;
  readonly kind: AssetKindId;
  readonly channel: string;
  readonly slot: string;
  readonly due?: Instant;
  /** Why it is due at another time than its slot says. */
  readonly moved?: string;
  readonly arm?: 'a' | 'b';
  /** Page on the site that it is, or links to. */
  readonly path?: string;
}

/** An opening, and since when it could have gone out. */
export interface TimedOpening {
  readonly opening: Opening;
  readonly since: Instant | undefined;
}

type Line = Campaign['schedule'][number];

const hyphened = (kind: AssetKindId): string => kind.replaceAll('_', '-');

/** Whether assets of the kind have an address of their own on the site. */
export const standsOnSite = (kind: DocumentKind): boolean => kind === 'landing_page' || kind === 'one_pager';

/** Path of the landing page; the control keeps the campaign's own address. */
export const pagePath = (campaign: string, arm: 'a' | 'b' | undefined): string =>
  arm === 'b' ? `/${campaign}/b/` : `/${campaign}/`;

/** Path of the one-pager, beside the page; its name still says whose it is when somebody has saved it. */
export const onePagerPath = ({ id, brand }: Named<Campaign>): string => `/${id}/${brand}-one-pager.pdf`;

/** Arms of the landing page: two when there is an experiment. */
export const armsOf = (campaign: Campaign): readonly ('a' | 'b')[] => (campaign.experiment ? ['a', 'b'] : ['a']);

function pageOpenings(unit: Unit, line: Line): Opening[] {
  const { campaign } = unit;
  const common = { kind: line.asset, channel: line.channel, slot: 'on_change' };
  if (line.asset === 'one_pager') return [{ ...common, asset: hyphened(line.asset), path: onePagerPath(campaign) }];
  if (line.asset !== 'landing_page') return [{ ...common, asset: hyphened(line.asset) }];
  return armsOf(campaign).map((arm) => ({
    ...common,
    asset: `landing-page-${arm}`,
    ...(campaign.experiment ? { arm } : {}),
    path: pagePath(campaign.id, arm),
  }));
}

const MAX_ID = 63;

/** Rests on kind, slot and channel alone: no other line of the schedule can give an occasion a second name. */
function assetName({ asset, channel }: Line, civil: Civil): string {
  const name = `${hyphened(asset)}-${stampOf(civil)}-${channel}`;
  return name.length <= MAX_ID ? name : `${name.slice(0, MAX_ID - 9)}-${sha256(name).slice(0, 8)}`;
}

function weeklyOpenings(unit: Unit, line: Line, times: readonly string[], now: Instant): Opening[] {
  const { campaign } = unit;
  const zone = unit.channels.find(({ id }) => id === line.channel)?.timezone ?? unit.workspace.timezone;
  const hasPage = campaign.schedule.some(({ asset }) => asset === 'landing_page');
  return occurrencesAround(times, zone, now).map((occurrence) => {
    const common = {
      asset: assetName(line, occurrence.civil),
      kind: line.asset,
      channel: line.channel,
      slot: occurrence.slot,
      due: occurrence.due,
    };
    if (line.asset === 'one_pager') return { ...common, path: onePagerPath(campaign) };
    // Links alternate between the arms from slot to slot and change sides every week.
    const arms = armsOf(campaign);
    const arm = arms[(dayNumber(occurrence.civil) + occurrence.index) % arms.length] ?? 'a';
    return {
      ...common,
      ...(hasPage && campaign.experiment ? { arm } : {}),
      ...(hasPage ? { path: pagePath(campaign.id, arm) } : {}),
    };
  });
}

/** Rule skip: what goes out later than its grace, now or at the time that it was moved to, is left out. */
function isTooLate({ campaign }: Unit, { opening: { due }, since }: TimedOpening, now: Instant): boolean {
  if (campaign.catch_up?.rule !== 'skip' || due === undefined || since === undefined) return false;
  const goes = due > now ? due : now;
  return epochOf(goes) - epochOf(since) > (campaign.catch_up.grace_minutes ?? 0) * 60_000;
}

const asScheduled = (openings: readonly Opening[]): readonly TimedOpening[] =>
  openings.map((opening) => ({ opening, since: opening.due }));

/** What stands on paper takes after the page. */
const isPaper = ({ asset }: Line): boolean => asset === 'one_pager';

/** Pages first, then weekly lines in schedule order: of each the latest occurrence up to now and the next one. */
export function openingsOf(unit: Unit, now: Instant, timed = asScheduled): Opening[] {
  const lines = unit.campaign.schedule.toSorted((a, b) => Number(isPaper(a)) - Number(isPaper(b)));
  const pages = lines.filter(({ on_change }) => on_change).flatMap((line) => pageOpenings(unit, line));
  const weekly = timed(lines.flatMap((line) => (line.weekly ? weeklyOpenings(unit, line, line.weekly, now) : [])))
    .filter((one) => !isTooLate(unit, one, now))
    .map(({ opening }) => opening);
  return [...pages, ...weekly];
}

/** On-change entries are due at once. */
export const isDue = (entry: { readonly due?: Instant }, now: Instant): boolean =>
  entry.due === undefined || entry.due <= now;
