/**
 * What targets outside of the branch show of the site: which of them are due, and what is filed of them. The folder in
 * the tree is the truth, and a target is due whenever its record does not say that it shows exactly that.
 */
import type { Deployment } from '../generated/entities.ts';
import { type LiveSwitches, type Stop, switchStop } from './breakers.ts';
import type { ChangeSet, Files, Instant, RunContext, Unit } from './contracts.ts';
import { stringifyDocument } from './documents.ts';
import { filesDigest } from './hash.ts';
import type { Tree } from './paths.ts';

/** Where a folder is shown. */
export type Destination = { readonly branch: string } | { readonly s3: { readonly prefix: string } };

export interface Target {
  readonly unit: Unit;
  readonly channel: Unit['channels'][number];
  /** Folder of the repository, such as site. */
  readonly folder: string;
  readonly to: Destination;
}

/** What a target is to show: the files by their paths within the folder. */
export interface Content {
  readonly files: Files;
  readonly digest: string;
}

/** Variables that say who may write to a bucket. */
export const S3_KEYS = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;
const S3_ENV = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_REGION', ...S3_KEYS] as const;

type Params = Readonly<Record<string, unknown>>;

const paramsIn = (value: unknown): Params => (typeof value === 'object' && value !== null ? (value as Params) : {});

/** Where the params of a channel want its folder to be shown; undefined: nowhere but in the tree. */
export function destinationIn(params: Params = {}): Destination | undefined {
  const { branch, s3 } = paramsIn(params['target']);
  if (typeof branch === 'string') return { branch };
  const { prefix } = paramsIn(s3);
  return s3 === undefined ? undefined : { s3: { prefix: typeof prefix === 'string' ? prefix : '' } };
}

/** Names of the variables that it takes to get there. */
export const envOfDestination = (to: Destination | undefined): readonly string[] => (to && 's3' in to ? S3_ENV : []);

/** One per channel that has a target, whatever the number of campaigns. */
export function targetsOf(units: readonly Unit[]): Target[] {
  const targets = new Map<string, Target>();
  for (const unit of units) {
    for (const channel of unit.channels) {
      const to = destinationIn(channel.params);
      const folder = channel.params?.['folder'];
      if (to && typeof folder === 'string') targets.set(targetId(unit, channel), { unit, channel, folder, to });
    }
  }
  return [...targets.values()];
}

const targetId = ({ brand }: Pick<Unit, 'brand'>, channel: Target['channel']): string => `${brand.id}/${channel.id}`;

/** Brand and channel, such as acme/web. */
export const idOf = ({ unit, channel }: Target): string => targetId(unit, channel);

/** In words, as reports and records have it. */
export const nameOfDestination = (to: Destination): string =>
  'branch' in to ? `branch ${to.branch}` : ['s3', to.s3.prefix].filter((word) => word !== '').join(' ');

export const deploymentPath = ({ unit, channel }: Target): string =>
  `hub/brands/${unit.brand.id}/deployments/${channel.id}.yaml`;

/** @param tree  what lies under the folder, with its contents */
export function contentOf({ folder }: Pick<Target, 'folder'>, tree: Tree): Content {
  const files = new Map([...tree].map(([path, { bytes }]) => [path.slice(folder.length + 1), bytes]));
  return { files, digest: filesDigest(files) };
}

/**
 * Whether the record says that the target shows exactly this.
 *
 * @param reference  what tells the bucket that is meant now from others, where that is known
 */
export const isShown = (
  { folder, to }: Pick<Target, 'folder' | 'to'>,
  { digest }: Pick<Content, 'digest'>,
  record: Deployment | undefined,
  reference?: string,
): boolean =>
  record?.digest === digest &&
  record.folder === folder &&
  record.target === nameOfDestination(to) &&
  (reference === undefined || record.reference === reference);

/** Switches of workspace and channel count; a campaign that is stopped does not keep its page from being taken down. */
export function deploymentStop(live: LiveSwitches, now: Instant): Stop | undefined {
  const isOfAll = ([file]: [string, unknown]): boolean => !/^(campaigns|hub\/halts)\//.test(file);
  const breakers = Object.fromEntries(Object.entries(live.breakers).filter(isOfAll));
  return switchStop({ ...live, breakers, halts: [] }, '', '', now);
}

const plural = (count: number): string => `${count} file${count === 1 ? '' : 's'}`;

/** @param reference  what the target calls what it shows */
export function deploymentChangeSet(
  target: Target,
  { files, digest }: Content,
  { run, now }: Pick<RunContext, 'run' | 'now'>,
  reference?: string,
): ChangeSet {
  const { unit, folder, to } = target;
  const name = nameOfDestination(to);
  const record: Deployment = {
    target: name,
    folder,
    digest,
    files: files.size,
    ...(reference === undefined ? {} : { reference }),
    run,
    at: now,
  };
  const scope = unit.brand.id;
  const title = `${scope}, ${folder} on ${name}, ${plural(files.size)}`;
  const because = `${name} shows ${folder}`;
  const changes = [{ path: deploymentPath(target), content: stringifyDocument(record), because }];
  return { stage: 'publish', scope, title, changes, trailers: { Brand: scope } };
}

// ---- what no target may be ------------------------------------------------------------------------------------------

export interface TargetFault {
  readonly target: Target;
  readonly message: string;
}

const isWithin = (inner: string, outer: string): boolean =>
  outer === '' || inner === outer || inner.startsWith(`${outer}/`);

/** Whether deploying one would undo the other. */
function overlap(one: Destination, other: Destination): boolean {
  if ('branch' in one || 'branch' in other) return nameOfDestination(one) === nameOfDestination(other);
  return isWithin(one.s3.prefix, other.s3.prefix) || isWithin(other.s3.prefix, one.s3.prefix);
}

/** @param branch  that the engine works on; null when there is none */
export function targetFaults(targets: readonly Target[], branch: string | null): TargetFault[] {
  return targets.flatMap((target, index) => {
    const { to } = target;
    if ('branch' in to && to.branch === branch) {
      const message = `target.branch is "${branch}", the branch that mhub works on, expected another one, such as gh-pages`;
      return [{ target, message }];
    }
    const other = targets.slice(0, index).find((before) => overlap(before.to, to));
    if (!other) return [];
    const expected = 'branch' in to ? 'a branch of its own' : 'an s3.prefix of its own';
    const message = `target is ${nameOfDestination(to)}, which overlaps that of channel ${idOf(other)}, expected ${expected}`;
    return [{ target, message }];
  });
}
