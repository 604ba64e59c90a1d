/** How long a command takes before it does anything, and a run that has nothing to do, against an empty node process. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, compare, type Row, timed } from './measure.ts';
import { campaignCount, MHUB, NOW, workspaceWith } from './workspaces.ts';

function node(args: readonly string[], ci: boolean): string {
  const { CI: _unset, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...env, ...(ci ? { CI: '1' } : {}) },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr || stdout}`);
  return stdout;
}

export interface FirstRun {
  readonly campaigns: number;
  /** Of them; the others start a year later. */
  readonly active: number;
  readonly seconds: number;
  readonly commits: number;
}

export interface StartUp {
  readonly rows: readonly Row[];
  readonly firstRuns: readonly FirstRun[];
}

/** More would take minutes to run for the first time; on the way to "nothing to do" they make no difference. */
const MOST_ACTIVE = 1000;

export async function startUp(folder: string, sizes: readonly number[], rounds: number): Promise<StartUp> {
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, '');
  const firstRuns: FirstRun[] = [];
  const cases: Case[] = [
    { name: 'empty node process', run: () => node([empty], true) },
    { name: 'mhub --version', run: () => node([MHUB, '--version'], true) },
    { name: 'mhub --help', run: () => node([MHUB, '--help'], true) },
  ];
  for (const campaigns of sizes) {
    const active = Math.min(campaigns, MOST_ACTIVE);
    const root = workspaceWith({ campaigns, active }, join(folder, `campaigns-${campaigns}`));
    const run = [MHUB, 'run', '--cwd', root, '--now', NOW];
    let report = '';
    const milliseconds = await timed(() => {
      report = node([...run, '--json'], true);
    });
    const { commits } = JSON.parse(report) as { commits: number };
    firstRuns.push({ campaigns, active, commits, seconds: milliseconds / 1000 });
    const calm = (ci: boolean) => () => {
      const said = node(run, ci);
      if (!said.includes('Nothing to do')) throw new Error(`not calm at ${campaigns} campaigns: ${said}`);
    };
    cases.push({ name: `mhub run, nothing to do, ${campaignCount(campaigns)}, CI=1`, run: calm(true) });
    cases.push({ name: `mhub run, nothing to do, ${campaignCount(campaigns)}`, run: calm(false) });
  }
  return { rows: await compare(cases, rounds), firstRuns };
}

/** The first campaign makes pages and an email, too; each further one that is active adds the same work. */
export function firstRunTable(runs: readonly FirstRun[]): string {
  const [one] = runs;
  return [
    '| first run | seconds | commits | ms for each further campaign |',
    '| --- | ---: | ---: | ---: |',
    ...runs.map(({ campaigns, active, seconds, commits }) => {
      const further = (1000 * (seconds - (one?.seconds ?? 0))) / (campaigns - 1);
      const rest = active < campaigns ? `, ${active} of them active and the others to start in a year` : '';
      const added = campaigns > 1 && rest === '' ? further.toFixed(1) : '';
      return `| ${campaignCount(campaigns)}${rest} | ${seconds.toFixed(2)} | ${commits} | ${added} |`;
    }),
  ].join('\n');
}
