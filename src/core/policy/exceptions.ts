/** What single assets may do although a rule forbids it: dated, owned, and bound to the content that was looked at. */
import type { PolicyPack, Verdict } from '../../generated/entities.ts';
import { count } from '../explain.ts';
import { type EffectivePolicy, variantName } from './effective.ts';
import type { Fault } from './lint.ts';
import { splitRule } from './tighten.ts';

export type UsedException = NonNullable<Verdict['exceptions']>[number];

export interface AssetException extends UsedException {
  readonly campaign: string;
  readonly asset: string;
}

/** Content of an asset, by its digest. */
export type AssetContent = Pick<NonNullable<PolicyPack['exceptions']>[number], 'campaign' | 'asset' | 'content'>;

export const holds = ({ expires }: Pick<UsedException, 'expires'>, today: string): boolean => today < expires;

/**
 * A pack excepts from what it says itself: from its own rules, and from its own variant of a rule that it tightens. The
 * rule of another pack stays, or an exception would be a way to weaken it.
 */
const exceptedRule = (rule: string, pack: string): string =>
  splitRule(rule).pack === pack ? rule : variantName(rule, pack);

const isSameContent = (one: AssetContent, other: AssetContent): boolean =>
  one.campaign === other.campaign && one.asset === other.asset && one.content === other.content;

/** Exceptions for exactly these contents, also those that have expired; the one that holds longest comes first. */
export const exceptionsFor = (
  { packs }: Pick<EffectivePolicy, 'packs'>,
  contents: readonly AssetContent[],
): AssetException[] =>
  packs
    .flatMap((pack) =>
      (pack.exceptions ?? [])
        .filter((one) => contents.some((content) => isSameContent(one, content)))
        .map(({ content: _content, ...one }) => ({ ...one, rule: exceptedRule(one.rule, pack.id) })),
    )
    .toSorted((a, b) => (a.expires < b.expires ? 1 : a.expires > b.expires ? -1 : 0));

/** Exceptions of a pack that let nothing through any more. */
export const expiredExceptions = ({ exceptions = [] }: PolicyPack, today: string): Fault[] =>
  exceptions.flatMap(({ expires, rule }, index) =>
    holds({ expires }, today)
      ? []
      : [{ pointer: ['exceptions', index, 'expires'], message: `the exception from ${rule} expired on ${expires}` }],
  );

/** What the exceptions that still hold have let through, by the verdicts of a campaign's assets. */
export const exceptionsIn = (
  campaign: string,
  verdicts: ReadonlyMap<string, Pick<Verdict, 'exceptions'>>,
  today: string,
): AssetException[] =>
  [...verdicts].flatMap(([asset, { exceptions = [] }]) =>
    exceptions.filter((one) => holds(one, today)).map((one) => ({ ...one, campaign, asset })),
  );

/** 1 exception used: base/plain-words on start/landing-page-a until 2027-01-01 */
export const exceptionsUsed = (exceptions: readonly AssetException[]): string =>
  `${count(exceptions.length, 'exception')} used: ${exceptions
    .map(({ rule, campaign, asset, expires }) => `${rule} on ${campaign}/${asset} until ${expires}`)
    .join('; ')}`;
