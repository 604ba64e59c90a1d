/** What an asset may say, and on which grounds; every text folded. */
import { covers, type Lexicon, lexiconOf, type Span, spansOf } from './claims.ts';
import type { DocumentPart, Fact, RuleContext } from './contracts.ts';
import { foldText } from './fold.ts';
import { matchesIn } from './matches.ts';
import { latest } from './once.ts';
import { civilDay } from './time.ts';

/** A fact with its wordings, and why it does not count, if so. */
export interface GroundingFact {
  readonly fact: Fact;
  readonly wordings: readonly string[];
  readonly refusal: string | undefined;
}

export interface Grounds {
  readonly context: RuleContext;
  readonly lexicon: Lexicon;
  /** Names, addresses and sources that need no fact. */
  readonly phrases: readonly string[];
  readonly disclaimers: readonly string[];
  /** Cited facts, and those that expired whether they are cited or not. */
  readonly facts: readonly GroundingFact[];
}

const isExpired = ({ expires }: Fact, today: string): boolean => expires !== undefined && expires <= today;

const wordingsOf = (fact: Fact): string[] => [fact.statement, ...(fact.phrasings ?? [])].map(foldText);

/** A country holds its regions: what may be claimed in US may be claimed in US-CA. */
const holdsIn = (places: readonly string[], audience: string): boolean =>
  places.includes(audience) || places.includes(audience.split('-')[0] ?? '');

/**
 * Whether a fact may be claimed to everybody in the audience.
 *
 * @param audience  undefined: it may be anywhere
 */
export const coversAudience = ({ jurisdictions }: Fact, audience: readonly string[] | undefined): boolean =>
  jurisdictions === undefined || (audience?.every((place) => holdsIn(jurisdictions, place)) ?? false);

function refusalOf(fact: Fact, today: string, audience: readonly string[] | undefined): string | undefined {
  if (isExpired(fact, today)) return `fact "${fact.id}" expired on ${fact.expires}: check it again or take it out`;
  if (coversAudience(fact, audience)) return undefined;
  const outside = audience?.filter((place) => !holdsIn(fact.jurisdictions ?? [], place));
  const where = outside ? `in ${outside.join(', ')}` : 'anywhere';
  return `fact "${fact.id}" may only be claimed in ${fact.jurisdictions?.join(', ')}, and the audience may be ${where}`;
}

const lexiconFor = latest((authored: string): Lexicon => lexiconOf(foldText(authored)));

export function groundsOf(context: RuleContext): Grounds {
  const { brand, offers, workspace } = context.unit;
  const { site_url, from_address, list_address, unsubscribe_url, postal_address } = brand.addresses;
  const senders = from_address.match(/[^\s<>]+@[^\s<>]+/g) ?? [];
  const addresses = [from_address, ...senders, list_address, unsubscribe_url, postal_address];
  const named = [brand.name, ...brand.vocabulary, ...offers.flatMap(({ name, cta }) => [name, cta.label])];
  const hosts = [site_url.replace(/^https?:\/\//, '')];
  const today = civilDay(context.now, workspace.timezone);
  const sources = context.facts.filter((fact) => !isExpired(fact, today)).map(({ source }) => source);
  const facts = new Set([...context.facts, ...brand.facts.filter((fact) => isExpired(fact, today))]);
  const disclaimers = brand.disclaimers.map(({ text }) => foldText(text));
  return {
    context,
    lexicon: lexiconFor(context.authored),
    phrases: [...[...named, ...addresses, ...hosts, ...sources].map(foldText), ...disclaimers],
    disclaimers,
    facts: [...facts].map((fact) => ({
      fact,
      wordings: wordingsOf(fact),
      refusal: refusalOf(fact, today, context.jurisdictions),
    })),
  };
}

/** Addresses of the brand's own site and of the offers, in full. */
export function addressSpans(text: string, { unit }: RuleContext): Span[] {
  const own = [unit.brand.addresses.site_url, ...unit.offers.map(({ cta }) => cta.url)].filter((url) =>
    /^https?:/.test(url),
  );
  return matchesIn(text, /https?:\/\/[^\s<>"')\]]+/g)
    .filter(([url]) => own.some((start) => url.startsWith(start) && /^(?:$|[/?#.,])/.test(url.slice(start.length))))
    .map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

/** Commands of the offers' steps that the part shows as code: in a code element, or on a line of their own. */
export function shownCommands(part: DocumentPart, { unit }: RuleContext): string[] {
  const shown =
    part.format === 'html'
      ? part.elements.filter(({ tag }) => tag === 'code' || tag === 'pre').map(({ text }) => foldText(text))
      : part.source.split('\n').map((line) => foldText(line.replace(/^\s*\$ /, '')));
  const lines = new Set(shown);
  return unit.offers
    .flatMap(({ steps }) => steps.map(({ code }) => foldText(code ?? '')))
    .filter((code) => lines.has(code));
}

/** Words of facts that ground a text, and those of facts that would if they counted. */
export function factSpans(
  text: string,
  { facts }: Grounds,
): { valid: Span[]; refused: { why: string; spans: Span[] }[] } {
  const said = facts.map(({ wordings, refusal }) => ({
    refusal,
    spans: wordings.flatMap((wording) => spansOf(text, wording)),
  }));
  const valid = said.filter(({ refusal }) => refusal === undefined).flatMap(({ spans }) => spans);
  const isOpen = (span: Span): boolean => !valid.some((other) => covers(other, span));
  const refused = said.flatMap(({ refusal, spans }) =>
    refusal === undefined ? [] : [{ why: refusal, spans: spans.filter(isOpen) }],
  );
  return { valid, refused };
}

/** A fact that would ground a claim if the asset cited it. */
export const uncitedFact = (claim: Span, text: string, { unit, facts }: RuleContext): Fact | undefined =>
  unit.brand.facts.find(
    (fact) =>
      !facts.includes(fact) &&
      wordingsOf(fact).some((wording) => spansOf(text, wording).some((span) => covers(span, claim))),
  );
