/** Publications of the example workspace, for tests of channels. */
import type { ChannelContext, Files, Publication, Unit } from '../core/contracts.ts';
import { sha256 } from '../core/hash.ts';
import { exampleUnit } from '../core/policy/sample.ts';
import type { Asset } from '../generated/entities.ts';

const PARAMS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  web: { folder: 'site', collector: '/e' },
  feed: { folder: 'site', title: 'Northwind news' },
  outbox: {},
};

/** The example unit with every channel set up. */
export const publishingUnit: Unit = {
  ...exampleUnit,
  channels: exampleUnit.channels.map((channel) => ({ ...channel, params: PARAMS[channel.adapter] ?? {} })),
};

interface Given {
  readonly id: string;
  readonly channel: 'web' | 'feed' | 'outbox';
  readonly at: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly campaign?: string;
  readonly asset?: Partial<Asset>;
}

const KINDS = { web: 'landing_page', feed: 'social_post', outbox: 'email' } as const;

export function publicationOf({ id, channel, at, files, campaign = 'found-again', asset = {} }: Given): Publication {
  const content: Files = new Map(Object.entries(files));
  const digest = sha256(JSON.stringify(files));
  const made: Asset = {
    kind: KINDS[channel],
    channel,
    slot: 'r1',
    attempt: 1,
    engine: 'template',
    brief: sha256('brief'),
    plan: sha256('plan'),
    template: { path: 'templates/example.hbs', sha256: sha256('template') },
    angle: { pain: 'lost-notes', outcome: 'found-again', mechanism: 'saving', proof: 'benchmark' },
    title: `Title of ${id}`,
    facts: [],
    signals: [],
    copy: [],
    files: Object.keys(files).map((name) => ({ name, sha256: sha256(files[name] ?? '') })),
    content: digest,
    ...asset,
  };
  return {
    id,
    campaign,
    asset: made,
    files: content,
    receipt: {
      key: sha256([campaign, id, channel, 'r1'].join('\0')),
      attempt: 1,
      status: 'sent',
      run: 'r1',
      at,
      campaign,
      asset: id,
      brand: 'northwind',
      channel,
      slot: 'r1',
      content: digest,
      prev: '0'.repeat(40),
    },
  };
}

export function contextOf(channelId: string, published: readonly Publication[], unit = publishingUnit): ChannelContext {
  const channel = unit.channels.find(({ id }) => id === channelId);
  if (!channel) throw new RangeError(`no channel ${channelId}`);
  return { now: '2026-11-23T09:00:00Z', unit, channel, published };
}

/** Recursively frozen: a write to it throws. */
export function frozen<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}
