/** What Guard has to judge: what is due, and what stands in public and may no longer pass. */
import type { Asset, Verdict } from '../../generated/entities.ts';
import { dueAssets, isIntact } from '../assets.ts';
import { currentFacts } from '../brief.ts';
import type { CampaignInput, Copy, DocumentPart, GuardDocument, MadeAsset, RuleContext } from '../contracts.ts';
import { parseDocument, stringifyDocument } from '../documents.ts';
import { digestOf } from '../hash.ts';
import { isUsed, wentOut } from '../ledger.ts';
import { headersPart, type MailHeaders, subjectPart } from '../mail.ts';
import { limitsOf } from '../room.ts';
import { standsOnSite } from '../schedule.ts';
import { civilDay } from '../time.ts';
import type { EffectivePolicy } from './effective.ts';
import { isUntimelyOnly } from './timing.ts';

type Input = Pick<CampaignInput, 'unit' | 'state' | 'published' | 'now' | 'plugins'>;

export interface Pending {
  readonly made: MadeAsset;
  readonly verdict?: Verdict;
  /** It went out and stands there: it can be taken down, not repaired. */
  readonly isOut: boolean;
  /** Digest of what the rules are told beside content and policy. */
  readonly grounds: string;
}

/** Everything people wrote, for telling a name from a word. */
const authoredText = ({ unit }: Input): string =>
  [
    JSON.stringify([unit.brand, unit.offers, unit.segments, unit.campaign.name]),
    ...[...unit.templates.values()].filter((text) => typeof text === 'string'),
  ].join('\n');

/** What stands on the site, or will once this plan is published. */
function sitePathsOf({ unit, state, published }: Input): Set<string> {
  const live = [...published.values()].flat().flatMap(({ asset }) => asset.path ?? []);
  const planned = (state.plan?.assets ?? []).flatMap(({ kind, path }) => (standsOnSite(kind) && path ? [path] : []));
  const feeds = unit.channels.some(({ adapter }) => adapter === 'feed') ? ['/feed.xml', '/feed.json'] : [];
  return new Set(['/', '/sitemap.xml', ...feeds, ...live, ...planned]);
}

/** What is judged, as far as rules are told about it. */
export interface Told {
  readonly channel: string;
  /** Facts that it cites; every current fact when left out, as for a file that mhub did not make. */
  readonly facts?: readonly string[];
  /** Its name in the plan. */
  readonly asset?: string;
}

/** Builds what rules are told; what all assets share is worked out once. */
export function contextsOf(input: Input): (told: Told) => RuleContext {
  const { unit, state, now, plugins } = input;
  const authored = authoredText(input);
  const sitePaths = sitePathsOf(input);
  const current = currentFacts(unit, now);
  return ({ channel: id, facts, asset }) => {
    const channel = unit.channels.find((one) => one.id === id);
    if (!channel) throw new RangeError(`no channel ${id}`);
    const due = state.plan?.assets.find((entry) => entry.asset === asset)?.due;
    const sent = state.receipts
      .filter((one) => one.brand === unit.brand.id && one.channel === id && one.asset !== asset && wentOut(one))
      .map(({ at }) => at);
    return {
      now,
      unit,
      channel,
      limits: limitsOf(channel, plugins),
      locale: unit.brand.locale,
      jurisdictions: unit.campaign.jurisdictions,
      facts: facts ? current.filter((fact) => facts.includes(fact.id)) : current,
      authored,
      sitePaths,
      observed: {},
      ...(due === undefined ? {} : { due }),
      sent,
      vocabulary: { accept: [], reject: [] },
    };
  };
}

const ASSET_FILE = 'asset.yaml';

