import { expect, test } from 'vitest';
import {
  contentOf,
  deploymentChangeSet,
  deploymentStop,
  destinationIn,
  envOfDestination,
  isShown,
  type Target,
  targetFaults,
  targetsOf,
} from './deployments.ts';
import { exampleUnit as unit } from './policy/sample.ts';

const [channel] = unit.channels;
if (!channel) throw new Error('the example has no channel');

const target = (to: Target['to'], id = 'web'): Target => ({ unit, channel: { ...channel, id }, folder: 'site', to });
const tree = (files: Readonly<Record<string, string>>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, { bytes: text }]));
const pages = contentOf({ folder: 'site' }, tree({ 'site/index.html': 'Hello', 'site/spring/index.html': 'Spring' }));

test.each([
  [undefined, undefined, 0],
  [{ folder: 'site' }, undefined, 0],
  [{ folder: 'site', target: { branch: 'gh-pages' } }, { branch: 'gh-pages' }, 0],
  [{ folder: 'site', target: { s3: {} } }, { s3: { prefix: '' } }, 5],
  [{ folder: 'site', target: { s3: { prefix: 'www' } } }, { s3: { prefix: 'www' } }, 5],
])('params %j mean %j, and %i variables', (params, to, variables) => {
  expect(destinationIn(params)).toEqual(to);
  expect(envOfDestination(destinationIn(params))).toHaveLength(variables);
});

test('a channel has one target, however many campaigns use it', () => {
  const params = { folder: 'site', target: { branch: 'gh-pages' } };
  const using = {
    ...unit,
    channels: [
      { ...channel, id: 'web', params },
      { ...channel, id: 'feed' },
    ],
  };
  expect(targetsOf([using, using]).map(({ to }) => to)).toEqual([{ branch: 'gh-pages' }]);
});

test('content is named by its place in the folder', () => {
  expect([...pages.files.keys()]).toEqual(['index.html', 'spring/index.html']);
});

test('a target is due until its record says exactly what the folder holds, and where it is', () => {
  const to = { branch: 'gh-pages' };
  const { changes } = deploymentChangeSet(target(to), pages, { run: 'r1', now: '2026-11-24T12:00:00Z' }, 'abc');
  expect(changes.map(({ path, content }) => [path, content])).toEqual([
    [
      `hub/brands/${unit.brand.id}/deployments/web.yaml`,
      `target: branch gh-pages\nfolder: site\ndigest: ${pages.digest}\nfiles: 2\nreference: abc\nrun: r1\nat: 2026-11-24T12:00:00Z\n`,
    ],
  ]);
  const record = {
    target: 'branch gh-pages',
    folder: 'site',
    digest: pages.digest,
    files: 2,
    reference: 'abc',
    run: 'r1',
    at: '',
  };
  expect(isShown(target(to), pages, record)).toBe(true);
  expect(isShown(target(to), pages, record, 'abc')).toBe(true);
  expect(isShown(target(to), pages, undefined)).toBe(false);
  expect(isShown(target(to), pages, record, 'another bucket')).toBe(false);
  expect(isShown(target({ branch: 'pages' }), pages, record)).toBe(false);
  expect(isShown({ to, folder: 'site/west' }, pages, record)).toBe(false);
  expect(isShown(target(to), contentOf({ folder: 'site' }, tree({ 'site/index.html': 'Hi' })), record)).toBe(false);
});

test('switches of workspace and channel hold a deployment back, those of a campaign and its halts do not', () => {
  const now = '2026-11-24T12:00:00Z';
  const off = { publish_enabled: false };
  const stop = (live: Partial<Parameters<typeof deploymentStop>[0]>) =>
    deploymentStop({ breakers: {}, halts: [], ...live }, now)?.why;
  expect(stop({ kill: 'MHUB_KILL' })).toContain('MHUB_KILL');
  expect(stop({ breakers: { 'mhub.yaml': off } })).toContain('mhub.yaml');
  expect(stop({ breakers: { 'brands/acme/channels/web.yaml on origin/main': off } })).toContain('web.yaml');
  expect(stop({ breakers: { 'the branch on origin/main': undefined } })).toContain('cannot be read');
  expect(stop({ breakers: { 'campaigns/spring/campaign.yaml': off, 'hub/halts/x.yaml': undefined } })).toBeUndefined();
  const halt = { id: 'h', campaign: 'spring', channel: 'web', resolved: false };
  expect(stop({ halts: [halt] })).toBeUndefined();
});

test.each([
  ['the branch of the engine', [{ branch: 'main' }], ['target.branch is "main"']],
  ['another branch', [{ branch: 'gh-pages' }], []],
  ['one branch twice', [{ branch: 'pages' }, { branch: 'pages' }], ['expected a branch of its own']],
  ['a branch and a bucket', [{ branch: 'pages' }, { s3: { prefix: '' } }], []],
  [
    'a bucket and a folder in it',
    [{ s3: { prefix: '' } }, { s3: { prefix: 'a' } }],
    ['expected an s3.prefix of its own'],
  ],
  [
    'a folder and one above it',
    [{ s3: { prefix: 'a/b' } }, { s3: { prefix: 'a' } }],
    ['expected an s3.prefix of its own'],
  ],
  ['folders side by side', [{ s3: { prefix: 'a' } }, { s3: { prefix: 'ab' } }], []],
])('targets: %s', (_what, destinations, says) => {
  const targets = destinations.map((to, index) => target(to, `web-${index}`));
  const faults = targetFaults(targets, 'main').map(({ message }) => message);
  expect(faults).toEqual(says.map((words) => expect.stringContaining(words)));
});
