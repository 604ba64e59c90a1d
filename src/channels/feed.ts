import type { ChannelContext, FileChange, Instant, Publication, TreeChannel } from '../core/contracts.ts';
import { isAsSent } from '../core/recall.ts';
import { addressOf, assetKey, escapeMarkup, fileText, newestPer, sitePath } from '../core/site.ts';

const NEWEST = 50;
const POST = 'post.txt';

interface Entry {
  /** tag: URI (RFC 4151), the same for ever. */
  readonly id: string;
  readonly url: string;
  readonly title: string;
  readonly text: string;
  readonly at: string;
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

function entryOf(publication: Publication, host: string, feedUrl: string): Entry {
  const { asset, receipt } = publication;
  const text = fileText(publication, POST);
  return {
    id: `tag:${host},${receipt.at.slice(0, 10)}:${receipt.key}`,
    url: linkIn(text) ?? feedUrl + fragment(receipt.key),
    title: asset.title,
    text,
    at: receipt.at,
  };
}

/** RFC 4287 */
function atomText({ title, author, language, home, atom, entries, now }: Feed): string {
  const e = escapeMarkup;
  return `${[
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${e(language)}">`,
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
        '  </entry>',
      ].join('\n'),
    ),
    '</feed>',
  ].join('\n')}\n`;
}

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
  const atom = addressOf(brand, sitePath(unit, `${folder}/feed.xml`));
  const host = new URL(brand.addresses.site_url).hostname;
  const feed: Feed = {
    title: String(params?.title),
    author: brand.name,
    language: brand.locale,
    home: addressOf(brand, '/'),
    atom,
    json: addressOf(brand, sitePath(unit, `${folder}/feed.json`)),
    now,
    entries: newestPer(publications, assetKey)
      .slice(0, NEWEST)
      .map((post) => entryOf(post, host, atom)),
  };
  return {
    url: atom,
    changes: [
      { path: `${folder}/feed.xml`, content: atomText(feed), because },
      { path: `${folder}/feed.json`, content: jsonText(feed), because },
    ],
  };
}

export const channel: TreeChannel = {
  id: 'feed',
  about: 'Writes social posts as Atom and JSON Feed, so that bridges and readers can follow them.',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['folder', 'title'],
    properties: {
      folder: { type: 'string', pattern: '^site(/[a-z0-9-]+)*$', description: 'Folder of feed.xml and feed.json.' },
      title: { type: 'string', minLength: 1, maxLength: 200, description: 'Title of the feed.' },
    },
  },
  env: [],
  medium: 'social',
  kinds: ['social_post'],
  limits: { maxLength: 300 },
  class: 'natural',

  async files(publication, context) {
    const { url, changes } = written([publication, ...shown(context.published)], context, publication.asset.title);
    return { url: url + fragment(publication.receipt.key), changes };
  },

  async withdraw({ id }, context) {
    return written(shown(context.published), context, `${id} is taken down`).changes;
  },
};
