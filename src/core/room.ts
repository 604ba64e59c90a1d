/** How much a channel takes of a text, and what is left of that for the words. */
import type { ChannelConfig } from '../generated/entities.ts';
import type { ChannelLimits, Plugins } from './contracts.ts';
import { graphemes } from './fold.ts';
import { RESERVED_TOP } from './reserved.ts';

export function limitsOf(
  { adapter, params = {} }: ChannelConfig,
  { channels }: Pick<Plugins, 'channels'>,
): ChannelLimits {
  const channel = channels.get(adapter);
  return channel?.limitsFor?.(params) ?? channel?.limits ?? {};
}

/** X counts every address as if it had this length. Source: twitter-text, configuration 3. */
const LINK_ON_X = 23;

/** Characters that X counts once, by code; a sign of any other kind counts twice. Source: as above. */
const LIGHT = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
] as const;
const isLight = (sign: string): boolean =>
  sign.length === 1 && LIGHT.some(([first, last]) => first <= sign.charCodeAt(0) && sign.charCodeAt(0) <= last);

export const ADDRESS = /https?:\/\/[^\s<>"]+/g;

/** X makes links only of names that can exist. */
const isLinkOnX = (address: string): boolean =>
  URL.canParse(address) && !RESERVED_TOP.includes(new URL(address).hostname.split('.').at(-1) ?? '');

/** Length of a text as the channel counts it; for X, addresses without a scheme are taken for words. */
export function lengthOf(text: string, { weighted, link }: ChannelLimits): number {
  const each = weighted ? LINK_ON_X : link;
  const isCounted = (address: string): boolean => each !== undefined && (!weighted || isLinkOnX(address));
  const links = (text.match(ADDRESS) ?? []).filter(isCounted);
  const signs = graphemes(text.replace(ADDRESS, (address) => (isCounted(address) ? '' : address)));
  const words = weighted ? signs.reduce((sum, sign) => sum + (isLight(sign) ? 1 : 2), 0) : signs.length;
  return words + links.length * (each ?? 0);
}
