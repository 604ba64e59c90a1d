/** Names, digests and standing of made assets; shared by Make, Guard and Publish. */
import type { Verdict } from '../generated/entities.ts';
import type { PlannedAsset } from './brief.ts';
import type { CampaignInput, MadeAsset } from './contracts.ts';
import { filesDigest } from './hash.ts';
import { once } from './once.ts';
import { isDue } from './schedule.ts';

export const MAX_ATTEMPTS = 4;

export const assetFolder = (campaign: string, asset: string): string => `hub/campaigns/${campaign}/assets/${asset}`;

/** Whether the files are still byte for byte what Make wrote. */
export const isIntact = once(({ asset, files }: MadeAsset): boolean => filesDigest(files) === asset.content);

export interface DueAsset {
  readonly entry: PlannedAsset;
  readonly made?: MadeAsset;
  readonly verdict?: Verdict;
}

/** Plan entries whose time has come, with what exists of them. */
export function dueAssets({ state, now }: Pick<CampaignInput, 'state' | 'now'>): DueAsset[] {
  return (state.plan?.assets ?? [])
    .filter((entry) => isDue(entry, now))
    .map((entry) => {
      const made = state.assets.find(({ id }) => id === entry.asset);
      const verdict = state.verdicts.get(entry.asset);
      return { entry, ...(made ? { made } : {}), ...(verdict ? { verdict } : {}) };
    });
}
