/** Names, digests and standing of made assets; shared by Make, Guard and Publish. */
import type { Verdict } from '../generated/entities.ts';
import type { PlannedAsset } from './brief.ts';
import type { CampaignInput, MadeAsset } from './contracts.ts';
import { filesDigest } from './hash.ts';
import { latestSent } from './ledger.ts';
import { once } from './once.ts';
import { isDue } from './schedule.ts';

export const MAX_ATTEMPTS = 4;

export const assetFolder = (campaign: string, asset: string): string => `hub/campaigns/${campaign}/assets/${asset}`;

/** Whether the files are still byte for byte what Make wrote. */
export const isIntact = once(({ asset, files }: MadeAsset): boolean => filesDigest(files) === asset.content);

type Place = Pick<CampaignInput, 'unit' | 'state'>;

/** Whether an asset stands on its channel, or may go out there next: nothing is held against what was made. */
function isLinkable({ unit, state }: Place, { id, asset: { channel, content } }: MadeAsset): boolean {
  if (latestSent(state.receipts, unit.campaign.id, id, channel)) return true;
  const verdict = state.verdicts.get(id);
  const isHeld = verdict?.content === content && verdict.result !== 'pass';
  const last = state.receipts.findLast(
    (receipt) => receipt.campaign === unit.campaign.id && receipt.asset === id && receipt.content === content,
  );
  return !isHeld && last?.status !== 'withdrawn';
}

/** Whether a page on the channel can lead to the campaign's one-pager there: scheduled, printed, not taken down. */
export const onePagerStands = (place: Place, channel: string): boolean =>
  place.unit.campaign.schedule.some((line) => line.asset === 'one_pager' && line.channel === channel) &&
  place.state.assets.some(
    (made) => made.asset.kind === 'one_pager' && made.asset.channel === channel && isLinkable(place, made),
  );

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
