/** Delivery pull-request: real processes, a real repository, and a GitHub that refuses what GitHub refuses. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wentOut } from './core/ledger.ts';
import { type Bed, type Garden, inOrder, openBed, reportOf } from './testing/github/bed.ts';
import { type Ended, inBook } from './testing/rig.ts';

let bed: Bed;

beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed.close());

const PUBLISH = [['publish']];
const git = ({ site }: Garden, ...args: string[]): string => bed.rig.git(site.origin, ...args).trim();
const tip = (garden: Garden): string => git(garden, 'rev-parse', 'main');
const notesOf = (ended: Ended, index = 0): string[] =>
  reportOf(ended, index).notes.map(({ level, message }) => `${level}: ${message}`);
const effects = ({ book }: Garden): number => inBook(bed.loopback, book).length;
const openPulls = ({ github }: Garden): number => github.pulls.filter(({ state }) => state === 'open').length;

/** All that is due went out, each once, and nothing is left to do. */
async function expectHealed(garden: Garden): Promise<void> {
  const ended = await bed.start(bed.another(garden), [['publish'], ['publish']]);
  expect(reportOf(ended, 1).commits, ended.stderr).toBe(0);
  expect(effects(garden)).toBeGreaterThan(0);
  expect(inOrder(bed, garden).receipts.filter(wentOut).length).toBeGreaterThan(effects(garden));
  expect(openPulls(garden)).toBe(0);
}

