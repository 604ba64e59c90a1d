import { CARD } from '../core/card.ts';
import type {
  ChannelContext,
  ChannelLimits,
  FileChange,
  Instant,
  Publication,
  TreeChannel,
} from '../core/contracts.ts';
import { altFile } from '../core/document.ts';
import { isAsSent } from '../core/recall.ts';
import { addressOf, assetKey, escapeMarkup, fileText, newestPer, sitePath } from '../core/site.ts';

const NEWEST = 50;
const POST = 'post.txt';
const PICTURE = 'card.png';
const PNG = 'image/png';

/**
 * What networks that bridges copy posts to take of a text, with its link; the first is the least that all of them take.
 * Sources: their documentation, November 2026.
 */
const ANY: ChannelLimits = { maxLength: 300 };
const NETWORKS: Readonly<Record<string, ChannelLimits>> = {
  any: ANY,
  bluesky: { maxLength: 300 },
  mastodon: { maxLength: 500, link: 23 },
  x: { maxLength: 280, weighted: true },
  linkedin: { maxLength: 3000 },
};

interface Picture {
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  readonly alt: string;
}

interface Entry {
  /** tag: URI (RFC 4151), the same for ever. */
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly text: string;
  readonly at: string;
  readonly picture?: Picture;
}

interface Feed {
  readonly title: string;
  readonly author: string;
  readonly language: string;
  readonly home: string;
  readonly atom: string;
  readonly json: string;
  readonly entries: readonly Entry[];
  /** Dates a feed without entries. */
  readonly now: Instant;
}

const fragment = (key: string): string => `#${key.slice(0, 16)}`;

