/** Answers about a brand -> the files of a workspace that is valid and runs at once. Nothing is written. */
import type { FileChange } from '../../core/contracts.ts';
import { showMailbox } from '../../core/mail.ts';
import type { EntityName } from '../../generated/entities.ts';
import { entities } from '../../generated/schemas.ts';
import { type Filling, fillStarter } from './fill.ts';
import { idFrom } from './names.ts';
import { packageFiles } from './package.ts';
import { requiredParams } from './params.ts';
import { scheduleOf } from './schedule.ts';
import { starterPacks, starterTemplates } from './templates.ts';
import { workflowsOf } from './workflows.ts';

export interface Answers {
  readonly name: string;
  readonly siteUrl?: string;
  readonly offer: string;
  readonly audience: string;
  /** Adapters of the channels, which are named after them. */
  readonly channels: readonly string[];
  readonly timezone: string;
}

export interface Surroundings {
  /** Civil day on which somebody answered. */
  readonly today: string;
  readonly version: string;
  /** undefined: there is no browser; with a package where it comes out of npm. */
  readonly browser?: { readonly dependency?: { readonly name: string; readonly version: string } };
}

export interface Blueprint {
  readonly brand: string;
  readonly campaign: string;
  readonly changes: readonly FileChange[];
}

const PACKS = ['base', 'email', 'email-us', 'email-eu'];
const CAMPAIGN = 'start';
const SOURCE = 'web-log';
export const GIT_IGNORED = ['node_modules/', '.mhub/', '.env', '.env.local'];

/** brands/{brand}/offers/{offer}.yaml -> brands/acme/offers/start.yaml */
export const placeOf = (pattern: string, ids: Readonly<Record<string, string>>): string =>
  pattern.replace(/\{(\w+)\}/g, (token, name: string) => ids[name] ?? token);

/**
 * The starter's file of an entity; of channels and sources one of its own where the starter has one for the adapter.
 *
 * @throws Error when the starter has none
 */
export function starterFile(entity: EntityName, adapter?: string): string {
  const [pattern = ''] = entities[entity].paths;
  const files = packageFiles('src/starter');
  const own = adapter === undefined ? undefined : files.get(pattern.replace(/\{\w+\}\.yaml$/, `${adapter}.yaml`));
  const text = own ?? files.get(pattern);
  if (text === undefined) throw new Error(`the starter has no ${pattern}`);
  return text;
}

/** A name says in whose words it is: it goes into texts as it is, and into addresses as RFC 5322 wants it. */
export const valuesFor = (name: string, brand: string, today: string, timezone: string) => ({
  name,
  brand,
  today,
  timezone,
  site_url: `https://${brand}.example`,
  from_address: showMailbox({ name, address: `news@${brand}.example` }),
});

export async function blueprintOf(answers: Answers, { today, version, browser }: Surroundings): Promise<Blueprint> {
  const brand = idFrom(answers.name, 'brand');
  const ids = {
    brand,
    offer: idFrom(answers.offer, 'offer'),
    segment: idFrom(answers.audience, 'segment'),
    campaign: CAMPAIGN,
    source: SOURCE,
  };
  const packs = browser ? [...PACKS, 'browser'] : PACKS;
  const values = {
    ...valuesFor(answers.name, brand, today, answers.timezone),
    ...(answers.siteUrl === undefined ? {} : { site_url: answers.siteUrl }),
    offer: answers.offer,
    audience: answers.audience,
    title: `Start with ${answers.name}`,
  };
  const targets = {
    Brand: [brand],
    Offer: [ids.offer],
    AudienceSegment: [ids.segment],
    ChannelConfig: answers.channels,
    PolicyPack: packs,
  };
  const filed = (
    entity: EntityName,
    because: string,
    more: Partial<Filling> & { adapter?: string } = {},
  ): FileChange => {
    const { adapter, ...filling } = more;
    const path = placeOf(entities[entity].paths[0] ?? '', { ...ids, ...(adapter ? { channel: adapter } : {}) });
    const content = fillStarter(starterFile(entity, adapter), {
      entity,
      path,
      targets,
      ...filling,
      values: { ...values, ...filling.values },
    });
    return { path, content, because };
  };
  const schedule = await scheduleOf(new Map(answers.channels.map((id) => [id, id])), browser !== undefined);
  const experiment = schedule.some(({ asset }) => asset === 'landing_page');
  const copies = (files: ReadonlyMap<string, string>, because: string): FileChange[] =>
    [...files].map(([path, content]) => ({ path, content, because }));
  return {
    brand,
    campaign: CAMPAIGN,
    changes: [
      filed('Workspace', 'engine, delivery, time zone, breakers'),
      filed('Brand', 'who speaks, and what is true'),
      filed('Offer', 'what is offered, and the messages about it'),
      filed('AudienceSegment', 'whom it is for'),
      ...answers.channels.map((adapter) => filed('ChannelConfig', 'where it goes', channelFilling(adapter))),
      filed('Source', 'where Sense listens', { values: { adapter: 'web_log' } }),
      filed('Campaign', 'what goes out, and when', {
        set: { schedule, ...(experiment ? {} : { experiment: undefined }) },
      }),
      ...copies(starterPacks(packs), 'what is denied'),
      ...copies(starterTemplates(), 'how it looks'),
      ...copies(workflowsOf(version), 'what GitHub runs'),
      { path: '.gitignore', content: `${GIT_IGNORED.join('\n')}\n`, because: 'secrets and what is derived' },
      { path: 'package.json', content: packageJson(brand, version, browser), because: `pins mhub-engine ${version}` },
    ],
  };
}

/**
 * Params that the adapter needs and that the starter's file does not have.
 *
 * @throws Usage when there is no such adapter
 */
export function adapterParams(entity: EntityName, adapter: string): Readonly<Record<string, unknown>> | undefined {
  const params = requiredParams(entity === 'Source' ? 'source' : 'channel', adapter);
  return /^params:/m.test(starterFile(entity, adapter)) ? undefined : params;
}

function channelFilling(adapter: string): Partial<Filling> & { adapter: string } {
  const params = adapterParams('ChannelConfig', adapter);
  return { adapter, values: { adapter }, ...(params ? { set: { params } } : {}) };
}

function packageJson(brand: string, version: string, browser: Surroundings['browser']): string {
  const { dependency } = browser ?? {};
  const value = {
    name: `${brand}-marketing`,
    private: true,
    scripts: { run: 'mhub run', validate: 'mhub validate', verify: 'mhub verify' },
    dependencies: {
      ...(dependency ? { [dependency.name]: dependency.version } : {}),
      'mhub-engine': version,
    },
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}
