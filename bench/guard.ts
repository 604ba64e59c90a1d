/** Judging pages by the packs of the repository's own campaign, against nothing but parsing the same pages. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'parse5';
import type { GuardDocument, MadeAsset, Plugins, RuleContext } from '../src/core/contracts.ts';
import { type EffectivePolicy, effectivePolicy } from '../src/core/policy/effective.ts';
import { applies, judgeAll } from '../src/core/policy/judge.ts';
import { contextsOf, documentOfAsset } from '../src/core/policy/pending.ts';
import { assets, channels } from '../src/generated/registry.ts';
import { deadlineOf } from '../src/shell/deadline.ts';
import { type Examiner, openExaminer } from '../src/shell/observe/index.ts';
import { loadAll, openInputs, openWorkspace } from '../src/shell/open.ts';
import { GUARD_DEADLINE_MS, loadRules } from '../src/shell/pass.ts';
import { workTreeSnapshot } from '../src/shell/snapshot.ts';
import { World } from '../src/shell/world.ts';
import type { GuardRun } from './guard-run.ts';
import { type Case, compare, median, type Row, timed } from './measure.ts';
import { asPerson, git, NOW, projectRoot, workspaceWith } from './workspaces.ts';

/** Guard's, however many assets there are: if it needs more than this, it ends with an error. */
export const HEAP_MIB = 192;

/** Of the loop, in a process of its own. */
function runStage(root: string, stage: 'decide' | 'make' | 'guard'): GuardRun {
  const limit = stage === 'guard' ? [`--max-old-space-size=${HEAP_MIB}`] : [];
  const args = [...limit, '--import', 'tsx', join(projectRoot, 'bench/guard-run.ts'), root, NOW, stage];
  const said = execFileSync(process.execPath, args, { cwd: projectRoot, env: asPerson, encoding: 'utf8' });
  return JSON.parse(said) as GuardRun;
}

/** So many pages that differ, judged one after the other in each round. */
const PAGES = 10;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** No two of them are the same bytes, so that nothing that was worked out for one can serve for another. */
function differentPages(page: MadeAsset): MadeAsset[] {
  const html = String(page.files.get('index.html'));
  return Array.from({ length: PAGES }, (_, index) => {
    const added = `<p>And so on, as with ${LETTERS.charAt(index)}.</p></main>`;
    return { ...page, files: new Map([['index.html', html.replace('</main>', added)]]) };
  });
}

interface Guarding {
  readonly pages: readonly MadeAsset[];
  /** Every rule that applies to a page and asks no browser. */
  readonly policy: EffectivePolicy;
  documentOf(page: MadeAsset): GuardDocument;
  judge(document: GuardDocument, observed: RuleContext['observed']): void;
}

/** The repository's own campaign, up to a page that is made and not judged. */
async function guarding(root: string): Promise<Guarding> {
  for (const stage of ['decide', 'make'] as const) runStage(root, stage);
  const world = new World(workTreeSnapshot(root));
  const workspace = await openWorkspace(world, await openInputs(world, ['start']));
  const [unit] = workspace.units;
  if (!unit) throw new Error('the campaign start cannot be read; run: mhub validate');
  const whole = effectivePolicy(unit);
  const plugins: Plugins = {
    engines: new Map(),
    assets: await loadAll(assets),
    rules: await loadRules(whole),
    channels: await loadAll(channels),
  };
  const input = { unit, state: await workspace.hub(unit), published: new Map(), now: NOW, plugins };
  const page = input.state.assets.find(({ asset }) => asset.kind === 'landing_page');
  if (!page) throw new Error('the campaign start plans no page');
  const subject = { document: documentOfAsset(input, page), channel: page.asset.channel, campaign: unit.campaign.id };
  const policy = { ...whole, rules: whole.rules.filter((rule) => rule.type !== 'browser' && applies(rule, subject)) };
  const context = contextsOf(input)({ channel: page.asset.channel, facts: page.asset.facts, asset: page.id });
  const within = deadlineOf(GUARD_DEADLINE_MS);
  return {
    pages: differentPages(page),
    policy,
    documentOf: (one) => documentOfAsset(input, one),
    judge(document, observed) {
      const judged = judgeAll(policy, plugins.rules, { ...subject, document }, { ...context, observed }, within);
      const bad = judged.find(({ outcome }) => outcome.result !== 'pass');
      if (bad) throw new Error(`${bad.outcome.rule}: ${bad.outcome.result} ${JSON.stringify(bad.findings)}`);
    },
  };
}

const perPage = (row: Row): Row => ({ ...row, medianMs: row.medianMs / PAGES, bestMs: row.bestMs / PAGES });

export interface GuardBench {
  readonly rows: readonly Row[];
  /** Rules that judged each page. */
  readonly rules: number;
  /** Milliseconds a page with all rules, the browser's among them, or why there are none. */
  readonly browser: { readonly pageMs: number; readonly engine: string } | { readonly missing: string };
}

