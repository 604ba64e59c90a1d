/**
 * `mhub doctor --live`: asks every service that the campaigns use whether it would take a call now. Nothing is changed: a
 * store is asked with an object of its own, which is removed again.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Instant, Io, Named, PreflightCheck, Unit } from '../core/contracts.ts';
import { destinationIn } from '../core/deployments.ts';
import { Blocked, Failed } from '../core/errors.ts';
import type { ChannelConfig } from '../generated/entities.ts';
import { checkBucket } from './deploy/s3.ts';
import { onceEach, txtRecords } from './outside.ts';
import { type Adapters, channelVariables, missingEnv, type Secrets } from './perform.ts';

export interface ServiceCheck extends PreflightCheck {
  /** Brand and channel, such as mhub/mastodon. */
  readonly channel: string;
}

export interface PreflightContext {
  readonly adapters: Adapters;
  readonly secrets: Secrets;
  readonly now: Instant;
  readonly file: Io['file'];
}

interface Asked {
  readonly unit: Unit;
  readonly channel: Named<ChannelConfig>;
}

/** Each channel of a brand once, whichever campaigns use it. */
const channelsOf = (units: readonly Unit[]): Asked[] => [
  ...new Map(
    units.flatMap((unit) =>
      unit.channels.map((channel): [string, Asked] => [`${unit.brand.id}/${channel.id}`, { unit, channel }]),
    ),
  ).values(),
];

const worldFor = (env: Io['env'], { now, file }: PreflightContext): Io => ({
  env,
  now,
  fetch: (...request) => fetch(...request),
  once: onceEach(),
  txtRecords,
  pause: (milliseconds) => wait(milliseconds),
  stopping: new AbortController().signal,
  file,
  events: () => Promise.resolve([]),
});

/** What an adapter throws, as a check: a refusal says that something is broken, silence says nothing. */
function troubleOf(error: unknown, what: string): PreflightCheck {
  if (error instanceof Blocked) return { what, state: 'broken', say: error.todo };
  if (error instanceof Failed) return { what, state: 'unknown', say: error.message };
  throw error;
}

async function asking(what: string, ask: () => Promise<readonly PreflightCheck[]>): Promise<readonly PreflightCheck[]> {
  try {
    return await ask();
  } catch (error) {
    return [troubleOf(error, what)];
  }
}

async function checksOf({ unit, channel }: Asked, context: PreflightContext): Promise<readonly PreflightCheck[]> {
  const { adapters, secrets, now } = context;
  const adapter = await adapters.channels[channel.adapter]?.load();
  const to = destinationIn(channel.params);
  if (!adapter?.preflight && !(to && 's3' in to)) return [];
  const names = await channelVariables(channel, adapters);
  secrets.protect(names);
  // The list of variables says so already.
  if (missingEnv(names, secrets).length > 0) return [];
  const env = Object.fromEntries(names.map((name) => [name, secrets.get(name) ?? '']));
  const io = worldFor(env, context);
  const asked = [
    asking(channel.adapter, async () => (await adapter?.preflight?.({ now, unit, channel }, io)) ?? []),
    asking('bucket', async () =>
      to && 's3' in to ? [await checkBucket(io, `${unit.brand.id}/${channel.id}`, to.s3)] : [],
    ),
  ];
  return (await Promise.all(asked)).flat();
}

/** All channels at once: the slowest one decides how long it takes. */
export async function preflight(units: readonly Unit[], context: PreflightContext): Promise<ServiceCheck[]> {
  const asked = channelsOf(units).map(async (one): Promise<ServiceCheck[]> => {
    const checks = await checksOf(one, context);
    const channel = `${one.unit.brand.id}/${one.channel.id}`;
    return checks.map((check) => ({ ...check, say: context.secrets.redact(check.say), channel }));
  });
  return (await Promise.all(asked)).flat();
}
