/** The workspace of one run: inputs parsed once, the engine's own files read again when the run has changed them. */
import { sourceFile } from '../core/checks.ts';
import type { BrandUnit, FiledSignal, HubState, Instant, Publication, Unit } from '../core/contracts.ts';
import { targetFaults, targetsOf } from '../core/deployments.ts';
import { Invalid, type Problem, Usage } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { liveReceipts, standingReceipts } from '../core/ledger.ts';
import type { Tree } from '../core/paths.ts';
import { expiredExceptions } from '../core/policy/exceptions.ts';
import { placed, type RuleType } from '../core/policy/lint.ts';
import { closest } from '../core/suggest.ts';
import { civilDay } from '../core/time.ts';
import { createLoader, type Loader, type LoaderOptions, preludeOf } from '../core/workspace.ts';
import { channels, engines, type Registry, rules, sources } from '../generated/registry.ts';
import type { World } from './world.ts';

/** Folders that people write; with the files that sources read they are the inputs of a run. */
export const INPUTS = ['mhub.yaml', 'brands', 'campaigns', 'policies', 'templates'] as const;
/** What every campaign's caps and keys are computed from. */
const EVIDENCE = ['hub/open', 'hub/ledger', 'hub/halts'];
/** Part of the ledger that only mailings read: it has a line for everybody who was ever mailed. */
const RECIPIENTS = 'hub/ledger/recipients';

export interface OpenWorkspace {
  readonly units: readonly Unit[];
  readonly brands: readonly BrandUnit[];
  /** Problems of campaigns that are left out, and of stray files. */
  readonly problems: readonly Problem[];
  readonly invalid: readonly string[];
  hub(unit: Unit): Promise<HubState>;
  brandSignals(brand: string): Promise<readonly FiledSignal[]>;
  /** What stands on each channel of the unit's brand, newest first, at most `limit` each. */
  published(unit: Unit, state: HubState, limit: number): Promise<ReadonlyMap<string, readonly Publication[]>>;
}

export async function loadAll<T>(registry: Registry<T>): Promise<Map<string, T>> {
  const loaded = Object.entries(registry).map(async ([id, { load }]) => [id, await load()] as const);
  return new Map(await Promise.all(loaded));
}

const adapterKinds = () => loadAll(channels);

/** What the loader cannot find in the tree of the inputs. Rule types that no pack gives params are left alone: they are heavy. */
async function optionsFor(world: World, tree: Tree): Promise<LoaderOptions> {
  const prelude = preludeOf(tree);
  const sealed = await world.load(prelude.sources);
  const engine = await engines[prelude.engine ?? '']?.load();
  const types = new Map<string, RuleType>();
  for (const id of prelude.ruleTypes) {
    const type = await rules[id]?.load();
    if (type) types.set(id, type);
  }
  return {
    channels: await adapterKinds(),
    engines: new Map(engine ? [[engine.id, engine]] : []),
    rules: types,
    digest: (path) => {
      const file = sealed.get(path);
      return file && sha256(file.bytes);
    },
  };
}

/** Reads what people write; nothing of it is checked before it is asked for. */
export async function loadInputs(world: World): Promise<{ readonly tree: Tree; readonly inputs: Loader }> {
  const tree = await world.tree([...INPUTS]);
  return { tree, inputs: createLoader(tree, await optionsFor(world, tree)) };
}

/** Everything that people write and a run reads: a change of it wakes the loop. */
export async function inputPaths({ brandIds, loadBrandUnit }: Loader): Promise<string[]> {
  const brands = brandIds.flatMap((id) => {
    const brand = loadBrandUnit(id);
    return brand.ok ? [brand.unit] : [];
  });
  const read = brands.flatMap((unit) => unit.sources);
  const sealed = brands
    .flatMap(({ brand }) => brand.facts)
    .flatMap((fact) => (fact.sha256 === undefined ? [] : (sourceFile(fact) ?? [])));
  const files = await Promise.all(
    read.map(async ({ adapter, params = {} }) => (await sources[adapter]?.load())?.inputs(params) ?? []),
  );
  return [...new Set([...INPUTS, ...files.flat(), ...sealed])];
}

export type OpenInputs = Awaited<ReturnType<typeof openInputs>>;

/** @throws Invalid when nothing at all can run; Usage when a campaign is asked for that does not exist */
export async function openInputs(world: World, only: readonly string[]) {
  const { inputs } = await loadInputs(world);
  const workspace = inputs.loadWorkspace();
  if (!workspace.ok) throw new Invalid(workspace.problems);
  const unknown = only.find((id) => !inputs.campaignIds.includes(id));
  if (unknown !== undefined) {
    const near = closest(unknown, inputs.campaignIds);
    const hint = near === undefined ? `there are: ${inputs.campaignIds.join(', ')}` : `did you mean ${near}?`;
    throw new Usage(`no campaign ${unknown}: ${hint}`);
  }
  const ids = inputs.campaignIds.filter((id) => only.length === 0 || only.includes(id));
  const units: Unit[] = [];
  const invalid: string[] = [];
  const problems: Problem[] = [...inputs.strays];
  for (const id of ids) {
    const loaded = inputs.loadUnit(id);
    if (loaded.ok) units.push(loaded.unit);
    else {
      invalid.push(id);
      problems.push(...loaded.problems);
    }
  }
  return { inputs, workspace: workspace.value, units, invalid, problems: distinctProblems(problems) };
}

/**
 * Checks all inputs, also those that no campaign uses yet, as of an instant: exceptions run out.
 *
 * @param branch  that the engine works on; null when there is none
 */