/** The first address in a text, without the punctuation of the sentence around it. */
const linkIn = (text: string): string | undefined =>
  /https?:\/\/[^\s<>"]+/.exec(text)?.[0].replace(/[.,;:!?)\]'’”]+$/, '');

/** Where the picture of a post is served, named by its key: no other post ever takes its place. */
const picturePath = ({ receipt }: Publication, folder: string): string =>
  `${folder}/cards/${receipt.key.slice(0, 16)}.png`;

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

function pictureOf(
  publication: Publication,
  addressOfFile: (path: string) => string,
  folder: string,
): Picture | undefined {
  const content = publication.files.get(PICTURE);
  if (content === undefined) return undefined;
  return {
    url: addressOfFile(picturePath(publication, folder)),
    size: bytesOf(content).length,
    alt: fileText(publication, altFile(PICTURE)).trim(),
  };
}

function entryOf(publication: Publication, host: string, feedUrl: string, picture: Picture | undefined): Entry {
  const { asset, receipt } = publication;
  const text = fileText(publication, POST);
  return {
    ...(picture ? { picture } : {}),
    id: `tag:${host},${receipt.at.slice(0, 10)}:${receipt.key}`,
    url: linkIn(text) ?? feedUrl + fragment(receipt.key),
    title: asset.title,
    text,
    at: receipt.at,
  };
}

/** RFC 4287 for the file, Media RSS for what is in it and for whoever does not see it. */
function atomPicture({ url, size, alt }: Picture): string[] {
  const e = escapeMarkup;
  const shape = `type="${PNG}" medium="image" fileSize="${size}" width="${CARD.width}" height="${CARD.height}"`;
  return [
    `    <link rel="enclosure" type="${PNG}" length="${size}" href="${e(url)}"/>`,
    `    <media:content url="${e(url)}" ${shape}>`,
    `      <media:description type="plain">${e(alt)}</media:description>`,
    '    </media:content>',
  ];
}

/** RFC 4287 */
function atomText({ title, author, language, home, atom, entries, now }: Feed): string {
  const e = escapeMarkup;
  return `${[
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="${e(language)}">`,
    `  <id>${e(atom)}</id>`,
    `  <title>${e(title)}</title>`,
    `  <updated>${entries[0]?.at ?? now}</updated>`,
    `  <author><name>${e(author)}</name></author>`,
    `  <link rel="self" type="application/atom+xml" href="${e(atom)}"/>`,
    `  <link rel="alternate" type="text/html" href="${e(home)}"/>`,
    ...entries.map((entry) =>
      [
        '  <entry>',
        `    <id>${e(entry.id)}</id>`,
        `    <title>${e(entry.title)}</title>`,
        `    <published>${entry.at}</published>`,
        `    <updated>${entry.at}</updated>`,
        `    <link rel="alternate" href="${e(entry.url)}"/>`,
        `    <content type="text">${e(entry.text)}</content>`,
        ...(entry.picture ? atomPicture(entry.picture) : []),
        '  </entry>',
      ].join('\n'),
    ),
    '</feed>',
  ].join('\n')}\n`;
}

/** The title of an attachment is all that there is for an alternative text. */
const jsonPicture = ({ url, size, alt }: Picture) => ({
  image: url,
  attachments: [{ url, mime_type: PNG, title: alt, size_in_bytes: size }],
});

/** https://www.jsonfeed.org/version/1.1/ */
function jsonText({ title, author, language, home, json, entries }: Feed): string {
  const feed = {
    version: 'https://jsonfeed.org/version/1.1',
    title,
    home_page_url: home,
    feed_url: json,
    language,
    authors: [{ name: author }],
    items: entries.map((entry) => ({
      id: entry.id,
      url: entry.url,
      title: entry.title,
      content_text: entry.text,
      date_published: entry.at,
      ...(entry.picture ? jsonPicture(entry.picture) : {}),
    })),
  };
  return `${JSON.stringify(feed, null, 2)}\n`;
}

/**
 * An earlier post whose file a person has removed leaves the feed, and so does one that is being written anew: what its
 * file says now has not gone out.
 */
const shown = (published: readonly Publication[]): Publication[] =>
  published.filter((post) => post.files.has(POST) && isAsSent(post));

/** Both feeds, and the address of the Atom feed. */
function written(
  publications: readonly Publication[],
  { unit, channel: { params }, now }: ChannelContext,
  because: string,
): { readonly url: string; readonly changes: FileChange[] } {
  const { brand } = unit;
  const folder = String(params?.folder);
  const addressOfFile = (path: string): string => addressOf(brand, sitePath(unit, path));
  const atom = addressOfFile(`${folder}/feed.xml`);
  const host = new URL(brand.addresses.site_url).hostname;
  const feed: Feed = {
    title: String(params?.title),
    author: brand.name,
    language: brand.locale,
    home: addressOf(brand, '/'),
    atom,
    json: addressOfFile(`${folder}/feed.json`),
    now,
    entries: newestPer(publications, assetKey)
      .slice(0, NEWEST)
      .map((post) => entryOf(post, host, atom, pictureOf(post, addressOfFile, folder))),
  };
  return {
    url: atom,
    changes: [
      { path: `${folder}/feed.xml`, content: atomText(feed), because },
      { path: `${folder}/feed.json`, content: jsonText(feed), because },
    ],
  };
}

/** The picture of a post, as it is to stand from now on; null takes it away. */
function pictureChange(post: Publication, { channel: { params } }: ChannelContext, because: string, isGone = false) {
  const content = post.files.get(PICTURE);
  if (content === undefined) return [];
  return [{ path: picturePath(post, String(params?.folder)), content: isGone ? null : content, because }];
}

export const channel: TreeChannel = {
  id: 'feed',
  about: 'Writes social posts with their cards as Atom and JSON Feed, so that bridges and readers can follow them.',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['folder', 'title'],
    properties: {
      folder: { type: 'string', pattern: '^site(/[a-z0-9-]+)*$', description: 'Folder of feed.xml and feed.json.' },
      title: { type: 'string', minLength: 1, maxLength: 200, description: 'Title of the feed.' },
      network: {
        type: 'string',
        enum: Object.keys(NETWORKS),
        description: 'Network that a bridge copies the posts to; any, when left out, keeps to what all of them take.',
      },
    },
  },
  env: [],
  medium: 'social',
  kinds: ['social_post'],
  limits: ANY,
  limitsFor: ({ network }) => NETWORKS[String(network)] ?? ANY,
  class: 'natural',

  async files(publication, context) {
    const { title } = publication.asset;
    const { url, changes } = written([publication, ...shown(context.published)], context, title);
    return {
      url: url + fragment(publication.receipt.key),
      changes: [...changes, ...pictureChange(publication, context, title)],
    };
  },

  async withdraw(publication, context) {
    const because = `${publication.id} is taken down`;
    return [
      ...written(shown(context.published), context, because).changes,
      ...pictureChange(publication, context, because, true),
    ];
  },
};
