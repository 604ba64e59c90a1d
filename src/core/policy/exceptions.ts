/** What single assets may do although a rule forbids it: dated, owned, and bound to the content that was looked at. */
import type { PolicyPack, Verdict } from '../../generated/entities.ts';
import { type EffectivePolicy, variantName } from './effective.ts';
import type { Fault } from './lint.ts';
import { splitRule } from './tighten.ts';

export type UsedException = NonNullable<Verdict['exceptions']>[number];

/**
 * A pack excepts from what it says itself: from its own rules, and from its own variant of a rule that it tightens. The
 * rule of another pack stays, or an exception would be a way to weaken it.
 */
const exceptedRule = (rule: string, pack: string): string =>
  splitRule(rule).pack === pack ? rule : variantName(rule, pack);

/** Exceptions for exactly this content, also those that have expired; the one that holds longest comes first. */
export const exceptionsFor = (
  { packs }: Pick<EffectivePolicy, 'packs'>,
  { campaign, asset, content }: { readonly campaign: string; readonly asset: string; readonly content: string },
): UsedException[] =>
  packs
    .flatMap((pack) =>
      (pack.exceptions ?? [])
        .filter((one) => one.campaign === campaign && one.asset === asset && one.content === content)
        .map(({ rule, reason, owner, expires }) => ({ rule: exceptedRule(rule, pack.id), reason, owner, expires })),
    )
    .toSorted((a, b) => (a.expires < b.expires ? 1 : a.expires > b.expires ? -1 : 0));

/** Exceptions of a pack that let nothing through any more. */
export const expiredExceptions = ({ exceptions = [] }: PolicyPack, today: string): Fault[] =>
  exceptions.flatMap(({ expires, rule }, index) =>
    today < expires
      ? []
      : [{ pointer: ['exceptions', index, 'expires'], message: `the exception from ${rule} expired on ${expires}` }],
  );
