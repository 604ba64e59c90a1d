/**
 * Scenario folders: the whole loop on a small workspace, told as data.
 *
 *   before/       files laid over src/testing/workspace/; templates and policy packs are those of the repository
 *   answers.yaml  what happens, step by step: what people do, what the world answers, and the command that is run
 *   after.yaml    what holds after each step, by its name
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Instant } from '../core/contracts.ts';

/** Visits of one page as `mhub serve` would have filed them; clicks are clicks on `cta`. */
export interface Visits {
  readonly batch: string;
  readonly path: string;
  readonly visits: number;
  readonly clicks?: number;
  readonly cta?: string;
}

/** Done in this order; then the command runs. */
export interface Step {
  readonly name: string;
  /** What the clock shows; that of the step before when left out. */
  readonly now?: Instant;
  /** Goes back to the commit before the first step, with nothing remembered. */
  readonly rewind?: true;
  /** Goes on in a fresh clone of the repository. */
  readonly clone?: true;
  /** Path -> content. */
  readonly write?: Readonly<Record<string, string>>;
  /** Path, in which a * may stand for any name -> text that stands there once -> text that takes its place. */
  readonly edit?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Files and folders. */
  readonly delete?: readonly string[];
  readonly visits?: readonly Visits[];
  /** Leaves what was written, edited and deleted in the work tree; otherwise a person commits it. */
  readonly uncommitted?: true;
  /** Git commands, without the word git. */
  readonly git?: readonly string[];
  /** Somebody else's change that reaches the remote just before the run's push with this number, from 1. */
  readonly meanwhile?: { readonly push: number; readonly write: Readonly<Record<string, string>> };
  /** Variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command line, without the word mhub. */
  readonly mhub: string;
}

export interface Answers {
  /** A sentence: the name of the test. */
  readonly proves: string;
  /** Starts after the first run of the base workspace, at FIRST_RUN. */
  readonly from?: 'first run';
  /** With a bare repository as origin. */
  readonly remote?: true;
  /** Variables that adapters are to ask for: kind and id -> names. */
  readonly needs?: Readonly<Record<'channels' | 'engines' | 'sources', Readonly<Record<string, readonly string[]>>>>;
  /** It cannot be played without a Chromium. */
  readonly browser?: true;
  readonly steps: readonly Step[];
}

/** What holds after a step; what is left out is not asked, but for the invariants of facts.ts. */
export interface Expected {
  readonly exit: number;
  /** Texts of the output, and texts that are not in it. */
  readonly says?: readonly string[];
  readonly never_says?: readonly string[];
  /** What has gone out in this step, as "campaign asset channel slot", in any order. */
  readonly published?: readonly string[];
  /** What was given back in this step, likewise. */
  readonly released?: readonly string[];
  /** What was taken down in this step, likewise. */
  readonly withdrawn?: readonly string[];
  /** New commits on the branch; 0 says that no file but those of .mhub has changed either. */
  readonly commits?: number;
  /** Not a byte was written, not even in .mhub. */
  readonly untouched?: true;
  readonly there?: readonly string[];
  readonly gone?: readonly string[];
  /** Path, in which a * may stand for any name -> texts in the file, and texts that are not in it. */
  readonly shows?: Readonly<Record<string, readonly string[]>>;
  readonly never_shows?: Readonly<Record<string, readonly string[]>>;
  /** Lines of `git status --porcelain`; a clean work tree when left out. */
  readonly status?: readonly string[];
  /** Subjects of the new commits, oldest first. */
  readonly history?: readonly string[];
  /** Subjects of the commits that the branch of origin has moved to, push by push. */
  readonly pushes?: readonly string[];
}

export interface Scenario {
  readonly folder: string;
  readonly answers: Answers;
  /** Path -> content of before/. */
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, Expected>>;
}

const STEP: readonly (keyof Step)[] = [
  'name',
  'now',
  'rewind',
  'clone',
  'write',
  'edit',
  'delete',
  'visits',
  'uncommitted',
  'git',
  'meanwhile',
  'env',
  'mhub',
];
const ANSWERS: readonly (keyof Answers)[] = ['proves', 'from', 'remote', 'needs', 'browser', 'steps'];
const EXPECTED: readonly (keyof Expected)[] = [
  'exit',
  'says',
  'never_says',
  'published',
  'released',
  'withdrawn',
  'commits',
  'untouched',
  'there',
  'gone',
  'shows',
  'never_shows',
  'status',
  'history',
  'pushes',
];

const SCENARIOS = fileURLToPath(new URL('scenarios', import.meta.url));

/** Files under a folder, by path from there, without those under some of its own folders. */
export function filesIn(folder: string, skipped: readonly string[] = []): Record<string, string> {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const files = entries
    .filter(({ name }) => !skipped.includes(name))
    .flatMap((entry): [string, string][] =>
      entry.isDirectory()
        ? Object.entries(filesIn(join(folder, entry.name))).map(([path, text]) => [`${entry.name}/${path}`, text])
        : [[entry.name, readFileSync(join(folder, entry.name), 'utf8')]],
    );
  return Object.fromEntries(files);
}

/** A misspelt key would quietly expect nothing. */
function known<T extends object>(value: T, keys: readonly (keyof T & string)[], where: string): T {
  const strange = Object.keys(value).filter((key) => !keys.some((one) => one === key));
  if (strange.length > 0) throw new Error(`${where}: ${strange.join(', ')} is none of ${keys.join(', ')}`);
  return value;
}

function readScenario(folder: string): Scenario {
  const yaml = (name: string): unknown => parse(readFileSync(join(SCENARIOS, folder, name), 'utf8'));
  const answers = known(yaml('answers.yaml') as Answers, ANSWERS, `${folder}/answers.yaml`);
  const after = yaml('after.yaml') as Record<string, Expected>;
  for (const step of answers.steps) known(step, STEP, `${folder}/answers.yaml ${step.name}`);
  for (const [name, expected] of Object.entries(after)) known(expected, EXPECTED, `${folder}/after.yaml ${name}`);
  const names = answers.steps.map(({ name }) => name);
  if (names.join('\n') !== Object.keys(after).join('\n')) {
    throw new Error(`${folder}: after.yaml has not the steps of answers.yaml, which are ${names.join(', ')}`);
  }
  return { folder, answers, after, before: filesIn(join(SCENARIOS, folder, 'before')) };
}

export const scenarios = (): Scenario[] => readdirSync(SCENARIOS).sort().map(readScenario);