/** The subject where people find it: in the copy of the asset's own file. */
function subjectParts(asset: Asset, { subject }: MailHeaders): DocumentPart[] {
  if (subject === undefined) return [];
  const source = stringifyDocument(asset);
  const index = asset.copy.findIndex(({ slot }) => slot === 'subject');
  const parsed = parseDocument(ASSET_FILE, source);
  if (!parsed.ok || index < 0) return [subjectPart(subject)];
  const { line, column } = parsed.document.locate(['copy', index, 'text'], 'value');
  const start = source.split('\n', line - 1).join('\n').length + column;
  return [headersPart(ASSET_FILE, source, [{ text: subject, start, end: source.length }])];
}

/** The document of an asset, with the headers that its channel will give it. */
export function documentOfAsset(input: Pick<Input, 'unit' | 'plugins'>, { asset, files }: MadeAsset): GuardDocument {
  const kind = input.plugins.assets.get(asset.kind);
  if (!kind) throw new RangeError(`no asset kind ${asset.kind}`);
  const channel = input.unit.channels.find(({ id }) => id === asset.channel);
  const copy: Copy = { blocks: asset.copy };
  const headers = channel && input.plugins.channels.get(channel.adapter)?.headers?.(copy, input.unit);
  const document = kind.extract(files);
  if (!headers) return document;
  return { ...document, parts: [...document.parts, ...subjectParts(asset, headers)], headers };
}

/**
 * Digest of everything beside content and policy that verdicts rest on. When it changes, what stands under an old one is
 * judged again: a fact that expired, a price that rose, an exception that ended.
 */
function groundsOf({ unit, now, plugins }: Input, { packs }: EffectivePolicy): (channel: string) => string {
  const { brand, offers, campaign, workspace } = unit;
  const today = civilDay(now, workspace.timezone);
  const { design: _design, ...said } = brand;
  const shared = digestOf({
    said,
    offers,
    jurisdictions: campaign.jurisdictions ?? null,
    expired: brand.facts.filter(({ expires }) => expires !== undefined && expires <= today).map(({ id }) => id),
    exceptions: packs.flatMap(({ exceptions = [] }) => exceptions.map(({ expires }) => expires <= today)),
  });
  return (id) => {
    const channel = unit.channels.find((one) => one.id === id);
    const limits = channel ? limitsOf(channel, plugins) : null;
    return digestOf({ shared, timezone: channel?.timezone ?? null, limits });
  };
}

const stands = (verdict: Verdict, made: MadeAsset, policy: EffectivePolicy, grounds: string): boolean =>
  verdict.content === made.asset.content && verdict.policy === policy.hash && verdict.grounds === grounds;

/** What was asked of the world may be there next time, and another time may be legal. */
const isOpenQuestion = (verdict: Verdict, policy: EffectivePolicy): boolean =>
  verdict.result === 'blocked' || isUntimelyOnly(policy, verdict);

/** Only what Make wrote is judged; what changed since its verdict stays out until Make has written it again. */
export function pendingAssets(input: Input, policy: EffectivePolicy): Pending[] {
  const { unit, state, published } = input;
  const groundsFor = groundsOf(input, policy);
  const standing = new Map(
    [...published.values()]
      .flat()
      .filter(({ campaign }) => campaign === unit.campaign.id)
      .map((one) => [one.id, one]),
  );
  // What was taken down is judged no more: its occasion is used up.
  const due = dueAssets(input).flatMap(({ entry, made }) =>
    made && (standing.has(entry.asset) || !isUsed(unit.campaign.id, entry, state))
      ? [{ made, isOut: entry.slot !== 'on_change' && standing.has(entry.asset) }]
      : [],
  );
  const live = state.assets
    .filter(({ id }) => standing.has(id) && !due.some(({ made }) => made.id === id))
    .map((made) => ({ made, isOut: true }));
  return [...due, ...live].flatMap(({ made, isOut }): Pending[] => {
    const verdict = state.verdicts.get(made.id);
    const grounds = groundsFor(made.asset.channel);
    if (!isIntact(made)) return [];
    if (verdict && stands(verdict, made, policy, grounds) && !isOpenQuestion(verdict, policy)) return [];
    return [{ made, isOut, grounds, ...(verdict ? { verdict } : {}) }];
  });
}
