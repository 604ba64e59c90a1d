/** The files as they are now: pages that the ledger says are live, what readers can act on, and the engine's YAML. */
import type { Receipt } from '../../generated/entities.ts';
import { entities } from '../../generated/schemas.ts';
import { ctaProblems } from '../cta.ts';
import { documentOf, locate } from '../document.ts';
import { readEntity } from '../entity.ts';
import { type EntityPath, indexPaths } from '../paths.ts';
import { escapeMarkup, placeOnSite } from '../site.ts';
import type { Evidence } from './approval.ts';
import { type AuditTree, type documentReader, fieldsOf } from './model.ts';
import { type Irregularity, irregular } from './rules.ts';

export interface SentPage {
  readonly file: string;
  /** Object id of its bytes. */
  readonly oid: string;
  readonly asset: string;
  readonly key: string;
  /** Commit of its receipt. */
  readonly commit: string;
}

/** A publication that was taken down. */
export interface Withdrawn {
  readonly receipt: Receipt;
  /** What stood on the site until then. */
  readonly page?: SentPage;
}

/** What a receipt of the web channel says a file under site/ must be. */
export async function sentPage(
  tree: AuditTree,
  documents: ReturnType<typeof documentReader>,
  { key, brand, channel, asset: id }: Receipt,
  { folder, files }: Evidence,
): Promise<Omit<SentPage, 'commit'> | undefined> {
  const config = `brands/${brand}/channels/${channel}.yaml`;
  const { adapter, params } = (await documents(config, tree.get(config))) ?? {};
  const asset = await documents(`${folder}/asset.yaml`, files.get('asset.yaml'));
  const [path, root] = [asset?.['path'], fieldsOf(params)['folder']];
  const place = typeof path === 'string' ? placeOnSite(path) : undefined;
  const oid = files.get(place?.from ?? '');
  if (adapter !== 'web' || !place || typeof root !== 'string' || oid === undefined) return undefined;
  return { file: `${root}${place.at}`, oid, asset: id, key };
}

/** @param files  path -> object id at the commit */
export const auditPages = (
  commit: string,
  files: ReadonlyMap<string, string>,
  pages: ReadonlyMap<string, SentPage>,
): Irregularity[] =>
  [...pages.values()].flatMap(({ file, oid, asset, commit: sent }) => {
    const now = files.get(file);
    if (now === oid) return [];
    const receipt = `${asset}, whose receipt is in ${sent.slice(0, 8)}`;
    return now === undefined
      ? [irregular('site/page-missing', { commit, file }, `the page of ${receipt}, is not there`)]
      : [irregular('site/page-differs', { commit, file }, `the page is not what was sent as ${receipt}`)];
  });

const remains = (commit: string, file: string, { asset, channel, at }: Receipt): Irregularity =>
  irregular(
    'withdrawn/remains',
    { commit, file },
    `${asset} was taken down from ${channel} at ${at} and is still there`,
  );

/** Pages that were taken down and whose bytes still stand where they stood, without having been sent again. */
export const auditWithdrawnPages = (
  commit: string,
  files: ReadonlyMap<string, string>,
  { pages, withdrawn }: { pages: ReadonlyMap<string, SentPage>; withdrawn: ReadonlyMap<string, Withdrawn> },
): Irregularity[] =>
  [...withdrawn.values()].flatMap(({ receipt, page }) =>
    page && !pages.has(page.file) && files.get(page.file) === page.oid ? [remains(commit, page.file, receipt)] : [],
  );

/** Feeds name an entry by its key, sitemaps a page by its address. */
export function auditListing(
  commit: string,
  file: string,
  text: string,
  { pages, withdrawn }: { pages: ReadonlyMap<string, SentPage>; withdrawn: ReadonlyMap<string, Withdrawn> },
): Irregularity[] {
  const keys = new Set(text.match(/[0-9a-f]{64}/g));
  return [...withdrawn.values()].flatMap(({ receipt, page }) => {
    const isGone = page !== undefined && !pages.has(page.file);
    const isListed = isGone && text.includes(`<loc>${escapeMarkup(receipt.url ?? '')}</loc>`);
    return keys.has(receipt.key) || isListed ? [remains(commit, file, receipt)] : [];
  });
}

export interface AuditedPage {
  readonly elements: number;
  readonly found: readonly Irregularity[];
}

export function auditCtas(commit: string, file: string, html: string): AuditedPage {
  const { parts } = documentOf('landing_page', new Map([[file, html]]));
  const { named, problems } = ctaProblems(parts);
  const found = problems.map(({ offset, message }) =>
    irregular('site/cta', { commit, file, line: locate(html, offset).line }, message),
  );
  return { elements: named, found };
}

/** The engine's YAML by its path, and what the index refuses of its folder. Lines are judged where they were added. */
export function engineFiles(commit: string, modes: ReadonlyMap<string, string>) {
  const { entries, problems } = indexPaths([...modes].map(([path, mode]) => [path, { mode }] as const));
  return {
    entries: entries.filter(({ path, entity }) => path.startsWith('hub/') && entities[entity].format === 'yaml'),
    found: problems
      .filter(({ file }) => file.startsWith('hub/'))
      .map(({ file, message }) => irregular('hub/invalid', { commit, file }, message)),
  };
}

export function auditEngineFile(commit: string, { path, entity }: EntityPath, bytes: Uint8Array): Irregularity[] {
  const read = readEntity(entity, path, bytes);
  if (read.ok) return [];
  return read.problems.map(({ line, message }) => irregular('hub/invalid', { commit, file: path, line }, message));
}