export async function checkInputs(world: World, now: Instant, branch: string | null) {
  const { tree, inputs } = await loadInputs(world);
  const workspace = inputs.loadWorkspace();
  const today = civilDay(now, workspace.ok ? workspace.value.timezone : 'UTC');
  const packProblems = (id: string): readonly Problem[] => {
    const loaded = inputs.loadPack(id);
    const path = `policies/${id}.yaml`;
    return loaded.ok
      ? placed(path, tree.get(path)?.bytes ?? '', expiredExceptions(loaded.pack, today))
      : loaded.problems;
  };
  const loaded = inputs.campaignIds.map((id) => inputs.loadUnit(id));
  const targets = targetsOf(loaded.flatMap((one) => (one.ok ? [one.unit] : [])));
  const targetProblems = targetFaults(targets, branch).flatMap(({ target: { unit, channel }, message }) => {
    const path = `brands/${unit.brand.id}/channels/${channel.id}.yaml`;
    return placed(path, tree.get(path)?.bytes ?? '', [{ pointer: ['params', 'target'], message }]);
  });
  const problems = [
    ...inputs.strays,
    ...(workspace.ok ? [] : workspace.problems),
    ...inputs.brandIds.map((id) => inputs.loadBrandUnit(id)).flatMap((brand) => (brand.ok ? [] : brand.problems)),
    ...inputs.packIds.flatMap(packProblems),
    ...loaded.flatMap((unit) => (unit.ok ? [] : unit.problems)),
    ...targetProblems,
  ];
  const isInput = (path: string) => INPUTS.some((input) => path === input || path.startsWith(`${input}/`));
  return {
    campaigns: inputs.campaignIds,
    brands: inputs.brandIds,
    files: [...tree.keys()].filter(isInput).length,
    problems: distinctProblems(problems),
  };
}

/** Two campaigns of a broken brand report the same file. */
const distinctProblems = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
];

/** Brands of the campaigns that can run. */
function brandsOf(inputs: Loader, units: readonly Unit[]): BrandUnit[] {
  return [...new Set(units.map(({ brand }) => brand.id))].flatMap((id) => {
    const loaded = inputs.loadBrandUnit(id);
    return loaded.ok ? [loaded.unit] : [];
  });
}

/** Campaigns whose state is kept while nothing of it is written: a stage goes through all of them, one after another. */
const KEPT_STATES = 16;

/** @param opened  the inputs of the same world; no job writes them, so they stay as they are */
export async function openWorkspace(world: World, opened: OpenInputs): Promise<OpenWorkspace> {
  const { inputs, units, invalid, problems } = opened;
  const options = { channels: await adapterKinds() };
  const known = new Map<string, { readonly version: number; readonly loader: Loader }>();
  const loaderFor = async (prefixes: readonly string[]): Promise<Loader> => {
    const key = prefixes.join('\0');
    const version = world.versionOf(prefixes);
    const before = known.get(key);
    if (before?.version === version) return before.loader;
    const loader = createLoader(await world.subtree(prefixes, RECIPIENTS), options);
    known.set(key, { version, loader });
    return loader;
  };
  const publications = new Map<string, Publication>();
  const states = new Map<string, { readonly version: number; readonly state: HubState }>();

  async function readHub({ campaign, brand }: Unit): Promise<HubState> {
    const own = (await loaderFor([`hub/campaigns/${campaign.id}`])).loadHub(campaign.id, brand.id);
    const signals = (await loaderFor([`hub/brands/${brand.id}`])).loadHub(campaign.id, brand.id);
    const evidence = (await loaderFor(EVIDENCE)).loadHub(campaign.id, brand.id);
    return {
      ...own,
      signals: [...signals.signals, ...own.signals],
      receipts: standingReceipts(evidence.receipts),
      intents: evidence.intents,
      halts: evidence.halts,
      verifications: evidence.verifications,
      unreadable: [...own.unreadable, ...signals.unreadable, ...evidence.unreadable],
    };
  }

  return {
    units,
    brands: brandsOf(inputs, units),
    problems,
    invalid,

    async hub(unit) {
      const { campaign, brand } = unit;
      const version = world.versionOf([`hub/campaigns/${campaign.id}`, `hub/brands/${brand.id}`, ...EVIDENCE]);
      const before = states.get(campaign.id);
      if (before?.version === version) return before.state;
      const state = await readHub(unit);
      if (states.size >= KEPT_STATES) states.clear();
      states.set(campaign.id, { version, state });
      return state;
    },

    brandSignals: async (brand) => (await loaderFor([`hub/brands/${brand}`])).loadBrandSignals(brand),

    async published(unit, state, limit) {
      const byChannel = new Map<string, readonly Publication[]>();
      const live = liveReceipts(state.receipts);
      for (const channel of unit.channels) {
        const receipts = live
          .filter((receipt) => receipt.brand === unit.brand.id && receipt.channel === channel.id)
          .slice(-limit)
          .reverse();
        const missing = receipts.filter(({ key }) => !publications.has(key));
        for (const receipt of missing) {
          const folder = `hub/campaigns/${receipt.campaign}/assets/${receipt.asset}`;
          const asset = (await loaderFor([folder])).loadAsset(receipt.campaign, receipt.asset);
          if (asset) publications.set(receipt.key, { ...asset, receipt });
        }
        byChannel.set(
          channel.id,
          receipts.flatMap(({ key }) => publications.get(key) ?? []),
        );
      }
      return byChannel;
    },
  };
}
