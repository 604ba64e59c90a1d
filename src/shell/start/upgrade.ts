/** `mhub upgrade`: workflows as the installed version has them, where nobody has changed them. */
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isRefusedByMachine, refusalOf, Usage } from '../../core/errors.ts';
import type { Paint } from '../../core/report.ts';
import { expectedOneOf } from '../../core/suggest.ts';
import { openRepo, type Repo } from '../git.ts';
import { writeNew } from './land.ts';
import { markOf, WORKFLOWS, workflowsOf } from './workflows.ts';

export interface UpgradeOptions {
  readonly cwd: string;
  readonly version: string;
  /** Whether package.json is to pin the installed version. */
  readonly pin: boolean;
  /** Workflows to be added, by name such as mhub-pages.yml. */
  readonly add: readonly string[];
  readonly dryRun: boolean;
}

export interface Upgraded {
  readonly path: string;
  /** edited: a person changed it, so it stays; unknown: the installed version has no such workflow; absent: it is not here. */
  readonly state: 'current' | 'replaced' | 'edited' | 'unknown' | 'absent' | 'added';
  /** Version that wrote it, or would. */
  readonly from: string;
  /** Of an edited one: from what is there to what would be. */
  readonly diff?: string;
}

export interface Upgrade {
  readonly version: string;
  readonly workflows: readonly Upgraded[];
  /** Pin in package.json before; null: it is as it was. */
  readonly pinned: string | null;
  readonly dry_run: boolean;
}

/** Regular files only: a link leads elsewhere. */
function workflowPaths(root: string): string[] {
  const folder = join(root, WORKFLOWS);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name) && lstatSync(join(folder, name)).isFile())
    .sort()
    .map((name) => `${WORKFLOWS}/${name}`);
}

/** @throws Failed when the machine refuses */
function write(root: string, path: string, content: string): void {
  try {
    writeFileSync(join(root, path), content);
  } catch (error) {
    throw isRefusedByMachine(error) ? refusalOf(error) : error;
  }
}

async function diffTo({ git }: Repo, path: string, wanted: string): Promise<string> {
  const { stdout } = await git(['diff', '--no-index', '--no-ext-diff', '--no-textconv', '--', path, '-'], {
    answers: [0, 1],
    input: [wanted],
  });
  return stdout.toString().trimEnd();
}

const PIN = /("mhub-engine"\s*:\s*)"([^"]*)"/;

/** @throws Usage when package.json does not name the package */
function pinTo(root: string, version: string, dryRun: boolean): string | null {
  const path = join(root, 'package.json');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [, , before] = PIN.exec(text) ?? [];
  if (before === undefined) {
    throw new Usage(`package.json does not depend on mhub-engine: npm install --save-exact mhub-engine@${version}`);
  }
  if (before === version) return null;
  if (!dryRun)
    write(
      root,
      'package.json',
      text.replace(PIN, (_, key: string) => `${key}"${version}"`),
    );
  return before;
}

export async function upgrade({ cwd, version, pin, add, dryRun }: UpgradeOptions): Promise<Upgrade> {
  const repo = await openRepo(cwd);
  const own = new Map([...workflowsOf(version)].map(([path, text]) => [basename(path), { path, text }]));
  const strange = add.find((name) => !own.has(name));
  if (strange !== undefined) throw new Usage(`--add is "${strange}"${expectedOneOf(strange, [...own.keys()], 'none')}`);
  const workflows: Upgraded[] = [];
  const known = new Set<string>();
  for (const path of workflowPaths(repo.root)) {
    const text = readFileSync(join(repo.root, path), 'utf8');
    const mark = markOf(text);
    if (!mark) continue;
    known.add(mark.name);
    const wanted = own.get(mark.name)?.text;
    const from = mark.version;
    if (wanted === undefined) workflows.push({ path, state: 'unknown', from });
    else if (mark.isEdited) workflows.push({ path, state: 'edited', from, diff: await diffTo(repo, path, wanted) });
    else if (text.replaceAll('\r\n', '\n') === wanted) workflows.push({ path, state: 'current', from });
    else {
      if (!dryRun) write(repo.root, path, wanted);
      workflows.push({ path, state: 'replaced', from });
    }
  }
  for (const [name, { path, text }] of own) {
    if (known.has(name) || existsSync(join(repo.root, path))) continue;
    const isWanted = add.includes(name);
    if (isWanted && !dryRun) writeNew(repo.root, [{ path, content: text, because: `a workflow of ${version}` }]);
    workflows.push({ path, state: isWanted ? 'added' : 'absent', from: version });
  }
  const pinned = pin ? pinTo(repo.root, version, dryRun) : null;
  return { version, workflows, pinned, dry_run: dryRun };
}

const SAY: Readonly<Record<Upgraded['state'], (version: string, path: string) => string>> = {
  current: () => 'is up to date',
  replaced: (version) => `is that of ${version} now`,
  edited: () => 'has been edited, so it stays as it is; what is new:',
  absent: (_, path) => `is not here; add it with: mhub upgrade --add ${basename(path)}`,
  added: () => 'is new',
  unknown: (version) => `stays: ${version} has no such workflow`,
};

export function renderUpgrade({ version, workflows, pinned, dry_run: dryRun }: Upgrade, paint: Paint): string {
  const lines = workflows.flatMap(({ path, state, from, diff }) => [
    `${paint(state === 'edited' ? 'yellow' : 'green', path)} (${from}) ${SAY[state](version, path)}`,
    ...(diff === undefined ? [] : [diff]),
  ]);
  const changed = pinned !== null || workflows.some(({ state }) => state === 'replaced' || state === 'added');
  return [
    ...(dryRun ? ['Dry run, nothing was written.'] : []),
    ...lines,
    ...(pinned === null ? [] : [`package.json pins mhub-engine ${version} instead of ${pinned}: run "npm install".`]),
    ...(changed && !dryRun ? ['Look at it with "git diff", and commit it.'] : []),
  ].join('\n');
}
