/** The page of one occasion: what was made for it, variants side by side, each with all that is known about it. */
import type { Files } from '../contracts.ts';
import { about } from './about.ts';
import { html, type Markup, type Part } from './markup.ts';
import type { AssetPreview, CampaignPreview } from './model.ts';
import { frame, hrefFrom, kindName, lookOf, page, pill, slotText } from './page.ts';
import { alonePath, assetPath, groupPath, homeOf } from './places.ts';
import { envelope, shownFiles } from './shown.ts';

const choice = (name: string, id: string, label: string, isFirst: boolean): Markup =>
  html`<label><input type="radio" name="${name}" id="${id}" data-cta-id="preview-${name}-${id}"${isFirst ? html` checked` : ''}>${label}</label>`;

/** Paper has one width, and a page without a look for the dark has one look. */
function controls(group: readonly AssetPreview[]): Part {
  const sheets = group.flatMap(({ kind, made }) =>
    (made?.files ?? []).flatMap(({ shown, schemes }) => (shown === 'page' ? [{ look: lookOf(kind), schemes }] : [])),
  );
  const wide = sheets.some(({ look }) => look === 'mail') ? 'Desktop, 640 pixels' : 'Desktop, 1280 pixels';
  const widths = html`<fieldset><legend>Width</legend>
${choice('width', 'auto', 'As this screen', true)}${choice('width', 'phone', 'Phone, 375 pixels', false)}${choice('width', 'desktop', wide, false)}</fieldset>`;
  const colours = html`<fieldset><legend>Colours</legend>
${choice('colours', 'system', 'As this system', true)}${choice('colours', 'light', 'Light', false)}${choice('colours', 'dark', 'Dark', false)}</fieldset>`;
  const shown = [
    ...(sheets.some(({ look }) => look !== 'paper') ? [widths] : []),
    ...(sheets.some(({ schemes }) => schemes) ? [colours] : []),
  ];
  return shown.length === 0 ? '' : html`<div class="controls">${shown}</div>`;
}

export interface DetailParts {
  readonly preview: CampaignPreview;
  /** Variants of one occasion. */
  readonly group: readonly AssetPreview[];
  readonly contents: (campaign: string, asset: string) => Files;
  readonly alone: boolean;
}

export function detailPage({ preview, group, contents, alone }: DetailParts): string {
  const { campaign, name } = preview;
  const [first] = group;
  if (!first) throw new RangeError('there is nothing to show');
  const from = groupPath(preview, group);
  const variants = group.map((asset) => {
    const { id, arm, title, status, made } = asset;
    const shown = shownFiles(from, campaign, asset, contents(campaign, id));
    return html`<section class="variant" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${arm && group.length > 1 ? `Arm ${arm}: ` : ''}${title ?? 'Not made yet'} ${pill(status)}</h2>
<div class="shown">${envelope(preview, asset)}${made ? shown : html`<p class="quiet">It is planned; Make writes it when it is due.</p>`}</div>
${about(asset)}
</section>
`;
  });
  const kind = kindName(first.kind);
  return page({
    title: `${first.title ?? first.id}: preview of ${name}`,
    header: html`<p class="crumbs">${alone ? '' : html`<a href="${hrefFrom(from, 'index.html')}" data-cta-id="preview-home">All campaigns</a> / `}<a href="${hrefFrom(from, homeOf(campaign, alone))}" data-cta-id="preview-up">${name}</a></p>
<h1>${kind}${group.length > 1 ? ', variants side by side' : ''}</h1>
<p class="quiet">${first.channel}, ${slotText(first)}</p>`,
    main: html`${controls(group)}
<div class="variants ${group.length > 1 ? 'two' : 'one'}">${variants}</div>`,
  });
}

/** One HTML file with the whole window for itself, and still in its sandbox. */
export function alonePage(
  preview: CampaignPreview,
  group: readonly AssetPreview[],
  asset: AssetPreview,
  file: string,
): string {
  const from = alonePath(preview.campaign, asset.id, file);
  const title = `${file}: ${asset.title ?? asset.id}`;
  return page({
    title,
    header: html`<p class="crumbs"><a href="${hrefFrom(from, groupPath(preview, group))}#${asset.id}" data-cta-id="preview-back">Back to ${asset.title ?? asset.id}</a></p>`,
    main: html`<div class="whole">${frame(hrefFrom(from, assetPath(preview.campaign, asset.id, file)), title, 'wide')}</div>`,
    whole: true,
  });
}
