/** Kill switches and halts as they are at this moment, wherever a person may have flipped one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveSwitches } from '../core/breakers.ts';
import type { Unit } from '../core/contracts.ts';
import { readEntity } from '../core/entity.ts';
import { Failed } from '../core/errors.ts';
import type { Breakers, EntityName, Intent } from '../generated/entities.ts';
import type { Repo } from './git.ts';

/** Set to anything, it stops every publication. */
export const KILL_VARIABLE = 'MHUB_KILL';

export interface SwitchReader {
  read(unit: Unit, intent: Pick<Intent, 'channel' | 'effect'>): Promise<LiveSwitches>;
}

type Reader = (path: string) => Uint8Array | undefined;
type Halts = LiveSwitches['halts'];

function breakersIn(
  name: EntityName & ('Workspace' | 'ChannelConfig' | 'Campaign'),
  path: string,
  read: Reader,
): Breakers | undefined {
  const bytes = read(path);
  const entity = bytes && readEntity(name, path, bytes);
  return entity?.ok ? (entity.value.breakers ?? {}) : undefined;
}

const filesOf = ({ brand, campaign }: Unit, channel: string) => ({
  Workspace: 'mhub.yaml',
  ChannelConfig: `brands/${brand.id}/channels/${channel}.yaml`,
  Campaign: `campaigns/${campaign.id}/campaign.yaml`,
});

function levels(unit: Unit, channel: string, read: Reader, where: string): Record<string, Breakers | undefined> {
  const files = filesOf(unit, channel);
  return Object.fromEntries(
    (Object.keys(files) as (keyof typeof files)[]).map((name) => [
      `${files[name]}${where}`,
      breakersIn(name, files[name], read),
    ]),
  );
}

type Found = Pick<LiveSwitches, 'breakers' | 'halts'>;

const NOTHING: Found = { breakers: {}, halts: [] };

/** Halts, and as breakers that cannot be read those that are no whole file. */
function haltsIn(paths: readonly string[], read: Reader, where: string): Found {
  const halts: Halts[number][] = [];
  const breakers: Record<string, undefined> = {};
  for (const path of paths) {
    const bytes = read(path);
    const halt = bytes && readEntity('Halt', path, bytes);
    if (halt?.ok) halts.push({ ...halt.value, id: path.slice('hub/halts/'.length, -'.yaml'.length) });
    else breakers[`${path}${where}`] = undefined;
  }
  return { halts, breakers };
}

const together = (found: readonly Found[]): Found => ({
  breakers: Object.assign({}, ...found.map(({ breakers }) => breakers)) as Found['breakers'],
  halts: found.flatMap(({ halts }) => halts),
});

/** The work tree: a person who edits a file here means it now, committed or not. */
function onDisk(root: string, unit: Unit, channel: string): Found {
  const read: Reader = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path)) : undefined);
  const folder = join(root, 'hub/halts');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.yaml')) : [];
  const paths = names.map((name) => `hub/halts/${name}`);
  return together([{ breakers: levels(unit, channel, read, ''), halts: [] }, haltsIn(paths, read, '')]);
}

export interface SwitchSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The remote branch to ask, in delivery direct. */
  readonly remote?: { readonly name: string; readonly branch: string; readonly known: () => string };
}

export function switchReader(repo: Repo, { env, remote }: SwitchSources): SwitchReader {
  async function onRemote(unit: Unit, channel: string): Promise<Found> {
    if (!remote) return NOTHING;
    const where = ` on ${remote.name}/${remote.branch}`;
    try {
      const tip = await repo.remoteTip(remote.name, remote.branch);
      if (tip === null || tip === remote.known()) return NOTHING;
      await repo.fetch(remote.name, remote.branch);
      const halts = [...(await repo.list(tip, ['hub/halts'])).keys()];
      const files = await repo.read(tip, [...Object.values(filesOf(unit, channel)), ...halts]);
      const read: Reader = (path) => files.get(path);
      return together([{ breakers: levels(unit, channel, read, where), halts: [] }, haltsIn(halts, read, where)]);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      return { breakers: { [`the branch${where}`]: undefined }, halts: [] };
    }
  }
  return {
    async read(unit, { channel, effect }) {
      const here = onDisk(repo.root, unit, channel);
      const there = effect === 'outside' ? await onRemote(unit, channel) : NOTHING;
      return { ...(env[KILL_VARIABLE] ? { kill: KILL_VARIABLE } : {}), ...together([here, there]) };
    },
  };
}
