/** Which packs a campaign is under: their order, what they build on, and whom they concern. */
import type { PolicyPack } from '../../generated/entities.ts';
import type { Named, Unit } from '../contracts.ts';

export type Layer = PolicyPack['layer'];

const LAYERS: readonly Layer[] = ['base', 'jurisdiction', 'locale', 'partner', 'campaign'];

export const isEarlier = (one: Layer, other: Layer): boolean => LAYERS.indexOf(one) < LAYERS.indexOf(other);

export const layersBefore = (layer: Layer): readonly Layer[] => LAYERS.slice(0, LAYERS.indexOf(layer));

/**
 * Whether a version is in a range of the form 1.2.3, ~1.2.3 or ^1.2.3, as npm reads them: ~ keeps the minor version,
 * ^ keeps the first number that is not 0.
 */
export function fitsVersion(version: string, range: string): boolean {
  const wanted = numbersOf(range.replace(/^[\^~]/, ''));
  const found = numbersOf(version);
  const firstNonZero = wanted.findIndex((number) => number > 0);
  const kept = range.startsWith('^') ? (firstNonZero === -1 ? 3 : firstNonZero + 1) : range.startsWith('~') ? 2 : 3;
  return wanted.slice(0, kept).every((number, index) => number === found[index]) && !isLess(found, wanted);
}

const numbersOf = (version: string): number[] => version.split('.').map(Number);

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const first = one.findIndex((number, index) => number !== other[index]);
  return first !== -1 && (one[first] ?? 0) < (other[first] ?? 0);
}

/** The pack that a pack extends, the one that it extends, and so on; ends where one is missing or comes again. */
export function foundationsOf<P extends Pick<PolicyPack, 'extends'>>(
  pack: P,
  find: (id: string) => P | undefined,
): ReadonlyMap<string, P> {
  const below = new Map<string, P>();
  for (let id = pack.extends?.pack; id !== undefined && !below.has(id); id = below.get(id)?.extends?.pack) {
    const next = find(id);
    if (!next) break;
    below.set(id, next);
  }
  return below;
}

/** Whom a campaign speaks to; jurisdictions left out: people anywhere. */
export interface Audience {
  readonly jurisdictions: readonly string[] | undefined;
  readonly locale: string;
}

/** DE is in DE; US-CA is in US, and some of US is in US-CA. */
const overlaps = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}-`) || other.startsWith(`${one}-`);

/** Basic filtering of RFC 4647; de-* means the same as de. */
const matchesLocale = (locale: string, range: string): boolean => {
  const wanted = range.replace(/-\*$/, '').toLowerCase();
  return locale.toLowerCase() === wanted || locale.toLowerCase().startsWith(`${wanted}-`);
};

/** Why a pack does not concern an audience; undefined when it does. */
export function irrelevance(
  { jurisdictions, locales }: Pick<PolicyPack, 'jurisdictions' | 'locales'>,
  audience: Audience,
): string | undefined {
  const { jurisdictions: where, locale } = audience;
  if (jurisdictions && where && !where.some((one) => jurisdictions.some((other) => overlaps(one, other)))) {
    return `for ${jurisdictions.join(', ')}; the audience is in ${where.join(', ')}`;
  }
  if (locales && !locales.some((range) => matchesLocale(locale, range))) {
    return `for ${locales.join(', ')}; the language is ${locale}`;
  }
  return undefined;
}

export interface LeftOut {
  readonly pack: Named<PolicyPack>;
  readonly why: string;
}

export interface CampaignPacks {
  /** Lowest layer first, within a layer in the campaign's order. */
  readonly applied: readonly Named<PolicyPack>[];
  readonly leftOut: readonly LeftOut[];
}

export const audienceOf = ({ campaign, brand }: Pick<Unit, 'campaign' | 'brand'>): Audience => ({
  jurisdictions: campaign.jurisdictions,
  locale: brand.locale,
});

/** The packs that a campaign names, apart by whether they concern its audience. */
export function packsOf({ campaign, brand, policies }: Pick<Unit, 'campaign' | 'brand' | 'policies'>): CampaignPacks {
  const audience = audienceOf({ campaign, brand });
  const packs = campaign.policies.map((id) => {
    const pack = policies.find((candidate) => candidate.id === id);
    if (!pack) throw new RangeError(`no policy pack ${id}`);
    return { pack, why: irrelevance(pack, audience) };
  });
  return {
    applied: packs
      .filter(({ why }) => why === undefined)
      .map(({ pack }) => pack)
      .toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer)),
    leftOut: packs.flatMap(({ pack, why }) => (why === undefined ? [] : [{ pack, why }])),
  };
}
