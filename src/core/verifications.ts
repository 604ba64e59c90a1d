/** What went out is looked at again in public: when, and what is filed of it. */
import type { Receipt, Verification } from '../generated/entities.ts';
import type { CampaignInput, HubState, Instant, LiveCheck, Observations, Publication, Unit } from './contracts.ts';
import { isAsSent } from './recall.ts';
import { reservedAddresses } from './reserved.ts';
import { epochOf, toInstant } from './time.ts';

const HOUR_MS = 3_600_000;
/** Hosts and networks hand out what is new within minutes: before this, what is missing is only awaited. */
const GRACE_MS = HOUR_MS;
/** How long to wait before something awaited is looked for again. */
const AGAIN_MS = 10 * 60_000;
/** Something that differs is looked at daily until it is mended, whatever the workspace says. */
const FINDING_HOURS = 24;
/** Most that one run looks at per campaign: the rest follows in the next. */
export const MAX_LOOKS = 50;

const later = (instant: Instant, milliseconds: number): Instant => toInstant(epochOf(instant) + milliseconds);

/** The latest look at each publication, by key. */
export const latestLooks = (verifications: readonly Verification[]): ReadonlyMap<string, Verification> =>
  new Map(verifications.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map((look) => [look.key, look]));

export const lookAgainAt = (now: Instant): Instant => later(now, AGAIN_MS);

/** When it is time to look; undefined: it was seen, and nobody wants it to be seen again. */
function nextLook({ at }: Receipt, last: Verification | undefined, every: number | undefined): Instant | undefined {
  if (!last) return at;
  const hours = last.state === 'verified' ? every : Math.min(every ?? FINDING_HOURS, FINDING_HOURS);
  return hours === undefined ? undefined : later(last.at, hours * HOUR_MS);
}

/** Whether there is a public place to look at: example names lead nowhere. */
export const isPublicBrand = ({ brand }: Pick<Unit, 'brand'>): boolean => reservedAddresses(brand).length === 0;

/** Publications of the campaign that stand as they were sent and are to be looked at now, longest unseen first. */
export function dueLooks({ unit, state, published, plugins, now }: CampaignInput): Publication[] {
  if (!isPublicBrand(unit)) return [];
  const last = latestLooks(state.verifications);
  const every = unit.workspace.verify_every_hours;
  const canBeSeen = new Set(
    unit.channels.filter(({ adapter }) => plugins.channels.get(adapter)?.verify !== undefined).map(({ id }) => id),
  );
  return [...published]
    .filter(([channel]) => canBeSeen.has(channel))
    .flatMap(([, standing]) => standing)
    .filter((publication) => publication.campaign === unit.campaign.id && isAsSent(publication))
    .flatMap((publication) => {
      const next = nextLook(publication.receipt, last.get(publication.receipt.key), every);
      return next !== undefined && next <= now ? [{ publication, next }] : [];
    })
    .sort((a, b) => (a.next < b.next ? -1 : 1))
    .slice(0, MAX_LOOKS)
    .map(({ publication }) => publication);
}

/** When the next look at something of the campaign is due, so that a run is worth it. */
export function nextLookOf(unit: Unit, { receipts, verifications }: HubState): Instant | undefined {
  const every = unit.workspace.verify_every_hours;
  if (!isPublicBrand(unit)) return undefined;
  const filed = new Map(receipts.map((receipt) => [receipt.key, receipt]));
  return [...latestLooks(verifications).values()]
    .flatMap((look) => {
      const receipt = filed.get(look.key);
      return receipt && look.campaign === unit.campaign.id ? (nextLook(receipt, look, every) ?? []) : [];
    })
    .sort()[0];
}

/** Links that any reader would find broken. */
const brokenLinks = (links: Observations['links']): string[] =>
  links === undefined || 'unavailable' in links
    ? []
    : Object.entries(links).flatMap(([address, { state, because }]) =>
        state === 'broken' ? [`link ${address} is broken: ${because}`] : [],
      );

export type Look =
  | { readonly filed: Verification }
  /** Not there yet, and that may still be in order. */
  | { readonly awaited: Instant };

/** What a look says, and whether it is worth a record already. */
export function lookAt(
  { receipt }: Publication,
  { state, differences }: LiveCheck,
  links: Observations['links'],
  { run, now }: Pick<CampaignInput, 'run' | 'now'>,
): Look {
  if (state !== 'verified' && epochOf(now) - epochOf(receipt.at) < GRACE_MS) return { awaited: lookAgainAt(now) };
  const broken = brokenLinks(links);
  const { key, campaign, asset, channel, url } = receipt;
  return {
    filed: {
      key,
      campaign,
      asset,
      channel,
      ...(url === undefined ? {} : { url }),
      state: state === 'verified' && broken.length > 0 ? 'broken_link' : state,
      differences: [...differences, ...broken],
      run,
      at: now,
    },
  };
}

/** hub/ledger/verified/<yyyy>/<mm>/<dd>/<run>.jsonl */
export const verifiedPath = (run: string, now: Instant): string =>
  `hub/ledger/verified/${now.slice(0, 10).replaceAll('-', '/')}/${run}.jsonl`;