async function inBrowser({ pages, documentOf, judge }: Guarding, world: Examiner): Promise<GuardBench['browser']> {
  const look = async (page: MadeAsset) => {
    const document = documentOf(page);
    const observed = await world.examine({ document, asset: page, needs: ['secrets', 'browser'] });
    judge(document, observed);
    return observed.browser;
  };
  // The first page starts the browser.
  const [first] = pages;
  const seen = first && (await look(first));
  if (!seen || 'unavailable' in seen) return { missing: seen?.unavailable ?? 'nobody was asked' };
  const rounds: number[] = [];
  for (let round = 0; round < 3; round += 1) rounds.push(await timed(() => Promise.all(pages.map(look))));
  return { pageMs: median(rounds) / PAGES, engine: String(seen.engine) };
}

export async function guardPages(root: string, rounds: number): Promise<GuardBench> {
  const guard = await guarding(root);
  const { pages, documentOf, judge } = guard;
  const world = openExaminer({ env: process.env });
  const cases: Case[] = [
    {
      name: 'parse5 parses the page, with places',
      run: () => pages.map(({ files }) => parse(String(files.get('index.html')), { sourceCodeLocationInfo: true })),
    },
    { name: 'mhub takes it apart: what is seen and heard, with places', run: () => pages.map(documentOf) },
    {
      name: 'mhub guards it: takes it apart, looks for secrets, judges by every rule but the browser',
      run: async () => {
        for (const page of pages) {
          const document = documentOf(page);
          judge(document, await world.examine({ document, asset: page, needs: ['secrets'] }));
        }
      },
    },
  ];
  try {
    const rows = (await compare(cases, rounds, 5)).map(perPage);
    return { rows, rules: guard.policy.rules.length, browser: await inBrowser(guard, world) };
  } finally {
    await world.close();
  }
}

const perSecond = (milliseconds: number): string => (1000 / milliseconds).toFixed(1);

export function guardText({ rows, rules, browser }: GuardBench): string {
  const [floor, , guarded] = rows;
  if (!floor || !guarded) throw new Error('nothing was measured');
  const { medianMs } = guarded;
  const floors = (milliseconds: number): string => (milliseconds / floor.medianMs).toFixed(0);
  return [
    `Static: ${perSecond(medianMs)} pages a second, ${((1000 * rules) / medianMs).toFixed(0)} rules a second (${rules} a page), ${floors(medianMs)} times the floor.`,
    'missing' in browser
      ? `With a browser: not measured, ${browser.missing}.`
      : `With ${browser.engine}: ${perSecond(browser.pageMs)} pages a second, ${floors(browser.pageMs)} times the floor.`,
  ].join('\n');
}

// ---- whole workspaces ------------------------------------------------------------------------------------------------

/** Campaigns of one landing page each; what only a browser shows is left out, or this would take minutes. */
function workspaceOfPages(assets: number, root: string): string {
  workspaceWith({ campaigns: assets }, root);
  const paths = git(root, 'ls-files', 'campaigns').trim().split('\n');
  for (const path of paths) {
    const text = readFileSync(join(root, path), 'utf8');
    const alone = text
      .replace(', browser]', ']')
      .replace(/^schedule:\n(?: .*\n)+/m, 'schedule:\n  - { channel: web, asset: landing_page, on_change: true }\n')
      .replace(/^experiment:\n(?: .*\n)+/m, '');
    writeFileSync(join(root, path), alone);
  }
  git(root, 'commit', '-q', '-a', '-m', 'pages');
  return root;
}

export interface GuardedAssets {
  readonly assets: number;
  /** Contents that no other asset has. */
  readonly different: number;
  readonly first: GuardRun;
  readonly again: GuardRun;
}

/** The whole loop up to Guard over a workspace of so many pages, and Guard once more over the same. */
export function guardWorkspace(assets: number, folder: string): GuardedAssets {
  const root = workspaceOfPages(assets, folder);
  for (const stage of ['decide', 'make'] as const) runStage(root, stage);
  const contents = git(root, 'ls-files', '-s', 'hub/campaigns/*/assets/*/index.html').trim().split('\n');
  const different = new Set(contents.map((line) => line.split(' ')[1])).size;
  return { assets: contents.length, different, first: runStage(root, 'guard'), again: runStage(root, 'guard') };
}

export const guardedTable = (title: string, rows: readonly GuardedAssets[]): string =>
  [
    `| ${title} | different | guarded | passed | pages a second | peak MiB | guarded again | peak MiB |`,
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(
      ({ assets, different, first, again }) =>
        `| ${assets} | ${different} | ${first.judged} | ${first.passed} | ${(first.judged / first.seconds).toFixed(1)} | ${first.peakMiB.toFixed(0)} | ${again.judged} | ${again.peakMiB.toFixed(0)} |`,
    ),
  ].join('\n');
