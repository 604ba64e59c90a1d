/** `mhub policy`: proves packs by their samples, explains rules and verdicts, shows what a campaign is under. */
import { basename } from 'node:path';
import type { Instant, Named, Rule, Unit } from '../core/contracts.ts';
import { Invalid, type Problem, Usage } from '../core/errors.ts';
import { effectivePolicy, type FindPack, rulesOfPack } from '../core/policy/effective.ts';
import { expiredExceptions } from '../core/policy/exceptions.ts';
import {
  type Advice,
  adviceFor,
  type EffectiveView,
  explainRule,
  type RuleExplanation,
  viewOf,
} from '../core/policy/explain.ts';
import { placed } from '../core/policy/lint.ts';
import { type PackProof, provePack, unproven } from '../core/policy/samples.ts';
import { expectedOneOf } from '../core/suggest.ts';
import { civilDay } from '../core/time.ts';
import { styleRules } from '../core/vale/style.ts';
import type { Loader } from '../core/workspace.ts';
import type { PolicyPack, Verdict } from '../generated/entities.ts';
import { readStyle } from './check.ts';
import { deadlineOf } from './deadline.ts';
import { openRepo } from './git.ts';
import { loadInputs, openInputs, openWorkspace } from './open.ts';
import { GUARD_DEADLINE_MS, loadRules } from './pass.ts';
import { workTreeSnapshot } from './snapshot.ts';
import { World } from './world.ts';

type Pack = Named<PolicyPack>;

async function openWorld(cwd: string): Promise<World> {
  const { root } = await openRepo(cwd);
  return new World(workTreeSnapshot(root));
}

const notThere = (what: string, id: string, known: readonly string[]): Usage =>
  new Usage(`no ${what} ${id}${expectedOneOf(id, known, `a ${what}, and there is none`)}`);

/** @throws Invalid with the problems of all of them */
function packsIn(inputs: Loader, ids: readonly string[]): Pack[] {
  const loaded = ids.map((id) => inputs.loadPack(id));
  const problems = loaded.flatMap((pack) => (pack.ok ? [] : pack.problems));
  if (problems.length > 0) throw new Invalid(problems);
  return loaded.flatMap((one) => (one.ok ? [one.pack] : []));
}

const typesFor = (packs: readonly Pack[], find: FindPack, styles: Unit['styles']): Promise<ReadonlyMap<string, Rule>> =>
  loadRules({ packs, rules: packs.flatMap((pack) => rulesOfPack(pack, find, styles)), hash: '' });

// ---- test ------------------------------------------------------------------------------------------------------------

export interface StyleTest {
  readonly style: string;
  readonly rules: number;
  readonly problems: readonly string[];
}

export interface PolicyTest {
  readonly packs: readonly PackProof[];
  readonly styles: readonly StyleTest[];
  /** Samples that came out wrong, rules that nothing proves, exceptions that have run out; each with its place. */
  readonly findings: readonly Problem[];
}

export interface TestOptions {
  readonly cwd: string;
  readonly now: Instant;
  /** All of the workspace when empty. */
  readonly packs: readonly string[];
  /** Folders of Vale styles, anywhere. */
  readonly styles: readonly string[];
}

/** What is wrong with a pack although it is valid, at its place in the file. */
function findingsOf(pack: Pack, bytes: Uint8Array | string, proof: PackProof, today: string): Problem[] {
  const placeOf = (rule: string): (string | number)[] => {
    const index = pack.rules.findIndex(({ id }) => rule === `${pack.id}/${id}`);
    if (index !== -1) return ['rules', index, 'id'];
    return ['tighten', (pack.tighten ?? []).findIndex((one) => rule === `${one.rule}@${pack.id}`), 'rule'];
  };
  return placed(`policies/${pack.id}.yaml`, bytes, [
    ...proof.samples.flatMap(({ index, rule, expected, why }) =>
      why === undefined ? [] : [{ pointer: ['samples', index, expected], message: `${rule}: ${why}` }],
    ),
    ...unproven(proof).map(({ rule }) => ({
      pointer: placeOf(rule),
      message: `${rule} could be taken away and no sample would notice`,
    })),
    ...expiredExceptions(pack, today),
  ]);
}

async function testStyle(folder: string): Promise<StyleTest> {
  const { path, files } = await readStyle(folder);
  const { rules, problems } = styleRules(files, path);
  return { style: basename(path), rules: rules.length, problems };
}

