/** Workspaces of any size, made from the repository's own. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a run reads; what the engine wrote in this clone stays behind. */
const OUTPUTS = /^(hub|site)\//;

const COPY_OF = 'campaigns/start/campaign.yaml';

const isolated = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'gc.auto=0'];

export const git = (root: string, ...args: string[]): string =>
  execFileSync('git', [...person, ...args], { cwd: root, env: isolated, encoding: 'utf8', maxBuffer: 2 ** 28 });

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

/** A repository with this many campaigns, in its first commit. */
export function workspaceWith(campaigns: number, root: string): string {
  const files = git(projectRoot, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  for (const path of files.filter((name) => name !== '' && !OUTPUTS.test(name))) {
    // A file may be deleted and not committed yet.
    if (existsSync(join(projectRoot, path))) cpSync(join(projectRoot, path), join(root, path));
  }
  for (let index = 1; index < campaigns; index += 1) {
    const folder = join(root, `campaigns/start-${String(index).padStart(4, '0')}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'campaign.yaml'), campaignText(index));
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
