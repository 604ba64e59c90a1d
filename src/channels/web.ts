import type { FileChange, Io, LiveCheck, Publication, Reading, TreeChannel, Unit } from '../core/contracts.ts';
import { destinationIn, envOfDestination } from '../core/deployments.ts';
import { Failed } from '../core/errors.ts';
import { batchDigest, type Count, parseEvents, type SiteEvent, spanOf, tally } from '../core/events.ts';
import { sha256 } from '../core/hash.ts';
import { isAsSent } from '../core/recall.ts';
import * as site from '../core/site.ts';

/** What an event says about an asset: a click on the offer's call to action is a conversion as well. */
function labelsOf(event: SiteEvent, { id, asset }: Publication, ctas: readonly string[]): Omit<Count, 'count'>[] {
  const { cta, effect } = event;
  const place = {
    asset: id,
    ...(asset.arm && { arm: asset.arm }),
    path: event.path,
    ...(effect !== undefined && { effect_id: effect }),
  };
  if (cta === undefined) return [{ ...place, metric: 'visits' }];
  const converts = ctas.some(
    (start) => cta === start || (cta.startsWith(start) && /[-._:]/.test(cta.charAt(start.length))),
  );
  return [
    { ...place, cta, metric: 'clicks' },
    ...(converts ? [{ ...place, cta, metric: 'conversions' as const }] : []),
  ];
}

const campaignCtas = ({ campaign, offers }: Unit): string[] =>
  offers.filter(({ id }) => campaign.offers.includes(id)).map(({ cta }) => cta.id);

/** What lists the pages of the site; a page at its root takes the place of the index. */
function listing(unit: Unit, folder: string, pages: readonly site.LivePage[], because: string): FileChange[] {
  const index = { path: `${folder}/index.html`, content: site.indexPage(unit, folder, pages), because };
  return [
    ...(pages.some(({ path }) => path === '/') ? [] : [index]),
    { path: `${folder}/sitemap.xml`, content: site.sitemap(unit.brand, pages), because },
  ];
}

const LOOK_MS = 15_000;

/** @returns undefined when nothing is there. @throws Failed when that cannot be said now */
async function fetchBack(url: string, io: Io): Promise<Uint8Array | undefined> {
  // An address of its own for each look: caches on the way would tell of what was there before.
  const fresh = new URL(url);
  fresh.searchParams.set('mhub-look', io.now);
  const host = await io.once(`look at ${fresh.host}`, async () => ({ isSilent: false }));
  // One that does not answer would be waited for page by page.
  if (host.isSilent) throw new Failed(`${url} does not answer`, { mayHaveHappened: false });
  try {
    const headers = { 'cache-control': 'no-cache' };
    const response = await io.fetch(fresh, { headers, signal: AbortSignal.timeout(LOOK_MS) });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) throw new Failed(`${url} answers ${response.status}`, { mayHaveHappened: false });
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof Failed || !(error instanceof Error)) throw error;
    if (!(error instanceof TypeError) && error.name !== 'TimeoutError') throw error;
    host.isSilent = true;
    throw new Failed(`${url} does not answer`, { mayHaveHappened: false });
  }
}

/** What else was published at the path before, if its files are still what was sent. */
function standIn(path: string, from: string, published: readonly Publication[]): string | Uint8Array | undefined {
  const [newest] = site.newestPer(
    published.filter(({ asset }) => asset.path === path),
    () => path,
  );
  return newest && isAsSent(newest) ? newest.files.get(from) : undefined;
}

