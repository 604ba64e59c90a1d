/** What is known of a campaign's assets, as data: `mhub preview` prints it, and the gallery shows it. */
import type { Asset, AssetKindId, Receipt, Verdict } from '../../generated/entities.ts';
import { isIntact } from '../assets.ts';
import { publishStop } from '../breakers.ts';
import type { PlannedAsset } from '../brief.ts';
import type { ChannelLimits, HubState, Instant, MadeAsset, Unit } from '../contracts.ts';
import { isTaken, latestSent, publicationKey } from '../ledger.ts';
import { instantOfSlot } from '../time.ts';
import { type PreviewedFile, previewedFiles } from './contents.ts';

/** How far an asset has come. unjudged: Guard could not look; in_doubt: nobody knows yet whether it went out. */
export type PreviewStatus =
  | 'planned'
  | 'made'
  | 'passed'
  | 'denied'
  | 'rejected'
  | 'unjudged'
  | 'in_doubt'
  | 'published'
  | 'halted'
  | 'withdrawn';

export interface PreviewedFact {
  readonly id: string;
  /** Left out where the brand has no such fact any more. */
  readonly statement?: string;
  readonly source?: string;
  readonly checked?: string;
  readonly expires?: string;
}

export interface PreviewedPublication {
  readonly at: Instant;
  readonly status: Receipt['status'];
  readonly slot: string;
  readonly url?: string;
}

export interface Making extends Pick<Asset, 'attempt' | 'engine' | 'content' | 'brief' | 'plan' | 'template' | 'copy'> {
  readonly fixes: NonNullable<Asset['fixes']>;
  readonly files: readonly PreviewedFile[];
  /** false: somebody has changed the files since. */
  readonly intact: boolean;
}

export interface AssetPreview {
  readonly id: string;
  readonly kind: AssetKindId;
  readonly channel: string;
  readonly timezone: string;
  readonly slot: string;
  /** Left out for what is published on change. */
  readonly due?: Instant;
  readonly arm?: 'a' | 'b';
  readonly path?: string;
  readonly status: PreviewStatus;
  /** What the status rests on, in words. */
  readonly because?: string;
  readonly title?: string;
  readonly segment?: string;
  readonly offer?: string;
  /** Message by message, in the words of the brand. */
  readonly angle: Readonly<Record<'pain' | 'outcome' | 'mechanism' | 'proof', string>>;
  /** Why this angle; only the plan knows it. */
  readonly why?: string;
  readonly facts: readonly PreviewedFact[];
  readonly made?: Making;
  readonly verdict?: Verdict & {
    /** false: it judged another content. */
    readonly current: boolean;
  };
  readonly publications: readonly PreviewedPublication[];
}

export interface CampaignPreview {
  readonly campaign: string;
  readonly name: string;
  readonly brand: string;
  readonly sender: string;
  readonly state: string;
  readonly why: readonly string[];
  readonly experiments: readonly string[];
  /** By kind in the order of the schedule: what is published on change, then what comes, then what has gone. */
  readonly assets: readonly AssetPreview[];
}

export interface PreviewContext {
  readonly now: Instant;
  /** By channel. */
  readonly limits: ReadonlyMap<string, ChannelLimits>;
}

const withId = <T extends { readonly id: string }>(items: readonly T[], id: string): T | undefined =>
  items.find((item) => item.id === id);

function factsOf({ brand }: Unit, ids: readonly string[]): PreviewedFact[] {
  return [...new Set(ids)].map((id) => {
    const fact = withId(brand.facts, id);
    if (!fact) return { id };
    const { statement, source, checked, expires } = fact;
    return { id, statement, source, checked, ...(expires === undefined ? {} : { expires }) };
  });
}

