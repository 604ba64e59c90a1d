/** `mhub init`: a new workspace, from answers to a first run. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { zoneFault } from '../../core/checks.ts';
import type { Instant } from '../../core/contracts.ts';
import { Invalid, Usage } from '../../core/errors.ts';
import { columns, type Paint } from '../../core/report.ts';
import { civilDay } from '../../core/time.ts';
import { locateChromium, REMEDY, type Whereabouts } from '../observe/chromium.ts';
import { type Environment, type Git, gitIn } from '../run-git.ts';
import { type Answers, blueprintOf, GIT_IGNORED } from './blueprint.ts';
import { inTheWay, problemsWith, writeNew } from './land.ts';
import { idFrom, oneLine, siteUrl, titleFrom } from './names.ts';

export interface InitOptions {
  /** Where the command was given. */
  readonly cwd: string;
  /** Within it; may not exist yet. */
  readonly folder: string;
  readonly env: Environment;
  readonly now: Instant;
  readonly version: string;
  readonly answers: Partial<Answers>;
  readonly dryRun: boolean;
}

export interface Initialized {
  readonly folder: string;
  readonly brand: string;
  readonly campaign: string;
  readonly files: readonly { readonly path: string; readonly because: string }[];
  /** There before, and left as they are. */
  readonly kept: readonly string[];
  /** Where the browser is; null: there is none, and what needs one is left out. */
  readonly browser: string | null;
  /** null: nobody has committed the files yet. */
  readonly commit: string | null;
  /** Each step with what it is good for, in order. */
  readonly next: readonly { readonly step: string; readonly because: string }[];
  readonly dry_run: boolean;
}

/** Files that a project may have before it has a workspace. */
const SHARED = ['package.json', '.gitignore'];
const SHARED_AT_FIRST = [...SHARED, 'package-lock.json'];

/**
 * What stands where nobody answered.
 *
 * @param root  absolute path of the folder, whose name is the brand's until somebody says another one
 */
