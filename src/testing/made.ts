/** Assets of the example workspace, rendered from this repository's templates. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Block, ChannelLimits, Copy, RenderContext, Unit } from '../core/contracts.ts';
import { exampleUnit } from '../core/policy/sample.ts';
import { ROOT } from './own.ts';
import { publishingUnit } from './publications.ts';

/** Slot -> its texts. */
export const copyWith = (texts: Readonly<Record<string, readonly string[]>>): Copy => ({
  blocks: Object.entries(texts).flatMap(([slot, all]) => all.map((text): Block => ({ slot, text, facts: [] }))),
});

export function placeIn(channelId: string, limits: ChannelLimits = {}, unit: Unit = publishingUnit): RenderContext {
  const [offer] = unit.offers;
  const [segment] = unit.segments;
  const channel = unit.channels.find(({ id }) => id === channelId);
  if (!offer || !segment || !channel) throw new RangeError(`the example workspace has no channel ${channelId}`);
  return {
    unit,
    offer,
    segment,
    channel,
    medium: channel.adapter === 'outbox' ? 'email' : 'social',
    limits,
    asset: { id: 'found-again-1', path: '/found-again/' },
    template: (path) => readFileSync(join(ROOT, path), 'utf8'),
  };
}

export const unitWith = (brand: Partial<Unit['brand']>, campaign: Partial<Unit['campaign']> = {}): Unit => ({
  ...publishingUnit,
  brand: { ...exampleUnit.brand, ...brand },
  campaign: { ...exampleUnit.campaign, ...campaign },
});

export const EMAIL_COPY: Copy = copyWith({
  subject: ['Notes that are found <again>'],
  preheader: ['What it takes to write it down once.'],
  opening: ['Somebody asks, and somebody searches.'],
  body: ['Each note is saved while you type.'],
  also: ['Northwind is in beta.'],
  price: ['You pay $9 a month.'],
});