/** Ids give way to the words behind them, wherever these are still there. */
function angleInWords({ offers, segments, brand }: Unit, angle: PlannedAsset['angle']): AssetPreview['angle'] {
  type Message = { readonly id: string; readonly forms: { readonly s: string } };
  const said = (messages: readonly Message[], id: string): string => withId(messages, id)?.forms.s ?? id;
  const proofs = offers.flatMap((offer) => offer.proofs);
  return {
    pain: said(
      segments.flatMap(({ pains }) => pains),
      angle.pain,
    ),
    outcome: said(
      offers.flatMap(({ outcomes }) => outcomes),
      angle.outcome,
    ),
    mechanism: said(
      offers.flatMap(({ mechanisms }) => mechanisms),
      angle.mechanism,
    ),
    proof: withId(brand.facts, withId(proofs, angle.proof)?.fact ?? '')?.statement ?? angle.proof,
  };
}

interface Standing {
  readonly status: PreviewStatus;
  readonly because?: string;
}

const BY_VERDICT: Readonly<Record<Verdict['result'], PreviewStatus>> = {
  pass: 'passed',
  deny: 'denied',
  reject: 'rejected',
  error: 'unjudged',
  blocked: 'unjudged',
};

const inWords = (reason: string): string => reason.replaceAll('_', ' ');

function judged(made: MadeAsset | undefined, verdict: Verdict | undefined): Standing {
  if (!made) return { status: 'planned' };
  if (!isIntact(made)) return { status: 'made', because: 'its files were changed by hand; Guard judges them next' };
  if (verdict?.content !== made.asset.content) return { status: 'made', because: 'Guard has yet to judge it' };
  const { result, reason, attempt } = verdict;
  return { status: BY_VERDICT[result], because: `attempt ${attempt}${reason ? `, ${inWords(reason)}` : ''}` };
}

/** What a halt or a switch keeps from going out. */
const WAITING: readonly PreviewStatus[] = ['planned', 'made', 'passed'];

function standingOf(unit: Unit, state: HubState, now: Instant, entry: Entry): Standing {
  const { id: campaign } = unit.campaign;
  const { id, channel, slot, made, verdict } = entry;
  const live = latestSent(state.receipts, campaign, id, channel);
  const own = state.receipts.filter((receipt) => receipt.campaign === campaign && receipt.asset === id);
  const isOpen = state.intents.some((intent) => intent.campaign === campaign && intent.asset === id);
  if (isOpen) return { status: 'in_doubt', because: 'an intent is open; the next run settles it' };
  if (live) {
    const isNewer = made !== undefined && made.asset.content !== live.content;
    const draft = judged(made, verdict);
    return { status: 'published', ...(isNewer ? { because: `what is shown here is newer and ${draft.status}` } : {}) };
  }
  const down = own.findLast(({ status }) => status === 'withdrawn');
  const isUsedUp = slot !== 'on_change' && isTaken(publicationKey(campaign, id, channel, slot), own, []);
  if (down && (isUsedUp || made?.asset.content === down.content)) {
    return { status: 'withdrawn', because: down.because ?? 'it was taken down' };
  }
  const draft = judged(made, verdict);
  const hasChannel = unit.channels.some((one) => one.id === channel);
  const stop = WAITING.includes(draft.status) && hasChannel ? publishStop(unit, state, channel, now) : undefined;
  return stop?.level === 'halted' ? { status: 'halted', because: stop.why } : draft;
}

/** An asset that is planned, made, or both. */
interface Entry extends Pick<AssetPreview, 'id' | 'kind' | 'channel' | 'timezone' | 'slot' | 'due' | 'arm' | 'path'> {
  readonly planned?: PlannedAsset;
  readonly made?: MadeAsset;
  readonly verdict?: Verdict;
}

