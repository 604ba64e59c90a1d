import { afterAll, beforeAll, expect, test } from 'vitest';
import { mhub } from '../testing/mhub.ts';
import { baseWorkspace, FIRST_RUN } from '../testing/play.ts';
import { type TempRepo, tempRepo } from '../testing/repo.ts';
import { traceOf } from './trace.ts';

const BRAND = 'brands/tidewell/brand.yaml';
const PAGE = 'https://tidewell.example/spring/';

let repo: TempRepo;
/** Fact -> the commit in which a person last changed it before the run. */
const changedIn = new Map<string, string>();
let start = '';

/** Looks at one fact again, and writes down when. */
function recheck(fact: string, day: string): string {
  const text = repo.read(BRAND);
  const at = text.indexOf(`- id: ${fact}\n`);
  repo.write(BRAND, text.slice(0, at) + text.slice(at).replace(/checked: \S+/, `checked: ${day}`));
  return repo.commit(`check ${fact}`);
}

beforeAll(async () => {
  repo = await tempRepo(baseWorkspace());
  start = repo.git('rev-parse', 'HEAD').trim();
  const facts = [...repo.read(BRAND).matchAll(/^ {2}- id: (\S+)\n {4}statement/gm)].map(([, id = '']) => id);
  expect(facts.length).toBeGreaterThan(2);
  for (const fact of facts) changedIn.set(fact, recheck(fact, '2026-11-10'));
  const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });
  expect(exit, output).toBe(0);
});
afterAll(() => repo.remove());

const subjectOf = (commit: string): string => repo.git('log', '-1', '--format=%s', commit).trim();

test('a published page leads to the commit of the fact that its headline rests on', async () => {
  const { copy, facts } = await traceOf(repo.root, PAGE);
  const [headline] = copy;
  expect(headline?.facts.length).toBeGreaterThan(0);
  for (const id of headline?.facts ?? []) {
    const fact = facts.find((one) => one.id === id);
    expect(fact?.commit).toBe(changedIn.get(id));
    expect(repo.read(BRAND).split('\n')[(fact?.line ?? 0) - 1]).toBe(`  - id: ${id}`);
  }
});

test('everything on the way is there with its commit', async () => {
  const trace = await traceOf(repo.root, PAGE);
  expect(trace.missing).toEqual([]);
  expect(trace.receipt?.value).toMatchObject({ url: PAGE, status: 'sent', slot: 'r1' });
  expect(subjectOf(trace.receipt?.commit ?? '')).toMatch(/^mhub\(publish\): spring, \d+ publications$/);
  expect(subjectOf(trace.asset.commit)).toMatch(/^mhub\(make\)/);
  expect(subjectOf(trace.verdict?.commit ?? '')).toMatch(/^mhub\(guard\)/);
  expect(subjectOf(trace.policy?.commit ?? '')).toMatch(/^mhub\(guard\)/);
  expect(subjectOf(trace.plan?.commit ?? '')).toMatch(/^mhub\(decide\)/);
  expect(trace.plan?.entry?.asset).toBe(trace.asset.id);
  expect(trace.plan?.rejected.length).toBeGreaterThan(0);
  expect(trace.signals.map(({ commit }) => subjectOf(commit))).toEqual(
    trace.signals.map(() => 'mhub(sense): tidewell, 2 signals'),
  );
  expect(trace.campaign).toEqual({ file: 'campaigns/spring/campaign.yaml', commit: start });
  expect(trace.verdict?.value.content).toBe(trace.receipt?.value.content);
});

test('URL, key and asset lead to the same publication', async () => {
  const { receipt, asset } = await traceOf(repo.root, PAGE);
  const key = receipt?.value.key ?? '';
  for (const target of [key, key.slice(0, 12), asset.id, `spring/${asset.id}`, '/spring/']) {
    expect((await traceOf(repo.root, target)).receipt).toEqual(receipt);
  }
});

test('what people change later does not change where a published page came from', async () => {
  const before = await traceOf(repo.root, PAGE);
  for (const fact of changedIn.keys()) recheck(fact, '2026-11-20');
  const { target: _target, ...after } = await traceOf(repo.root, before.asset.id);
  expect(after).toEqual({ ...after, facts: before.facts, asset: before.asset });
  repo.git('reset', '-q', '--hard', `HEAD~${changedIn.size}`);
});

test('the command prints it, and names what was probably meant', async () => {
  const { exit, output } = await mhub(['trace', PAGE, '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });
  expect(exit).toBe(0);
  for (const label of ['Receipt', 'Asset', 'Verdict', 'Policy', 'Plan', 'Signal', 'Headline', 'Fact', 'Campaign']) {
    expect(output).toMatch(new RegExp(`^${label}\\s`, 'm'));
  }
  const unknown = await mhub(['trace', 'landing-page-aa', '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });
  expect(unknown).toEqual({
    exit: 2,
    output: 'no URL, receipt key, effect id or asset landing-page-aa, did you mean "landing-page-a"?\n',
  });
});
