/** How much a workspace lets the template engine say, and which forms would let it say more. */
import type { AssetKindId } from '../../generated/entities.ts';
import { candidatesOf } from '../angles.ts';
import { briefOf, type PlannedAsset, partsOf } from '../brief.ts';
import type { AssetKind, Instant, Plugins, Unit } from '../contracts.ts';
import { limitsOf } from '../room.ts';
import { pagePath } from '../schedule.ts';
import { candidatesFor } from './compose.ts';

export interface Capacity {
  readonly angles: number;
  /** Different openings per scheduled kind: headlines of pages, subjects of emails, texts of posts. */
  readonly openings: Readonly<Partial<Record<AssetKindId, number>>>;
  /** Forms that nobody wrote, each with the number of texts that wait for it alone; most first. */
  readonly missing: readonly { readonly field: string; readonly texts: number }[];
}

type Registered = Pick<Plugins, 'assets' | 'channels'>;

/** The kind of a planned asset, with slots as long as its channel has room for. */
export function kindFor(unit: Unit, entry: PlannedAsset, plugins: Registered): AssetKind | undefined {
  const kind = plugins.assets.get(entry.kind);
  const channel = unit.channels.find(({ id }) => id === entry.channel);
  const adapter = channel && plugins.channels.get(channel.adapter);
  if (!kind || !adapter) return undefined;
  const { path = pagePath(unit.campaign.id, 'a') } = entry;
  const place = {
    channel,
    medium: adapter.medium,
    limits: limitsOf(channel, plugins),
    asset: { id: entry.asset, path },
  };
  return { ...kind, slots: kind.slotsFor?.({ unit, ...partsOf(unit, entry), ...place }) ?? kind.slots };
}

/** What rests on a fact that may not be claimed today is not counted. */
export function capacityOf(unit: Unit, plugins: Registered, now: Instant): Capacity {
  const angles = candidatesOf(unit);
  const openings = new Map<AssetKindId, Set<string>>();
  const waiting = new Map<string, number>();
  for (const { asset: kindId, channel } of unit.campaign.schedule) {
    if (openings.has(kindId)) continue;
    const texts = new Set<string>();
    openings.set(kindId, texts);
    for (const { segment, offer, angle } of angles) {
      const place = { asset: kindId.replaceAll('_', '-'), kind: kindId, channel, slot: 'on_change', why: 'counted' };
      const entry: PlannedAsset = { ...place, segment: segment.id, offer: offer.id, angle };
      const kind = kindFor(unit, entry, plugins);
      if (!kind) continue;
      const { fitting, lacking } = candidatesFor(briefOf(unit, entry, kind, now, [], { attempt: 1, findings: [] }));
      for (const { blocks } of fitting) texts.add(blocks[0]?.text ?? '');
      for (const [field, ...others] of lacking) {
        if (field !== undefined && others.length === 0) waiting.set(field, (waiting.get(field) ?? 0) + 1);
      }
    }
  }
  return {
    angles: angles.length,
    openings: Object.fromEntries([...openings].map(([kind, texts]) => [kind, texts.size])),
    missing: [...waiting].map(([field, texts]) => ({ field, texts })).sort((a, b) => b.texts - a.texts),
  };
}
