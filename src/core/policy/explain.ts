/** Policy in words that a person can act on: what a rule says and where it comes from, what is wrong with an asset. */
import type { Finding, PolicyPack, Verdict } from '../../generated/entities.ts';
import type { Named, Need, Unit } from '../contracts.ts';
import { digestOf } from '../hash.ts';
import {
  type EffectivePolicy,
  type EffectiveRule,
  effectivePolicy,
  type FindPack,
  rulesOfPack,
  variantParts,
} from './effective.ts';
import type { RuleTypes } from './judge.ts';
import { type Layer, packsOf } from './layers.ts';
import type { Sample } from './samples.ts';
import { splitRule } from './tighten.ts';

export interface Scope {
  /** Left out: all. */
  readonly kinds?: readonly string[];
  readonly channels?: readonly string[];
  readonly campaigns?: readonly string[];
}

export interface RuleExplanation extends Scope {
  readonly rule: string;
  readonly type: string;
  /** What rules of the type look at. */
  readonly looks_at: string;
  readonly about?: string;
  readonly severity: Finding['severity'];
  readonly pack: string;
  readonly version: string;
  readonly layer: Layer;
  readonly owner?: string;
  /** Of a variant: the rule that it is stricter than. */
  readonly tightens?: string;
  readonly needs: readonly Need[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly samples: readonly Sample[];
}

const scopeOf = ({ kinds, channels, campaigns }: EffectiveRule): Scope => ({
  ...(kinds ? { kinds } : {}),
  ...(channels ? { channels } : {}),
  ...(campaigns ? { campaigns } : {}),
});

function explanationOf(rule: EffectiveRule, pack: Named<PolicyPack>, types: RuleTypes): RuleExplanation {
  const { name, type, about, severity, params } = rule;
  const { base, by } = variantParts(name);
  const inPack = by === undefined ? splitRule(base).rule : base;
  const found = types.get(type);
  return {
    rule: name,
    type,
    looks_at: found?.about ?? '',
    ...(about === undefined ? {} : { about }),
    severity,
    ...scopeOf(rule),
    pack: pack.id,
    version: pack.version,
    layer: pack.layer,
    ...(pack.owner === undefined ? {} : { owner: pack.owner }),
    ...(by === undefined ? {} : { tightens: base }),
    needs: found?.needs ?? [],
    params,
    samples: (pack.samples ?? []).filter((sample) => sample.rule === inPack),
  };
}

/** A rule by its full name, then each stricter variant of it; empty when no pack has it. */
export function explainRule(
  name: string,
  packs: readonly Named<PolicyPack>[],
  styles: Unit['styles'],
  types: RuleTypes,
): RuleExplanation[] {
  const find: FindPack = (id) => packs.find((pack) => pack.id === id);
  return packs.flatMap((pack) =>
    rulesOfPack(pack, find, styles)
      .filter((rule) => rule.name === name || variantParts(rule.name).base === name)
      .map((rule) => explanationOf(rule, pack, types)),
  );
}

export interface Advice {
  readonly finding: Finding;
  readonly about?: string;
  /** What to do. */
  readonly advice: string;
}

/** What to do about each finding of a verdict. */
export function adviceFor(
  { findings }: Verdict,
  packs: readonly Named<PolicyPack>[],
  policy: EffectivePolicy,
): Advice[] {
  return findings.map((finding) => {
    const { fix } = finding;
    const about = policy.rules.find(({ name }) => name === finding.rule)?.about;
    const { base, by } = variantParts(finding.rule);
    const { pack: owner, rule: id } = splitRule(base);
    const samples = packs.find((pack) => pack.id === (by ?? owner))?.samples ?? [];
    const good = samples.find(({ rule, pass }) => pass !== undefined && rule === (by === undefined ? id : base))?.pass;
    const advice = fix
      ? `Write "${fix.to}" instead of "${fix.from}".`
      : good === undefined
        ? `See "mhub policy explain ${base}".`
        : `This passes: ${good.replace(/\s+/g, ' ').trim()}`;
    return { finding, ...(about === undefined ? {} : { about }), advice };
  });
}

export interface EffectiveView {
  readonly campaign: string;
  readonly brand: string;
  readonly locale: string;
  /** null: people anywhere. */
  readonly jurisdictions: readonly string[] | null;
  readonly hash: string;
  readonly packs: readonly { readonly pack: string; readonly version: string; readonly layer: Layer }[];
  readonly left_out: readonly { readonly pack: string; readonly version: string; readonly why: string }[];
  readonly rules: readonly (Scope & {
    readonly rule: string;
    readonly type: string;
    readonly severity: Finding['severity'];
    readonly pack: string;
    readonly tightens?: string;
    readonly needs: readonly Need[];
    readonly params: Readonly<Record<string, unknown>>;
    readonly digest: string;
  })[];
}

/** @param channel  only rules that may apply to what goes out there; all when left out */
export function viewOf(unit: Unit, types: RuleTypes, channel: string | undefined): EffectiveView {
  const { campaign, brand } = unit;
  const policy = effectivePolicy(unit);
  const carried = campaign.schedule.filter((line) => line.channel === channel).map(({ asset }) => asset);
  const isMeant = ({ channels, kinds, campaigns }: EffectiveRule): boolean =>
    (campaigns?.includes(campaign.id) ?? true) &&
    (channel === undefined ||
      ((channels?.includes(channel) ?? true) && (kinds?.some((kind) => carried.includes(kind)) ?? true)));
  return {
    campaign: campaign.id,
    brand: brand.id,
    locale: brand.locale,
    jurisdictions: campaign.jurisdictions ?? null,
    hash: policy.hash,
    packs: policy.packs.map(({ id, version, layer }) => ({ pack: id, version, layer })),
    left_out: packsOf(unit).leftOut.map(({ pack, why }) => ({ pack: pack.id, version: pack.version, why })),
    rules: policy.rules.filter(isMeant).map((rule) => {
      const { base, by } = variantParts(rule.name);
      return {
        rule: rule.name,
        type: rule.type,
        severity: rule.severity,
        ...scopeOf(rule),
        pack: by ?? splitRule(base).pack,
        ...(by === undefined ? {} : { tightens: base }),
        needs: types.get(rule.type)?.needs ?? [],
        params: rule.params,
        digest: digestOf(rule),
      };
    }),
  };
}
