/** Which path of a workspace is which entity, by the manifest's path patterns. Nothing is read. */
import type { EntityName } from '../generated/entities.ts';
import { entities } from '../generated/schemas.ts';
import type { Problem } from './errors.ts';
import { wordsOfPattern } from './explain.ts';
import { closest } from './suggest.ts';

/** A file of a commit or of the work tree. */
export interface TreeFile {
  /** May be a getter that reads on demand. */
  readonly bytes: Uint8Array | string;
  /** Git's mode, such as 100644. */
  readonly mode?: string;
}

/** Every path of the repository, repo-relative and POSIX. */
export type Tree = ReadonlyMap<string, TreeFile>;

export interface EntityPath {
  readonly path: string;
  readonly entity: EntityName;
  /** By the placeholders of the pattern, such as brand and offer. */
  readonly ids: Readonly<Record<string, string>>;
}

export interface PathIndex {
  /** Sorted by path. */
  readonly entries: readonly EntityPath[];
  readonly problems: readonly Problem[];
}

const ID = '^[a-z0-9][a-z0-9-]{0,62}$';
/** Placeholders that are no ids. */
const formats: Readonly<Record<string, string>> = {
  date: '^\\d{4}-\\d{2}-\\d{2}$',
  yyyy: '^\\d{4}$',
  mm: '^\\d{2}$',
  dd: '^\\d{2}$',
  run: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  key: '^[0-9a-f]{64}$',
  batch: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}-[1-9]\\d*$',
};
const formatOf = (placeholder: string): RegExp => new RegExp(formats[placeholder] ?? ID);

/** One segment of a path pattern: literal text, or a placeholder with what follows it. */
type Segment =
  | { readonly literal: string }
  | { readonly placeholder: string; readonly suffix: string; readonly format: RegExp };

interface Pattern {
  readonly entity: EntityName;
  readonly text: string;
  readonly segments: readonly Segment[];
}

const segmentOf = (text: string): Segment => {
  const [, placeholder, suffix = ''] = /^\{(\w+)\}(.*)$/.exec(text) ?? [];
  return placeholder === undefined ? { literal: text } : { placeholder, suffix, format: formatOf(placeholder) };
};

const patterns: readonly Pattern[] = Object.entries(entities).flatMap(([entity, { paths }]) =>
  paths.map((text) => ({ entity: entity as EntityName, text, segments: text.split('/').map(segmentOf) })),
);

const topOf = (path: string): string => path.split('/', 1)[0] ?? '';

/** Top folder -> its patterns, so that a tree of 100,000 files is matched against few. */
const patternsByTop: ReadonlyMap<string, readonly Pattern[]> = new Map(
  [...new Set(patterns.map(({ text }) => topOf(text)))].map((top) => [
    top,
    patterns.filter(({ text }) => topOf(text) === top),
  ]),
);

/** Folders in which every file means something. */
const strictFolders: ReadonlySet<string> = new Set(['brands', 'campaigns', 'policies']);
export const evidenceFolders = ['hub/open/', 'hub/ledger/', 'hub/halts/'] as const;
const linkModes: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/** What may lie anywhere without being an entity; files of Vale styles are read as they are. */
const isBystander = (path: string): boolean =>
  /(^|\/)(\.|README\.md$)/.test(path) || path.startsWith('policies/styles/');

/** Symbolic links and submodules lead out of the repository: they are never followed. */
export const isLink = (mode: string | undefined): boolean => linkModes[mode ?? ''] !== undefined;

export const fileProblem = (file: string, message: string): Problem => ({ file, line: 1, column: 1, message });

/**
 * Sorts paths into entities. Ids come from paths only, so a path whose id could mean another place is refused here,
 * before anything of it is read.
 */
