/** The gallery of what campaigns have made: static files that need neither script nor server. */
import type { Files, Instant } from './contracts.ts';
import type { Problem } from './errors.ts';
import { disarmed, inScheme, SCHEMES, textOf } from './preview/contents.ts';
import { alonePage, detailPage } from './preview/detail.ts';
import type { AssetPreview, CampaignPreview } from './preview/model.ts';
import { campaignPage, campaignsPage } from './preview/overview.ts';
import { alonePath, assetPath, groupOf, groupPath, homeOf } from './preview/places.ts';

export interface Shown {
  readonly now: Instant;
  readonly campaigns: readonly CampaignPreview[];
  readonly problems: readonly Problem[];
  /** Files of an asset as they lie in the tree. */
  readonly contents: (campaign: string, asset: string) => Files;
}

/** Files of an asset that a page of the gallery shows or links to; everything else is on the pages themselves. */
function assetFiles(
  { campaign }: CampaignPreview,
  { id, made }: AssetPreview,
  files: Files,
): [string, string | Uint8Array][] {
  return (made?.files ?? []).flatMap(({ name, shown, schemes }): [string, string | Uint8Array][] => {
    const content = files.get(name);
    if (content === undefined) return [];
    const path = assetPath(campaign, id, name);
    if (shown === 'page') {
      const html = textOf(content);
      const seen = (schemes ? SCHEMES : []).map((scheme): [string, string] => [
        assetPath(campaign, id, name, scheme),
        disarmed(inScheme(html, scheme)),
      ]);
      return [[path, disarmed(html)], ...seen];
    }
    return shown === 'image' || shown === 'document' ? [[path, content]] : [];
  });
}

/** The gallery by path, index.html first; the pages of the assets themselves lie under assets/. */
export function galleryOf({ now, campaigns, problems, contents }: Shown): Files {
  const alone = campaigns.length === 1;
  const files = new Map<string, string | Uint8Array>();
  if (!alone) files.set('index.html', campaignsPage(campaigns, problems));
  for (const preview of campaigns) {
    files.set(homeOf(preview.campaign, alone), campaignPage(preview, { now, problems, contents, alone }));
    for (const asset of preview.assets) {
      const group = groupOf(preview, asset);
      if (group[0] === asset) files.set(groupPath(preview, group), detailPage({ preview, group, contents, alone }));
      for (const { name, shown } of asset.made?.files ?? []) {
        if (shown === 'page')
          files.set(alonePath(preview.campaign, asset.id, name), alonePage(preview, group, asset, name));
      }
      for (const [path, content] of assetFiles(preview, asset, contents(preview.campaign, asset.id))) {
        files.set(path, content);
      }
    }
  }
  return files;
}
