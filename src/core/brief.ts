/** From a plan entry to the brief that a copy engine gets, and the checks on what it gives back. */
import type { AudienceSegment, CampaignPlan, Offer } from '../generated/entities.ts';
import { coversAudience } from './claim-grounds.ts';
import type { AssetKind, Brief, Copy, Fact, Instant, Message, Named, Unit } from './contracts.ts';
import { nearestFirst } from './copywriter/relevance.ts';
import { graphemes } from './fold.ts';
import { digestOf, sha256 } from './hash.ts';
import { standsOnSite } from './schedule.ts';
import { civilDay } from './time.ts';

export type PlannedAsset = CampaignPlan['assets'][number];

/** Facts that may be claimed on the day of `now`, wherever the audience is. */
export const currentFacts = ({ brand, campaign, workspace }: Unit, now: Instant): readonly Fact[] =>
  brand.facts
    .filter(({ expires }) => expires === undefined || civilDay(now, workspace.timezone) < expires)
    .filter((fact) => coversAudience(fact, campaign.jurisdictions));

type Authored = { readonly id: string; readonly forms: Message['forms']; readonly facts?: readonly string[] };
const messageOf = ({ id, forms, facts = [] }: Authored): Message => ({ id, forms, facts });

const proofMessage = (unit: Unit, { id, fact }: Offer['proofs'][number]): Message => {
  const proof = unit.brand.facts.find((candidate) => candidate.id === fact);
  return { id, forms: proof === undefined ? {} : { s: proof.statement }, facts: [fact] };
};

const one = <T extends { readonly id: string }>(items: readonly T[], id: string, what: string): T => {
  const found = items.find((item) => item.id === id);
  if (!found) throw new RangeError(`${what} ${id} is not there`);
  return found;
};

/** The people and the offer of a plan entry. */
export function partsOf(unit: Unit, entry: PlannedAsset): { segment: Named<AudienceSegment>; offer: Named<Offer> } {
  return {
    segment: one(unit.segments, entry.segment, 'segment'),
    offer: one(unit.offers, entry.offer, 'offer'),
  };
}

/** The chosen one first is not repeated among the rest. */
const others = <T extends { readonly id: string }>(items: readonly T[], chosen: string): T[] =>
  items.filter(({ id }) => id !== chosen);

/**
 * @param used  copy that went out before and should not be repeated, newest first
 */
export function briefOf(
  unit: Unit,
  entry: PlannedAsset,
  kind: AssetKind,
  now: Instant,
  used: readonly string[],
  draft: Pick<Brief, 'attempt' | 'findings' | 'draft'>,
): Brief {
  const { segment, offer } = partsOf(unit, entry);
  const facts = currentFacts(unit, now);
  const known = new Set(facts.map(({ id }) => id));
  const citable = ({ facts: cited }: Message) => cited.every((id) => known.has(id));
  const { angle } = entry;
  const near = nearestFirst(segment, offer);
  const proofs = near.proofs.map((proof) => proofMessage(unit, proof));
  const rest = (items: readonly Authored[], chosen: string) => others(items, chosen).map(messageOf).filter(citable);
  return {
    asset: { id: entry.asset, kind: entry.kind, ...(entry.arm ? { arm: entry.arm } : {}) },
    campaign: { id: unit.campaign.id, goal: unit.campaign.goal },
    brand: { id: unit.brand.id, name: unit.brand.name, tagline: unit.brand.tagline },
    locale: unit.brand.locale,
    segment: { id: segment.id, name: segment.name },
    offer: { id: offer.id, name: offer.name, summary: offer.summary },
    angle: {
      pain: messageOf(one(segment.pains, angle.pain, 'pain')),
      outcome: messageOf(one(offer.outcomes, angle.outcome, 'outcome')),
      mechanism: messageOf(one(offer.mechanisms, angle.mechanism, 'mechanism')),
      proof: one(proofs, angle.proof, 'proof'),
    },
    more: {
      pains: rest(segment.pains, angle.pain),
      outcomes: rest(near.outcomes, angle.outcome),
      mechanisms: rest(near.mechanisms, angle.mechanism),
      proofs: others(proofs, angle.proof).filter(citable),
    },
    objections: segment.objections
      .map(({ question, answer, facts: cited = [] }) => ({ question, answer, facts: cited }))
      .filter(({ facts: cited }) => cited.every((id) => known.has(id))),
    facts,
    price: one(unit.brand.facts, offer.price_fact, 'price fact'),
    cta: { label: offer.cta.label },
    slots: kind.slots,
    voice: unit.brand.voice,
    banned: unit.brand.do_not_say,
    used,
    ...draft,
    seed: sha256(`${unit.campaign.id}\0${entry.asset}\0${entry.arm ?? ''}`),
  };
}

/**
 * What the brief asks for, whatever the attempt: the same digest means that there is nothing new to write.
 *
 * @param hasOnePager  whether there is one on the channel that a page can lead to
 */
export function briefDigest(brief: Brief, unit: Unit, kind: AssetKind, hasOnePager: boolean): string {
  const leadsTo = (asset: string): boolean => asset !== 'one_pager' || kind.id !== 'landing_page' || hasOnePager;
  const { attempt: _attempt, findings: _findings, draft: _draft, ...asked } = brief;
  return digestOf({
    asked,
    templates: kind.templates.map((path) => sha256(unit.templates.get(path) ?? '')),
    brand: unit.brand,
    logo: sha256(unit.templates.get(unit.brand.design.logo ?? '') ?? ''),
    // What stands on the site links to each other.
    site: unit.campaign.schedule
      .filter(({ asset }) => standsOnSite(asset) && leadsTo(asset))
      .map(({ asset, channel }) => [asset, channel]),
    channels: unit.channels,
  });
}

/** Where copy does not keep to the brief: wrong slots, wrong lengths, facts that are not there. */
export function copyProblems(brief: Brief, copy: Copy): string[] {
  const facts = new Set(brief.facts.map(({ id }) => id));
  const slots = new Set(brief.slots.map(({ slot }) => slot));
  const perSlot = brief.slots.flatMap(({ slot, min, max, length }) => {
    const blocks = copy.blocks.filter((block) => block.slot === slot);
    const wrongCount =
      blocks.length < min || blocks.length > max ? [`${slot}: ${blocks.length} blocks, expected ${min} to ${max}`] : [];
    const wrongLength = blocks
      .map((block) => graphemes(block.text).length)
      .filter((characters) => characters < length.min || characters > length.max)
      .map((characters) => `${slot}: ${characters} characters, expected ${length.min} to ${length.max}`);
    return [...wrongCount, ...wrongLength];
  });
  const unknown = copy.blocks.flatMap((block) => [
    ...(slots.has(block.slot) ? [] : [`${block.slot}: no such slot`]),
    ...block.facts.filter((id) => !facts.has(id)).map((id) => `${block.slot}: cites ${id}, which is no current fact`),
  ]);
  return [...perSlot, ...unknown];
}
