import { type Claim, claimsIn, covers, type Lexicon, lexiconOf, type Span, spansOf } from '../core/claims.ts';
import type { DocumentPart, Fact, Rule, RuleContext, RuleFinding, TextBlock } from '../core/contracts.ts';
import { findingAt, findingIn } from '../core/document.ts';
import { foldText } from '../core/fold.ts';
import { civilDay } from '../core/time.ts';

/** What a text may say, and on which grounds; every text folded. */
interface Grounds {
  readonly context: RuleContext;
  readonly lexicon: Lexicon;
  readonly phrases: readonly string[];
  readonly facts: readonly { readonly fact: Fact; readonly wordings: readonly string[] }[];
  readonly today: string;
}

const isExpired = (fact: Fact, today: string): boolean => fact.expires !== undefined && fact.expires <= today;
const wordingsOf = (fact: Fact): string[] => [fact.statement, ...(fact.phrasings ?? [])].map(foldText);

function groundsOf(context: RuleContext): Grounds {
  const { brand, offers } = context.unit;
  const { site_url, from_address, list_address, unsubscribe_url, postal_address } = brand.addresses;
  const addresses = [
    from_address,
    ...(from_address.match(/[^\s<>]+@[^\s<>]+/g) ?? []),
    list_address,
    unsubscribe_url,
    postal_address,
  ];
  const named = [brand.name, ...brand.vocabulary, ...offers.flatMap(({ name, cta }) => [name, cta.label])];
  const hosts = [site_url.replace(/^https?:\/\//, '')];
  const today = civilDay(context.now, context.unit.workspace.timezone);
  const sources = context.facts.filter((fact) => !isExpired(fact, today)).map(({ source }) => source);
  const phrases = [...named, ...addresses, ...hosts, ...sources, ...brand.disclaimers.map(({ text }) => text)].map(
    foldText,
  );
  // An expired fact is recognised whether it is cited or not.
  const facts = new Set([...context.facts, ...brand.facts.filter((fact) => isExpired(fact, today))]);
  return {
    context,
    lexicon: lexiconOf(foldText(context.authored)),
    phrases,
    facts: [...facts].map((fact) => ({ fact, wordings: wordingsOf(fact) })),
    today,
  };
}

/** Addresses of the brand's own site and of the offers, in full. */
function addressSpans(text: string, { unit }: RuleContext): Span[] {
  const own = [unit.brand.addresses.site_url, ...unit.offers.map(({ cta }) => cta.url)].filter((url) =>
    /^https?:/.test(url),
  );
  return [...text.matchAll(/https?:\/\/[^\s<>"')\]]+/g)]
    .filter(([url]) => own.some((start) => url.startsWith(start) && /^(?:$|[/?#.,])/.test(url.slice(start.length))))
    .map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

/** Commands of the offers' steps that the part shows as code: in a code element, or on a line of their own. */
function shownCommands(part: DocumentPart, { unit }: RuleContext): string[] {
  const shown =
    part.format === 'html'
      ? part.elements.filter(({ tag }) => tag === 'code' || tag === 'pre').map(({ text }) => foldText(text))
      : part.source.split('\n').map((line) => foldText(line.replace(/^\s*\$ /, '')));
  const lines = new Set(shown);
  return unit.offers
    .flatMap(({ steps }) => steps.map(({ code }) => foldText(code ?? '')))
    .filter((code) => lines.has(code));
}

/** The offer's price that an amount states in the words of its cited price fact. */
function isOffered(amount: Claim, text: string, { context, facts, today }: Grounds): boolean {
  const number = Number(
    /\p{N}[\p{N}.,']*/u
      .exec(amount.text)?.[0]
      .replace(/[,'](?=\p{N}{3}(?!\p{N}))/gu, '')
      .replace(/[.,']$/u, ''),
  );
  const offers = context.unit.offers.filter(({ id }) => context.unit.campaign.offers.includes(id));
  return offers.some((offer) => {
    const priceFact = facts.find(({ fact }) => fact.id === offer.price_fact && !isExpired(fact, today));
    const isStated = priceFact?.wordings.some((wording) => spansOf(text, wording).some((span) => covers(span, amount)));
    return isStated && Number(offer.price.amount) === number && isCurrency(amount.text, offer.price.currency);
  });
}

const SYMBOLS: Readonly<Record<string, RegExp>> = {
  EUR: /€|eur/i,
  GBP: /£|gbp|pound/i,
  JPY: /¥|jpy/i,
  CNY: /¥|cny/i,
  INR: /₹|inr/i,
  USD: /\$|usd|dollar|buck/i,
  CAD: /\$|cad|dollar/i,
  AUD: /\$|aud|dollar/i,
  NZD: /\$|nzd|dollar/i,
};
const isCurrency = (amount: string, currency: string): boolean =>
  (SYMBOLS[currency] ?? new RegExp(currency, 'i')).test(amount);

function judge(block: TextBlock, part: DocumentPart, commands: readonly string[], grounds: Grounds): RuleFinding[] {
  const { context, facts, today } = grounds;
  const text = foldText(block.text);
  const said = facts.map(({ fact, wordings }) => ({
    fact,
    spans: wordings.flatMap((wording) => spansOf(text, wording)),
  }));
  const valid = said.filter(({ fact }) => !isExpired(fact, today)).flatMap(({ spans }) => spans);
  const expired = said
    .filter(({ fact }) => isExpired(fact, today))
    .map(({ fact, spans }) => ({ fact, spans: spans.filter((span) => !valid.some((other) => covers(other, span))) }));
  const allowed = [
    ...valid,
    ...expired.flatMap(({ spans }) => spans),
    ...[...grounds.phrases, ...commands].flatMap((phrase) => spansOf(text, phrase)),
    ...addressSpans(text, context),
  ];
  const late = expired.flatMap(({ fact, spans }) =>
    spans
      .slice(0, 1)
      .map(({ start, end }) =>
        findingIn(
          part,
          block,
          text.slice(start, end),
          `fact "${fact.id}" expired on ${fact.expires}: check it again or take it out`,
        ),
      ),
  );
  const ungrounded = claimsIn(text, grounds.lexicon, allowed)
    .filter((claim) => claim.kind !== 'price' || !isOffered(claim, text, grounds))
    .map((claim) => findingIn(part, block, claim.text, adviceFor(claim, text, context)));
  return [...late, ...ungrounded];
}

function adviceFor(claim: Claim, text: string, { unit, facts }: RuleContext): string {
  const file = `brands/${unit.brand.id}/brand.yaml`;
  if (claim.kind === 'price')
    return `"${claim.text}" is not the price of an offer as a cited fact states it: use those words or take it out`;
  const uncited = unit.brand.facts.find(
    (fact) =>
      !facts.includes(fact) &&
      wordingsOf(fact).some((wording) => spansOf(text, wording).some((span) => covers(span, claim))),
  );
  if (uncited) return `"${claim.text}" rests on fact "${uncited.id}", which the asset does not cite`;
  const name = claim.kind === 'name' ? ', the name to its vocabulary,' : '';
  return `"${claim.text}" is in no cited fact: add a fact to ${file}${name} or take it out`;
}

export const rule: Rule<Record<string, never>> = {
  id: 'claims',
  about: 'Every number, price, superlative, absolute and name must stand in the words of a cited fact.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  check: (document, _params, context) => {
    const [first] = document.parts;
    const { locale } = context.unit.brand;
    if (first && !/^en\b/.test(locale))
      return [findingAt(first, 0, `claims can be checked in English only, and the locale is ${locale}`)];
    const grounds = groundsOf(context);
    return document.parts.flatMap((part) => {
      const commands = shownCommands(part, context);
      return part.blocks.flatMap((block) => judge(block, part, commands, grounds));
    });
  },
  examples: {
    pass: [
      {
        with: {},
        kind: 'social_post',
        files: { 'post.txt': 'Northwind saves each note within two seconds. Write it down and move on.' },
      },
      {
        with: {},
        kind: 'landing_page',
        files: { 'index.html': '<p>You pay $9 a month. Northwind keeps notes where your team looks.</p>' },
      },
    ],
    fail: [
      { with: {}, kind: 'social_post', files: { 'post.txt': 'Join 5,000 teams.' } },
      {
        with: {},
        kind: 'landing_page',
        files: { 'index.html': '<p hidden>The fastest notes, trusted by Acme Corporation.</p>' },
      },
      { with: {}, kind: 'email', files: { 'message.txt': 'Only $12 a month.' } },
      {
        with: {},
        kind: 'social_post',
        files: { 'post.txt': 'Northwind saves each note within two seconds.' },
        context: { now: '2031-01-01T00:00:00Z' },
      },
    ],
  },
};
