/** From something that went out back to why: what is traced, and what it rests on. Where each thing lies is told by the shell. */
import type { Angle, Asset, AudienceSegment, Brand, Offer, Receipt } from '../generated/entities.ts';
import type { Document } from './documents.ts';
import { readLines } from './entity.ts';
import { wentOut } from './ledger.ts';
import { expectedOneOf } from './suggest.ts';

export interface FiledReceipt {
  readonly receipt: Receipt;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Lines that cannot be read are left to `mhub verify`. */
export const filedReceipts = (file: string, text: string): FiledReceipt[] =>
  text
    .split('\n')
    .flatMap((content, index) =>
      content === ''
        ? []
        : readLines('Receipt', file, `${content}\n`).values.map((receipt) => ({ receipt, file, line: index + 1 })),
    );

// ---- what is meant --------------------------------------------------------------------------------------------------

export interface AssetName {
  readonly campaign: string;
  readonly asset: string;
}

export type Target =
  | {
      readonly kind: 'publication';
      readonly filed: FiledReceipt;
      readonly revisions: number;
      /** Set when it was taken down. */
      readonly withdrawn?: FiledReceipt;
    }
  /** Made, but nothing of it went out. */
  | ({ readonly kind: 'asset' } & AssetName)
  | { readonly kind: 'ambiguous'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

const withoutSlash = (address: string): string => address.replace(/\/+$/, '');

/** Whole address, its path on the site, or the file that a channel wrote. */
const isAddress = (url: string | undefined, text: string): boolean => {
  if (url === undefined) return false;
  const path = /^https?:\/\/[^/]+(\/.*)$/.exec(url)?.[1];
  return [url, path].some((address) => address !== undefined && withoutSlash(address) === withoutSlash(text));
};

const byAge = (a: FiledReceipt, b: FiledReceipt): number =>
  a.receipt.at === b.receipt.at ? a.line - b.line : a.receipt.at < b.receipt.at ? -1 : 1;

/** What stands: the latest that went out, else the latest word on it. */
function latestOf(filed: readonly FiledReceipt[]): Target | undefined {
  const sorted = filed.toSorted(byAge);
  const sent = sorted.filter(({ receipt }) => wentOut(receipt));
  const last = sent.at(-1) ?? sorted.at(-1);
  const withdrawn = sorted.find(({ receipt }) => receipt.status === 'withdrawn' && receipt.key === last?.receipt.key);
  return last && { kind: 'publication', filed: last, revisions: sent.length, ...(withdrawn ? { withdrawn } : {}) };
}

const candidateLine = ({ receipt }: FiledReceipt): string =>
  `  ${receipt.key.slice(0, 12)}  ${receipt.campaign}/${receipt.asset}  ${receipt.channel}  ${receipt.slot}  ${receipt.status}`;

function oneOf(
  text: string,
  filed: readonly FiledReceipt[],
  groupOf: (receipt: Receipt) => string,
): Target | undefined {
  const groups = new Map(filed.toSorted(byAge).map((one) => [groupOf(one.receipt), one]));
  if (groups.size < 2) return latestOf(filed);
  const lines = [...groups.values()].map(candidateLine);
  return {
    kind: 'ambiguous',
    message: `${text} can mean ${groups.size} publications, give more of a key:\n${lines.join('\n')}`,
  };
}

/** A URL, a key or the start of one, an effect id, or an asset with or without its campaign. */
export function findTarget(text: string, filed: readonly FiledReceipt[], assets: readonly AssetName[]): Target {
  const byUrl = filed.filter(({ receipt }) => isAddress(receipt.url, text));
  const byKey = /^[0-9a-f]{4,64}$/.test(text) ? filed.filter(({ receipt }) => receipt.key.startsWith(text)) : [];
  const isNamed = ({ campaign, asset }: AssetName): boolean => text === asset || text === `${campaign}/${asset}`;
  const byEffect = filed.filter(({ receipt }) => receipt.effect_id === text);
  const byAsset = filed.filter(({ receipt }) => isNamed(receipt));
  const published =
    latestOf(byUrl) ??
    oneOf(text, byKey, ({ key }) => key) ??
    latestOf(byEffect) ??
    oneOf(text, byAsset, ({ campaign, asset, channel }) => `${campaign}/${asset} ${channel}`);
  if (published) return published;
  const made = assets.filter(isNamed);
  const [only, second] = made;
  if (second) {
    const names = made.map(({ campaign, asset }) => `  ${campaign}/${asset}`);
    return { kind: 'ambiguous', message: `${text} is an asset of ${made.length} campaigns:\n${names.join('\n')}` };
  }
  if (only) return { kind: 'asset', ...only };
  const choices = [
    ...filed.flatMap(({ receipt }) => receipt.url ?? []),
    ...assets.flatMap(({ campaign, asset }) => [asset, `${campaign}/${asset}`]),
  ];
  const meant = expectedOneOf(text, [...new Set(choices)], 'something that was published, and nothing was yet');
  return { kind: 'unknown', message: `no URL, receipt key, effect id or asset ${text}${meant}` };
}

// ---- what the copy rests on -----------------------------------------------------------------------------------------

export interface Foundation {
  readonly block: string;
  readonly text: string;
  /** cited: by the block itself; angle: the block cites none, so these are of the messages and the proof that it was made from. */
  readonly by: 'cited' | 'angle';
  readonly facts: readonly string[];
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Facts of the messages that an angle goes through, in its order. */
export function angleFacts(angle: Angle, offer: Offer | undefined, segment: AudienceSegment | undefined): string[] {
  const has = (id: string) => (one: { readonly id: string }) => one.id === id;
  const proof = offer?.proofs.find(has(angle.proof));
  return unique([
    ...(segment?.pains.find(has(angle.pain))?.facts ?? []),
    ...(offer?.outcomes.find(has(angle.outcome))?.facts ?? []),
    ...(offer?.mechanisms.find(has(angle.mechanism))?.facts ?? []),
    ...(proof ? [proof.fact] : []),
  ]);
}

type Block = Asset['copy'][number];

/** The block that gave the asset its title. */
function headlineOf({ title, copy }: Asset): Block | undefined {
  return copy.find(({ text }) => text === title) ?? copy.find(({ text }) => text.includes(title)) ?? copy[0];
}

/** Each block of copy that rests on something, the headline first. */
export function foundationsOf(asset: Asset, ofAngle: readonly string[]): Foundation[] {
  const headline = headlineOf(asset);
  const blocks = [...(headline ? [headline] : []), ...asset.copy.filter((block) => block !== headline)];
  return blocks.flatMap((block): Foundation[] => {
    const { slot, text, facts } = block;
    if (facts.length > 0) return [{ block: slot, text, by: 'cited', facts: unique(facts) }];
    return block === headline ? [{ block: slot, text, by: 'angle', facts: ofAngle }] : [];
  });
}

/** The lines of each fact in brand.yaml, both ends included, without what stands between facts. */
export function factLines(
  { locate }: Document,
  text: string,
  { facts }: Brand,
): Map<string, readonly [number, number]> {
  const lines = text.split('\n');
  const starts = facts.map((_, index) => locate(['facts', index], 'value').line);
  const sections = lines.flatMap((line, index) => (/^[^\s#-]/.test(line) ? [index + 1] : []));
  return new Map(
    facts.map(({ id }, index) => {
      const start = starts[index] ?? 1;
      const next = starts[index + 1] ?? sections.find((line) => line > start) ?? lines.length + 1;
      let end = next - 1;
      while (end > start && /^\s*(#.*)?$/.test(lines[end - 1] ?? '')) end -= 1;
      return [id, [start, end]];
    }),
  );
}
