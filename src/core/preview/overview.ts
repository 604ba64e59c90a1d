/** The pages that list: campaigns, and the assets of one by kind and slot. */
import type { Files, Instant } from '../contracts.ts';
import { type Problem, showProblem } from '../errors.ts';
import { textOf } from './contents.ts';
import { html, type Markup, type Part } from './markup.ts';
import type { AssetPreview, CampaignPreview, PreviewStatus } from './model.ts';
import { frame, hrefFrom, kindName, lookOf, page, pill, slotText, statusName } from './page.ts';
import { assetPath, groupOf, groupPath, homeOf } from './places.ts';

const STATUSES: readonly PreviewStatus[] = [
  'published',
  'passed',
  'made',
  'planned',
  'denied',
  'rejected',
  'unjudged',
  'in_doubt',
  'halted',
  'withdrawn',
];

function counts({ assets }: CampaignPreview): Markup {
  const items = STATUSES.flatMap((status): Markup[] => {
    const count = assets.filter((asset) => asset.status === status).length;
    return count === 0 ? [] : [html`<li>${pill(status, `${count} ${statusName(status)}`)}</li>`];
  });
  return html`<ul class="counts">${items}</ul>`;
}

/** The first thing of an asset that can be looked at, small and out of reach of keyboard and mouse. */
function thumb(from: string, campaign: string, { id, kind, made, title = '' }: AssetPreview, files: Files): Markup {
  const first = (shown: string) => made?.files.find((file) => file.shown === shown);
  const [sheet, picture, text] = [first('page'), first('image'), first('text')];
  if (sheet) {
    const src = hrefFrom(from, assetPath(campaign, id, sheet.name));
    return html`<div class="thumb" inert>${frame(src, title, lookOf(kind))}</div>`;
  }
  if (picture) {
    return html`<div class="thumb"><img src="${hrefFrom(from, assetPath(campaign, id, picture.name))}" alt=""></div>`;
  }
  if (text) return html`<div class="thumb"><blockquote>${textOf(files.get(text.name)).trim()}</blockquote></div>`;
  return html`<div class="thumb empty"><p>${made ? 'Nothing to look at' : 'Not made yet'}</p></div>`;
}

/** What is published on change neither comes nor goes. */
const timeOf = ({ due }: AssetPreview, now: Instant): string =>
  due === undefined ? '' : due > now ? 'Coming: ' : 'Gone: ';

function card(from: string, now: Instant, preview: CampaignPreview, asset: AssetPreview, files: Files): Markup {
  const { id, title, arm, status, because, channel, angle, verdict } = asset;
  const href = `${hrefFrom(from, groupPath(preview, groupOf(preview, asset)))}#${id}`;
  const findings = verdict?.current ? verdict.findings.length : 0;
  return html`<li class="card">
${thumb(from, preview.campaign, asset, files)}
<div class="words">
<p>${pill(status)}${arm ? html` <span class="pill idle">arm ${arm}</span>` : ''}${findings > 0 ? html` <span class="pill warn">${findings} finding${findings === 1 ? '' : 's'}</span>` : ''}</p>
<p><a href="${href}" data-cta-id="preview-asset-${id}">${title ?? angle.outcome}</a></p>
<p class="quiet">${timeOf(asset, now)}${channel}, ${slotText(asset)}</p>
<p class="quiet">Pain: ${angle.pain}</p>
${status === 'published' || because === undefined ? '' : html`<p class="quiet">${because}</p>`}
</div>
</li>
`;
}

function problemList(problems: readonly Problem[]): Part {
  if (problems.length === 0) return '';
  const lines = problems.map((problem) => html`<li class="block"><code>${showProblem(problem)}</code></li>`);
  return html`<h2>Left out</h2><p>These files have to be mended first.</p><ul class="list">${lines}</ul>`;
}

export interface Surroundings {
  readonly now: Instant;
  readonly problems: readonly Problem[];
  /** Files of an asset. */
  readonly contents: (campaign: string, asset: string) => Files;
  /** Whether the campaign stands alone and so is the first page. */
  readonly alone: boolean;
}

export function campaignPage(preview: CampaignPreview, { now, problems, contents, alone }: Surroundings): string {
  const { campaign, name, brand, state, assets, why, experiments } = preview;
  const from = homeOf(campaign, alone);
  const kinds = [...new Set(assets.map(({ kind }) => kind))];
  const sections = kinds.map((kind) => {
    const cards = assets
      .filter((asset) => asset.kind === kind)
      .map((asset) => card(from, now, preview, asset, contents(campaign, asset.id)));
    return html`<section aria-labelledby="kind-${kind}">
<h2 id="kind-${kind}">${kindName(kind)}</h2>
<ul class="cards">${cards}</ul>
</section>
`;
  });
  const notes = [...experiments.map((about) => html`<p>${about}</p>`), ...why.map((reason) => html`<p>${reason}</p>`)];
  return page({
    title: `${name}: preview`,
    header: html`<p class="crumbs">${alone ? 'mhub preview' : html`<a href="${hrefFrom(from, 'index.html')}" data-cta-id="preview-home">All campaigns</a>`}</p>
<h1>${name}</h1>
<p class="quiet">Campaign ${campaign} of ${brand}, ${state}</p>
${counts(preview)}`,
    main: [
      notes.length === 0
        ? ''
        : html`<details><summary data-cta-id="preview-why-${campaign}">Why this plan</summary><div>${notes}</div></details>`,
      assets.length === 0 ? html`<p>Nothing is planned yet: run "mhub run" first.</p>` : sections,
      alone ? problemList(problems) : '',
    ],
  });
}

export function campaignsPage(previews: readonly CampaignPreview[], problems: readonly Problem[]): string {
  const items = previews.map(
    (preview) => html`<li class="card"><div class="words">
<p><a href="${homeOf(preview.campaign, false)}" data-cta-id="preview-campaign-${preview.campaign}">${preview.name}</a></p>
<p class="quiet">Campaign ${preview.campaign} of ${preview.brand}, ${preview.state}</p>
${counts(preview)}
</div></li>
`,
  );
  return page({
    title: 'Campaigns: preview',
    header: html`<p class="crumbs">mhub preview</p><h1>Campaigns</h1>`,
    main: [
      items.length === 0 ? html`<p>No campaign can be shown.</p>` : html`<ul class="cards">${items}</ul>`,
      problemList(problems),
    ],
  });
}
