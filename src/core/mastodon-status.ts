/** A status of Mastodon as its servers tell it: how it is known again, and what of it is not as it was sent. */
import type { Instant, Publication } from './contracts.ts';
import { htmlPart } from './document.ts';
import { Failed } from './errors.ts';
import { foldSpaces } from './fold.ts';
import { altText, PICTURE, postText } from './post-files.ts';
import { ADDRESS } from './room.ts';
import { fieldIn, textIn } from './service.ts';
import { epochOf } from './time.ts';

export interface Status {
  readonly id: string;
  readonly url: string;
  readonly createdAt: Instant;
  /** HTML. */
  readonly content: string;
}

const isAddress = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** Where a status can be seen; what nobody but followers may see has no address of its own everywhere. */
export const addressOf = (status: unknown): string =>
  [textIn(status, 'url'), textIn(status, 'uri')].find(isAddress) ?? '';

/** @throws Failed when the server does not answer as documented: then nothing is proven */
export function statusesOf(body: unknown): readonly Status[] {
  const statuses = (Array.isArray(body) ? body : [undefined]).map((status: unknown) => ({
    id: textIn(status, 'id'),
    url: addressOf(status),
    createdAt: textIn(status, 'created_at'),
    content: textIn(status, 'content'),
  }));
  if (statuses.every(({ id, url, createdAt }) => id && url && !Number.isNaN(epochOf(createdAt)))) return statuses;
  throw new Failed('Mastodon answered with something that is no list of statuses', { mayHaveHappened: true });
}

export const linksIn = (html: string): URL[] =>
  [...html.matchAll(/\shref="([^"]*)"/g)]
    .map(([, href = '']) => href.replaceAll('&amp;', '&'))
    .filter((href) => URL.canParse(href))
    .map((href) => new URL(href));

const MARKS = ['utm_source', 'utm_campaign', 'utm_content'];
export const marksOf = ({ searchParams }: URL): string => MARKS.map((name) => searchParams.get(name) ?? '').join('\0');

const seenIn = (html: string): string =>
  foldSpaces(
    htmlPart('status', html)
      .blocks.filter(({ visible }) => visible)
      .map(({ text }) => text)
      .join('\n'),
  );

/** What of a publication is not as it was sent in the status that stands. */
export function statusDifferences(publication: Publication, status: unknown): readonly string[] {
  const text = postText(publication);
  const html = textIn(status, 'content');
  const links = new Set(linksIn(html).map(({ href }) => href));
  const gone = (text.match(ADDRESS) ?? []).filter(
    (address) => URL.canParse(address) && !links.has(new URL(address).href),
  );
  const pictures = fieldIn(status, 'media_attachments');
  const picture: unknown = Array.isArray(pictures) ? pictures[0] : undefined;
  const isIllustrated = publication.files.has(PICTURE);
  const alt = isIllustrated ? altText(publication) : '';
  return [
    ...(seenIn(html) === foldSpaces(text) ? [] : ['its text differs']),
    ...gone.map((address) => `the link ${address} is gone`),
    ...(isIllustrated === (picture !== undefined) ? [] : ['its picture differs']),
    ...(textIn(picture, 'description') === alt ? [] : ['its alt text differs']),
  ];
}
