/** What an asset looks like: each of its files in the way that suits it. */
import type { Files } from '../contracts.ts';
import { type PreviewedFile, SCHEMES, type Scheme, textOf } from './contents.ts';
import { html, type Markup, type Part } from './markup.ts';
import type { AssetPreview, CampaignPreview } from './model.ts';
import { frame, hrefFrom, lookOf } from './page.ts';
import { folded, listed } from './pieces.ts';
import { alonePath, assetPath } from './places.ts';

const sizeText = (bytes: number): string => (bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`);

interface Shown {
  readonly asset: AssetPreview;
  readonly file: PreviewedFile;
  readonly content: string | Uint8Array | undefined;
  /** Address of the file, as seen from the page. */
  readonly href: string;
  readonly inScheme: (scheme: Scheme) => string;
  /** Address of the file with the whole window for itself. */
  readonly alone: string;
}

const openLink = ({ asset, file, alone }: Shown): Markup =>
  html`<a href="${alone}" data-cta-id="preview-open-${asset.id}-${file.name}">${file.name}</a>`;

const caption = (shown: Shown, ...more: readonly Part[]): Markup =>
  html`<figcaption>${openLink(shown)}, ${sizeText(shown.file.bytes)}${more}</figcaption>`;

function sheet(shown: Shown): Markup {
  const { asset, file, href, inScheme } = shown;
  const look = lookOf(asset.kind);
  const title = `${file.name}: ${asset.title ?? asset.id}`;
  const seen = file.schemes ? SCHEMES.map((scheme) => frame(inScheme(scheme), `${title}, ${scheme}`, scheme)) : [];
  return html`<figure><div class="screen ${look}${file.schemes ? ' schemes' : ''}">${frame(href, title, look)}${seen}</div>${caption(shown)}</figure>`;
}

function picture(shown: Shown): Markup {
  const { file, href } = shown;
  return html`<figure><img src="${href}" alt="${file.alt}" loading="lazy">${caption(shown, html`. Alt text: ${file.alt}`)}</figure>`;
}

/** As an image an SVG runs nothing; as a page of its own it could. */
function drawing({ file, content }: Shown): Markup {
  const data = `data:image/svg+xml;base64,${Buffer.from(content ?? '').toString('base64')}`;
  return html`<figure><img src="${data}" alt="${file.alt}"><figcaption>${file.name}, ${sizeText(file.bytes)}. Alt text: ${file.alt}</figcaption></figure>`;
}

function paper(shown: Shown): Markup {
  const { asset, file, href } = shown;
  const title = `${file.name}: ${asset.title ?? asset.id}`;
  return html`<figure><object data="${href}" type="application/pdf" title="${title}" aria-label="${title}"><p>This browser shows no PDF here; the link below opens it.</p></object>${caption(shown)}</figure>`;
}

function lengthText({ length }: PreviewedFile): string {
  if (!length) return '';
  return length.limit === undefined
    ? `${length.characters} characters`
    : `${length.characters} of ${length.limit} characters`;
}

function words({ asset, file, content }: Shown): Markup {
  const text = textOf(content).trim();
  if (file.length) {
    return html`<figure class="post"><blockquote>${text}</blockquote><figcaption>${file.name}, ${lengthText(file)}</figcaption></figure>`;
  }
  const title = `${file.name}, ${sizeText(file.bytes)}`;
  return folded(title, `preview-text-${asset.id}-${file.name}`, html`<div class="plain">${text}</div>`);
}

const bytes = ({ file }: Shown): Markup => html`<p class="quiet">${file.name}, ${sizeText(file.bytes)}</p>`;

const SHOWERS: Readonly<Record<PreviewedFile['shown'], (shown: Shown) => Markup>> = {
  page: sheet,
  image: picture,
  drawing,
  document: paper,
  text: words,
  // It stands below its picture.
  description: () => html``,
  data: bytes,
};

/** What a reader sees first comes first. A drawing is shown by the picture that was made from it. */
export function shownFiles(from: string, campaign: string, asset: AssetPreview, files: Files): Markup[] {
  const all = asset.made?.files ?? [];
  const hasPicture = all.some(({ shown }) => shown === 'image');
  const order = Object.keys(SHOWERS);
  const isPost = asset.kind === 'social_post';
  const rank = ({ shown, length }: PreviewedFile): number => (isPost && length ? -1 : order.indexOf(shown));
  return all
    .filter(({ shown }) => !(shown === 'drawing' && hasPicture))
    .toSorted((a, b) => rank(a) - rank(b))
    .map((file) =>
      SHOWERS[file.shown]({
        asset,
        file,
        content: files.get(file.name),
        href: hrefFrom(from, assetPath(campaign, asset.id, file.name)),
        alone: hrefFrom(from, (file.shown === 'page' ? alonePath : assetPath)(campaign, asset.id, file.name)),
        inScheme: (scheme) => hrefFrom(from, assetPath(campaign, asset.id, file.name, scheme)),
      }),
    );
}

/** As it stands in the list of a mail program. */
export function envelope({ sender }: CampaignPreview, { kind, made }: AssetPreview): Part {
  if (kind !== 'email' || !made) return '';
  const said = (slot: string): string => made.copy.find((block) => block.slot === slot)?.text ?? '';
  return listed([
    ['From', sender],
    ['Subject', said('subject')],
    ['Preheader', said('preheader')],
  ]);
}
