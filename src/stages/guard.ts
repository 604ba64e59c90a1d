import { activityOf } from '../core/activity.ts';
import { dueAssets, MAX_ATTEMPTS } from '../core/assets.ts';
import { guardFailureLimit } from '../core/breakers.ts';
import { currentFacts } from '../core/brief.ts';
import type { CampaignInput, FileChange, MadeAsset, Note, RuleContext, Stage } from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { haltPath } from '../core/halts.ts';
import { type EffectivePolicy, effectivePolicy, judge, unjudged } from '../core/policy.ts';
import type { Halt, Verdict } from '../generated/entities.ts';

const verdictPath = (campaign: string, asset: string): string => `hub/campaigns/${campaign}/verdicts/${asset}.yaml`;

/** Everything people wrote, for telling a name from a word. */
const authoredText = ({ unit }: CampaignInput): string =>
  [
    JSON.stringify([unit.brand, unit.offers, unit.segments, unit.campaign.name]),
    ...[...unit.templates.values()].filter((text) => typeof text === 'string'),
  ].join('\n');

/** Pages that stand on the site, or will once this plan is published. */
function sitePathsOf({ unit, state, published }: CampaignInput): Set<string> {
  const live = [...published.values()].flat().flatMap(({ asset }) => asset.path ?? []);
  const planned = (state.plan?.assets ?? []).flatMap(({ kind, path }) =>
    kind === 'landing_page' && path ? [path] : [],
  );
  const feeds = unit.channels.some(({ adapter }) => adapter === 'feed') ? ['/feed.xml', '/feed.json'] : [];
  return new Set(['/', '/sitemap.xml', ...feeds, ...live, ...planned]);
}

function contextFor(input: CampaignInput, made: MadeAsset, authored: string, sitePaths: Set<string>): RuleContext {
  const { unit, now } = input;
  const channel = unit.channels.find(({ id }) => id === made.asset.channel);
  if (!channel) throw new RangeError(`no channel ${made.asset.channel}`);
  const current = new Set(currentFacts(unit, now).map(({ id }) => id));
  const cited = unit.brand.facts.filter(({ id }) => made.asset.facts.includes(id) && current.has(id));
  const limits = input.plugins.channels.get(channel.adapter)?.limits ?? {};
  return { now, unit, channel, limits, facts: cited, authored, sitePaths };
}

/** Rejected assets per channel, as the verdicts in the tree say. */
function haltChanges(input: CampaignInput, verdicts: ReadonlyMap<string, Verdict>): FileChange[] {
  const { unit, state, now } = input;
  const campaign = unit.campaign.id;
  const rejected = state.assets.filter(({ id }) => verdicts.get(id)?.result === 'reject');
  const channels = [...new Set(rejected.map(({ asset }) => asset.channel))];
  return channels.flatMap((channel) => {
    const failures = rejected.filter(({ asset }) => asset.channel === channel);
    const settled = new Set(
      state.halts
        .filter((halt) => halt.campaign === campaign && halt.channel === channel)
        .flatMap(({ evidence }) => evidence),
    );
    const fresh = failures.filter(({ id }) => !settled.has(verdictPath(campaign, id)));
    const limit = guardFailureLimit(unit, channel);
    if (fresh.length < limit) return [];
    const evidence = fresh.map(({ id }) => verdictPath(campaign, id)).sort();
    const halt: Halt = {
      campaign,
      channel,
      breaker: 'max_guard_failures_before_halt',
      why:
        `${fresh.length} of at most ${limit - 1} rejected assets on ${channel} (${fresh.map(({ id }) => id).join(', ')}). ` +
        'Mend what the verdicts name, then run "mhub resume".',
      evidence,
      at: now,
      resolved: false,
    };
    return [
      { path: haltPath(halt), content: stringifyDocument(halt), because: `${channel} stops: ${fresh.length} rejected` },
    ];
  });
}

function judgeAll(input: CampaignInput, policy: EffectivePolicy): Map<string, Verdict> {
  const authored = authoredText(input);
  const sitePaths = sitePathsOf(input);
  return new Map(
    unjudged(input, policy).flatMap(({ made, verdict }) => {
      const kind = made && input.plugins.assets.get(made.asset.kind);
      if (!made || !kind) return [];
      const context = contextFor(input, made, authored, sitePaths);
      const document = kind.extract(made.files);
      return [[made.id, judge(made, document, policy, input.plugins.rules, context, verdict)] as const];
    }),
  );
}

/** Due assets that stand rejected, with the first thing that is wrong. */
function rejections(input: CampaignInput, verdicts: ReadonlyMap<string, Verdict>): Note[] {
  const scope = input.unit.campaign.id;
  return dueAssets(input).flatMap(({ entry }): Note[] => {
    const verdict = verdicts.get(entry.asset);
    if (verdict?.result !== 'reject') return [];
    const [worst] = verdict.findings.filter(({ severity }) => severity === 'block');
    const what = worst ? `${worst.rule}: ${worst.message}` : 'denied';
    const message = `${entry.asset} is rejected after ${MAX_ATTEMPTS - 1} repairs, ${what} (${verdictPath(scope, entry.asset)})`;
    return [{ level: 'rejected', scope, message }];
  });
}

const summary = ({ result, findings }: Verdict): string =>
  findings.length === 0 ? result : `${result}: ${[...new Set(findings.map(({ rule }) => rule))].join(', ')}`;

export const stage: Stage<never> = {
  name: 'guard',

  plan: () => [],

  fold(input) {
    const { unit, state, now } = input;
    const scope = unit.campaign.id;
    if (!activityOf(unit, state.signals, now).active) {
      return { changeSet: { stage: 'guard', scope, title: scope, changes: [] }, notes: [] };
    }
    const policy = effectivePolicy(unit);
    const judged = judgeAll(input, policy);
    const policyPath = `hub/policies/${policy.hash}.yaml`;
    const changes: FileChange[] = [...judged].map(([id, verdict]) => ({
      path: verdictPath(scope, id),
      content: stringifyDocument(verdict),
      because: summary(verdict),
    }));
    if (judged.size > 0) {
      changes.push({
        path: policyPath,
        content: stringifyDocument({ packs: policy.packs }),
        because: 'effective policy',
      });
    }
    changes.push(...haltChanges(input, new Map([...state.verdicts, ...judged])));
    const notes = rejections(input, new Map([...state.verdicts, ...judged]));
    const passed = [...judged.values()].filter(({ result }) => result === 'pass').length;
    const title = `${scope}, ${passed} of ${judged.size} passed`;
    const trailers: Record<string, string> = judged.size > 0 ? { Policy: policy.hash } : {};
    return { changeSet: { stage: 'guard', scope, title, changes, trailers }, notes };
  },
};
