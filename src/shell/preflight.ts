/** `mhub doctor --live`: asks every service that the campaigns use whether it would take a call now. Nothing is changed. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Instant, Io, Named, PreflightCheck, Unit } from '../core/contracts.ts';
import { Blocked, Failed } from '../core/errors.ts';
import type { ChannelConfig } from '../generated/entities.ts';
import { onceEach, txtRecords } from './outside.ts';
import { type Adapters, channelVariables, missingEnv, type Secrets } from './perform.ts';

export interface ServiceCheck extends PreflightCheck {
  /** Brand and channel, such as mhub/mastodon. */
  readonly channel: string;
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

const worldFor = (env: Io['env'], now: Instant): Io => ({
  env,
  now,
  fetch: (...request) => fetch(...request),
  once: onceEach(),
  txtRecords,
  pause: (milliseconds) => wait(milliseconds),
  stopping: new AbortController().signal,
  file: () => Promise.resolve(undefined),
  events: () => Promise.resolve([]),
});

/** What an adapter throws, as a check: a refusal says that something is broken, silence says nothing. */
function troubleOf(error: unknown, what: string): PreflightCheck {
  if (error instanceof Blocked) return { what, state: 'broken', say: error.todo };
  if (error instanceof Failed) return { what, state: 'unknown', say: error.message };
  throw error;
}

async function checksOf(
  { unit, channel }: Asked,
  { adapters, secrets, now }: { readonly adapters: Adapters; readonly secrets: Secrets; readonly now: Instant },
): Promise<readonly PreflightCheck[]> {
  const adapter = await adapters.channels[channel.adapter]?.load();
  if (!adapter?.preflight) return [];
  const names = await channelVariables(channel, adapters);
  secrets.protect(names);
  // The list of variables says so already.
  if (missingEnv(names, secrets).length > 0) return [];
  const env = Object.fromEntries(names.map((name) => [name, secrets.get(name) ?? '']));
  try {
    return await adapter.preflight({ now, unit, channel }, worldFor(env, now));
  } catch (error) {
    return [troubleOf(error, channel.adapter)];
  }
}

/** All channels at once: the slowest one decides how long it takes. */
export async function preflight(
  units: readonly Unit[],
  context: { readonly adapters: Adapters; readonly secrets: Secrets; readonly now: Instant },
): Promise<ServiceCheck[]> {
  const asked = channelsOf(units).map(async (one): Promise<ServiceCheck[]> => {
    const checks = await checksOf(one, context);
    const channel = `${one.unit.brand.id}/${one.channel.id}`;
    return checks.map((check) => ({ ...check, say: context.secrets.redact(check.say), channel }));
  });
  return (await Promise.all(asked)).flat();
}
