/** What a channel publishes, and when, as long as nobody says otherwise. */
import type { AssetKindId } from '../../generated/entities.ts';
import { channels } from '../../generated/registry.ts';

export type ScheduleLine =
  | { readonly channel: string; readonly asset: AssetKindId; readonly on_change: true }
  | { readonly channel: string; readonly asset: AssetKindId; readonly weekly: readonly string[] };

const OCCASIONS: Readonly<Record<AssetKindId, { readonly on_change: true } | { readonly weekly: readonly string[] }>> =
  {
    landing_page: { on_change: true },
    one_pager: { on_change: true },
    social_post: { weekly: ['mon 09:30', 'wed 09:30', 'fri 09:30'] },
    email: { weekly: ['tue 10:00'] },
  };

/**
 * @param own         channels of a brand by id, with their adapters
 * @param hasBrowser  a one-pager is printed by one
 */
export async function scheduleOf(own: ReadonlyMap<string, string>, hasBrowser: boolean): Promise<ScheduleLine[]> {
  const lines = await Promise.all(
    [...own].map(async ([channel, adapter]) => {
      const kinds = (await channels[adapter]?.load())?.kinds ?? [];
      return kinds
        .filter((kind) => kind !== 'one_pager' || hasBrowser)
        .map((asset): ScheduleLine => ({ channel, asset, ...OCCASIONS[asset] }));
    }),
  );
  return lines.flat();
}
