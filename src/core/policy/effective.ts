/** The effective policy of a campaign: the rules of its packs, in order, and the hash that stands for exactly these. */
import type { PolicyPack } from '../../generated/entities.ts';
import type { Files, Named, RuleContext, Unit } from '../contracts.ts';
import { digestOf, filesDigest } from '../hash.ts';
import { once } from '../once.ts';
import { styleRules } from '../vale/style.ts';
import { packsOf } from './layers.ts';
import { splitRule, variantOf } from './tighten.ts';

export type PackRule = PolicyPack['rules'][number];

/** One rule as it is judged; a stricter variant of it is a rule of its own. */
export interface EffectiveRule extends Omit<PackRule, 'id'> {
  /** Pack and rule, such as base/plain-words; a variant ends in the pack that tightened it: base/plain-words@de. */
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly vocabulary: RuleContext['vocabulary'];
}

export interface EffectivePolicy {
  /** Packs that apply to the campaign's audience and language, lowest layer first. */
  readonly packs: readonly Named<PolicyPack>[];
  readonly rules: readonly EffectiveRule[];
  readonly hash: string;
}

export type FindPack = (id: string) => Named<PolicyPack> | undefined;

const vocabularyOf = (...packs: readonly PolicyPack[]): RuleContext['vocabulary'] => ({
  accept: packs.flatMap(({ vocabulary }) => vocabulary?.accept ?? []),
  reject: packs.flatMap(({ vocabulary }) => vocabulary?.reject ?? []),
});

/** Name of the variant that a pack makes of a rule. */
export const variantName = (rule: string, pack: string): string => `${rule}@${pack}`;

/** base/plain-words@de -> its rule, and the pack that tightened it, if any. */
export function variantParts(name: string): { readonly base: string; readonly by?: string } {
  const at = name.lastIndexOf('@');
  return at === -1 ? { base: name } : { base: name.slice(0, at), by: name.slice(at + 1) };
}

/** Pack that a rule, or a variant of a rule, comes from. */
export function originOf(name: string): string {
  const { base, by } = variantParts(name);
  return by ?? splitRule(base).pack;
}

type Style = NonNullable<PolicyPack['styles']>[number];

/** Whether an entry such as Weasel, or House.Weasel, means the rule of that name of a style. */
export const isStyleRule = (entry: string, name: string): boolean => entry === name || name.endsWith(`.${entry}`);

export const severityIn = ({ severity, rules = [] }: Style, name: string): Style['severity'] | 'off' =>
  rules.find(({ rule }) => isStyleRule(rule, name))?.severity ?? severity;

function styleRulesOf(pack: Named<PolicyPack>, styles: Files): EffectiveRule[] {
  return (pack.styles ?? []).flatMap((style) =>
    styleRules(styles, style.path).rules.flatMap(({ name, params }): EffectiveRule[] => {
      const severity = severityIn(style, name);
      if (severity === 'off') return [];
      const scope = style.kinds ? { kinds: style.kinds } : {};
      return [
        { name: `${pack.id}/${name}`, type: 'prose', severity, ...scope, params, vocabulary: vocabularyOf(pack) },
      ];
    }),
  );
}

/** Rules and variants that one pack brings; variants of rules of packs that are not found are left out with them. */
export function rulesOfPack(pack: Named<PolicyPack>, find: FindPack, styles: Files): EffectiveRule[] {
  const own = pack.rules.map(({ id, params = {}, ...rule }) => ({
    ...rule,
    name: `${pack.id}/${id}`,
    params,
    vocabulary: vocabularyOf(pack),
  }));
  const variants = (pack.tighten ?? []).flatMap((tightening): EffectiveRule[] => {
    const { pack: owner, rule: id } = splitRule(tightening.rule);
    const extended = find(owner);
    const rule = extended?.rules.find((one) => one.id === id);
    if (!extended || !rule) return [];
    const { id: _id, params = {}, ...variant } = variantOf(rule, tightening);
    const name = variantName(tightening.rule, pack.id);
    // A later pack's accepted words would excuse what the rule denies; its rejected ones only add.
    const vocabulary = { ...vocabularyOf(extended), reject: vocabularyOf(extended, pack).reject };
    return [{ ...variant, name, params, vocabulary }];
  });
  return [...own, ...styleRulesOf(pack, styles), ...variants];
}

/** The pack with a digest beside each style, so that the policy's hash stands for the files of its styles as well. */
function withDigests(pack: Named<PolicyPack>, files: Files): Named<PolicyPack> {
  if (!pack.styles) return pack;
  const digest = (path: string): string =>
    filesDigest(new Map([...files].filter(([file]) => file.startsWith(`${path}/`))));
  return { ...pack, styles: pack.styles.map((style) => ({ ...style, sha256: digest(style.path) })) };
}

export const effectivePolicy = once((unit: Unit): EffectivePolicy => {
  const { applied } = packsOf(unit);
  const find: FindPack = (id) => applied.find((pack) => pack.id === id);
  const packs = applied.map((pack) => withDigests(pack, unit.styles));
  return { packs, rules: applied.flatMap((pack) => rulesOfPack(pack, find, unit.styles)), hash: digestOf(packs) };
});
