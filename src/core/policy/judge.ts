/** The effective policy of a campaign, and judging one asset by it. */
import type { Finding, PolicyPack, Verdict } from '../generated/entities.ts';
import { type DueAsset, dueAssets, isIntact, MAX_ATTEMPTS } from './assets.ts';
import type { CampaignInput, GuardDocument, MadeAsset, Named, Rule, RuleContext, Unit } from './contracts.ts';
import { digestOf } from './hash.ts';

export interface EffectivePolicy {
  readonly packs: readonly Named<PolicyPack>[];
  readonly hash: string;
}

/** The campaign's packs in its order; the hash stands for exactly these rules. */
export function effectivePolicy(unit: Unit): EffectivePolicy {
  const packs = unit.campaign.policies.map((id) => {
    const pack = unit.policies.find((candidate) => candidate.id === id);
    if (!pack) throw new RangeError(`no policy pack ${id}`);
    return pack;
  });
  return { packs, hash: digestOf(packs) };
}

/** Only what Make wrote is judged; what changed since its verdict stays out until Make has written it again. */
const wantsJudgement = ({ made, verdict }: DueAsset, policy: EffectivePolicy): boolean =>
  made !== undefined &&
  isIntact(made) &&
  (verdict === undefined || verdict.content !== made.asset.content || verdict.policy !== policy.hash);

/** Due assets without a verdict on their present content by the present policy. */
export const unjudged = (input: Pick<CampaignInput, 'unit' | 'state' | 'now'>, policy = effectivePolicy(input.unit)) =>
  dueAssets(input).filter((due) => wantsJudgement(due, policy));

type PackRule = PolicyPack['rules'][number];

const applies = (rule: PackRule, { asset }: MadeAsset): boolean =>
  (rule.kinds === undefined || rule.kinds.includes(asset.kind)) &&
  (rule.channels === undefined || rule.channels.includes(asset.channel));

/** One rule of one pack against one asset. */
function applyRule(
  pack: string,
  packRule: PackRule,
  made: MadeAsset,
  document: GuardDocument,
  rules: ReadonlyMap<string, Rule>,
  context: RuleContext,
): { readonly outcome: Verdict['rules'][number]; readonly findings: readonly Finding[] } {
  const rule = `${pack}/${packRule.id}`;
  const type = rules.get(packRule.type);
  if (!type) throw new RangeError(`no rule type ${packRule.type}`);
  const found = applies(packRule, made) ? type.check(document, packRule.params ?? {}, context) : undefined;
  if (found === undefined) return { outcome: { rule, result: 'not-applicable' }, findings: [] };
  const findings = found.map((finding) => ({ rule, severity: packRule.severity, ...finding }));
  return { outcome: { rule, result: findings.length > 0 ? 'fail' : 'pass' }, findings };
}

/**
 * Judges the exact bytes of an asset. The last attempt that fails is rejected, an earlier one denied; warnings do not
 * deny.
 */
export function judge(
  made: MadeAsset,
  document: GuardDocument,
  policy: EffectivePolicy,
  rules: ReadonlyMap<string, Rule>,
  context: RuleContext,
  before: Verdict | undefined,
): Verdict {
  const results = policy.packs.flatMap((pack) =>
    pack.rules.map((packRule) => applyRule(pack.id, packRule, made, document, rules, context)),
  );
  const findings = results.flatMap((result) => result.findings);
  const blocked = findings.some(({ severity }) => severity === 'block');
  const { attempt, content } = made.asset;
  const earlier =
    before && attempt > 1
      ? [...before.history, { attempt: before.attempt, content: before.content, findings: before.findings }]
      : [];
  return {
    content,
    policy: policy.hash,
    result: !blocked ? 'pass' : attempt < MAX_ATTEMPTS ? 'deny' : 'reject',
    attempt,
    rules: results.map(({ outcome }) => outcome),
    findings,
    history: earlier,
  };
}
