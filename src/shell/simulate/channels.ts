/** Channels that leave the repository, answered by simulated ones of every class, and what they have accepted. */
import type { Channel, ChannelClass, Engine, Publication, Published } from '../../core/contracts.ts';
import { Failed } from '../../core/errors.ts';
import { filesDigest } from '../../core/hash.ts';
import type { Accepted, Call } from '../../core/simulation/checker.ts';
import type { FaultName } from '../../core/simulation/faults.ts';
import type { Turns } from '../../core/simulation/turns.ts';
import { epochOf } from '../../core/time.ts';
import type { Receipt } from '../../generated/entities.ts';
import type { Registered } from '../../generated/registry.ts';
import type { Adapters } from '../perform.ts';

/** How long a receiver of class key knows a key. */
const KEY_MINUTES = 24 * 60;
const MINUTE = 60_000;

/** What may happen to one call. */
export type CallFault = Extract<
  FaultName,
  'rate-limit' | 'timeout-after-success' | 'reset-before' | 'reset-after' | 'server-error'
>;

export interface OutsideOptions {
  readonly turns: Turns;
  /** Where the remote branch is. */
  readonly tip: () => string;
  /** The clock of the run at work. */
  readonly clockOf: (task: string) => string;
  /** What is to happen to this call; a fault that is given is used up. */
  readonly fault: (channel: string) => { readonly name: CallFault; readonly accepted: boolean } | undefined;
  /** A receiver that forgets keys or says nothing of what it has: only for proving that the checker sees it. */
  readonly faulty?: (channel: string) => boolean;
}

/** The outside world: every call that arrives, and what the receivers have made of it. */
export class Outside {
  readonly calls: Call[] = [];
  readonly accepted: Accepted[] = [];
  private readonly options: OutsideOptions;

  constructor(options: OutsideOptions) {
    this.options = options;
  }

  /**
   * What the receivers had before the simulation began: they know its keys as if it had gone to them.
   *
   * @param classes  of the channels that they answer for
   */
  remember(receipts: readonly Receipt[], classes: ReadonlyMap<string, ChannelClass>): void {
    for (const { channel, key, campaign, asset, content, at, status } of receipts) {
      const kind = classes.get(channel);
      if (kind === undefined || status !== 'sent' || this.known(channel, key)) continue;
      this.accepted.push({ channel, key, campaign, asset, class: kind, content, time: epochOf(at) });
    }
  }

  private known(channel: string, key: string, within = Infinity): Accepted | undefined {
    return this.accepted.find(
      (one) => one.channel === channel && one.key === key && this.options.turns.now - one.time < within,
    );
  }

  /** @returns  false when a receiver knew the key, so that nothing new has happened */
  private accept(kind: ChannelClass, publication: Publication): boolean {
    const { channel, key, campaign, asset } = publication.receipt;
    const forgets = this.options.faulty?.(channel) === true;
    const known =
      kind === 'natural'
        ? this.known(channel, key)
        : kind === 'key'
          ? this.known(channel, key, KEY_MINUTES * MINUTE)
          : undefined;
    if (known && !forgets) return false;
    const content = filesDigest(publication.files);
    this.accepted.push({ channel, key, campaign, asset, class: kind, content, time: this.options.turns.now });
    return true;
  }

  private async publish(kind: ChannelClass, publication: Publication): Promise<Published> {
    const { turns, tip, clockOf, fault } = this.options;
    const { channel, key, attempt, campaign, asset, brand } = publication.receipt;
    const content = filesDigest(publication.files);
    const now = clockOf(turns.current);
    const call: Call = { channel, brand, key, attempt, campaign, asset, class: kind, content, tip: tip(), now };
    this.calls.push(call);
    // Less than a run waits for an answer.
    await turns.sleep(2_000);
    const trouble = fault(channel);
    const unknown = (message: string) => new Failed(message, { mayHaveHappened: true });
    if (trouble?.name === 'rate-limit') {
      call.refused = true;
      throw new Failed(`${channel} answered 429 Too Many Requests`, { mayHaveHappened: false });
    }
    if (trouble?.name === 'reset-before') throw unknown(`${channel}: connection reset`);
    if (trouble?.name !== 'server-error' || trouble.accepted) this.accept(kind, publication);
    await turns.sleep(1_000);
    if (trouble?.name === 'server-error') throw unknown(`${channel} answered 503 Service Unavailable`);
    if (trouble?.name === 'timeout-after-success') throw unknown(`${channel}: no answer within 30 s`);
    // An error that no adapter has thought of.
    if (trouble?.name === 'reset-after') throw new Error('socket hang up');
    return { url: `https://${channel}.simulated.invalid/${key.slice(0, 16)}`, changes: [] };
  }

