/** Workspaces of any size, made from the repository's own. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
export const MHUB = join(projectRoot, 'bin/mhub.js');
export const NOW = '2026-11-23T07:00:00Z';

/** What a run reads; what the engine wrote in this clone stays behind. */
const OUTPUTS = /^(hub|site)\//;

const COPY_OF = 'campaigns/start/campaign.yaml';

/** Git as a person has it who has configured nothing, and that never stops to clean up. */
export const asPerson = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'user.name',
  GIT_CONFIG_VALUE_0: 'Ada',
  GIT_CONFIG_KEY_1: 'user.email',
  GIT_CONFIG_VALUE_1: 'ada@example.com',
  GIT_CONFIG_KEY_2: 'gc.auto',
  GIT_CONFIG_VALUE_2: '0',
};

export const git = (root: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd: root, env: asPerson, encoding: 'utf8', maxBuffer: 2 ** 28 });

export function commitEverything(root: string): void {
  git(root, 'init', '-q', '-b', 'main');
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'first');
}

/**
 * One campaign is the repository's own. The others are copies of it that publish posts alone, so that a thousand of
 * them can be run for the first time within a bench; the daily cap of the workspace holds for all of them together.
 */
function campaignText(index: number): string {
  const text = readFileSync(join(projectRoot, COPY_OF), 'utf8');
  const head = text.slice(0, text.indexOf('\nschedule:\n')).replace(/^name: .*$/m, `name: Start with mhub, ${index}`);
  return `${head}\nschedule:\n  - { channel: feed, asset: social_post, weekly: [mon 09:30, wed 09:30, fri 09:30] }\n`;
}

export const campaignCount = (campaigns: number): string => `${campaigns} campaign${campaigns === 1 ? '' : 's'}`;

/** Of the campaigns that are copies, from 1 on. */
const campaignId = (index: number): string => `start-${String(index).padStart(4, '0')}`;

export interface Size {
  readonly campaigns: number;
  /** So many of them publish at once, all when left out; the others start a year later. */
  readonly active?: number;
}

/** A repository with this many campaigns, in its first commit. */
export function workspaceWith({ campaigns, active = campaigns }: Size, root: string): string {
  const paths = git(projectRoot, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  for (const path of paths.filter((name) => name !== '' && !OUTPUTS.test(name))) {
    // A file may be deleted and not committed yet.
    if (existsSync(join(projectRoot, path))) cpSync(join(projectRoot, path), join(root, path));
  }
  for (let index = 1; index < campaigns; index += 1) {
    const folder = join(root, 'campaigns', campaignId(index));
    mkdirSync(folder, { recursive: true });
    const starts = index < active ? '' : 'starts: 2027-11-23\n';
    writeFileSync(join(folder, 'campaign.yaml'), `${campaignText(index)}${starts}`);
  }
  commitEverything(root);
  return root;
}

/** The workspace that tests start from, and in it brands with a campaign and so many sources each. */
export function workspaceOfSources(brands: readonly string[], sources: number, root: string): string {
  cpSync(join(projectRoot, 'src/testing/workspace'), root, { recursive: true });
  for (const folder of ['templates', 'policies']) {
    cpSync(join(projectRoot, folder), join(root, folder), { recursive: true });
  }
  const campaign = readFileSync(join(root, 'campaigns/spring/campaign.yaml'), 'utf8');
  for (const brand of brands) {
    cpSync(join(root, 'brands/tidewell'), join(root, 'brands', brand), { recursive: true });
    const folder = join(root, 'brands', brand, 'sources');
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    for (let index = 0; index < sources; index += 1) {
      writeFileSync(join(folder, `news-${index}.yaml`), 'adapter: changelog\nparams: { path: CHANGELOG.md }\n');
    }
    mkdirSync(join(root, 'campaigns', brand));
    const text = campaign.replace('brand: tidewell', `brand: ${brand}`);
    writeFileSync(join(root, 'campaigns', brand, 'campaign.yaml'), text);
  }
  commitEverything(root);
  return root;
}

/** A repository of small files, as many as asked for, a hundred to a folder. */
export function filesRepo(files: number, root: string): string {
  for (let index = 0; index < files; index += 1) {
    const path = join(root, `hub/campaigns/c${Math.floor(index / 100)}/assets/a${index % 100}/asset.yaml`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `kind: social_post\nnumber: ${index}\n${'text: a line of an asset\n'.repeat(30)}`);
  }
  commitEverything(root);
  return root;
}
