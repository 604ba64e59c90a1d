/** `mhub new`: one more file that people write, from the starter or from one that is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileChange, Instant } from '../../core/contracts.ts';
import { readEntity } from '../../core/entity.ts';
import { type Problem, showProblem, Usage } from '../../core/errors.ts';
import { wordsOfPattern } from '../../core/explain.ts';
import { byOwner, indexPaths } from '../../core/paths.ts';
import type { Paint } from '../../core/report.ts';
import { closest } from '../../core/suggest.ts';
import { civilDay } from '../../core/time.ts';
import type { Entities, EntityName } from '../../generated/entities.ts';
import { entities } from '../../generated/schemas.ts';
import { openRepo, type Repo } from '../git.ts';
import { workTreeSnapshot } from '../snapshot.ts';
import { adapterParams, placeOf, starterFile, valuesFor } from './blueprint.ts';
import { type Filling, fillStarter } from './fill.ts';
import { inTheWay, problemsWith, writeNew } from './land.ts';
import { titleFrom } from './names.ts';
import { scheduleOf } from './schedule.ts';
import { starterPacks } from './templates.ts';
import { kinds } from './words.ts';

export interface NewOptions {
  readonly cwd: string;
  readonly now: Instant;
  /** What people call the entity, such as offer. */
  readonly word: string;
  readonly id: string;
  /** The only one there is when left out. */
  readonly brand?: string;
  /** Id of one that is there; the starter's when left out. */
  readonly from?: string;
  readonly adapter?: string;
  readonly dryRun: boolean;
}

export interface Begun {
  readonly path: string;
  readonly content: string;
  readonly next: string;
  /** What is wrong in the workspace with it. */
  readonly problems: readonly Problem[];
  readonly dry_run: boolean;
}

const ID = '^[a-z0-9][a-z0-9-]{0,62}$';

const NEXT: Readonly<Partial<Record<EntityName, string>>> = {
  Brand: 'give it an offer, a segment and a channel: mhub new offer <id> --brand <brand>',
  Campaign: 'change it, then set status: active',
  PolicyPack: 'change it, prove it with "mhub policy test", and name it in the policies of a campaign',
  ChannelConfig: 'change it, and name it in the schedule of a campaign',
  Source: 'change it; it is read from the next run on',
};

function entityOf(word: string): EntityName {
  const kind = kinds.get(word);
  if (kind) return kind.entity as EntityName;
  const words = [...kinds.keys()];
  const meant = closest(word, words);
  throw new Usage(`there is no ${word} to begin: ${meant ? `did you mean ${meant}?` : `expected ${words.join(', ')}`}`);
}

/** What lies in the work tree, by entity. */
class Shelf {
  readonly root: string;
  private readonly entriesOf: ReturnType<typeof byOwner>;

  constructor(root: string) {
    this.root = root;
    const { modes } = workTreeSnapshot(root);
    this.entriesOf = byOwner(indexPaths([...modes].map(([path, mode]) => [path, { mode }] as const)).entries);
  }

  /** Those that can be read; the others `mhub validate` reports. */
  all<N extends EntityName>(entity: N, brand?: string): { readonly id: string; readonly value: Entities[N] }[] {
    return this.entriesOf(entity, brand === undefined ? '' : `brands/${brand}`).flatMap(({ path, ids }) => {
      const read = readEntity(entity, path, readFileSync(join(this.root, path)));
      return read.ok ? [{ id: Object.values(ids).at(-1) ?? '', value: read.value }] : [];
    });
  }
}

/** The brand that is meant. */
function brandOf(shelf: Shelf, wanted: string | undefined) {
  const brands = shelf.all('Brand');
  const ids = brands.map(({ id }) => id);
  const [only, another] = brands;
  if (wanted === undefined && only && !another) return only;
  if (wanted === undefined) throw new Usage(`say whose it is: --brand ${ids.join(' or --brand ') || '<id>'}`);
  const found = brands.find(({ id }) => id === wanted);
  if (found) return found;
  const meant = closest(wanted, ids);
  throw new Usage(`no brand ${wanted}: ${meant ? `did you mean ${meant}?` : `there are: ${ids.join(', ')}`}`);
}

const needsBrand = (entity: EntityName): boolean =>
  entity !== 'Brand' &&
  (entities[entity].paths[0]?.includes('{brand}') === true ||
    entities[entity].references.some(({ target }) => target === 'Brand'));

/** An adapter that has the name of the file needs not be named again: web-log means web_log. */
function adapterOf(entity: EntityName, { adapter, id }: NewOptions): string | undefined {
  const own = entity === 'ChannelConfig' || entity === 'Source';
  if (!own && adapter !== undefined) throw new Usage('--adapter is for a channel or a source: leave it out');
  return own ? (adapter ?? id.replaceAll('-', '_')) : undefined;
}

