import { activityOf } from '../core/activity.ts';
import { dueAssets, MAX_ATTEMPTS } from '../core/assets.ts';
import { guardFailureLimit } from '../core/breakers.ts';
import type {
  CampaignInput,
  EffectOf,
  FileChange,
  Note,
  Observations,
  Outcome,
  RuleContext,
  Stage,
} from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { count } from '../core/explain.ts';
import { haltPath } from '../core/halts.ts';
import { isUsed } from '../core/ledger.ts';
import { once } from '../core/once.ts';
import { type EffectivePolicy, effectivePolicy } from '../core/policy/effective.ts';
import { exceptionsIn, exceptionsUsed } from '../core/policy/exceptions.ts';
import { judge, needsOf } from '../core/policy/judge.ts';
import { contextsOf, documentOfAsset, type Pending, pendingAssets } from '../core/policy/pending.ts';
import {
  correctionChange,
  correctionNote,
  correctionsFor,
  heldAgainst,
  liveContents,
  livePublications,
} from '../core/recall.ts';
import { civilDay } from '../core/time.ts';
import type { Halt, Verdict } from '../generated/entities.ts';

const verdictPath = (campaign: string, asset: string): string => `hub/campaigns/${campaign}/verdicts/${asset}.yaml`;

/** Nothing that the engine could do again would change it. */
const isFinal = (verdict: Verdict | undefined): boolean => verdict?.result === 'reject' || verdict?.result === 'error';