export function defaultAnswers(root: string): Answers {
  const name = titleFrom(idFrom(basename(root), 'example'));
  return {
    name,
    offer: 'Sample offer',
    audience: 'First readers',
    channels: ['web', 'feed', 'outbox'],
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function checked({ name, siteUrl: url, offer, audience, channels, timezone }: Answers): Answers {
  const zone = zoneFault(timezone);
  if (zone !== undefined) throw new Usage(`--timezone is "${timezone}", ${zone}`);
  if (channels.length === 0) throw new Usage('--channel is missing, expected at least one');
  return {
    name: oneLine(name, 'the name'),
    ...(url === undefined ? {} : { siteUrl: siteUrl(url) }),
    offer: oneLine(offer, 'the offer'),
    audience: oneLine(audience, 'the audience'),
    channels: [...new Set(channels)],
    timezone,
  };
}

/** @throws Usage when something is in the way, before anything is written; Invalid when the whole would not be valid */
export async function init({ cwd, folder, env, now, version, answers, dryRun }: InitOptions): Promise<Initialized> {
  const root = resolve(cwd, folder);
  const given = checked({ ...defaultAnswers(root), ...answers });
  const before = await repositoryAt(root, env);
  const where = locateChromium(env);
  const { brand, campaign, changes } = await blueprintOf(given, {
    today: civilDay(now, given.timezone),
    version,
    ...('missing' in where ? {} : { browser: browserOf(where) }),
  });
  const kept = inTheWay(root, SHARED);
  const fresh = changes.filter(({ path }) => !kept.includes(path));
  const conflicts = inTheWay(
    root,
    fresh.map(({ path }) => path),
  );
  if (conflicts.length > 0) {
    const list = conflicts.map((path) => `  ${path}`).join('\n');
    throw new Usage(`${root} has files that would be overwritten, so nothing was written:\n${list}`);
  }
  const problems = await problemsWith(root, fresh, { now, branch: null });
  if (problems.length > 0) throw new Invalid(problems);
  const commit = dryRun ? null : await land();
  return {
    folder: root,
    brand,
    campaign,
    files: fresh.map(({ path, because }) => ({ path, because })),
    kept,
    browser: 'missing' in where ? null : 'program' in where ? where.program : where.from,
    commit,
    next: nextSteps({ root, kept, version, campaign, isCommitted: dryRun || commit !== null, cwd }),
    dry_run: dryRun,
  };

  async function land(): Promise<string | null> {
    writeNew(root, fresh);
    const git = gitIn(root, env);
    // The branch that the workflows name.
    if (before === 'none') await git(['init', '--quiet', '--initial-branch', 'main']);
    if (before === 'commits') return null;
    const first = [...fresh.map(({ path }) => path), ...SHARED_AT_FIRST.filter((path) => existsSync(join(root, path)))];
    return firstCommit(git, env, [...new Set(first)]);
  }
}

const browserOf = (where: Exclude<Whereabouts, { missing: string }>) =>
  'packaged' in where ? { dependency: { name: '@sparticuz/chromium', version: where.version } } : {};

/** What git knows of the folder. @throws Usage when it is inside of somebody else's work tree */
async function repositoryAt(root: string, env: Environment): Promise<'none' | 'empty' | 'commits'> {
  let nearest = root;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  const git = gitIn(nearest, env);
  const { code, stdout } = await git(['rev-parse', '--show-toplevel'], { answers: 'any' });
  if (code !== 0) return 'none';
  const top = stdout.toString().trimEnd();
  if (nearest !== root || realpathSync(top) !== realpathSync(root)) {
    throw new Usage(`${root} is inside the repository ${top}: run "mhub init" in ${top}, or in a folder outside of it`);
  }
  const head = await git(['rev-parse', '--verify', '--quiet', 'HEAD'], { answers: 'any' });
  return head.code === 0 ? 'commits' : 'empty';
}

/** Variables in which a person may have said who they are. */
const PERSON = /^GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL)$/;

/** null: git does not know who commits, or something of the user's keeps it from committing. */
async function firstCommit(git: Git, env: Environment, paths: readonly string[]): Promise<string | null> {
  const person = Object.fromEntries(Object.entries(env).filter(([name]) => PERSON.test(name)));
  const strict = ['-c', 'user.useConfigOnly=true'];
  const known = await git([...strict, 'var', 'GIT_COMMITTER_IDENT'], { answers: 'any', env: person });
  if (known.code !== 0) return null;
  await git(['add', '--', ...paths]);
  const message = 'chore: start a workspace of mhub';
  const made = await git([...strict, 'commit', '--quiet', '-m', message, '--only', '--', ...paths], {
    answers: 'any',
    env: person,
  });
  if (made.code !== 0) return null;
  return (await git(['rev-parse', 'HEAD'])).stdout.toString().trim();
}

interface Landed {
  readonly root: string;
  readonly kept: readonly string[];
  readonly version: string;
  readonly campaign: string;
  readonly isCommitted: boolean;
  readonly cwd: string;
}

function nextSteps({ root, kept, version, campaign, isCommitted, cwd }: Landed): Initialized['next'] {
  const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
  const ignored = kept.includes('.gitignore') ? textOf('.gitignore').split(/\r?\n/) : GIT_IGNORED;
  const unignored = GIT_IGNORED.filter((line) => !ignored.includes(line) && !ignored.includes(line.replace('/', '')));
  const depends = !kept.includes('package.json') || textOf('package.json').includes('"mhub-engine"');
  const installed = existsSync(join(root, 'node_modules/mhub-engine'));
  const locked = existsSync(join(root, 'package-lock.json'));
  const steps: (readonly [string, string] | false)[] = [
    root !== cwd && [`cd ${/^[\w./-]+$/.test(root) ? root : `'${root.replaceAll("'", "'\\''")}'`}`, 'the workspace'],
    unignored.length > 0 && [
      `add to .gitignore: ${unignored.join(', ')}`,
      'secrets and what is derived stay out of git',
    ],
    !depends && [`npm install --save-exact mhub-engine@${version}`, 'package.json pins the version'],
    depends &&
      (!installed || !locked) && ['npm install', 'installs what package.json pins, and writes package-lock.json'],
    !isCommitted && ["git add -A && git commit -m 'chore: start a workspace of mhub'", 'a run acts on the last commit'],
    ['npx mhub run', `campaign ${campaign}: makes, checks and publishes into site/ and hub/`],
    ['npx mhub preview --open', 'shows what it made'],
    isCommitted &&
      !locked && ["git add package-lock.json && git commit -m 'chore: lock'", 'the workflow installs by it'],
  ];
  return steps.flatMap((step) => (step ? [{ step: step[0], because: step[1] }] : []));
}

const WITHOUT_BROWSER = [
  'There is no Chromium here, so the policy pack browser and the PDF are left out. To add them later,',
  `${REMEDY};`,
  'then run "mhub new policy browser", add browser to the policies of the campaign, and to its schedule:',
  '{ channel: web, asset: one_pager, on_change: true }.',
];

export function renderInit(done: Initialized, paint: Paint): string {
  const { folder, brand, files, kept, browser, commit, next, dry_run: dryRun } = done;
  const steps = columns(next.map(({ step, because }) => [step, because]));
  return [
    dryRun ? `Dry run, nothing was written: ${files.length} files in ${folder}` : `${files.length} files in ${folder}`,
    ...columns(files.map(({ path, because }) => [path, because])),
    ...(kept.length > 0 ? [`Left as they are: ${kept.join(', ')}`] : []),
    '',
    ...(browser === null
      ? WITHOUT_BROWSER
      : [`Pages and emails are looked at in ${browser}, and a one-pager is printed as PDF.`]),
    ...(commit === null ? [] : [`Committed as ${commit.slice(0, 8)}.`]),
    `The texts are samples and the addresses lead nowhere: change both in brands/${brand} before you go live.`,
    '',
    paint('bold', 'Next'),
    ...steps,
  ].join('\n');
}
