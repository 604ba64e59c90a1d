import { activityOf } from '../core/activity.ts';
import {
  angleKey,
  anglesOf,
  explainRejection,
  explainScore,
  latestNews,
  rankAngles,
  type Scored,
  type ShownAngle,
} from '../core/angles.ts';
import { currentFacts, type PlannedAsset } from '../core/brief.ts';
import type { CampaignInput, FiledSignal, Stage, StageResult, Unit } from '../core/contracts.ts';
import { stringifyDocument } from '../core/documents.ts';
import { canonicalJson, digestOf } from '../core/hash.ts';
import { isUsed, wentOut } from '../core/ledger.ts';
import { legalOpenings } from '../core/policy/timing.ts';
import { armsOf, type Opening, pagePath } from '../core/schedule.ts';
import type { Angle, CampaignPlan } from '../generated/entities.ts';

const LISTED_ALTERNATIVES = 5;

/** What Sense filed; what Measure files after this stage must not wake it again. */
const evidenceOf = (signals: readonly FiledSignal[]): FiledSignal[] =>
  signals.filter(({ signal }) => signal.kind !== 'outcomes');

/** Angles of what went out, newest first. */
function recentAngles({ unit, state }: CampaignInput): { angle: Angle }[] {
  const byId = new Map(state.assets.map(({ id, asset }) => [id, asset]));
  return state.receipts
    .filter((receipt) => receipt.campaign === unit.campaign.id && wentOut(receipt))
    .flatMap((receipt) => byId.get(receipt.asset) ?? [])
    .reverse();
}

const shownAngles = ({ state }: CampaignInput): ShownAngle[] =>
  state.assets.flatMap(({ asset }) =>
    asset.kind === 'landing_page' && asset.path !== undefined ? [{ path: asset.path, angle: asset.angle }] : [],
  );

/** Whether the messages of an earlier decision still exist and are still connected. */
function stillStands(unit: Unit, entry: PlannedAsset): boolean {
  const segment = unit.segments.find(({ id }) => id === entry.segment);
  const offer = unit.offers.find(({ id }) => id === entry.offer);
  return (
    segment !== undefined &&
    offer !== undefined &&
    anglesOf(segment, offer).some((angle) => angleKey(angle) === angleKey(entry.angle))
  );
}

/** Stands between why an angle was chosen and why its time was. */
const MOVED = '; due ';

/** The slot keeps its name, for the key rests on it; a time that it was moved to is told. */
const toldWhy = ({ due, moved }: Opening, why: string): string => {
  const [angle = why] = why.split(MOVED);
  return moved === undefined ? angle : `${angle}${MOVED}${due}, because ${moved}`;
};

const placeOf = ({ moved: _moved, ...place }: Opening): Opening => place;

const entryOf = (opening: Opening, choice: Scored, why: string): PlannedAsset => ({
  ...placeOf(opening),
  segment: choice.segment.id,
  offer: choice.offer.id,
  angle: choice.angle,
  why: toldWhy(opening, why),
});

/** On paper the campaign says what its page says, for a reader goes from one to the other. */
function afterPage(opening: Opening, assets: readonly PlannedAsset[]): PlannedAsset | undefined {
  const page = opening.kind === 'one_pager' && assets.find(({ kind, arm }) => kind === 'landing_page' && arm !== 'b');
  if (!page) return undefined;
  const { segment, offer, angle } = page;
  const why = toldWhy(opening, `it says on paper what ${page.asset} says`);
  return { ...placeOf(opening), segment, offer, angle, why };
}

/** Fills the openings one by one, so that no two of them say the same if it can be helped. */
function fill(input: CampaignInput, openings: readonly Opening[], kept: ReadonlyMap<string, PlannedAsset>) {
  const { unit, state } = input;
  const evidence = evidenceOf(state.signals);
  const shown = shownAngles(input);
  const sent = new Set(
    state.receipts.filter((one) => one.campaign === unit.campaign.id && wentOut(one)).map(({ asset }) => asset),
  );
  let recent = recentAngles(input);
  const assets: PlannedAsset[] = [];
  const chosen: Scored[] = [];
  for (const opening of openings) {
    const before = kept.get(opening.asset);
    const same = before && opening.slot !== 'on_change' ? undefined : afterPage(opening, assets);
    if (same) {
      assets.push(same);
      continue;
    }
    if (before) {
      const why = before.due === opening.due ? before.why : toldWhy(opening, before.why);
      assets.push({ ...before, ...placeOf(opening), why });
      if (!sent.has(opening.asset)) recent = [{ angle: before.angle }, ...recent];
      continue;
    }
    const ranked = rankAngles(unit, evidence, shown, recent);
    const best = opening.arm === 'b' && opening.slot === 'on_change' ? challenger(ranked, assets) : ranked[0];
    if (!best) continue;
    chosen.push(best);
    assets.push(entryOf(opening, best, explainScore(best)));
    recent = [{ angle: best.angle }, ...recent];
  }
  return { assets, chosen };
}

/** Arm b speaks to the same people about the same offer from another pain, so that the test compares angles. */
function challenger(ranked: readonly Scored[], assets: readonly PlannedAsset[]): Scored | undefined {
  const control = assets.find(({ kind, arm }) => kind === 'landing_page' && arm === 'a');
  if (!control) return ranked[0];
  const peers = ranked.filter(({ segment, offer }) => segment.id === control.segment && offer.id === control.offer);
  return (
    peers.find(({ angle }) => angle.pain !== control.angle.pain && angle.outcome !== control.angle.outcome) ??
    peers.find(({ angle }) => angleKey(angle) !== angleKey(control.angle)) ??
    ranked[0]
  );
}

