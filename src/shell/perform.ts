/** Carries out effects. Every adapter is asked alike: a missing variable blocks before anything is loaded or called. */
import type {
  BrandInput,
  CampaignInput,
  Channel,
  Effect,
  EffectOf,
  Engine,
  Files,
  Io,
  Observations,
  Outcome,
  Published,
  Source,
  Written,
} from '../core/contracts.ts';
import { Blocked, Failed, GenerationBlocked, GenerationFailed, Killed } from '../core/errors.ts';
import { digestOf } from '../core/hash.ts';
import { plannedPublication } from '../core/ledger.ts';
import type { ChannelConfig } from '../generated/entities.ts';
import { channels, engines, type Registered, type Registry, sources } from '../generated/registry.ts';
import type { Drawer } from './draw/index.ts';
import type { Examiner } from './observe/index.ts';

export interface Secrets {
  get(name: string): string | undefined;
  /** From now on the values of these names are hidden by `redact`. */
  protect(names: readonly string[]): void;
  /** A text without any secret: what an adapter says may quote what it was given. */
  redact(text: string): string;
}

/** What effects are carried out with, by kind and id. */
export interface Adapters {
  readonly channels: Registry<Channel>;
  readonly engines: Registry<Engine>;
  readonly sources: Registry<Source>;
}

export const registeredAdapters: Adapters = { channels, engines, sources };

export interface Performer {
  readonly adapters: Adapters;
  readonly secrets: Secrets;
  /** The world for an adapter that needs these variables. */
  readonly io: (env: Readonly<Record<string, string>>) => Io;
  /** Whoever has none is told nothing about the world, and what depends on it stays unjudged. */
  readonly examiner?: Examiner | undefined;
  /** Whoever has none makes no asset that is drawn. */
  readonly drawer?: Drawer | undefined;
  /** What engines have written in this process, by brief: a run that decides again does not pay again. */
  readonly written: Map<string, Written>;
}

/** What a publication is made from: all that there is where there is no repository. */
export type CallInput = Pick<CampaignInput, 'now' | 'unit' | 'published'>;

type Input = BrandInput | CampaignInput | CallInput;

function registered<T>(registry: Registry<T>, id: string, what: string): Registered<T> {
  const found = registry[id];
  if (!found) throw new RangeError(`no ${what} ${id}`);
  return found;
}

/** Names of the variables that carrying out an effect needs. */
const namesOf = (effect: Effect, { channels, engines, sources }: Adapters): readonly string[] | undefined => {
  switch (effect.kind) {
    case 'examine':
    case 'draw':
      return undefined;
    case 'read-source':
      return registered(sources, effect.source.adapter, 'source').env;
    case 'generate':
      return registered(engines, effect.engine, 'engine').env;
    case 'publish':
    case 'find-published':
    case 'read-metrics':
    case 'verify-live':
      return registered(channels, effect.channel.adapter, 'channel').env;
  }
};

/** Names of the variables that a channel needs, with those that its params ask for. */
export async function channelVariables(
  { adapter, params = {} }: Pick<ChannelConfig, 'adapter' | 'params'>,
  { channels }: Adapters,
): Promise<readonly string[]> {
  const channel = registered(channels, adapter, 'channel');
  return [...(channel.env ?? []), ...((await channel.load()).envOf?.(params) ?? [])];
}

interface Variables {
  readonly needed: readonly string[] | undefined;
  /** Names that must not be set. */
  readonly unset: readonly string[];
}

/** The same with those that the params of an engine or a channel name. */
async function variablesOf(effect: Effect, { unit: { workspace } }: Input, adapters: Adapters): Promise<Variables> {
  const names = namesOf(effect, adapters);
  if ('channel' in effect) {
    // What lives in the tree is written and read without the variables that it takes to deploy it.
    const isInTree =
      (await registered(adapters.channels, effect.channel.adapter, 'channel').load()).files !== undefined;
    return { needed: isInTree ? names : await channelVariables(effect.channel, adapters), unset: [] };
  }
  if (effect.kind !== 'generate') return { needed: names, unset: [] };
  const engine = await registered(adapters.engines, effect.engine, 'engine').load();
  const needed = [...(names ?? []), ...(engine.envOf?.(workspace.engine_params ?? {}) ?? [])];
  return { needed, unset: engine.unset ?? [] };
}

/** Names that the adapter needs and nobody has set; an empty value is none. */
export const missingEnv = (env: readonly string[] = [], secrets: Secrets): string[] =>
  env.filter((name) => !secrets.get(name));

interface Obstacle {
  readonly missing: readonly string[];
  readonly todo: string;
}

const obstacleIn = ({ needed, unset }: Variables, secrets: Secrets): Obstacle | undefined => {
  const missing = missingEnv(needed, secrets);
  if (missing.length > 0) return { missing, todo: `set ${missing.join(', ')}` };
  const set = unset.filter((name) => secrets.get(name));
  return set.length > 0 ? { missing: set, todo: `unset ${set.join(', ')}` } : undefined;
};

/** What in the environment keeps an effect from being carried out, before anything is loaded or called. */
export const obstacleTo = async (
  effect: Effect,
  input: Input,
  { adapters, secrets }: Performer,
): Promise<Obstacle | undefined> => obstacleIn(await variablesOf(effect, input, adapters), secrets);

