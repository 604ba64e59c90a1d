/** What people call the entities that they write more than one of. Light: whoever completes a command line reads it. */
import { entityDocs } from '../../generated/docs.ts';

export interface Kind {
  /** As in the manifest, such as AudienceSegment. */
  readonly entity: string;
  /** brands/{brand}/segments/{segment}.yaml */
  readonly pattern: string;
}

/** The folder that a file lies in, as one: segment for brands/{brand}/segments/{segment}.yaml. */
const wordIn = (pattern: string): string | undefined =>
  /(\w+)\/\{\w+\}(?:\/\w+)?\.yaml$/.exec(pattern)?.[1]?.replace(/ies$/, 'y').replace(/s$/, '');

/** Word -> kind, such as segment. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  entityDocs.flatMap(({ name, owner, paths: [pattern = ''] }) => {
    const word = owner === 'people' ? wordIn(pattern) : undefined;
    return word === undefined ? [] : [[word, { entity: name, pattern }] as const];
  }),
);

/** AudienceSegment -> segment; what is no such entity keeps its name. */
export const wordOf = (entity: string): string => [...kinds].find(([, kind]) => kind.entity === entity)?.[0] ?? entity;
