/** A tree of files -> the units that stages work on, or every problem of what people wrote. Pure; nothing is thrown. */
import type { Entities, EntityName, Workspace } from '../generated/entities.ts';
import { pluginParams } from '../generated/schemas.ts';
import {
  checkBrand,
  checkBudget,
  checkCampaign,
  checkEngine,
  checkParams,
  checkPolicy,
  checkPrice,
  checkReferences,
  checkValues,
  type Draft,
  type Filed,
  type PluginParams,
  sourceFile,
  textsAt,
} from './checks.ts';
import type { BrandUnit, Channel, Engine, Files, Named, Unit } from './contracts.ts';
import { textOf } from './documents.ts';
import { type Loaded, readEntity } from './entity.ts';
import type { Problem } from './errors.ts';
import { digestOf, filesDigest, sha256 } from './hash.ts';
import { createHubReader, type HubReader } from './hub.ts';
import { logoProblems } from './logo.ts';
import { byOwner, type EntityPath, fileProblem, indexPaths, type PathIndex, type Tree } from './paths.ts';
import type { PackSurroundings, RuleType } from './policy/lint.ts';
import { expectedOneOf } from './suggest.ts';

export interface LoaderOptions {
  /** Kinds that the channel adapters carry, by adapter id. */
  readonly channels: ReadonlyMap<string, Pick<Channel, 'kinds'>>;
  /** What copy engines ask for beyond the schema of their params, by id; at least that of `preludeOf`. */
  readonly engines?: ReadonlyMap<string, Pick<Engine, 'estimate' | 'currencyOf' | 'lint'>>;
  /** Validators of plugins' params; the generated ones when left out. */
  readonly params?: PluginParams;
  /** Rule types by id, at least those of `preludeOf`; params of others are not linted and cannot be tightened. */
  readonly rules?: ReadonlyMap<string, RuleType>;
  /** Whether a path is a file of the repository, for sources of facts; asks the tree when left out. */
  readonly exists?: (path: string) => boolean;
  /** SHA-256 of a file of the repository, at least of those of `preludeOf`; asks the tree when left out. */
  readonly digest?: (path: string) => string | undefined;
}

/** What a loader has to be given beside the tree. */
export interface Prelude {
  /** Rule types whose params say something. */
  readonly ruleTypes: readonly string[];
  /** Sources of facts that are held against a digest. */
  readonly sources: readonly string[];
  /** Copy engine of the workspace. */
  readonly engine: string | undefined;
}

export type LoadedUnit =
  | { readonly ok: true; readonly unit: Unit }
  | { readonly ok: false; readonly problems: readonly Problem[] };
export type LoadedPack =
  | { readonly ok: true; readonly pack: Named<Entities['PolicyPack']> }
  | { readonly ok: false; readonly problems: readonly Problem[] };
export type LoadedBrandUnit =
  | { readonly ok: true; readonly unit: BrandUnit }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads what campaigns share once; a campaign and its own files are read when they are asked for, and not kept. */
export interface Loader extends HubReader {
  readonly index: PathIndex;
  /** Problems of paths that belong to no brand and no campaign, such as a misnamed folder. */
  readonly strays: readonly Problem[];
  readonly brandIds: readonly string[];
  readonly campaignIds: readonly string[];
  readonly packIds: readonly string[];
  /** Vale styles: policies/styles/, by repo path. */
  readonly styles: Files;
  loadPack(packId: string): LoadedPack;
  loadWorkspace(): Loaded<Workspace>;
  loadBrandUnit(brandId: string): LoadedBrandUnit;
  loadUnit(campaignId: string): LoadedUnit;
}

interface Read<N extends EntityName> {
  readonly filed: readonly Filed<N>[];
  /** All of the files that could be parsed, also those that are not valid. */
  readonly drafts: readonly Draft[];
  readonly problems: readonly Problem[];
}

/** Everything in a brand's folder. */
interface BrandFolder {
  readonly brand: Filed<'Brand'> | undefined;
  readonly offers: Read<'Offer'>;
  readonly segments: Read<'AudienceSegment'>;
  readonly channels: Read<'ChannelConfig'>;
  readonly sources: Read<'Source'>;
  readonly problems: readonly Problem[];
}