const envOf = (names: readonly string[] = [], secrets: Secrets): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, secrets.get(name) ?? '']));

const examine = (effect: EffectOf<'examine'>, examiner: Examiner | undefined): Promise<Observations> =>
  examiner
    ? examiner.examine(effect)
    : Promise.resolve(Object.fromEntries(effect.needs.map((need) => [need, { unavailable: 'nobody was asked' }])));

async function draw(effect: EffectOf<'draw'>, drawer: Drawer | undefined): Promise<Files> {
  if (!drawer) throw new Blocked('drawing', ['a drawer'], 'nobody is there to draw');
  return drawer.draw(effect);
}

async function valueOf(
  effect: Effect,
  input: Input,
  { adapters: { channels, engines, sources }, examiner, drawer, written }: Omit<Performer, 'secrets' | 'io'>,
  io: Io,
): Promise<unknown> {
  if (effect.kind === 'examine') return examine(effect, examiner);
  if (effect.kind === 'draw') return draw(effect, drawer);
  if (effect.kind === 'read-source') {
    const source = await registered(sources, effect.source.adapter, 'source').load();
    return source.read(effect.source.params ?? {}, io);
  }
  if (effect.kind === 'generate') {
    if (!('state' in input)) throw new TypeError('generate needs a campaign');
    const engine = await registered(engines, effect.engine, 'engine').load();
    const { workspace, templates } = input.unit;
    const { tokens } = effect;
    const key = digestOf(effect.brief);
    const before = tokens === undefined ? undefined : written.get(key);
    if (before) return before;
    const now = await engine.generate(effect.brief, {
      params: workspace.engine_params ?? {},
      templates,
      answers: input.state.answers,
      ...(tokens === undefined ? {} : { tokens }),
      io,
    });
    if (now.calls) written.set(key, now);
    return now;
  }
  if (!('published' in input)) throw new TypeError(`${effect.kind} needs a campaign`);
  const channel = await registered(channels, effect.channel.adapter, 'channel').load();
  const published = input.published.get(effect.channel.id) ?? [];
  if (effect.kind === 'read-metrics') {
    if (!('state' in input)) throw new TypeError('read-metrics needs a campaign');
    const own = published.filter(({ campaign }) => campaign === effect.campaign);
    return (
      channel.metrics?.(own, { unit: input.unit, channel: effect.channel, signals: input.state.signals, io }) ?? []
    );
  }
  if (effect.kind === 'verify-live') {
    const context = { now: input.now, unit: input.unit, channel: effect.channel, published };
    if (!channel.verify) throw new TypeError(`channel ${channel.id} cannot be looked at`);
    return channel.verify(effect.publication, context, io);
  }
  const publication = plannedPublication(effect);
  const context = { now: input.now, unit: input.unit, channel: effect.channel, published };
  if (effect.kind === 'find-published') return channel.find?.(publication, context, io) ?? null;
  if (channel.files) return channel.files(publication, context);
  if (channel.publish) return unknownMeansYes(channel.publish(publication, context, io));
  throw new TypeError(`channel ${channel.id} can neither write nor publish`);
}

/** A call that fails without saying how may have arrived. */
async function unknownMeansYes(call: Promise<Published>): Promise<Published> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Blocked || error instanceof Failed || error instanceof Killed) throw error;
    throw new Failed(error instanceof Error ? error.message : String(error), { mayHaveHappened: true });
  }
}

export async function perform<K extends Effect['kind']>(
  effect: Extract<Effect, { kind: K }>,
  input: Input,
  { adapters, secrets, io, examiner, drawer, written }: Performer,
): Promise<Outcome<K>> {
  // The compiler cannot follow a union through a generic: the value belongs to the effect's kind by construction.
  const outcome = (result: object) => ({ effect, ...result }) as unknown as Outcome<K>;
  const variables = await variablesOf(effect, input, adapters);
  const obstacle = obstacleIn(variables, secrets);
  const env = variables.needed;
  secrets.protect(env ?? []);
  if (obstacle) return outcome({ status: 'blocked', ...obstacle });
  // What a server says may quote the key that it was given, and is committed.
  const clean = <T>(value: T): T => JSON.parse(secrets.redact(JSON.stringify(value))) as T;
  try {
    const value = await valueOf(effect, input, { adapters, examiner, drawer, written }, io(envOf(env, secrets)));
    return outcome({ status: 'done', value: effect.kind === 'generate' ? clean(value) : value });
  } catch (error) {
    if (error instanceof Blocked) {
      return outcome({
        status: 'blocked',
        missing: error.missing,
        todo: secrets.redact(error.todo),
        ...(error instanceof GenerationBlocked && { calls: clean(error.calls) }),
      });
    }
    if (error instanceof Failed) {
      return outcome({
        status: 'failed',
        reason: secrets.redact(error.message),
        mayHaveHappened: error.mayHaveHappened,
        ...(error.until !== undefined && { until: error.until }),
        ...(error instanceof GenerationFailed && { calls: clean(error.calls) }),
        ...(error instanceof GenerationFailed && error.exhausted && { exhausted: true }),
      });
    }
    throw error;
  }
}
