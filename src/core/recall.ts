/**
 * Recall: what stands in public and no longer passes. What a channel can take down is taken down; what cannot be called
 * back becomes a task for people.
 */
import type { Correction, Finding, Verdict } from '../generated/entities.ts';
import { activityOf } from './activity.ts';
import type { CampaignInput, ChangeSet, FileChange, Note, Publication } from './contracts.ts';
import { stringifyDocument } from './documents.ts';
import { receiptOf } from './ledger.ts';
import { fileReceipts } from './settle.ts';

type Input = Pick<CampaignInput, 'unit' | 'state' | 'published' | 'plugins' | 'now'>;

/** A publication with what Guard holds against it, the first finding in words. */
export interface Recall {
  readonly publication: Publication;
  readonly findings: readonly Finding[];
  readonly because: string;
}

/** Publications of the campaign that stand in public, newest first per channel. */
export const livePublications = ({ unit, published }: Pick<Input, 'unit' | 'published'>): Publication[] =>
  [...published.values()].flat().filter(({ campaign }) => campaign === unit.campaign.id);

/** Content that stands in public, by asset. */
export const liveContents = (input: Pick<Input, 'unit' | 'published'>): ReadonlyMap<string, string> =>
  new Map(livePublications(input).map(({ id, receipt }) => [id, receipt.content]));

/** Whether the files in the tree are still those that went out. */
export const isAsSent = ({ asset, receipt }: Publication): boolean => asset.content === receipt.content;

const blocking = (findings: readonly Finding[]): Finding[] => findings.filter(({ severity }) => severity === 'block');

/**
 * What is held against exactly this content, by the verdict on it, or by an earlier one while something new is being
 * written in its place. Nothing when a rule could not judge: what nobody knows is told, not taken down.
 */
export function heldAgainst(content: string, verdict: Verdict | undefined): Finding[] {
  if (!verdict) return [];
  if (verdict.content === content) return verdict.result === 'pass' ? [] : blocking(verdict.findings);
  return blocking(verdict.history.findLast((earlier) => earlier.content === content)?.findings ?? []);
}

function recallOf(publication: Publication, verdict: Verdict | undefined): Recall[] {
  const findings = heldAgainst(publication.receipt.content, verdict);
  const [first] = findings;
  return first ? [{ publication, findings, because: `${first.rule}: ${first.message}` }] : [];
}

/** What stands although it no longer passes. */
export const recallsOf = (input: Pick<Input, 'unit' | 'published' | 'state'>): Recall[] =>
  livePublications(input).flatMap((one) => recallOf(one, input.state.verdicts.get(one.id)));

/** Whether Make and Publish may still put a next revision in its place. */
export const isReplaceable = (
  { unit, state, now }: Pick<Input, 'unit' | 'state' | 'now'>,
  { publication: { id, receipt } }: Recall,
): boolean =>
  activityOf(unit, state.signals, now).active &&
  (state.plan?.assets ?? []).some(
    ({ asset, channel, slot }) => asset === id && channel === receipt.channel && slot === 'on_change',
  );

/** What publications of a channel can be taken down with; undefined where nothing is ever called back. */
export const withdrawalBy = ({ unit, plugins }: Pick<Input, 'unit' | 'plugins'>, { receipt }: Publication) => {
  const channel = unit.channels.find(({ id }) => id === receipt.channel);
  const adapter = channel && plugins.channels.get(channel.adapter);
  return channel && adapter?.withdraw ? { channel, withdraw: adapter.withdraw.bind(adapter) } : undefined;
};

/** Receipts and files of what is taken down are one commit: there is no moment in which only one of them is true. */
export function withdrawalChangeSet(
  input: CampaignInput,
  recalls: readonly Recall[],
  changes: readonly FileChange[],
): { readonly changeSet: ChangeSet; readonly notes: readonly Note[] } {
  const { unit, run, now } = input;
  const scope = unit.campaign.id;
  const receipts = recalls.map(({ publication: { receipt }, because }) => ({
    ...receiptOf(receipt, run, now),
    status: 'withdrawn' as const,
    ...(receipt.url === undefined ? {} : { url: receipt.url }),
    ...(receipt.title === undefined ? {} : { title: receipt.title }),
    because,
  }));
  const title = `${scope}, ${recalls.length} taken down`;
  return {
    changeSet: { stage: 'publish', scope, title, changes: [...fileReceipts(input, receipts), ...changes] },
    notes: receipts.map(({ asset, channel, because }) => ({
      level: 'rejected',
      scope,
      message: `${asset} was taken down from ${channel}: ${because}`,
    })),
  };
}

// ---- what cannot be called back ---------------------------------------------------------------------------------------

export const CORRECTIONS = 'hub/corrections';

/** One file per key. */
export const correctionPath = ({ campaign, asset, key }: Pick<Correction, 'campaign' | 'asset' | 'key'>): string =>
  `${CORRECTIONS}/${`${campaign}-${asset}`.slice(0, 54)}-${key.slice(0, 8)}.yaml`;

const MAX_TEXT = 2000;

/**
 * Tasks for what no channel can take down. A task is filed when its verdict turns, so once.
 *
 * @param judged  new verdicts by asset
 */
export function correctionsFor(input: Input, judged: ReadonlyMap<string, Verdict>): Correction[] {
  const { state, now } = input;
  return livePublications(input)
    .filter((one) => judged.has(one.id) && !withdrawalBy(input, one))
    .filter(({ id, receipt }) => heldAgainst(receipt.content, state.verdicts.get(id)).length === 0)
    .flatMap((one) => recallOf(one, judged.get(one.id)))
    .map(({ publication: { receipt }, findings, because }) => ({
      key: receipt.key,
      campaign: receipt.campaign,
      asset: receipt.asset,
      channel: receipt.channel,
      ...(receipt.url === undefined ? {} : { url: receipt.url }),
      why: `It went out at ${receipt.at}, cannot be called back, and no longer holds: ${because}`.slice(0, MAX_TEXT),
      findings: [...findings],
      at: now,
    }));
}

export const correctionChange = (correction: Correction): FileChange => ({
  path: correctionPath(correction),
  content: stringifyDocument(correction),
  because: `${correction.asset} cannot be called back`,
});

export const correctionNote = (correction: Correction): Note => ({
  level: 'rejected',
  scope: correction.campaign,
  message:
    `${correction.asset} on ${correction.channel} no longer passes and cannot be called back: ` +
    `set it right with its readers (${correctionPath(correction)})`,
});