async function beginnings(entity: EntityName, options: NewOptions, shelf: Shelf, path: string): Promise<string> {
  const { id } = options;
  const packaged = entity === 'PolicyPack' ? starterPacks([id]).get(path) : undefined;
  if (packaged !== undefined) return packaged;
  const brand = needsBrand(entity) ? brandOf(shelf, options.brand) : undefined;
  const adapter = adapterOf(entity, options);
  const [workspace] = shelf.all('Workspace');
  const timezone = workspace?.value.timezone ?? 'UTC';
  const title = titleFrom(id);
  const owner = brand?.id ?? id;
  const idsOf = (name: EntityName, of?: string): string[] => shelf.all(name, of).map((one) => one.id);
  const channels = new Map(shelf.all('ChannelConfig', owner).map((one) => [one.id, one.value.adapter]));
  const schedule = entity === 'Campaign' ? await scheduleOf(channels, false) : [];
  const pages = schedule.some(({ asset }) => asset === 'landing_page');
  const campaign = {
    status: 'draft',
    locales: brand ? [brand.value.locale] : [],
    schedule,
    ...(pages ? {} : { experiment: undefined }),
  };
  const params = adapter === undefined ? undefined : adapterParams(entity, adapter);
  const filling: Filling = {
    entity,
    path,
    values: {
      ...valuesFor(brand?.value.name ?? title, owner, civilDay(options.now, timezone), timezone),
      offer: title,
      audience: title,
      title,
      ...(adapter === undefined ? {} : { adapter }),
    },
    targets: {
      Brand: brand ? [brand.id] : [],
      Offer: idsOf('Offer', owner),
      AudienceSegment: idsOf('AudienceSegment', owner),
      ChannelConfig: [...channels.keys()],
      PolicyPack: idsOf('PolicyPack'),
      fact: brand?.value.facts.map((fact) => fact.id) ?? [],
      pain: shelf.all('AudienceSegment', owner).flatMap(({ value }) => value.pains.map((pain) => pain.id)),
    },
    set: { ...(entity === 'Campaign' ? campaign : {}), ...(params ? { params } : {}) },
  };
  return fillStarter(starterFile(entity, adapter), filling);
}

/** A copy speaks like its model and goes out with nothing until somebody says so. */
function copyOf(entity: EntityName, path: string, { from, id }: NewOptions, root: string): string {
  const model = path.replace(new RegExp(`(?<=/)${id}(?=(?:\\.yaml|/\\w+\\.yaml)$)`), from ?? '');
  if (inTheWay(root, [model]).length === 0) throw new Usage(`there is no ${model} to begin from`);
  const text = readFileSync(join(root, model), 'utf8');
  return entity === 'Campaign' ? text.replace(/^status: \w+/m, 'status: draft') : text;
}

/** @throws Usage when it is there already, or something that it has to name is not */
export async function begin(options: NewOptions): Promise<Begun> {
  const { cwd, now, word, id, from, dryRun } = options;
  const entity = entityOf(word);
  for (const one of [id, ...(from === undefined ? [] : [from])]) {
    if (!new RegExp(ID).test(one)) throw new Usage(`the id is "${one}", expected ${wordsOfPattern(ID)}`);
  }
  const repo: Repo = await openRepo(cwd);
  const shelf = new Shelf(repo.root);
  const pattern = entities[entity].paths[0] ?? '';
  const own = /\{(\w+)\}(?!.*\{)/.exec(pattern)?.[1] ?? '';
  const brand = pattern.includes('{brand}') && own !== 'brand' ? brandOf(shelf, options.brand).id : id;
  const path = placeOf(pattern, { brand, [own]: id });
  if (inTheWay(repo.root, [path]).length > 0) throw new Usage(`${path} is there already, so nothing was written`);
  const content =
    from === undefined ? await beginnings(entity, options, shelf, path) : copyOf(entity, path, options, repo.root);
  const changes: readonly FileChange[] = [{ path, content, because: `a new ${word}` }];
  const { branch } = await repo.head();
  const problems = await problemsWith(repo.root, changes, { now, branch });
  if (!dryRun) writeNew(repo.root, changes);
  const next = NEXT[entity] ?? 'change it, and name it in a campaign';
  return { path, content, next, problems, dry_run: dryRun };
}

export function renderNew({ path, content, next, problems, dry_run: dryRun }: Begun, paint: Paint): string {
  return [
    dryRun ? `Dry run, nothing was written. ${path} would be:\n\n${content}` : `${paint('green', 'Written')}: ${path}`,
    ...(problems.length > 0 ? ['', ...problems.map((problem) => paint('red', showProblem(problem)))] : []),
    '',
    `Next: ${next}.`,
  ].join('\n');
}
