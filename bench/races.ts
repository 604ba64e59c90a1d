/** Many writers on one remote: what runs land together, against pull, rebase and push until it works. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ChangeSet } from '../src/core/contracts.ts';
import { openRepo } from '../src/shell/git.ts';
import { commitSnapshot } from '../src/shell/snapshot.ts';
import { bringUpToDate, type Landing, LostRace, land, startFrom, stepBackMs } from '../src/shell/transact.ts';
import { World } from '../src/shell/world.ts';
import { compare, type Row } from './measure.ts';
import { asPerson, git, MHUB, NOW, workspaceOfSources } from './workspaces.ts';

const finished = promisify(execFile);

export interface Field {
  readonly writers: number;
  /** So many changes each, in as many commits as it takes. */
  readonly changesOfWriter: number;
  /** Changes that land together. */
  readonly group: number;
}

/** Takes over finished files, $1 of them to a commit and a push. */
const PULL_REBASE_PUSH = `
  set -eu
  waiting=0
  while read -r path; do
    mkdir -p "$(dirname "$path")"
    cp "$FINISHED/$path" "$path"
    git add "$path"
    waiting=$((waiting + 1))
    if [ "$waiting" -lt "$1" ]; then continue; fi
    git commit -q -m "change $path"
    until git pull -q --rebase && git push -q; do :; done
    waiting=0
  done
`;

/** Lands each ChangeSet the way a run does, without what a run reads and decides before. */
async function landOneByOne(clone: string, changeSets: readonly ChangeSet[]): Promise<void> {
  const repo = await openRepo(clone, asPerson);
  for (const changeSet of changeSets) {
    for (let [lost, landed] = [0, false]; !landed; ) {
      const start = await startFrom(repo, 'direct');
      const world = new World(await commitSnapshot(repo, start.base));
      await world.apply(changeSet);
      const landing: Landing = { head: start.base, commits: 0 };
      const context = { now: NOW, run: changeSet.scope, base: start.base, delivery: 'direct' } as const;
      try {
        await land(start, world, landing, { ...context, identity: { name: 'mhub', email: 'engine@mhub.example' } });
        landed = true;
      } catch (error) {
        if (!(error instanceof LostRace)) throw error;
        lost += 1;
        await wait(stepBackMs(lost, Math.random()));
      }
      await bringUpToDate(repo, start.base, landing);
    }
  }
}

/**
 * A change is a signal, a file of its own: nobody's changes conflict. Git's writers and mhub's landing are given the
 * finished files. The last row is whole commands: they start, read their sources and decide what is in the files, again
 * after each lost race. Only mhub writes in a way that stands a power cut.
 */
export async function races(
  folder: string,
  { writers, changesOfWriter, group }: Field,
  rounds: number,
): Promise<Row[]> {
  const writerNumbers = Array.from({ length: writers }, (_, writer) => writer);
  const brandsOf = (writer: number): string[] =>
    Array.from({ length: changesOfWriter / group }, (_, index) => `brand-${writer}-${index}`);
  const brands = writerNumbers.flatMap(brandsOf);
  const sense = (clone: string, campaigns: readonly string[], delivery: 'local' | 'direct') =>
    finished(process.execPath, [MHUB, 'sense', ...campaigns, '--cwd', clone, '--now', NOW, '--delivery', delivery], {
      env: asPerson,
    });

  const template = workspaceOfSources(brands, group, join(folder, 'template'));
  const whole = join(folder, 'whole');
  git(folder, 'clone', '-q', template, whole);
  await sense(whole, brands, 'local');
  const paths = git(whole, 'ls-files', 'hub').trim().split('\n');
  if (paths.length !== writers * changesOfWriter) throw new Error(`${paths.length} signals are no field`);
  const pathsOf = (brand: string): string[] => paths.filter((path) => path.startsWith(`hub/brands/${brand}/`));

  const origin = join(folder, 'origin.git');
  const cloneOf = (writer: number): string => join(folder, `writer-${writer}`);
  const prepare = (): void => {
    for (const path of [origin, ...writerNumbers.map(cloneOf)]) rmSync(path, { recursive: true, force: true });
    git(folder, 'clone', '-q', '--bare', template, origin);
    git(origin, 'config', 'receive.autogc', 'false');
    for (const writer of writerNumbers) git(folder, 'clone', '-q', origin, cloneOf(writer));
  };
  const race = async (write: (writer: number) => Promise<void>): Promise<void> => {
    await Promise.all(writerNumbers.map(write));
    const [landed, wanted] = [git(origin, 'rev-parse', 'main:hub'), git(whole, 'rev-parse', 'HEAD:hub')];
    if (landed !== wanted) throw new Error('not everything has landed');
  };

  const byGit = (together: number) =>
    race(async (writer) => {
      const work = finished('sh', ['-c', PULL_REBASE_PUSH, 'writer', String(together)], {
        cwd: cloneOf(writer),
        env: { ...asPerson, FINISHED: whole },
        maxBuffer: 2 ** 28,
      });
      const own = brandsOf(writer).flatMap(pathsOf);
      work.child.stdin?.end(own.map((path) => `${path}\n`).join(''));
      await work;
    });
  const byLanding = () =>
    race((writer) => {
      const changeSets = brandsOf(writer).map((brand): ChangeSet => {
        const changes = pathsOf(brand).map((path) => ({
          path,
          content: readFileSync(join(whole, path)),
          because: 'news',
        }));
        return { stage: 'sense', scope: brand, title: `${brand}, ${changes.length} signals`, changes };
      });
      return landOneByOne(cloneOf(writer), changeSets);
    });
  const byCommand = () =>
    race(async (writer) => {
      for (const brand of brandsOf(writer)) await sense(cloneOf(writer), [brand], 'direct');
    });

  return compare(
    [
      { name: 'git pull --rebase && git push until it works, after each change', prepare, run: () => byGit(1) },
      { name: `the same, ${group} changes to a commit`, prepare, run: () => byGit(group) },
      { name: `mhub's landing, ${group} changes to a commit`, prepare, run: byLanding },
      { name: `mhub sense --delivery direct, whole commands, ${group} changes each`, prepare, run: byCommand },
    ],
    rounds,
    0,
  );
}

/** Changes of all writers together, in the time until the last one has landed. */
export function racesTable(title: string, { writers, changesOfWriter }: Field, rows: readonly Row[]): string {
  return [
    `| ${title} | changes landed a second | ratio |`,
    '| --- | ---: | ---: |',
    ...rows.map(
      ({ name, medianMs, ratio }) =>
        `| ${name} | ${((1000 * writers * changesOfWriter) / medianMs).toFixed(1)} | ${(1 / ratio).toFixed(2)}x |`,
    ),
  ].join('\n');
}
