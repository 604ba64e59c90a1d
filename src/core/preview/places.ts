/** Which file of the gallery holds what. */
import type { Scheme } from './contents.ts';
import type { AssetPreview, CampaignPreview } from './model.ts';

/** A workspace of one campaign has no list of campaigns before it. */
export const homeOf = (campaign: string, alone: boolean): string =>
  alone ? 'index.html' : `campaigns/${campaign}.html`;

/** Variants of one occasion: arms of the same kind on the same channel and slot; they share a page. */
export function groupOf({ assets }: CampaignPreview, asset: AssetPreview): AssetPreview[] {
  const { kind, channel, slot, arm } = asset;
  if (arm === undefined) return [asset];
  return assets.filter(
    (one) => one.arm !== undefined && one.kind === kind && one.channel === channel && one.slot === slot,
  );
}

export const groupPath = ({ campaign }: CampaignPreview, [first]: readonly AssetPreview[]): string =>
  `campaigns/${campaign}/${first?.id}.html`;

/** Apart from the gallery's own pages, so that a server can tell hostile files by their path. */
export const ASSETS = 'assets';
/** Names of files hold no slash, so that nothing is in the way of what is made from them. */
export const assetPath = (campaign: string, asset: string, file: string, scheme?: Scheme): string =>
  [ASSETS, campaign, asset, ...(scheme ? [scheme] : []), file].join('/');

/** Page of the gallery with nothing but one HTML file. */
export const alonePath = (campaign: string, asset: string, file: string): string =>
  `campaigns/${campaign}/${asset}/${file}`;