/** An answer that is worked out once, when it is first asked for. */
function once<V>(answer: () => V): () => V {
  const answers = memo(answer);
  return () => answers('');
}

/** An answer per key, worked out once. */
function memo<V>(answer: (key: string) => V): (key: string) => V {
  const known = new Map<string, V>();
  return (key) => {
    if (!known.has(key)) known.set(key, answer(key));
    return known.get(key) as V;
  };
}

/** By file, then by place. */
const sortProblems = (problems: readonly Problem[]): Problem[] =>
  problems.toSorted((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));

/** brands/mhub/offers/starter.yaml -> brands/mhub */
const folderOf = (path: string): string => path.split('/', 2).join('/');

/** The entities that a campaign names, in its order. */
const inOrder = <N extends EntityName>(ids: readonly string[], filed: readonly Filed<N>[]): Filed<N>[] =>
  ids.flatMap((id) => filed.filter((one) => one.id === id));

const treeDigest = (tree: Tree, path: string): string | undefined => {
  const file = tree.get(path);
  return file && sha256(file.bytes);
};

const unknownId = (file: string, id: string, ids: readonly string[]): Problem =>
  fileProblem(file, `is missing${expectedOneOf(id, ids, 'this file')}`);

/** What the policy packs and brands of a tree ask for; what is wrong with them the loader will say. */
export function preludeOf(tree: Tree): Prelude {
  const { entries } = indexPaths(tree);
  const valuesOf = <N extends EntityName>(entity: N) =>
    entries
      .filter((entry) => entry.entity === entity)
      .flatMap(({ path, ids }) => {
        const read = readEntity(entity, path, tree.get(path)?.bytes ?? '');
        return read.ok ? [{ ids, value: read.value }] : [];
      });
  const packs = valuesOf('PolicyPack');
  const tightened = new Set(packs.flatMap(({ value: { tighten = [] } }) => tighten.map(({ rule }) => rule)));
  const ruleTypes = packs.flatMap(({ ids, value }) =>
    value.rules
      .filter(({ id, params = {} }) => Object.keys(params).length > 0 || tightened.has(`${ids.pack}/${id}`))
      .map(({ type }) => type),
  );
  const sealed = valuesOf('Brand').flatMap(({ value }) =>
    value.facts.filter(({ sha256: digest }) => digest !== undefined),
  );
  return {
    ruleTypes: [...new Set(ruleTypes)],
    sources: [...new Set(sealed.flatMap((fact) => sourceFile(fact) ?? []))],
    engine: valuesOf('Workspace')[0]?.value.engine,
  };
}

