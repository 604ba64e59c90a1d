/** Workflows of GitHub that a workspace takes from the package, and how they are known again. */
import { sha256 } from '../../core/hash.ts';
import { packageFiles } from './package.ts';

export const WORKFLOWS = '.github/workflows';

/** On the first line: the version that wrote the rest, and the digest of the rest as it was written. */
const MARK = /^# mhub workflow (\S+) (\S+) ([0-9a-f]{64})\r?\n/;

/** What is about the package's own brand, for any brand. */
const forAnyBrand = (text: string): string => text.replaceAll('brands/mhub/', 'brands/<brand>/');

const marked = (name: string, version: string, rest: string): string =>
  `# mhub workflow ${name} ${version} ${sha256(rest)}\n${rest}`;

/** Path in the workspace -> content, of the installed version. */
export const workflowsOf = (version: string): Map<string, string> =>
  new Map(
    [...packageFiles(WORKFLOWS)]
      .filter(([name]) => /^mhub[\w-]*\.yml$/.test(name))
      .map(([name, text]) => [`${WORKFLOWS}/${name}`, marked(name, version, forAnyBrand(text))]),
  );

export interface Marked {
  /** Of the package's workflow, whatever the file is called by now. */
  readonly name: string;
  readonly version: string;
  /** Whether a person has changed it since. */
  readonly isEdited: boolean;
}

/** undefined: not one of ours. */
export function markOf(text: string): Marked | undefined {
  const [line, name, version, digest] = MARK.exec(text) ?? [];
  if (line === undefined || name === undefined || version === undefined) return undefined;
  // A checkout on Windows may have other line ends.
  const rest = text.slice(line.length).replaceAll('\r\n', '\n');
  return { name, version, isEdited: sha256(rest) !== digest };
}
