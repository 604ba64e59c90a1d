import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { factsOf } from './facts.ts';
import { mhub } from './mhub.ts';
import { baseWorkspace, FIRST_RUN } from './play.ts';
import { type TempRepo, tempRepo } from './repo.ts';

async function workspace(): Promise<TempRepo> {
  const repo = await tempRepo(baseWorkspace());
  onTestFinished(() => repo.remove());
  return repo;
}

test.each([
  ['Sunday, a second before midnight in Berlin', '2026-11-22T22:59:59Z', 'night'],
  ['Sunday, a second before midnight in UTC', '2026-11-22T23:59:59Z', 'night'],
  ['the minute of a post', '2026-11-23T08:30:00Z', 'day'],
  ['a second before the email', '2026-11-24T08:59:59Z', 'day'],
  ['the hour that is skipped in spring', '2026-03-29T01:30:00Z', 'night'],
  ['the hour that comes twice in autumn', '2026-10-25T00:30:00Z', 'night'],
  ['the second time of that hour', '2026-10-25T01:30:00Z', 'night'],
  ['new year', '2026-12-31T23:00:00Z', 'night'],
  ['the leap day', '2028-02-29T12:00:00Z', 'day'],
])('the first run on %s publishes both pages, one post and, unless it is quiet hours, one email', async (...row) => {
  const [, now, hours] = row;
  const { root, env, git } = await workspace();
  const { exit, output } = await mhub(['run', '--cwd', root, '--now', now], { now: FIRST_RUN, env });
  expect(exit, output).toBe(0);
  const { receipts } = factsOf(root, git, undefined);
  expect(receipts.map(({ channel, status }) => `${channel} ${status}`).sort()).toEqual([
    'feed sent',
    ...(hours === 'day' ? ['outbox sent'] : []),
    'web sent',
    'web sent',
  ]);
});

test('the built command does what the sources do, and a second one has nothing to do', async () => {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: project });
  const { root, env, git } = await workspace();
  const built = () =>
    execFileSync(process.execPath, [`${project}bin/mhub.js`, 'run', '--now', FIRST_RUN], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
  expect(built()).toContain('7 commits on main');
  expect(factsOf(root, git, undefined).receipts).toHaveLength(4);
  expect(built()).toContain('Nothing to do');
});
