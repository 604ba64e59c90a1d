/** Visitors of the simulated site: their events take the way of real ones. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '../../core/contracts.ts';
import { readEntity } from '../../core/entity.ts';
import { sha256 } from '../../core/hash.ts';
import type { Random } from '../../core/simulation/random.ts';
import { type TrueRates, type VisitedPage, visitsOf } from '../../core/simulation/visitors.ts';
import { collectInto } from '../events.ts';

export type Page = VisitedPage;

const folders = (path: string): string[] =>
  existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((one) => one.isDirectory())
        .map(({ name }) => name)
    : [];

const known = new Map<string, Page | undefined>();

function pageOf(path: string, meta: Uint8Array, html: string): Page | undefined {
  const read = readEntity('Asset', path, meta);
  const cta = /data-cta="primary"[^>]*data-cta-id="([^"]+)"/.exec(html)?.[1];
  if (!read.ok || read.value.path === undefined || cta === undefined) return undefined;
  const { path: address, arm } = read.value;
  return { path: address, cta, ...(arm ? { arm } : {}) };
}

/** Pages that were made for the site, as the work tree has them. */
export function pagesOf(root: string): Page[] {
  const campaigns = join(root, 'hub/campaigns');
  return folders(campaigns).flatMap((campaign) =>
    folders(join(campaigns, campaign, 'assets')).flatMap((asset): Page[] => {
      const folder = join(campaigns, campaign, 'assets', asset);
      const [meta, html] = [join(folder, 'asset.yaml'), join(folder, 'index.html')];
      if (!existsSync(meta) || !existsSync(html)) return [];
      const bytes = readFileSync(meta);
      const id = sha256(bytes);
      if (!known.has(id)) known.set(id, pageOf(meta, bytes, readFileSync(html, 'utf8')));
      const page = known.get(id);
      return page ? [page] : [];
    }),
  );
}

/** @returns how many visits there were */
export function writeVisits(
  dir: string,
  pages: readonly Page[],
  rates: TrueRates,
  perDay: number,
  span: { readonly from: Instant; readonly to: Instant },
  random: Random,
): number {
  if (pages.length === 0) return 0;
  mkdirSync(dir, { recursive: true });
  let clock = span.from;
  const collector = collectInto(dir, () => clock);
  const events = pages
    .flatMap((page) => visitsOf(page, rates, perDay, span, random))
    .sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
  for (const { at, event } of events) {
    clock = at;
    collector.add(event);
  }
  collector.flush();
  return events.filter(({ event }) => event.type === 'visit').length;
}
