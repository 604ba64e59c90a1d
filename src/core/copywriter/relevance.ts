/** Which messages of an offer matter to a segment: the order in which a brief lists them. */
import type { AudienceSegment, Offer } from '../../generated/entities.ts';

/** Items whose links reach the earliest target come first; those that reach none keep their order at the end. */
function byReach<T>(items: readonly T[], links: (item: T) => readonly string[], targets: readonly string[]): T[] {
  const reach = (item: T): number => {
    const places = links(item).flatMap((id) => (targets.includes(id) ? [targets.indexOf(id)] : []));
    return places.length === 0 ? targets.length : Math.min(...places);
  };
  return [...items].sort((a, b) => reach(a) - reach(b));
}

/** The offer with the messages first that answer the segment's pains, in the order of the pains. */
export function nearestFirst(
  segment: AudienceSegment,
  offer: Offer,
): Pick<Offer, 'outcomes' | 'mechanisms' | 'proofs'> {
  const pains = segment.pains.map(({ id }) => id);
  const outcomes = byReach(offer.outcomes, ({ answers }) => answers, pains);
  const answering = outcomes.filter(({ answers }) => answers.some((id) => pains.includes(id))).map(({ id }) => id);
  return {
    outcomes,
    mechanisms: byReach(offer.mechanisms, ({ enables }) => enables, answering),
    proofs: byReach(offer.proofs, ({ supports }) => supports, answering),
  };
}
