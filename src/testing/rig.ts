/** What tests with real processes stand on: a bundle that starts fast, repositories to copy, and processes to kill. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { wentOut } from '../core/ledger.ts';
import type { Receipt } from '../generated/entities.ts';
import type { FaultPoint } from '../shell/fault.ts';
import { type Facts, factsOf } from './facts.ts';
import type { Accepted, Loopback } from './loopback.ts';
import { mhub } from './mhub.ts';
import { baseWorkspace } from './play.ts';
import { tempRepo } from './repo.ts';
import type { ChildOrder } from './run-child.ts';

/** A clone and the bare repository that it knows as ../origin.git; both can be copied as a folder. */
export interface Site {
  readonly folder: string;
  readonly clone: string;
  readonly origin: string;
}

export interface Ended {
  /** null: killed. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What each command printed as JSON, as far as it came to that. */
  readonly reports: readonly Report[];
  /** Fault points passed by each command, with the number of the visit; when counting. */
  readonly passed: readonly (readonly (readonly [FaultPoint, number])[])[];
  readonly stderr: string;
}

/** Of the JSON report, what tests ask for. */
export interface Report {
  readonly exit_code: number;
  readonly commits: number;
  readonly notes: readonly { readonly level: string; readonly message: string }[];
  readonly published: readonly { readonly asset: string }[];
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export type Order = Omit<ChildOrder, 'service'> & {
  readonly book: string;
  /** Commands that need no workspace, and are started outside of it. */
  readonly outside?: boolean;
};

export interface Rig {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  git(cwd: string, ...args: string[]): string;
  /** A copy of a site. */
  copy(site: Site, name: string): Site;
  /** The same origin, seen from a fresh clone. */
  freshClone(site: Site): Site;
  /** How to start a process that carries out an order. */
  command(site: Site, order: Order): { readonly command: readonly string[]; readonly env: Record<string, string> };
  start(site: Site, order: Order, env?: NodeJS.ProcessEnv): Running;
  /** A person's change of one text, pushed. */
  edit(site: Site, path: string, from: string, to: string): void;
  /** What stands on the branch of the origin, seen in a clone that is up to date. */
  facts(site: Site): Facts;
  remove(): void;
}

const OWN_ADDRESSES: readonly [string, string][] = [
  ['site_url: https://tidewell.example', 'site_url: http://127.0.0.1:9'],
  ['crew@tidewell.example', 'crew@tidewell.internal'],
  ['crew@lists.tidewell.example', 'crew@lists.tidewell.internal'],
  ['https://tidewell.example/unsubscribe', 'https://tidewell.internal/unsubscribe'],
];

/** The base workspace, with addresses of its own and set to push. */
export function liveWorkspace(): Record<string, string> {
  const files = baseWorkspace();
  const replace = (path: string, replacements: readonly (readonly [string, string])[]): void => {
    let text = files[path] ?? '';
    for (const [from, to] of replacements) {
      if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
      text = text.replace(from, to);
    }
    files[path] = text;
  };
  replace('brands/tidewell/brand.yaml', OWN_ADDRESSES);
  replace('mhub.yaml', [['delivery: local', 'delivery: direct']]);
  return files;
}

/** A site in which everything is made and judged, and nothing published yet. */
export const siteBefore = (folder: string, now: string, files: Readonly<Record<string, string>>): Promise<Site> =>
  siteAfter(['sense', 'decide', 'make', 'guard'], folder, now, files);

/** One post is due on the feed. */
const CAMPAIGN = `name: One of many
brand: tidewell
goal: signup
status: active
locales: [en]
offers: [club]
segments: [harbour-crew, sailing-school]
policies: [base]
kpis:
  - { metric: clicks, target: 500 }
schedule:
  - { channel: feed, asset: social_post, weekly: [mon 09:30] }
`;
const FEED = 'brands/tidewell/channels/feed.yaml';

/** The live workspace with other campaigns: each has one post, and the cap lets all of them out on one day. */
export function manyCampaigns(ids: readonly string[]): Record<string, string> {
  const { 'campaigns/spring/campaign.yaml': _spring, [FEED]: feed = '', ...files } = liveWorkspace();
  return {
    ...files,
    ...Object.fromEntries(ids.map((id) => [`campaigns/${id}/campaign.yaml`, CAMPAIGN])),
    [FEED]: feed.replace('max_publishes_per_day: 2', `max_publishes_per_day: ${ids.length}`),
  };
}

/** A person's change of one text, pushed. */
export function pushEdit(
  git: (cwd: string, ...args: string[]) => string,
  { clone }: Pick<Site, 'clone'>,
  path: string,
  from: string,
  to: string,
): void {
  const text = readFileSync(join(clone, path), 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${path} has not exactly one ${from}`);
  writeFileSync(
    join(clone, path),
    text.replace(from, () => to),
  );
  git(clone, 'commit', '-q', '-a', '-m', `change ${path}`);
  git(clone, 'push', '-q', 'origin', 'main');
}

/** A site in which these stages have run. */
export async function siteAfter(
  stages: readonly string[],
  folder: string,
  now: string,
  files: Readonly<Record<string, string>>,
): Promise<Site> {
  const repo = await tempRepo(files, { remote: true });
  try {
    for (const stage of stages) {
      const { exit, output } = await mhub([stage, '--cwd', repo.root], { now, env: repo.env });
      if (exit !== 0) throw new Error(`${stage} ended with ${exit}: ${output}`);
    }
    const site: Site = { folder, clone: join(folder, 'clone'), origin: join(folder, 'origin.git') };
    cpSync(repo.root, site.clone, { recursive: true });
    cpSync(repo.remote ?? '', site.origin, { recursive: true });
    repo.git('-C', site.clone, 'remote', 'set-url', 'origin', '../origin.git');
    repo.git('-C', site.origin, 'config', 'receive.autogc', 'false');
    for (const place of [join(site.clone, '.git'), site.origin]) {
      rmSync(join(place, 'hooks'), { recursive: true, force: true });
      repo.git('-C', place, 'repack', '-q', '-a', '-d');
    }
    return site;
  } finally {
    repo.remove();
  }
}

async function bundleInto(folder: string): Promise<string> {
  await build({
    entryPoints: [fileURLToPath(new URL('run-child.ts', import.meta.url))],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'error',
    banner: {
      js: "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);",
    },
  });
  return join(folder, 'run-child.mjs');
}

export async function openRig(loopback: Pick<Loopback, 'url'>): Promise<Rig> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mhub-rig-')));
  const entry = await bundleInto(join(folder, 'bundle'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
  };
  writeFileSync(env.GIT_CONFIG_GLOBAL, '[user]\n  name = Ada\n  email = ada@example.com\n[gc]\n  auto = 0\n');
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 });
  let clones = 0;

  const freshClone = ({ folder: parent, origin }: Site): Site => {
    clones += 1;
    const clone = join(parent, `clone-${clones}`);
    git(parent, 'clone', '-q', origin, clone);
    git(clone, 'remote', 'set-url', 'origin', '../origin.git');
    return { folder: parent, clone, origin };
  };

  const command: Rig['command'] = (site, { book, outside, ...order }) => {
    const whole: ChildOrder = {
      ...order,
      commands: order.commands.map((words) => [...words, ...(outside ? [] : ['--cwd', site.clone]), '--json']),
      service: `${loopback.url}/${book}`,
    };
    return { command: [process.execPath, entry], env: { ...env, MHUB_CHILD: JSON.stringify(whole) } };
  };

  return {
    folder,
    env,
    git,
    freshClone,
    copy(site, name) {
      const copy = join(folder, name);
      cpSync(site.folder, copy, { recursive: true });
      return { folder: copy, clone: join(copy, 'clone'), origin: join(copy, 'origin.git') };
    },
    command,
    start(site, order, extra = {}) {
      const { command: words, env: own } = command(site, order);
      const child = spawn(words[0] ?? '', words.slice(1), {
        cwd: order.outside ? folder : site.clone,
        env: { ...own, ...extra },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      return { process: child, ended: endOf(child) };
    },
    edit: (site, path, from, to) => pushEdit(git, site, path, from, to),
    facts: ({ clone, origin }) => {
      const [here, there] = [clone, origin].map((place) => git(place, 'rev-parse', 'main'));
      if (here !== there) throw new Error(`${clone} is not up to date with ${origin}`);
      return factsOf(clone, (...args) => git(clone, ...args), undefined);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function endOf(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const parts = stdout.split('\0');
      const json = (index: number): unknown => JSON.parse(parts[index] ?? 'null');
      const whole = Array.from({ length: Math.floor(parts.length / 2) }, (_, index) => 2 * index);
      resolve({
        code,
        signal,
        stderr,
        reports: whole.filter((index) => parts[index]?.trim()).map((index) => json(index) as Report),
        passed: whole.map((index) => json(index + 1) as Ended['passed'][number]),
      });
    });
  });
}

/** What must hold of a book once everything has been settled. */
export function brokenBooks(accepted: readonly Accepted[], receipts: readonly Receipt[]): string[] {
  const filed = new Set(receipts.filter(wentOut).map(({ key }) => key));
  return [
    ...accepted
      .filter(({ key }, index) => accepted.findIndex((other) => other.key === key) < index)
      .map(({ channel, key }) => `${channel} got ${key.slice(0, 8)} twice`),
    ...accepted
      .filter(({ key }) => !filed.has(key))
      .map(({ channel, key }) => `${channel} got ${key.slice(0, 8)}, but no receipt says so`),
  ];
}

export const inBook = (loopback: Loopback, book: string): Accepted[] =>
  loopback.accepted.filter((one) => one.book === book);