export function createLoader(tree: Tree, options: LoaderOptions): Loader {
  const { channels: adapters, engines, rules: ruleTypes = new Map(), params = pluginParams } = options;
  const { exists = (path) => tree.has(path), digest = (path) => treeDigest(tree, path) } = options;
  const index = indexPaths(tree);
  const entriesOf = byOwner(index.entries);
  const idsOf = (entity: EntityName, placeholder: string, owner = ''): string[] =>
    entriesOf(entity, owner).map(({ ids }) => ids[placeholder] ?? '');

  const brandIds = idsOf('Brand', 'brand');
  const campaignIds = idsOf('Campaign', 'campaign');
  const packIds = idsOf('PolicyPack', 'pack');
  const knownBrands = new Set(brandIds);
  const knownCampaigns = new Set(campaignIds);
  const channelIds = [...new Set(brandIds.flatMap((brand) => idsOf('ChannelConfig', 'channel', `brands/${brand}`)))];
  const homes = new Set([...brandIds.map((id) => `brands/${id}`), ...campaignIds.map((id) => `campaigns/${id}`)]);
  const strays = [...index.problems.filter(({ file }) => !homes.has(folderOf(file))), ...orphans(index.entries, homes)];
  /** A link in place of mhub.yaml or of a template is everybody's problem. */
  const linked = strays.filter(({ file }) => file === 'mhub.yaml' || file.startsWith('templates/'));
  const problemsIn = (folder: string) => index.problems.filter(({ file }) => file.startsWith(`${folder}/`));

  const digests = new WeakMap<object, string>();
  const digestOnce = (value: object): string => {
    const known = digests.get(value) ?? digestOf(value);
    digests.set(value, known);
    return known;
  };

  const namedEntities = new WeakMap<object, object>();
  /** The same object for every unit that shares the entity. */
  function named<N extends EntityName>({ id, value }: Filed<N>): Named<Entities[N]> {
    const known = namedEntities.get(value) ?? { ...value, id };
    namedEntities.set(value, known);
    return known as Named<Entities[N]>;
  }

  function read<N extends EntityName>(entity: N, path: string, id: string): Read<N> {
    const result = readEntity(entity, path, tree.get(path)?.bytes ?? '');
    if (!result.ok) {
      const { problems, document } = result;
      return { filed: [], problems, drafts: document ? [{ value: document.value, document }] : [] };
    }
    const filed: Filed<N> = { id, value: result.value, document: result.document };
    return { filed: [filed], problems: checkValues(filed), drafts: [filed] };
  }

  function readAll<N extends EntityName>(entity: N, placeholder: string, owner: string): Read<N> {
    const parts = entriesOf(entity, owner).map(({ path, ids }) => read(entity, path, ids[placeholder] ?? ''));
    return {
      filed: parts.flatMap(({ filed }) => filed),
      drafts: parts.flatMap(({ drafts }) => drafts),
      problems: parts.flatMap(({ problems }) => problems),
    };
  }

  const workspace = once((): Loaded<Workspace> => {
    if (!tree.has('mhub.yaml')) {
      const misnamed = tree.has('mhub.yml') ? ', expected mhub.yml under this name' : ', expected the workspace file';
      return { ok: false, problems: [fileProblem('mhub.yaml', `is missing${misnamed}`)] };
    }
    if (linked.length > 0) return { ok: false, problems: linked };
    const { filed, problems } = read('Workspace', 'mhub.yaml', '');
    const wrong = [...problems, ...filed.flatMap(engineFaults)];
    return filed[0] && wrong.length === 0 ? { ok: true, value: filed[0].value } : { ok: false, problems: wrong };
  });

  const engineFaults = (filed: Filed<'Workspace'>): Problem[] =>
    checkEngine(filed, params, () => templates().files, engines?.get(filed.value.engine));

  function budgetFaults(filed: Filed<'Campaign'>): Problem[] {
    const shared = workspace();
    return shared.ok ? checkBudget(filed, shared.value, engines?.get(shared.value.engine)) : [];
  }

  const templates = once((): { readonly files: Files; readonly digest: string } => {
    const files = new Map<string, string | Uint8Array>();
    for (const [path, file] of tree) {
      if (path.startsWith('templates/')) files.set(path, textOf(file.bytes) ?? file.bytes);
    }
    return { files, digest: filesDigest(files) };
  });

  /** A logo that is not there is told where it is named, and what is wrong in it where it is written. */
  function logoFaults({ value: { design }, document }: Filed<'Brand'>): Problem[] {
    if (design.logo === undefined) return [];
    const svg = templates().files.get(design.logo);
    if (typeof svg === 'string') return logoProblems(design.logo, svg);
    const message = `design.logo is "${design.logo}", expected an SVG file that is there`;
    return [{ file: document.path, ...document.locate(['design', 'logo'], 'value'), message }];
  }

  const styles = once((): { readonly files: Files; readonly digest: string } => {
    const files = new Map<string, string>();
    for (const [path, file] of tree) {
      if (path.startsWith('policies/styles/')) files.set(path, textOf(file.bytes) ?? '');
    }
    return { files, digest: filesDigest(files) };
  });

  const brandFolder = memo((id): BrandFolder => {
    const folder = `brands/${id}`;
    const brandRead = read('Brand', `${folder}/brand.yaml`, id);
    const [brand] = brandRead.filed;
    const offers = readAll('Offer', 'offer', folder);
    const segments = readAll('AudienceSegment', 'segment', folder);
    const channels = readAll('ChannelConfig', 'channel', folder);
    const sources = readAll('Source', 'source', folder);
    const fact = brand && { ids: brand.value.facts.map((one) => one.id), of: `a fact of brand ${id}` };
    const allPains = {
      ids: segments.filed.flatMap(({ value }) => value.pains.map((one) => one.id)),
      of: `a pain of a segment of brand ${id}`,
    };
    // Pains of a segment that cannot be read may be the ones that are named.
    const pain = segments.filed.length === entriesOf('AudienceSegment', folder).length ? allPains : undefined;
    const channel = { ids: idsOf('ChannelConfig', 'channel', folder), of: `a channel of brand ${id}` };
    const problems = [
      ...problemsIn(folder),
      ...[brandRead, offers, segments, channels, sources].flatMap((part) => part.problems),
      ...(brand ? checkBrand(brand, { exists, digest }) : []),
      ...(brand ? logoFaults(brand) : []),
      ...offers.drafts.flatMap((offer) => {
        const outcome = { ids: textsAt(offer.value, '/outcomes/*/id'), of: 'an outcome of the offer' };
        return checkReferences('Offer', offer, { fact, pain, outcome });
      }),
      ...offers.filed.flatMap((offer) => checkPrice(offer, brand?.value.facts ?? [])),
      ...segments.drafts.flatMap((segment) =>
        checkReferences('AudienceSegment', segment, { fact, ChannelConfig: channel }),
      ),
      ...channels.filed.flatMap((filed) => checkParams('channels', filed, params)),
      ...sources.filed.flatMap((filed) => checkParams('sources', filed, params)),
    ];
    return { brand, offers, segments, channels, sources, problems };
  });

  const packFile = memo((id) => read('PolicyPack', `policies/${id}.yaml`, id));

  const policy = memo((id): Read<'PolicyPack'> => {
    const { filed, drafts, problems } = packFile(id);
    const surroundings: PackSurroundings = {
      channels: channelIds,
      campaigns: campaignIds,
      find: (other) => (packIds.includes(other) ? packFile(other).filed.map(named)[0] : undefined),
      styles: styles().files,
      types: ruleTypes,
    };
    return {
      filed,
      drafts,
      problems: [
        ...problems,
        ...drafts.flatMap((draft) =>
          checkReferences('PolicyPack', draft, { PolicyPack: { ids: packIds, of: 'a policy pack' } }),
        ),
        ...filed.flatMap((pack) => checkPolicy(pack, params, surroundings)),
      ],
    };
  });

  function loadPack(id: string): LoadedPack {
    if (!packIds.includes(id)) return { ok: false, problems: [unknownId(`policies/${id}.yaml`, id, packIds)] };
    const { filed, problems } = policy(id);
    const [pack] = filed.map(named);
    return pack && problems.length === 0 ? { ok: true, pack } : { ok: false, problems: sortProblems(problems) };
  }

  function campaignReferences(draft: Draft): Problem[] {
    const [brandId = ''] = textsAt(draft.value, '/brand');
    const ofBrand = (entity: EntityName, placeholder: string, what: string) =>
      knownBrands.has(brandId)
        ? { ids: idsOf(entity, placeholder, `brands/${brandId}`), of: `${what} of brand ${brandId}` }
        : undefined;
    return checkReferences('Campaign', draft, {
      Brand: { ids: brandIds, of: 'a brand' },
      Offer: ofBrand('Offer', 'offer', 'an offer'),
      AudienceSegment: ofBrand('AudienceSegment', 'segment', 'a segment'),
      ChannelConfig: ofBrand('ChannelConfig', 'channel', 'a channel'),
      PolicyPack: { ids: packIds, of: 'a policy pack' },
    });
  }

  function campaignProblems(filed: Filed<'Campaign'>): Problem[] {
    const folder = knownBrands.has(filed.value.brand) ? brandFolder(filed.value.brand) : undefined;
    const kinds = new Map(
      (folder?.channels.filed ?? []).flatMap(({ id, value }) => {
        const adapter = adapters.get(value.adapter);
        return adapter ? [[id, adapter.kinds] as const] : [];
      }),
    );
    const extended = new Map(
      filed.value.policies.flatMap((id) => {
        const below = packIds.includes(id) ? packFile(id).filed[0]?.value.extends?.pack : undefined;
        return below !== undefined && packIds.includes(below) ? [[id, below] as const] : [];
      }),
    );
    return checkCampaign(filed, { locale: folder?.brand?.value.locale, kinds, extended });
  }

  const loadBrandUnit = memo((id): LoadedBrandUnit => {
    const shared = workspace();
    const sharedProblems = shared.ok ? [] : shared.problems;
    if (!knownBrands.has(id)) {
      return { ok: false, problems: [unknownId(`brands/${id}/brand.yaml`, id, brandIds), ...sharedProblems] };
    }
    const { brand, sources, problems } = brandFolder(id);
    if (!shared.ok || !brand || problems.length > 0) {
      return { ok: false, problems: sortProblems([...sharedProblems, ...problems]) };
    }
    return { ok: true, unit: { workspace: shared.value, brand: named(brand), sources: sources.filed.map(named) } };
  });

  function loadUnit(id: string): LoadedUnit {
    if (!knownCampaigns.has(id)) {
      return { ok: false, problems: [unknownId(`campaigns/${id}/campaign.yaml`, id, campaignIds)] };
    }
    const own = read('Campaign', `campaigns/${id}/campaign.yaml`, id);
    const [filed] = own.filed;
    const packs = (filed?.value.policies ?? []).filter((pack) => packIds.includes(pack)).map(policy);
    const brandUnit = filed && knownBrands.has(filed.value.brand) ? loadBrandUnit(filed.value.brand) : undefined;
    const shared = brandUnit ?? workspace();
    const problems = [
      ...problemsIn(`campaigns/${id}`),
      ...own.problems,
      ...own.drafts.flatMap(campaignReferences),
      ...(filed ? [...campaignProblems(filed), ...budgetFaults(filed)] : []),
      ...(shared.ok ? [] : shared.problems),
      ...packs.flatMap((pack) => pack.problems),
    ];
    if (!filed || !brandUnit?.ok || problems.length > 0) return { ok: false, problems: sortProblems(problems) };
    return {
      ok: true,
      unit: unitOf(
        brandUnit.unit,
        filed,
        packs.flatMap((pack) => pack.filed),
      ),
    };
  }

  function unitOf(brandUnit: BrandUnit, filed: Filed<'Campaign'>, packs: readonly Filed<'PolicyPack'>[]): Unit {
    const folder = brandFolder(filed.value.brand);
    const campaign = named(filed);
    const offers = inOrder(filed.value.offers, folder.offers.filed).map(named);
    const segments = inOrder(filed.value.segments, folder.segments.filed).map(named);
    const channels = folder.channels.filed.map(named);
    const policies = packs.map(named);
    const { workspace: shared, brand, sources } = brandUnit;
    const lists = [[shared, brand, campaign], sources, offers, segments, channels, policies];
    const digest = once(() =>
      digestOf([...lists.map((list) => list.map(digestOnce)), templates().digest, styles().digest]),
    );
    return {
      ...brandUnit,
      campaign,
      offers,
      segments,
      channels,
      policies,
      templates: templates().files,
      styles: styles().files,
      // Only a run needs it, and it costs a tenth of reading the campaign.
      get digest() {
        return digest();
      },
    };
  }

  return {
    index,
    strays,
    brandIds,
    campaignIds,
    packIds,
    get styles() {
      return styles().files;
    },
    loadPack,
    loadWorkspace: workspace,
    loadBrandUnit,
    loadUnit,
    ...createHubReader(tree, index, entriesOf),
  };
}

/** Files of a brand's or campaign's folder that lacks the file which gives them a meaning. */
function orphans(entries: readonly EntityPath[], homes: ReadonlySet<string>): Problem[] {
  const folders = entries.filter(({ path }) => path.startsWith('brands/')).map(({ path }) => folderOf(path));
  return [...new Set(folders)]
    .filter((folder) => !homes.has(folder))
    .map((folder) => fileProblem(`${folder}/brand.yaml`, 'is missing, expected the brand that this folder belongs to'));
}
