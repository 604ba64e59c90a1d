/**
 * `npm run bench`: how much mhub costs beside the least that the same work can cost, measured in one run.
 *
 *   npm run bench              everything, some minutes
 *   npm run bench -- --quick   smaller workspaces and fewer rounds
 *   npm run bench -- --only start-up,validate,commit,races,pages,eleventy,grounding,guard,mail
 *
 * It prints ratios and asserts nothing about time: only ratios of one run on one machine mean anything.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { grounding } from '../src/testing/grounding.ts';
import { commits } from './commits.ts';
import { eleventy, raceText } from './eleventy.ts';
import { groundingText } from './grounding.ts';
import { guardedTable, guardPages, guardText, guardWorkspace, HEAP_MIB } from './guard.ts';
import { mail, mailTable } from './mail.ts';
import { type Row, table } from './measure.ts';
import { pages } from './pages.ts';
import { races, racesTable } from './races.ts';
import { firstRunTable, startUp } from './start-up.ts';
import { validation } from './validation.ts';
import { campaignCount, projectRoot, workspaceWith } from './workspaces.ts';

const PARTS = ['start-up', 'validate', 'commit', 'races', 'pages', 'eleventy', 'grounding', 'guard', 'mail'];

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: PARTS.join(',') } },
});
const parts = new Set(flags.only.split(','));
const unknown = [...parts].filter((part) => !PARTS.includes(part));
if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}; there are: ${PARTS.join(', ')}`);

const rounds = flags.quick ? 7 : 15;
const sizes = flags.quick ? [1, 100] : [1, 100, 1000, 10_000];
const validated = flags.quick ? 100 : 1000;
const field = { writers: flags.quick ? 4 : 8, changesOfWriter: 20, group: 20 };
const raceRounds = flags.quick ? 1 : 3;
const repoSizes = flags.quick ? [1000] : [1000, 10_000];
const pageCount = flags.quick ? 100 : 1000;
const mailCount = flags.quick ? 500 : 5000;
const mailRounds = flags.quick ? 1 : 3;
const guardedSizes = flags.quick ? [10, 100] : [100, 1000];

const built = spawnSync(process.execPath, [join(projectRoot, 'scripts/build.mjs'), '--if-stale'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);

const say = (text: string): void => {
  process.stdout.write(`${text}\n\n`);
};
const busy = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)}`;

const folder = mkdtempSync(join(tmpdir(), 'mhub-bench-'));
const under = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
};

try {
  const [cpu] = cpus();
  const version = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  say(
    `Node ${process.version}, ${version}, ${availableParallelism()} x ${cpu?.model ?? 'unknown'}, ${memory} GiB, ${busy()}`,
  );

  if (parts.has('start-up')) {
    const { rows, firstRuns } = await startUp(under('start-up'), sizes, rounds);
    say(table(`start-up (${busy()})`, rounds, rows));
    say(firstRunTable(firstRuns));
  }
  if (parts.has('validate')) {
    const root = workspaceWith({ campaigns: validated }, under('validate'));
    say(table(`validate, ${campaignCount(validated)} (${busy()})`, rounds, await validation(root, rounds)));
  }
  if (parts.has('commit')) {
    for (const files of repoSizes) {
      for (const changed of [1, 100]) {
        const rows: Row[] = await commits(under('commit'), files, changed, rounds);
        say(table(`commit (${busy()})`, rounds, rows));
      }
    }
  }
  if (parts.has('races')) {
    const title = `${field.writers} writers on one remote, ${field.changesOfWriter} changes each, median of ${raceRounds} (${busy()})`;
    say(racesTable(title, field, await races(under('races'), field, raceRounds)));
  }
  if (parts.has('pages')) {
    const kinds = await pages(workspaceWith({ campaigns: 1 }, under('pages')), rounds);
    for (const [kind, rows] of kinds) say(table(`${kind} (${busy()})`, rounds, rows));
  }
  if (parts.has('eleventy')) {
    const race = await eleventy(workspaceWith({ campaigns: 1 }, under('site')), under('pages-written'), pageCount, 5);
    say(table(`${race.pages} pages (${busy()})`, 5, race.rows));
    say(raceText(race));
  }
  if (parts.has('grounding')) {
    for (const which of ['tuned', 'unseen'] as const) say(groundingText(which, grounding(which)));
  }
  if (parts.has('guard')) {
    const guard = await guardPages(workspaceWith({ campaigns: 1 }, under('guard')), rounds);
    say(table(`guard (${busy()})`, rounds, guard.rows));
    say(guardText(guard));
    const guarded = guardedSizes.map((assets) => guardWorkspace(assets, under(`guard-${assets}`)));
    say(guardedTable(`pages in a workspace, heap of ${HEAP_MIB} MiB (${busy()})`, guarded));
  }
  if (parts.has('mail')) {
    const tables = await mail(mailCount, mailRounds);
    for (const [how, rows] of tables) {
      say(mailTable(`${mailCount} emails ${how}, median of ${mailRounds} (${busy()})`, mailCount, rows));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
