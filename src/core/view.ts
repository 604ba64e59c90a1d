/** What the kinds of assets share on the way from copy to view data. */
import type { AssetKindId, Brand } from '../generated/entities.ts';
import type { Copy, Fact, RenderContext } from './contracts.ts';
import { trackedUrl } from './links.ts';
import { addressOf } from './site.ts';

export const textsOf = ({ blocks }: Copy, slot: string): string[] =>
  blocks.filter((block) => block.slot === slot).map(({ text }) => text);

/** Empty when the copy leaves the slot out. */
export const textOf = (copy: Copy, slot: string): string => textsOf(copy, slot)[0] ?? '';

/** Titles with their bodies, which stand in two slots in the same order. */
export function pairedTexts(copy: Copy, titles: string, bodies: string): { title: string; body: string }[] {
  const texts = textsOf(copy, bodies);
  return textsOf(copy, titles).map((title, index) => ({ title, body: texts[index] ?? '' }));
}

/** The statements of a slot, each with the evidence of the fact that it cites. */
export function sourcedTexts(
  { blocks }: Copy,
  slot: string,
  facts: readonly Fact[],
): { text: string; source: string }[] {
  return blocks
    .filter((block) => block.slot === slot)
    .map(({ text, facts: cited }) => ({
      text,
      source: facts
        .filter(({ id }) => cited.includes(id))
        .map(({ source }) => source)
        .join(', '),
    }));
}

export const disclaimersFor = ({ disclaimers }: Brand, kind: AssetKindId): string[] =>
  disclaimers.filter(({ kinds }) => kinds.includes(kind)).map(({ text }) => text);

/** Where the call to action of an email or a post leads: to the page of its arm, else to the offer's own address. */
export function trackedLink({ unit, offer, channel, medium, asset }: Omit<RenderContext, 'template'>): string {
  const { brand, campaign } = unit;
  const { url } = offer.cta;
  const target = asset.path ?? (url.startsWith('#') ? '/' : url);
  const address = target.startsWith('/') ? addressOf(brand, target) : target;
  return trackedUrl(address, { source: channel.id, medium, campaign: campaign.id, content: asset.id });
}