function experimentOf({ campaign }: Unit, assets: readonly PlannedAsset[]): CampaignPlan['experiment'] {
  if (!campaign.experiment) return undefined;
  const pages = assets.filter(({ kind, slot }) => kind === 'landing_page' && slot === 'on_change');
  if (pages.length < 2) return undefined;
  return {
    id: 'landing-page',
    metric: campaign.experiment.metric,
    arms: armsOf(campaign).map((arm) => ({
      arm,
      asset: `landing-page-${arm}`,
      path: pagePath(campaign.id, arm),
      weight: 0.5,
    })),
  };
}

/** What the evidence says, in words, so that a reader of the plan need not open the signals. */
function reasons(input: CampaignInput, evidence: readonly FiledSignal[], lead: PlannedAsset): string[] {
  const news = latestNews(evidence).flatMap(({ signal }) => signal.items.slice(0, 1));
  const traffic = evidence.filter(({ signal }) => signal.kind === 'visits').flatMap(({ signal }) => signal.counts);
  const total = (metric: string) =>
    traffic.filter((count) => count.metric === metric).reduce((n, { count }) => n + count, 0);
  const visits = total('visits');
  return [
    `Segment ${lead.segment} with offer ${lead.offer} leads: ${lead.why}.`,
    ...news.map(({ title, text }) => `Latest news, ${title}: ${text.slice(0, 160)}`),
    visits === 0
      ? 'No visits are known yet, so response has no say.'
      : `${visits} visits and ${total('clicks')} clicks are known; angles gain or lose by their click rate.`,
    `${input.state.receipts.filter(({ campaign }) => campaign === input.unit.campaign.id).length} publications so far; angles they used lose rank.`,
  ];
}

function decide(input: CampaignInput): CampaignPlan | undefined {
  const { unit, state, now } = input;
  const before = state.plan;
  const openings = legalOpenings(input);
  const evidence = evidenceOf(state.signals);
  const inputs = digestOf({ unit: unit.digest, signals: evidence.map(({ path, signal }) => [path, signal.digest]) });
  const names = (entries: readonly Opening[]) => entries.map(({ asset, slot, due }) => [asset, slot, due ?? null]);
  if (before?.inputs === inputs && canonicalJson(names(before.assets)) === canonicalJson(names(openings)))
    return before;

  // Decided once and still possible: pages stay for the sake of their experiment, what went out stays as it was.
  const kept = new Map(
    (before?.assets ?? [])
      .filter((entry) => {
        if (entry.slot === 'on_change' || before?.inputs === inputs) return stillStands(unit, entry);
        return isUsed(unit.campaign.id, entry, state);
      })
      .map((entry) => [entry.asset, entry]),
  );
  const { assets, chosen } = fill(input, openings, kept);
  const [lead] = assets;
  if (!lead) return undefined;

  const used = new Set(assets.map(({ angle }) => angleKey(angle)));
  const ranked = rankAngles(unit, evidence, shownAngles(input), recentAngles(input));
  const alternatives = ranked.filter(({ angle }) => !used.has(angleKey(angle))).slice(0, LISTED_ALTERNATIVES);
  const reference = chosen[0] ?? ranked[0];
  const experiment = experimentOf(unit, assets);
  return {
    inputs,
    segment: lead.segment,
    offer: lead.offer,
    why: reasons(input, evidence, lead),
    signals: evidence.map(({ path }) => path),
    facts: currentFacts(unit, now).map(({ id }) => id),
    assets,
    rejected: alternatives.map((other) => ({
      segment: other.segment.id,
      offer: other.offer.id,
      angle: other.angle,
      score: other.score,
      because: reference ? explainRejection(other, reference) : 'nothing was chosen',
    })),
    ...(experiment ? { experiment } : {}),
  };
}

const unchanged = (scope: string): StageResult['changeSet'] => ({ stage: 'decide', scope, title: scope, changes: [] });

export const stage: Stage<never> = {
  name: 'decide',

  plan: () => [],

  fold(input) {
    const { unit, state, now } = input;
    const scope = unit.campaign.id;
    const activity = activityOf(unit, state.signals, now);
    if (!activity.active) {
      const until = activity.until === undefined ? {} : { until: activity.until };
      return { changeSet: unchanged(scope), notes: [{ level: 'info', scope, message: activity.why, ...until }] };
    }
    const plan = decide(input);
    if (!plan) {
      const message =
        'no segment has a pain that an offer answers: connect pains, outcomes, mechanisms and proofs ' +
        `in brands/${unit.brand.id}/`;
      return { changeSet: unchanged(scope), notes: [{ level: 'blocked', scope, message }] };
    }
    if (plan === state.plan) return { changeSet: unchanged(scope), notes: [] };
    const title = `${scope}, ${plan.assets.length} assets for ${plan.segment}`;
    const change = {
      path: `hub/campaigns/${scope}/plan.yaml`,
      content: stringifyDocument(plan),
      because: plan.why[0] ?? 'first plan',
    };
    return { changeSet: { stage: 'decide', scope, title, changes: [change] }, notes: [] };
  },
};
