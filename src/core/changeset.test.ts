import { expect, test } from 'vitest';
import { jobs } from '../generated/jobs.ts';
import { assertWrites, mayWrite } from './changeset.ts';
import type { ChangeSet } from './contracts.ts';

const make = jobs.find(({ stage }) => stage === 'make');
const change = (path: string): ChangeSet => ({
  stage: 'make',
  scope: 'spring',
  title: 'spring, 1 asset',
  changes: [{ path, content: 'x', because: 'test' }],
});

test('a job writes where the manifest says, and for its own campaign only', () => {
  if (!make) throw new Error('no job for make');
  expect(() => assertWrites(make, change('hub/campaigns/spring/assets/post-1/asset.yaml'))).not.toThrow();
  for (const path of [
    'hub/campaigns/autumn/assets/post-1/asset.yaml',
    'hub/campaigns/spring/plan.yaml',
    'hub/campaigns/spring/assets',
    'policies/base.yaml',
    'mhub.yaml',
  ]) {
    expect(() => assertWrites(make, change(path))).toThrow(`mkt_asset_factory may not write ${path}`);
  }
});

test('no job may write what people write', () => {
  for (const path of [
    'mhub.yaml',
    'brands/b/brand.yaml',
    'campaigns/c/campaign.yaml',
    'policies/p.yaml',
    'templates/t.hbs',
  ]) {
    expect(jobs.filter((job) => mayWrite(job, 'b', path) || mayWrite(job, 'c', path))).toEqual([]);
  }
});