export const channel: TreeChannel = {
  id: 'web',
  about: 'Writes pages and PDFs into a folder that a static host serves, with index, sitemap, robots.txt and 404 page.',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['folder'],
    properties: {
      folder: {
        type: 'string',
        pattern: '^site(/[a-z0-9-]+)*$',
        description: 'Folder that site_url of the brand serves.',
      },
      collector: {
        type: 'string',
        pattern: '^/[a-z0-9/_-]*$',
        description: 'Path that pages report visits and clicks to.',
      },
      target: {
        description: 'Where else the folder is shown, exactly as it is in the tree: a branch of the remote, or S3.',
        oneOf: [
          {
            type: 'object',
            additionalProperties: false,
            required: ['branch'],
            properties: {
              branch: {
                type: 'string',
                maxLength: 100,
                pattern: '^(?!.*(\\.\\.|//|/\\.|\\.lock(/|$)))[A-Za-z0-9][A-Za-z0-9._/-]*(?<![/.])$',
                description: 'Branch that holds the folder and nothing else, such as gh-pages.',
              },
            },
          },
          {
            type: 'object',
            additionalProperties: false,
            required: ['s3'],
            properties: {
              s3: {
                type: 'object',
                additionalProperties: false,
                properties: {
                  prefix: {
                    type: 'string',
                    maxLength: 200,
                    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$',
                    description: 'Folder in the bucket, without slashes around it; the whole bucket when left out.',
                  },
                },
                description: 'Bucket that the variables S3_... name.',
              },
            },
          },
        ],
      },
    },
  },
  env: [],
  envOf: (params) => envOfDestination(destinationIn(params)),
  medium: 'site',
  kinds: ['landing_page', 'one_pager'],
  limits: {},
  class: 'natural',

  async files(publication, { unit, channel: { params, timezone }, published }) {
    const folder = String(params?.folder);
    const { path } = publication.asset;
    const place = site.placeOnSite(path);
    if (path === undefined || !place) {
      throw new Failed(`${publication.id} has no path on the site such as /launch/`, { mayHaveHappened: false });
    }
    const pages = site.livePages([publication, ...published], timezone);
    return {
      url: site.addressOf(unit.brand, path),
      changes: [
        {
          path: `${folder}${place.at}`,
          content: site.fileOf(publication, place.from),
          because: publication.asset.title,
        },
        ...listing(unit, folder, pages, `lists ${path}`),
        { path: `${folder}/robots.txt`, content: site.robots(unit.brand), because: 'names the sitemap' },
        { path: `${folder}/404.html`, content: site.notFoundPage(unit.brand), because: 'for addresses without a page' },
      ],
    };
  },

  async withdraw({ id, asset: { path } }, { unit, channel: { params, timezone }, published }) {
    const folder = String(params?.folder);
    const place = site.placeOnSite(path);
    if (path === undefined || !place) return [];
    const pages = site.livePages(published, timezone);
    // Of a file nothing is left: whoever asks for it gets the page for missing addresses.
    const instead = place.from === site.ONE_PAGER ? null : site.withdrawnPage(unit.brand);
    const content = standIn(path, place.from, published) ?? instead;
    return [
      { path: `${folder}${place.at}`, content, because: `${id} is taken down` },
      // At the root of the site the index takes the place of the page.
      ...listing(unit, folder, pages, `no longer lists ${path}`),
    ];
  },

  async verify(publication, { unit }, io): Promise<LiveCheck> {
    const place = site.placeOnSite(publication.asset.path);
    const { url = '' } = publication.receipt;
    if (!place) throw new Failed(`${publication.id} has no path on the site`, { mayHaveHappened: false });
    const seen = await fetchBack(url, io);
    if (seen === undefined) return { state: 'absent', differences: [] };
    const sent = site.fileOf(publication, place.from);
    if (sha256(seen) === sha256(sent)) return { state: 'verified', differences: [] };
    if (typeof sent !== 'string') return { state: 'altered', differences: ['its bytes differ'] };
    const { pageDifferences } = await import('../core/page-differences.ts');
    const differences = pageDifferences(sent, Buffer.from(seen).toString('utf8'), unit.brand.addresses.unsubscribe_url);
    return { state: 'altered', differences };
  },

  async metrics(published, { unit, io }): Promise<Reading[]> {
    const own = published.filter(
      ({ campaign, asset }) => campaign === unit.campaign.id && asset.kind === 'landing_page',
    );
    const pages = new Map(site.newestPer(own, ({ asset }) => asset.path ?? '').map((page) => [page.asset.path, page]));
    const ctas = campaignCtas(unit);
    return (await io.events()).flatMap((batch) => {
      const events = parseEvents(batch.text).events.filter(({ path }) => pages.has(path));
      if (events.length === 0) return [];
      const labels = events.flatMap((event) => {
        const page = pages.get(event.path);
        return page ? labelsOf(event, page, ctas) : [];
      });
      const digest = batchDigest('web', batch);
      return [{ kind: 'outcomes', ...spanOf(events), n: events.length, digest, items: [], counts: tally(labels) }];
    });
  },
};
