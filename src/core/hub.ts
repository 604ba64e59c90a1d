/** What the engine wrote, read back. What cannot be read is named, never skipped: breakers count it as tripped. */
import type {
  Answer,
  Entities,
  EntityName,
  Experiment,
  Halt,
  Intent,
  Receipt,
  Verdict,
  Verification,
} from '../generated/entities.ts';
import type { FiledSignal, HubState, MadeAsset, Named } from './contracts.ts';
import { textOf } from './documents.ts';
import { readEntity, readLines } from './entity.ts';
import { isChained } from './ledger.ts';
import { type EntityPath, type EntriesOf, evidenceFolders, isLink, type PathIndex, type Tree } from './paths.ts';

export interface HubReader {
  /** What the engine wrote for one campaign and its brand, with the ledger, open intents and halts of the workspace. */
  loadHub(campaignId: string, brandId: string): HubState;
  /** Signals of a brand alone, sorted by path. */
  loadBrandSignals(brandId: string): readonly FiledSignal[];
  /** An asset of any campaign as it is in the tree; undefined when it is not there or cannot be read. */
  loadAsset(campaignId: string, assetId: string): MadeAsset | undefined;
}

/** Evidence about the whole workspace, read once for all campaigns. */
interface Evidence {
  readonly receipts: readonly Receipt[];
  readonly intents: readonly Intent[];
  readonly halts: readonly Named<Halt>[];
  readonly verifications: readonly Verification[];
  readonly unreadable: readonly string[];
}

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** What was read from some bytes, by entity: a run asks for the same file once per stage and campaign. */
const known = new Map<EntityName, WeakMap<object, unknown>>();

/** @param read  its answer is kept for as long as the bytes are; undefined when they cannot be read */
function readOnce<V>(entity: EntityName, bytes: Uint8Array | string, read: () => V | undefined): V | undefined {
  if (typeof bytes === 'string') return read();
  const values = known.get(entity) ?? new WeakMap<object, unknown>();
  known.set(entity, values);
  const value = (values.get(bytes) as V | undefined) ?? read();
  if (value !== undefined) values.set(bytes, value);
  return value;
}

export function createHubReader(tree: Tree, index: PathIndex, entriesOf: EntriesOf): HubReader {
  const bytesOf = (path: string) => tree.get(path)?.bytes ?? '';

  function readYaml<N extends EntityName>(entity: N, path: string, unreadable: string[]): Entities[N] | undefined {
    const bytes = bytesOf(path);
    const value = readOnce(entity, bytes, () => {
      const read = readEntity(entity, path, bytes);
      return read.ok ? read.value : undefined;
    });
    if (value === undefined) unreadable.push(path);
    return value;
  }

  /** Entities of one owner with the id that a placeholder of their path gave them. */
  function readNamed<N extends EntityName>(
    entity: N,
    placeholder: string,
    owner: string,
    unreadable: string[],
  ): [string, Entities[N]][] {
    return entriesOf(entity, owner).flatMap(({ path, ids }) => {
      const value = readYaml(entity, path, unreadable);
      return value === undefined ? [] : [[ids[placeholder] ?? '', value] satisfies [string, Entities[N]]];
    });
  }

  function readAllLines<N extends 'Receipt' | 'Intent' | 'TokenUsage' | 'Verification'>(
    entity: N,
    unreadable: string[],
    owner = '',
  ): Entities[N][] {
    return entriesOf(entity, owner).flatMap(({ path }) => {
      const { values, problems } = readLines(entity, path, bytesOf(path));
      if (problems.length > 0 || (entity === 'Receipt' && !isChained(bytesOf(path)))) unreadable.push(path);
      return values;
    });
  }

  let evidenceRead: Evidence | undefined;
  function evidence(): Evidence {
    if (evidenceRead) return evidenceRead;
    const unreadable = refusedIn(evidenceFolders);
    const receipts = readAllLines('Receipt', unreadable);
    const intents = readAllLines('Intent', unreadable);
    const halts = readNamed('Halt', 'halt', '', unreadable).map(([id, halt]) => ({ ...halt, id }));
    const verifications = readAllLines('Verification', unreadable);
    evidenceRead = { receipts, intents, halts, verifications, unreadable };
    return evidenceRead;
  }

  /** Paths that the index refused: links, odd names, files that mean nothing. */
  const refusedIn = (folders: readonly string[]): string[] =>
    index.problems.map(({ file }) => file).filter((file) => folders.some((folder) => file.startsWith(folder)));

  function readSignals(owner: string, unreadable: string[]): FiledSignal[] {
    return entriesOf('Signal', owner).flatMap(({ path }) => {
      const signal = readYaml('Signal', path, unreadable);
      return signal ? [{ path, signal }] : [];
    });
  }

  function readAsset({ path, ids }: EntityPath, unreadable: string[]): MadeAsset[] {
    const asset = readYaml('Asset', path, unreadable);
    if (!asset) return [];
    const folder = path.slice(0, path.lastIndexOf('/'));
    const files = new Map<string, string | Uint8Array>();
    for (const { name } of asset.files) {
      const file = FILE_NAME.test(name) ? tree.get(`${folder}/${name}`) : undefined;
      if (file && !isLink(file.mode)) files.set(name, textOf(file.bytes) ?? file.bytes);
      else unreadable.push(`${folder}/${name}`);
    }
    return [{ id: ids.asset ?? '', campaign: ids.campaign ?? '', asset, files }];
  }

  return {
    loadHub(campaignId, brandId) {
      const campaign = `campaigns/${campaignId}`;
      const brand = `brands/${brandId}`;
      const shared = evidence();
      const unreadable = refusedIn([`hub/${campaign}/`, `hub/${brand}/`]);
      const [plan] = entriesOf('CampaignPlan', campaign).map(({ path }) => readYaml('CampaignPlan', path, unreadable));
      const assets = entriesOf('Asset', campaign).flatMap((entry) => readAsset(entry, unreadable));
      const verdicts = new Map<string, Verdict>(readNamed('Verdict', 'asset', campaign, unreadable));
      const experiments = new Map<string, Experiment>(readNamed('Experiment', 'experiment', campaign, unreadable));
      const signals = [...readSignals(brand, unreadable), ...readSignals(campaign, unreadable)];
      const answers = new Map<string, Answer>(
        readNamed('Answer', 'answer', campaign, unreadable).map(([, answer]) => [answer.request, answer]),
      );
      const usage = readAllLines('TokenUsage', unreadable, campaign);
      return {
        ...(plan && { plan }),
        assets,
        verdicts,
        experiments,
        signals: signals.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
        receipts: shared.receipts,
        intents: shared.intents,
        halts: shared.halts,
        verifications: shared.verifications,
        answers,
        usage,
        unreadable: [...new Set([...shared.unreadable, ...unreadable])].sort(),
      };
    },
    loadBrandSignals: (brandId) => readSignals(`brands/${brandId}`, []),
    loadAsset(campaignId, assetId) {
      const entry = entriesOf('Asset', `campaigns/${campaignId}`).find(({ ids }) => ids.asset === assetId);
      const unreadable: string[] = [];
      const [made] = entry ? readAsset(entry, unreadable) : [];
      return unreadable.length === 0 ? made : undefined;
    },
  };
}