/** @throws Invalid when a pack is not valid; Usage when there is no such pack */
export async function testPolicy({ cwd, now, packs: wanted, styles }: TestOptions): Promise<PolicyTest> {
  const tested = await Promise.all(styles.map(testStyle));
  if (styles.length > 0 && wanted.length === 0) return { packs: [], styles: tested, findings: [] };
  const { tree, inputs } = await loadInputs(await openWorld(cwd));
  const unknown = wanted.find((id) => !inputs.packIds.includes(id));
  if (unknown !== undefined) throw notThere('policy pack', unknown, inputs.packIds);
  const packs = packsIn(inputs, wanted.length > 0 ? wanted : inputs.packIds);
  const find: FindPack = (id) => {
    const found = inputs.packIds.includes(id) ? inputs.loadPack(id) : undefined;
    return found?.ok ? found.pack : undefined;
  };
  const workspace = inputs.loadWorkspace();
  const today = civilDay(now, workspace.ok ? workspace.value.timezone : 'UTC');
  const run = { types: await typesFor(packs, find, inputs.styles), within: deadlineOf(GUARD_DEADLINE_MS) };
  const proofs = packs.map((pack) => ({ pack, proof: provePack(pack, find, inputs.styles, run) }));
  return {
    packs: proofs.map(({ proof }) => proof),
    styles: tested,
    findings: proofs.flatMap(({ pack, proof }) =>
      findingsOf(pack, tree.get(`policies/${pack.id}.yaml`)?.bytes ?? '', proof, today),
    ),
  };
}

export const isProven = ({ findings, styles }: PolicyTest): boolean =>
  findings.length === 0 && styles.every(({ problems }) => problems.length === 0);

// ---- explain ---------------------------------------------------------------------------------------------------------

export interface AssetExplanation {
  readonly campaign: string;
  readonly asset: string;
  readonly verdict: Pick<Verdict, 'result' | 'reason' | 'attempt' | 'packs'> & Pick<Verdict, 'exceptions'>;
  readonly file: string;
  readonly advice: readonly Advice[];
  /** Rules that did not come to a result. */
  readonly open: Verdict['rules'];
}

export type Explanation =
  | { readonly rules: readonly RuleExplanation[] }
  | { readonly assets: readonly AssetExplanation[] };

async function explainAsset(world: World, target: string): Promise<AssetExplanation[]> {
  const opened = await openInputs(world, []);
  const workspace = await openWorkspace(world, opened);
  const [campaign, asset] = target.includes('/') ? target.split('/') : [undefined, target];
  const found: AssetExplanation[] = [];
  const known: string[] = [];
  for (const unit of workspace.units) {
    const { verdicts } = await workspace.hub(unit);
    known.push(...[...verdicts.keys()].map((id) => (campaign === undefined ? id : `${unit.campaign.id}/${id}`)));
    const verdict = campaign === undefined || campaign === unit.campaign.id ? verdicts.get(asset ?? '') : undefined;
    if (!verdict) continue;
    const { result, reason, attempt, packs, exceptions, rules } = verdict;
    found.push({
      campaign: unit.campaign.id,
      asset: asset ?? '',
      file: `hub/campaigns/${unit.campaign.id}/verdicts/${asset}.yaml`,
      verdict: { result, attempt, packs, ...(reason ? { reason } : {}), ...(exceptions ? { exceptions } : {}) },
      advice: adviceFor(verdict, unit.policies, effectivePolicy(unit)),
      open: rules.filter((rule) => rule.result === 'error' || rule.result === 'not-evaluated'),
    });
  }
  if (found.length === 0) throw notThere('rule or judged asset', target, known);
  return found;
}

/** @param target  pack/rule, asset, or campaign/asset */
export async function explainPolicy(cwd: string, target: string): Promise<Explanation> {
  const world = await openWorld(cwd);
  const { inputs } = await loadInputs(world);
  const [owner = ''] = target.split('/');
  if (!target.includes('/') || !inputs.packIds.includes(owner)) return { assets: await explainAsset(world, target) };
  const packs = packsIn(inputs, inputs.packIds);
  const find: FindPack = (id) => packs.find((pack) => pack.id === id);
  const rules = explainRule(target, packs, inputs.styles, await typesFor(packs, find, inputs.styles));
  if (rules.length > 0) return { rules };
  const known = packs.flatMap((pack) => rulesOfPack(pack, find, inputs.styles).map(({ name }) => name));
  throw notThere('rule', target, known);
}

// ---- effective -------------------------------------------------------------------------------------------------------

export interface EffectiveOptions {
  readonly cwd: string;
  readonly campaign?: string;
  readonly locale?: string;
  readonly channel?: string;
}

/** @throws Invalid when a campaign that is asked for is not valid */
export async function effectiveFor({ cwd, campaign, locale, channel }: EffectiveOptions): Promise<EffectiveView[]> {
  const { units, problems } = await openInputs(await openWorld(cwd), campaign === undefined ? [] : [campaign]);
  if (problems.length > 0) throw new Invalid(problems);
  const channels = [...new Set(units.flatMap((unit) => unit.channels.map(({ id }) => id)))];
  if (channel !== undefined && !channels.includes(channel)) throw notThere('channel', channel, channels);
  return Promise.all(
    units.map(async (unit) => {
      const asked = locale === undefined ? unit : { ...unit, brand: { ...unit.brand, locale } };
      return viewOf(asked, await loadRules(effectivePolicy(asked)), channel);
    }),
  );
}