  private async find({ receipt: { channel, key } }: Publication): Promise<Published | null> {
    await this.options.turns.sleep(1_000);
    const isThere = this.known(channel, key) !== undefined && this.options.faulty?.(channel) !== true;
    return isThere ? { url: `https://${channel}.simulated.invalid/${key.slice(0, 16)}`, changes: [] } : null;
  }

  /** The same channel as far as stages are concerned; its effect goes into this world. */
  stand(real: Channel, kind: ChannelClass, env: readonly string[]): Channel {
    const { id, about, params, medium, kinds, limits, limitsFor, headers } = real;
    return {
      id,
      about,
      params,
      env,
      medium,
      kinds,
      limits,
      ...(limitsFor ? { limitsFor } : {}),
      ...(headers && { headers }),
      class: kind,
      ...(kind === 'key' ? { keyMinutes: KEY_MINUTES } : {}),
      publish: (publication) => this.publish(kind, publication),
      ...(kind === 'key' || kind === 'query' ? { find: (publication: Publication) => this.find(publication) } : {}),
    };
  }
}

/** Adapter -> class of the simulated channel that answers in its place. */
export type StandIns = Readonly<Record<string, ChannelClass>>;

/** A channel of the tree: what it writes is real, but nobody can see it in public. */
const unseen = ({ verify: _verify, ...channel }: Channel): Channel => channel;

/** The variable that a simulated channel asks for, so that it can be taken away. */
export const tokenOf = (adapter: string): string => `SIMULATED_${adapter.toUpperCase().replaceAll('-', '_')}_TOKEN`;

/**
 * Adapters of which none reaches the network: channels stand in where they are told to, an engine that asks
 * somebody is answered by the template engine, a source that needs variables has nothing to tell.
 */
export function simulatedAdapters(real: Adapters, outside: Outside, standIns: StandIns, turns: Turns): Adapters {
  const channelOf = (id: string, registered: Registered<Channel>): Registered<Channel> => {
    const kind = standIns[id];
    if (kind === undefined) return { ...registered, load: async () => unseen(await registered.load()) };
    const env = [tokenOf(id)];
    return { ...registered, env, load: async () => outside.stand(await registered.load(), kind, env) };
  };
  const template = real.engines['template'];
  const map = <T>(
    registry: Readonly<Record<string, Registered<T>>>,
    change: (id: string, one: Registered<T>) => Registered<T>,
  ) => Object.fromEntries(Object.entries(registry).map(([id, one]) => [id, change(id, one)]));
  return {
    channels: map(real.channels, channelOf),
    engines: map(real.engines, (_id, engine) => {
      const load = async () => {
        const loaded = template && (await asksSomebody(engine)) ? await template.load() : await engine.load();
        // Making takes time, in which others may be at work.
        return {
          ...loaded,
          generate: async (...args: Parameters<typeof loaded.generate>) => {
            await turns.sleep(500);
            return loaded.generate(...args);
          },
        };
      };
      return { ...engine, env: [], load };
    }),
    sources: map(real.sources, (_id, source) =>
      isRemote(source)
        ? { ...source, env: [], load: async () => ({ ...(await source.load()), read: async () => [] }) }
        : source,
    ),
  };
}

const asksSomebody = async (engine: Registered<Engine>): Promise<boolean> =>
  isRemote(engine) || (await engine.load()).estimate !== undefined;

/** Copy engine that answers for one in a simulation. */
export const answeringEngine = async (id: string, { engines }: Adapters): Promise<string> => {
  const engine = engines[id];
  return engine && (await asksSomebody(engine)) ? 'template' : id;
};

/** Whoever needs variables talks to somebody else. */
export const isRemote = ({ env = [] }: Pick<Registered<unknown>, 'env'>): boolean => env.length > 0;
