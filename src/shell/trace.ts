/** `mhub trace`: from what went out back to why, with the commit of everything on the way. */
import type { Document } from '../core/documents.ts';
import { readEntity } from '../core/entity.ts';
import { Usage } from '../core/errors.ts';
import { isReceiptFile } from '../core/ledger.ts';
import {
  angleFacts,
  type FiledReceipt,
  type Foundation,
  factLines,
  filedReceipts,
  findTarget,
  foundationsOf,
} from '../core/trace.ts';
import type { Asset, CampaignPlan, Entities, EntityName, Receipt, Verdict } from '../generated/entities.ts';
import { openRepo, type Repo } from './git.ts';
import { blame, type Touches, touchesOf } from './provenance.ts';

/** A file as it was, and the commit that made it so. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly commit: string;
}

export interface TracedFact extends Place {
  readonly id: string;
  readonly statement: string;
  readonly source: string;
}

export interface Trace {
  readonly target: string;
  readonly receipt?: Place & { readonly value: Receipt };
  /** The receipt of its being taken down. */
  readonly withdrawn?: Place & { readonly value: Receipt };
  /** How often the asset went out on the channel so far. */
  readonly revisions: number;
  readonly asset: Place & { readonly id: string; readonly value: Asset };
  readonly verdict?: Place & { readonly value: Verdict };
  readonly policy?: Place;
  readonly plan?: Place & {
    readonly why: readonly string[];
    readonly entry?: CampaignPlan['assets'][number];
    readonly rejected: CampaignPlan['rejected'];
  };
  readonly signals: readonly (Place & { readonly kind: string; readonly source: string })[];
  /** Blocks of copy and the ids of the facts that they rest on, the headline first. */
  readonly copy: readonly Foundation[];
  readonly facts: readonly TracedFact[];
  readonly campaign?: Place;
  /** What should be there and could not be read. */
  readonly missing: readonly string[];
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

async function readReceipts(repo: Repo, commit: string): Promise<FiledReceipt[]> {
  const files = [...(await repo.list(commit, ['hub/ledger']))].filter(([path]) => isReceiptFile(path));
  const blobs = await repo.readBlobs(files.map(([, { oid }]) => oid));
  return files.flatMap(([path, { oid }]) => filedReceipts(path, text(blobs.get(oid) ?? new Uint8Array())));
}

async function readAssetNames(repo: Repo, commit: string) {
  const paths = [...(await repo.list(commit, ['hub/campaigns'])).keys()];
  return paths.flatMap((path) => {
    const [, campaign, asset] = /^hub\/campaigns\/([^/]+)\/assets\/([^/]+)\/asset\.yaml$/.exec(path) ?? [];
    return campaign === undefined || asset === undefined ? [] : [{ campaign, asset }];
  });
}

interface Versions {
  /** What the file was at a commit; undefined, and noted as missing, when it cannot be read. */
  at<N extends EntityName>(
    entity: N,
    path: string,
    commit: string,
  ): Promise<{ value: Entities[N]; document: Document; text: string } | undefined>;
  readonly missing: string[];
}

function versionsOf(repo: Repo): Versions {
  const missing: string[] = [];
  return {
    missing,
    async at(entity, path, commit) {
      const bytes = (await repo.read(commit, [path])).get(path);
      const read = bytes && readEntity(entity, path, bytes);
      if (read?.ok && bytes) return { value: read.value, document: read.document, text: text(bytes) };
      missing.push(bytes ? `${path} cannot be read` : `${path} is not there`);
      return undefined;
    },
  };
}

/** The newest version, from a commit back, that is about the content that was sent. */
async function versionOf<N extends 'Asset' | 'Verdict'>(
  versions: Versions,
  entity: N,
  path: string,
  commits: readonly string[],
  content: string | undefined,
): Promise<{ readonly commit: string; readonly value: Entities[N] } | undefined> {
  for (const commit of commits) {
    const version = await versions.at(entity, path, commit);
    if (version && (content === undefined || version.value.content === content))
      return { commit, value: version.value };
  }
  return undefined;
}