/** Rejected assets per channel, as the verdicts in the tree say. */
function haltChanges(input: CampaignInput, verdicts: ReadonlyMap<string, Verdict>): FileChange[] {
  const { unit, state, now } = input;
  const campaign = unit.campaign.id;
  // What went out halts nothing any more: it is taken down, or a task for people.
  const rejected = state.assets
    .filter(({ id, asset }) => !isUsed(campaign, { asset: id, channel: asset.channel, slot: asset.slot }, state))
    .filter(({ id }) => isFinal(verdicts.get(id)));
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

const isActive = ({ unit, state, now }: CampaignInput): boolean => activityOf(unit, state.signals, now).active;

/** What a campaign that does not run any more has left in public is judged all the same; nothing of it is repaired. */
function pendingIn(input: CampaignInput): Pending[] {
  const pending = pendingAssets(input, effectivePolicy(input.unit));
  if (isActive(input)) return pending;
  const live = liveContents(input);
  return pending.filter(({ made }) => live.get(made.id) === made.asset.content).map((one) => ({ ...one, isOut: true }));
}

/** With their documents, which are looked at first and judged later. */
const pendingOf = once((input: CampaignInput) =>
  pendingIn(input).map((one) => ({ ...one, document: documentOfAsset(input, one.made) })),
);

/** What went out is not held against the limits of its own time again. */
const withoutSlot = ({ due: _due, ...context }: RuleContext): RuleContext => context;

/** A fresh draft keeps in mind what was held against the content that it is to replace in public. */
function rememberStanding(verdict: Verdict, before: Verdict | undefined, live: string | undefined): Verdict {
  if (!before || live === undefined || live === verdict.content) return verdict;
  if (verdict.history.some(({ content }) => content === live)) return verdict;
  const findings = heldAgainst(live, before);
  if (findings.length === 0) return verdict;
  return { ...verdict, history: [{ attempt: before.attempt, content: live, findings }, ...verdict.history] };
}

/** What was seen of each asset, or why it was not. */
function observationsOf(outcomes: readonly Outcome<'examine'>[]): ReadonlyMap<string, Observations> {
  return new Map(
    outcomes.map((outcome): [string, Observations] => {
      const { asset, needs } = outcome.effect;
      if (outcome.status === 'done') return [asset.id, outcome.value];
      const unavailable = outcome.status === 'blocked' ? outcome.todo : outcome.reason;
      return [asset.id, Object.fromEntries(needs.map((need) => [need, { unavailable }]))];
    }),
  );
}

function judgeAll(
  input: CampaignInput,
  policy: EffectivePolicy,
  outcomes: readonly Outcome<'examine'>[],
): Map<string, Verdict> {
  const { unit, plugins, within } = input;
  const contextOf = contextsOf(input);
  const observed = observationsOf(outcomes);
  const live = liveContents(input);
  return new Map(
    pendingOf(input).map(({ made, document, verdict, isOut, grounds }) => {
      const context = contextOf({ channel: made.asset.channel, facts: made.asset.facts, asset: made.id });
      const judged = judge({
        made,
        document,
        campaign: unit.campaign.id,
        policy,
        types: plugins.rules,
        context: { ...(isOut ? withoutSlot(context) : context), observed: observed.get(made.id) ?? {} },
        within,
        grounds,
        before: verdict,
        isOut,
      });
      return [made.id, rememberStanding(judged, verdict, live.get(made.id))];
    }),
  );
}

const WHY: Readonly<Record<NonNullable<Verdict['reason']>, string>> = {
  finding: 'it does not pass',
  repairs_exhausted: `after ${MAX_ATTEMPTS - 1} repairs`,
  no_progress: 'a repair changed nothing that was found',
  oscillation: 'a repair came back to what was denied before',
  not_repairable: 'what was found must not be given to a copy engine',
  rule_error: 'a rule failed',
  deadline: 'a rule did not end in time',
  unknown_locale: 'a rule does not know the language',
  exception_expired: 'an exception has expired',
  no_browser: 'there is no browser',
  not_observed: 'a rule could not look',
};

/** Assets that stand without a pass and will not get one by themselves, with the first thing that is wrong. */
function rejections(input: CampaignInput, verdicts: ReadonlyMap<string, Verdict>): Note[] {
  const scope = input.unit.campaign.id;
  const due = dueAssets(input).filter(({ entry }) => isActive(input) && !isUsed(scope, entry, input.state));
  const assets = new Set([...due.map(({ entry }) => entry.asset), ...livePublications(input).map(({ id }) => id)]);
  return [...assets].flatMap((asset): Note[] => {
    const verdict = verdicts.get(asset);
    if (!verdict || verdict.result === 'pass' || verdict.result === 'deny') return [];
    const [worst] = verdict.findings.filter(({ severity }) => severity === 'block');
    const failed = verdict.rules.find(({ result }) => result === 'error' || result === 'not-evaluated');
    const reason = verdict.reason ? WHY[verdict.reason] : 'it does not pass';
    const where = verdictPath(scope, asset);
    if (verdict.result === 'reject') {
      const what = worst ? `${worst.rule}: ${worst.message}` : 'denied';
      return [{ level: 'rejected', scope, message: `${asset} is rejected, ${reason}; ${what} (${where})` }];
    }
    const level = verdict.result === 'blocked' ? 'blocked' : 'halted';
    const message = `${asset} is not judged, ${reason}; ${failed?.rule}: ${failed?.why ?? 'no reason given'} (${where})`;
    return [{ level, scope, message }];
  });
}

const summary = ({ result, findings }: Verdict): string =>
  findings.length === 0 ? result : `${result}: ${[...new Set(findings.map(({ rule }) => rule))].join(', ')}`;

export const stage: Stage<'examine'> = {
  name: 'guard',

  plan(input): EffectOf<'examine'>[] {
    const policy = effectivePolicy(input.unit);
    const campaign = input.unit.campaign.id;
    return pendingOf(input).flatMap(({ made, document }): EffectOf<'examine'>[] => {
      const needs = needsOf(policy, input.plugins.rules, { document, channel: made.asset.channel, campaign });
      return needs.length > 0 ? [{ kind: 'examine', asset: made, document, needs }] : [];
    });
  },

  fold(input, outcomes) {
    const { unit, state } = input;
    const scope = unit.campaign.id;
    const policy = effectivePolicy(unit);
    const judged = judgeAll(input, policy, outcomes);
    const changes: FileChange[] = [...judged].map(([id, verdict]) => ({
      path: verdictPath(scope, id),
      content: stringifyDocument(verdict),
      because: summary(verdict),
    }));
    if (judged.size > 0) {
      changes.push({
        path: `hub/policies/${policy.hash}.yaml`,
        content: stringifyDocument({ packs: policy.packs }),
        because: 'effective policy',
      });
    }
    const verdicts = new Map([...state.verdicts, ...judged]);
    if (isActive(input)) changes.push(...haltChanges(input, verdicts));
    const corrections = correctionsFor(input, judged);
    changes.push(...corrections.map(correctionChange));
    const passed = [...judged.values()].filter(({ result }) => result === 'pass').length;
    const used = exceptionsIn(scope, judged, civilDay(input.now, unit.workspace.timezone));
    const excepted = used.length > 0 ? `, ${count(used.length, 'exception')} used` : '';
    const title = `${scope}, ${passed} of ${judged.size} passed${excepted}`;
    const trailers: Record<string, string> = judged.size > 0 ? { Policy: policy.hash } : {};
    const told: Note[] = used.length > 0 ? [{ level: 'info', scope, message: exceptionsUsed(used) }] : [];
    const notes = [...rejections(input, verdicts), ...corrections.map(correctionNote), ...told];
    return { changeSet: { stage: 'guard', scope, title, changes, trailers }, notes };
  },
};
