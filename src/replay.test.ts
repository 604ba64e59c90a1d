/** An old verdict can be given again: by the policy that is stored under its hash, on the bytes that it names. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { CampaignInput, Named } from './core/contracts.ts';
import { type EffectivePolicy, effectivePolicy } from './core/policy/effective.ts';
import { judge } from './core/policy/judge.ts';
import { contextsOf, documentOfAsset } from './core/policy/pending.ts';
import type { PolicyPack, Verdict } from './generated/entities.ts';
import { assets, channels } from './generated/registry.ts';
import { deadlineOf } from './shell/deadline.ts';
import { loadAll, openInputs, openWorkspace } from './shell/open.ts';
import { GUARD_DEADLINE_MS, loadRules } from './shell/pass.ts';
import { workTreeSnapshot } from './shell/snapshot.ts';
import { World } from './shell/world.ts';
import { mhub } from './testing/mhub.ts';
import { baseWorkspace, FIRST_RUN } from './testing/play.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';

let repo: TempRepo;
beforeAll(async () => {
  repo = await tempRepo(baseWorkspace());
  const { exit, output } = await mhub(['run', '--cwd', repo.root], { now: FIRST_RUN, env: repo.env });
  expect(exit, output).toBe(0);
}, 60_000);
afterAll(() => repo.remove());

async function opened() {
  const world = new World(workTreeSnapshot(repo.root));
  const workspace = await openWorkspace(world, await openInputs(world, []));
  const [unit] = workspace.units;
  if (!unit) throw new Error('there is no campaign');
  return { unit, state: await workspace.hub(unit) };
}

/** Judges what stands in the tree by some packs, as it was judged in the first run. */
async function judged(packs: (of: CampaignInput['unit']) => readonly Named<PolicyPack>[], asset: string) {
  const { unit, state } = await opened();
  const policy: EffectivePolicy = effectivePolicy({ ...unit, policies: packs(unit) });
  const plugins = {
    engines: new Map(),
    assets: await loadAll(assets),
    rules: await loadRules(policy),
    channels: await loadAll(channels),
  };
  const input = { unit, state, plugins, published: new Map(), now: FIRST_RUN };
  const made = state.assets.find(({ id }) => id === asset);
  const before = state.verdicts.get(asset);
  if (!made || !before) throw new Error(`${asset} was never judged`);
  const { channel, facts } = made.asset;
  const context = contextsOf(input)({ channel, facts, asset });
  return judge({
    made,
    document: documentOfAsset(input, made),
    campaign: unit.campaign.id,
    policy,
    types: plugins.rules,
    context: { ...context, observed: { secrets: [] } },
    within: deadlineOf(GUARD_DEADLINE_MS),
    grounds: before.grounds,
    before: undefined,
    isOut: false,
  });
}

const stored = (hash: string): Named<PolicyPack>[] =>
  (parse(repo.read(`hub/policies/${hash}.yaml`)) as { packs: Named<PolicyPack>[] }).packs;

test('the stored policy and the bytes give every verdict of a run again, also when the packs have changed since', async () => {
  const { state } = await opened();
  const verdicts = [...state.verdicts];
  expect(verdicts.length).toBeGreaterThan(3);
  const base = repo.read('policies/base.yaml');
  repo.write('policies/base.yaml', base.replace(/^ {8}- delve$/m, '        - delve\n        - the'));
  for (const [asset, verdict] of verdicts) {
    const again: Verdict = await judged(() => stored(verdict.policy), asset);
    expect(again, asset).toEqual(verdict);
    const today = await judged((unit) => unit.policies, asset);
    expect(today.policy, asset).not.toBe(verdict.policy);
    expect(today.findings, asset).not.toEqual([]);
  }
});