/** @throws Usage when the text names nothing, or more than one thing */
export async function traceOf(cwd: string, target: string): Promise<Trace> {
  const repo = await openRepo(cwd);
  const { commit: head } = await repo.head();
  const found = findTarget(target, await readReceipts(repo, head), await readAssetNames(repo, head));
  if (found.kind === 'ambiguous' || found.kind === 'unknown') throw new Usage(found.message);
  const filed = found.kind === 'publication' ? found.filed : undefined;
  const { campaign, asset: id } = found.kind === 'publication' ? found.filed.receipt : found;
  const content = filed?.receipt.content;
  const versions = versionsOf(repo);

  const filedAs = async ({ file, line, receipt }: FiledReceipt) => {
    const commit = (await blame(repo, head, file)).get(line);
    return commit === undefined ? undefined : { file, line, commit, value: receipt };
  };
  const receipt = filed && (await filedAs(filed));
  const withdrawn = found.kind === 'publication' && found.withdrawn ? await filedAs(found.withdrawn) : undefined;
  const from = receipt?.commit ?? head;
  const hub = `hub/campaigns/${campaign}`;
  const assetFile = `${hub}/assets/${id}/asset.yaml`;
  const verdictFile = `${hub}/verdicts/${id}.yaml`;
  const planFile = `${hub}/plan.yaml`;
  const campaignFile = `campaigns/${campaign}/campaign.yaml`;

  const own = await touchesOf(repo, from, [assetFile, verdictFile]);
  const asset = await versionOf(versions, 'Asset', assetFile, own.of(assetFile), content);
  if (!asset) throw new Usage(`${assetFile} was never what the receipt names: run "mhub verify"`);
  const verdict = await versionOf(
    versions,
    'Verdict',
    verdictFile,
    own.of(verdictFile),
    content ?? asset.value.content,
  );
  const policyFile = verdict && `hub/policies/${verdict.value.policy}.yaml`;

  // People's files and the plan as they were when the asset was made.
  const { commit: made } = asset;
  const config = await versions.at('Campaign', campaignFile, made);
  const brandFile = `brands/${config?.value.brand ?? filed?.receipt.brand ?? ''}/brand.yaml`;
  const folder = brandFile.replace(/brand\.yaml$/, '');
  const plan = await versions.at('CampaignPlan', planFile, made);
  const entry = plan?.value.assets.find((one) => one.asset === id);
  const brand = await versions.at('Brand', brandFile, made);
  const offer = entry && (await versions.at('Offer', `${folder}offers/${entry.offer}.yaml`, made));
  const segment = entry && (await versions.at('AudienceSegment', `${folder}segments/${entry.segment}.yaml`, made));
  const copy = foundationsOf(asset.value, angleFacts(asset.value.angle, offer?.value, segment?.value));

  const paths = [planFile, campaignFile, brandFile, ...(policyFile ? [policyFile] : []), ...asset.value.signals];
  // From `from` on, because the policy may have been filed after the asset was made.
  const touches = await touchesOf(repo, from, [...paths, assetFile]);
  const placeOf = (file: string, limit = made): Place[] => {
    const commit = touches.upTo(file, limit);
    return commit === undefined ? [] : [{ file, commit }];
  };
  const signals: Trace['signals'][number][] = [];
  for (const file of asset.value.signals) {
    const signal = await versions.at('Signal', file, made);
    signals.push(
      ...placeOf(file).map((place) => ({
        ...place,
        kind: signal?.value.kind ?? '',
        source: signal?.value.source ?? '',
      })),
    );
  }
  const [planPlace] = placeOf(planFile);
  const [campaignPlace] = placeOf(campaignFile);
  const [policy] = policyFile ? placeOf(policyFile, from) : [];
  return {
    target,
    revisions: found.kind === 'publication' ? found.revisions : 0,
    ...(receipt ? { receipt } : {}),
    ...(withdrawn ? { withdrawn } : {}),
    asset: { file: assetFile, commit: made, id, value: asset.value },
    ...(verdict ? { verdict: { file: verdictFile, ...verdict } } : {}),
    ...(policy ? { policy } : {}),
    ...(plan && planPlace
      ? { plan: { ...planPlace, why: plan.value.why, rejected: plan.value.rejected, ...(entry ? { entry } : {}) } }
      : {}),
    signals,
    copy,
    facts: brand ? await factsOf(repo, made, brandFile, brand, copy, touches) : [],
    ...(campaignPlace ? { campaign: campaignPlace } : {}),
    missing: versions.missing,
  };
}

/** Each fact with the newest commit that wrote one of its lines. */
async function factsOf(
  repo: Repo,
  commit: string,
  file: string,
  brand: { readonly value: Entities['Brand']; readonly document: Document; readonly text: string },
  copy: readonly Foundation[],
  touches: Touches,
): Promise<TracedFact[]> {
  const writers = await blame(repo, commit, file);
  const newestFirst = touches.of(file);
  const lines = factLines(brand.document, brand.text, brand.value);
  return [...new Set(copy.flatMap(({ facts }) => facts))].flatMap((id): TracedFact[] => {
    const fact = brand.value.facts.find((one) => one.id === id);
    const [start, end] = lines.get(id) ?? [];
    if (!fact || start === undefined || end === undefined) return [];
    const wrote = new Set(Array.from({ length: end - start + 1 }, (_, index) => writers.get(start + index)));
    const writer = newestFirst.find((one) => wrote.has(one)) ?? writers.get(start) ?? '';
    return [{ id, statement: fact.statement, source: fact.source, file, line: start, commit: writer }];
  });
}
