import { expect, test } from 'vitest';
import { showProblem } from './errors.ts';
import { byOwner, indexPaths } from './paths.ts';

const index = (paths: readonly string[], modes: Readonly<Record<string, string>> = {}) =>
  indexPaths(paths.map((path) => [path, { mode: modes[path] ?? '100644' }] as const));

const problemsOf = (paths: readonly string[], modes?: Readonly<Record<string, string>>): string[] =>
  index(paths, modes).problems.map(showProblem);

test('a path says which entity it is and gives it its ids', () => {
  expect(index(['mhub.yaml', 'brands/acme/offers/starter.yaml', 'hub/ledger/2026/11/23/r1-0.jsonl']).entries).toEqual([
    { path: 'brands/acme/offers/starter.yaml', entity: 'Offer', ids: { brand: 'acme', offer: 'starter' } },
    {
      path: 'hub/ledger/2026/11/23/r1-0.jsonl',
      entity: 'Receipt',
      ids: { yyyy: '2026', mm: '11', dd: '23', run: 'r1-0' },
    },
    { path: 'mhub.yaml', entity: 'Workspace', ids: {} },
  ]);
});

test('readme and hidden files, and everything outside of our folders, mean nothing', () => {
  const paths = [
    'brands/README.md',
    'campaigns/.gitkeep',
    'policies/.drafts/x.yaml',
    'policies/styles/Google/We.yml',
    'src/index.ts',
    'templates/page.hbs',
  ];
  expect(index(paths)).toEqual({ entries: [], problems: [] });
});

test.each([
  ['campaigns/spring/campain.yaml', 'unexpected file, did you mean "campaigns/spring/campaign.yaml"?'],
  ['campaigns/spring/campaign.yml', 'unexpected file, did you mean "campaigns/spring/campaign.yaml"?'],
  ['policies/base.yml', 'unexpected file, did you mean "policies/base.yaml"?'],
  ['brands/acme/offer/starter.yaml', 'unexpected file, did you mean "brands/acme/offers/starter.yaml"?'],
  ['campaigns/spring.yaml', 'unexpected file, expected campaigns/{campaign}/campaign.yaml'],
  ['policies/notes/old.txt', 'unexpected file, expected policies/{pack}.yaml'],
  [
    'campaigns/Spring Sale/campaign.yaml',
    'campaign "Spring Sale" in the path, expected lower-case letters, digits and hyphens, at most 63, did you mean "spring-sale"?',
  ],
  [
    'campaigns/../campaign.yaml',
    'campaign ".." in the path, expected lower-case letters, digits and hyphens, at most 63',
  ],
  [
    `policies/${'x'.repeat(64)}.yaml`,
    `pack "${'x'.repeat(64)}" in the path, expected lower-case letters, digits and hyphens, at most 63`,
  ],
  ['hub/open/r1.txt', 'unexpected file, did you mean "hub/open/r1.jsonl"?'],
])('%s is refused', (path, message) => {
  expect(problemsOf([path])).toEqual([`${path}:1:1: ${message}`]);
});

test('links are never followed, wherever they are', () => {
  const modes = { 'mhub.yaml': '120000', 'brands/acme': '160000', 'templates/page.hbs': '120000', 'src/x': '120000' };
  expect(problemsOf(Object.keys(modes), modes)).toEqual([
    'brands/acme:1:1: is a submodule, expected a regular file',
    'mhub.yaml:1:1: is a symbolic link, expected a regular file',
    'templates/page.hbs:1:1: is a symbolic link, expected a regular file',
  ]);
});

test('two paths that some file systems take for one are refused', () => {
  expect(problemsOf(['campaigns/Spring/campaign.yaml', 'campaigns/spring/campaign.yaml'])).toEqual([
    'campaigns/Spring/campaign.yaml:1:1: campaign "Spring" in the path, expected lower-case letters, digits and hyphens, at most 63, did you mean "spring"?',
    'campaigns/spring/campaign.yaml:1:1: differs from campaigns/Spring/campaign.yaml only by case, expected another id',
  ]);
});

test('a brand and a campaign of the same name keep their signals apart', () => {
  const brandSignal = 'hub/brands/acme/signals/2026-11-23/news.yaml';
  const campaignSignal = 'hub/campaigns/acme/signals/2026-11-23/visits.yaml';
  const entriesOf = byOwner(index([brandSignal, campaignSignal]).entries);
  expect(entriesOf('Signal', 'brands/acme').map(({ path }) => path)).toEqual([brandSignal]);
  expect(entriesOf('Signal', 'campaigns/acme').map(({ path }) => path)).toEqual([campaignSignal]);
  expect(entriesOf('Signal')).toEqual([]);
});