function entriesOf(unit: Unit, state: HubState): Entry[] {
  const ids = new Set([...(state.plan?.assets ?? []).map(({ asset }) => asset), ...state.assets.map(({ id }) => id)]);
  return [...ids].flatMap((id): Entry[] => {
    const planned = state.plan?.assets.find(({ asset }) => asset === id);
    const made = withId(state.assets, id);
    const verdict = state.verdicts.get(id);
    const place = planned ?? made?.asset;
    if (!place) return [];
    const { kind, channel, slot, arm, path } = place;
    const timezone = withId(unit.channels, channel)?.timezone ?? unit.workspace.timezone;
    const due = planned?.due ?? instantOfSlot(slot, timezone);
    return [
      {
        id,
        kind,
        channel,
        timezone,
        slot,
        ...(arm ? { arm } : {}),
        ...(path === undefined ? {} : { path }),
        ...(due === undefined ? {} : { due }),
        ...(planned ? { planned } : {}),
        ...(made ? { made } : {}),
        ...(verdict ? { verdict } : {}),
      },
    ];
  });
}

const publicationsOf = (state: HubState, campaign: string, asset: string): PreviewedPublication[] =>
  state.receipts
    .filter((receipt) => receipt.campaign === campaign && receipt.asset === asset)
    .map(({ at, status, slot, url }) => ({ at, status, slot, ...(url === undefined ? {} : { url }) }));

function makingOf(made: MadeAsset, limits: ChannelLimits): Making {
  const { asset, files } = made;
  const { attempt, engine, content, brief, plan, template, copy, fixes = [] } = asset;
  const shown = previewedFiles(asset, files, limits);
  return { attempt, engine, content, brief, plan, template, copy, fixes, files: shown, intact: isIntact(made) };
}

function assetPreview(unit: Unit, state: HubState, { now, limits }: PreviewContext, entry: Entry): AssetPreview {
  const { planned, made, verdict, ...place } = entry;
  const angle = made?.asset.angle ?? planned?.angle;
  const cited = (made?.asset.copy ?? []).flatMap(({ facts }) => facts);
  return {
    ...place,
    ...standingOf(unit, state, now, entry),
    ...(made ? { title: made.asset.title } : {}),
    ...(planned ? { segment: planned.segment, offer: planned.offer, why: planned.why } : {}),
    angle: angle ? angleInWords(unit, angle) : { pain: '', outcome: '', mechanism: '', proof: '' },
    facts: factsOf(unit, [...(made?.asset.facts ?? []), ...cited]),
    ...(made ? { made: makingOf(made, limits.get(entry.channel) ?? {}) } : {}),
    ...(verdict ? { verdict: { ...verdict, current: verdict.content === made?.asset.content } } : {}),
    publications: publicationsOf(state, unit.campaign.id, entry.id),
  };
}

/** On change first, then what comes, soonest first, then what has gone, latest first. */
function inTime(now: Instant) {
  const part = ({ due }: AssetPreview): number => (due === undefined ? 0 : due > now ? 1 : 2);
  return (a: AssetPreview, b: AssetPreview): number => {
    if (part(a) !== part(b)) return part(a) - part(b);
    const order = (a.due ?? a.id) < (b.due ?? b.id) ? -1 : Number((a.due ?? a.id) > (b.due ?? b.id));
    return part(a) === 2 ? -order : order;
  };
}

export function previewOf(unit: Unit, state: HubState, context: PreviewContext): CampaignPreview {
  const { campaign, brand } = unit;
  const assets = entriesOf(unit, state).map((entry) => assetPreview(unit, state, context, entry));
  const scheduled = campaign.schedule.map(({ asset }) => asset);
  const kinds = [...new Set([...scheduled, ...assets.map(({ kind }) => kind)])];
  return {
    campaign: campaign.id,
    name: campaign.name,
    brand: brand.name,
    sender: brand.addresses.from_address,
    state: campaign.status,
    why: state.plan?.why ?? [],
    experiments: [...state.experiments.values()].map(({ about }) => about),
    assets: kinds.flatMap((kind) => assets.filter((asset) => asset.kind === kind).toSorted(inTime(context.now))),
  };
}