export function indexPaths(paths: Iterable<readonly [string, { readonly mode?: string }]>): PathIndex {
  const entries: EntityPath[] = [];
  const problems: Problem[] = [];
  const lowered = new Map<string, string>();
  for (const [path, { mode }] of [...paths].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const top = topOf(path);
    if (!patternsByTop.has(top) && top !== 'templates') continue;
    if (isLink(mode)) {
      problems.push(fileProblem(path, `is ${linkModes[mode ?? '']}, expected a regular file`));
      continue;
    }
    const matched = matchPath(path);
    if (matched) {
      const twin = lowered.get(path.toLowerCase());
      const wrong =
        twin === undefined
          ? idProblems(matched)
          : [fileProblem(path, `differs from ${twin} only by case, expected another id`)];
      lowered.set(path.toLowerCase(), path);
      if (wrong.length === 0) entries.push(matched.entry);
      problems.push(...wrong);
    } else if (isBystander(path)) {
    } else if (strictFolders.has(top) || evidenceFolders.some((folder) => path.startsWith(folder))) {
      problems.push(fileProblem(path, `unexpected file${expectedPath(path)}`));
    }
  }
  return { entries, problems };
}

interface Match {
  readonly entry: EntityPath;
  readonly pattern: Pattern;
}

function matchPath(path: string): Match | undefined {
  const parts = path.split('/');
  for (const pattern of patternsByTop.get(parts[0] ?? '') ?? []) {
    const ids = pattern.segments.length === parts.length ? matchSegments(pattern.segments, parts) : undefined;
    if (ids) return { entry: { path, entity: pattern.entity, ids }, pattern };
  }
  return undefined;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const ids: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if ('literal' in segment) {
      if (part !== segment.literal) return undefined;
    } else {
      if (!part.endsWith(segment.suffix) || part === segment.suffix) return undefined;
      ids[segment.placeholder] = part.slice(0, part.length - segment.suffix.length);
    }
  }
  return ids;
}

function idProblems({ entry: { path, ids }, pattern }: Match): Problem[] {
  return pattern.segments.flatMap((segment) => {
    if ('literal' in segment) return [];
    const id = ids[segment.placeholder] ?? '';
    if (segment.format.test(id)) return [];
    const slug = id
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    const meant = segment.format.test(slug) ? `, did you mean "${slug}"?` : '';
    const words = wordsOfPattern(segment.format.source);
    return [fileProblem(path, `${segment.placeholder} "${id}" in the path, expected ${words}${meant}`)];
  });
}

/** The path that was probably meant, else the paths that there are in the folder. */
function expectedPath(path: string): string {
  const own = patternsByTop.get(topOf(path)) ?? [];
  const parts = path.split('/');
  for (const { segments } of own) {
    const meant =
      segments.length === parts.length ? segments.map((segment, index) => meantPart(segment, parts[index] ?? '')) : [];
    if (meant.length > 0 && meant.every((part) => part !== undefined)) return `, did you mean "${meant.join('/')}"?`;
  }
  return `, expected ${own.map(({ text }) => text).join(', ')}`;
}

function meantPart(segment: Segment, part: string): string | undefined {
  if ('literal' in segment) return part === segment.literal ? part : closest(part, [segment.literal]);
  const id = segment.suffix === '' ? part : part.replace(/\.[^.]*$/, '');
  return segment.format.test(id) ? `${id}${segment.suffix}` : undefined;
}

export type EntriesOf = (entity: EntityName, owner?: string) => readonly EntityPath[];

/** Entries by entity and owner: brands/<brand> or campaigns/<campaign>; '' for what is nobody's. */
export function byOwner(entries: readonly EntityPath[]): EntriesOf {
  const groups = new Map<string, EntityPath[]>();
  for (const entry of entries) {
    const key = `${entry.entity} ${ownerOf(entry)}`;
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return (entity, owner = '') => groups.get(`${entity} ${owner}`) ?? [];
}

function ownerOf({ entity, ids }: EntityPath): string {
  if (entity === 'Brand' || entity === 'Campaign') return '';
  if (ids.brand !== undefined) return `brands/${ids.brand}`;
  return ids.campaign === undefined ? '' : `campaigns/${ids.campaign}`;
}