test('a run lands by pull requests that it merges itself, intents before calls, and the next one opens none', async () => {
  const garden = await bed.plant();
  const { github } = garden;
  const ended = await bed.start(garden, [['publish'], ['publish'], ['verify']]);
  expect(notesOf(ended)).toEqual([]);
  expect([0, 1, 2].map((index) => reportOf(ended, index).exit_code)).toEqual([0, 0, 0]);
  expect(reportOf(ended, 1).commits).toBe(0);
  expect(effects(garden)).toBeGreaterThan(0);
  expect(github.pulls.length).toBeGreaterThan(1);
  expect(github.pulls.filter(({ merge }) => merge === null)).toEqual([]);
  const facts = inOrder(bed, garden);
  expect(facts.receipts.filter(wentOut).length).toBe(facts.receipts.length);
  const [first] = github.pulls;
  expect(git(garden, 'ls-tree', '-r', '--name-only', first?.merge ?? '')).toMatch(/^hub\/open\//m);
  expect(first?.title).toMatch(/^mhub: \d+ publications? to go out$/);
  expect(first?.body).toContain('| goes&nbsp;out | feed |');
  expect(git(garden, 'rev-list', '--count', '--merges', 'main')).toBe(String(github.pulls.length));
});

test('two runs at once: whoever is slower decides again, and nothing goes out twice', async () => {
  const garden = await bed.plant();
  const both = [garden, bed.another(garden)].map((one) => bed.start(one, PUBLISH, { amongOthers: true }));
  const codes = (await Promise.all(both)).map(({ code, stderr }) => (code === 0 ? '' : stderr));
  expect(codes).toEqual(['', '']);
  await expectHealed(garden);
  const verified = await bed.start(bed.another(garden), [['verify']]);
  expect(reportOf(verified).exit_code, JSON.stringify(reportOf(verified))).toBe(0);
});

test('what a person pushes at the last moment is decided on again before anything is called', async () => {
  const garden = await bed.plant();
  const person = bed.another(garden);
  const seen: number[] = [];
  garden.github.before.set('pulls/merge', () => {
    bed.rig.edit(
      person.site,
      'brands/tidewell/channels/feed.yaml',
      'breakers: {',
      'breakers: { publish_enabled: false,',
    );
    seen.push(effects(garden));
  });
  const ended = await bed.start(garden, PUBLISH);
  expect(seen).toEqual([0]);
  expect(notesOf(ended).join('\n')).toContain('publish_enabled is false in brands/tidewell/channels/feed.yaml');
  expect(inBook(bed.loopback, garden.book).map(({ channel }) => channel)).not.toContain('feed');
  inOrder(bed, garden);
});

test('a rule of the branch blocks with the words of GitHub and what to change, and the same pull request goes on', async () => {
  const garden = await bed.plant();
  const before = tip(garden);
  garden.github.rule = 'At least 1 approving review is required by reviewers with write access.';
  const ended = await bed.start(garden, PUBLISH);
  expect(reportOf(ended).exit_code).toBe(3);
  expect(notesOf(ended)).toEqual([
    'blocked: pull request #1: GitHub refused to merge it (405, "At least 1 approving review is required by reviewers ' +
      'with write access."): let the engine bypass the required review in Settings > Rules, or do not require one',
  ]);
  expect([tip(garden), effects(garden), openPulls(garden)]).toEqual([before, 0, 1]);
  garden.github.rule = undefined;
  await expectHealed(garden);
  expect(garden.github.pulls.map(({ number }) => number)).toEqual(garden.github.pulls.map((_, index) => index + 1));
  expect(garden.github.pulls[0]?.merge).not.toBeNull();
});

test.each(['run-branch-pushed:1', 'pull-request-open:1', 'pull-request-merged:1', 'call-made:1'])(
  'a run that dies at %s is made good by the next one, with one pull request at most',
  async (point) => {
    const garden = await bed.plant();
    const ended = await bed.start(garden, PUBLISH, { env: { MHUB_FAULT: point } });
    expect(ended.signal, ended.stderr).toBe('SIGKILL');
    expect(openPulls(garden)).toBe(point.startsWith('pull-request-open') ? 1 : 0);
    await expectHealed(garden);
  },
);

test('answers that are lost, limits and second thoughts of GitHub cost time and nothing else', async () => {
  const garden = await bed.plant();
  const { github } = garden;
  github.faults.set('pulls/create', ['500-after']);
  github.faults.set('pulls/merge', ['reset-after']);
  github.undecided = 1;
  github.turned.push(
    { status: 429, message: 'slow down', headers: { 'retry-after': '0' } },
    { status: 403, message: 'You have exceeded a secondary rate limit.', headers: { 'retry-after': '0' } },
  );
  const ended = await bed.start(garden, [['publish'], ['verify']]);
  expect(
    [0, 1].map((index) => reportOf(ended, index).exit_code),
    ended.stderr,
  ).toEqual([0, 0]);
  const perLanding = github.pulls.map(({ head, state }) => [head, state]);
  expect(perLanding).toEqual(github.pulls.map(() => ['mhub/run', 'closed']));
  expect(git(garden, 'rev-list', '--count', '--merges', 'main')).toBe(String(github.pulls.length));
  await expectHealed(garden);
});

test('a limit that lasts longer than the run has patience ends it before anything is published', async () => {
  const garden = await bed.plant();
  const before = tip(garden);
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4102444800' };
  garden.github.turned.push({ status: 403, message: 'API rate limit exceeded', headers });
  const { code, stderr } = await bed.start(garden, PUBLISH);
  expect(code).toBe(2);
  expect(stderr).toMatch(/GitHub, list pull requests: its rate limit is used up until 2100-01-01/);
  expect([tip(garden), effects(garden)]).toEqual([before, 0]);
});

test('without the variables it is blocked, and names them', async () => {
  const garden = await bed.plant();
  const ended = await bed.start(garden, PUBLISH, { env: { GITHUB_TOKEN: '', GITHUB_REPOSITORY: '' } });
  expect(notesOf(ended)).toEqual(['blocked: delivery pull-request: set GITHUB_REPOSITORY, GITHUB_TOKEN']);
  expect([reportOf(ended).exit_code, effects(garden), garden.github.pulls.length]).toEqual([3, 0, 0]);
});
