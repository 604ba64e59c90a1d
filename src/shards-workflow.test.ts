/** The workflow of a sharded run: who sees which secret, and who may push. */
import { expect, test } from 'vitest';
import { channels } from './generated/registry.ts';
import { workflowOf, workflowText } from './testing/runner.ts';

const { jobs } = workflowOf('mhub-sharded.yml');

test('secrets are in the environment of the shards alone, in one step', () => {
  const within = Object.entries(jobs).filter(([, job]) => JSON.stringify(job).includes('secrets.'));
  expect(within.map(([name]) => name)).toEqual(['work']);
  expect(jobs['work']?.environment).toEqual({ name: 'publish', deployment: false });
  const steps = jobs['work']?.steps.filter((step) => JSON.stringify(step).includes('secrets.'));
  expect(steps?.map(({ name }) => name)).toEqual(['Make the calls']);
});

test('who pushes has no secret of a channel, and who calls a channel cannot push', () => {
  expect(Object.entries(jobs).map(([name, { permissions }]) => [name, permissions?.['contents']])).toEqual([
    ['plan', 'write'],
    ['work', 'read'],
    ['fold', 'write'],
  ]);
  expect(JSON.stringify(jobs['work'])).not.toContain('github.token');
});

test('the shards are handed every variable of a channel that they may call', async () => {
  const given = Object.keys(jobs['work']?.steps.find(({ name }) => name === 'Make the calls')?.env ?? {});
  const called = await Promise.all(
    Object.values(channels).map(async ({ env = [], load }) => ((await load()).publish ? env : [])),
  );
  expect(called.flat().length).toBeGreaterThan(0);
  expect(given).toEqual(expect.arrayContaining([...called.flat(), 'MHUB_KILL']));
});

test('a fold comes also after shards that failed, in the group of ordinary runs', () => {
  expect(workflowText('mhub-sharded.yml')).toMatch(
    / {2}fold:\n {4}needs: \[plan, work\]\n {4}if: \$\{\{ always\(\) && /,
  );
  expect(workflowOf('mhub-sharded.yml').concurrency).toEqual(workflowOf('mhub.yml').concurrency);
});
