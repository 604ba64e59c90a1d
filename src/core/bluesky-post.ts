/** A post on Bluesky as a record of its account: its name, its text with what it links to, and what differs in public. */

import { CARD } from './card.ts';
import type { Publication, Unit } from './contracts.ts';
import { foldSpaces } from './fold.ts';
import { sha256 } from './hash.ts';
import { altText, PICTURE, postText } from './post-files.ts';
import { ADDRESS } from './room.ts';
import { fieldIn, textIn } from './service.ts';
import { epochOf, instantOfSlot } from './time.ts';

export const COLLECTION = 'app.bsky.feed.post';

/** Most that an address takes of the text: it is shown without its query, and leads to the whole of it. */
export const SHOWN_ADDRESS = 30;

const TID_DIGITS = '234567abcdefghijklmnopqrstuvwxyz';
const BLOB_DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';
const MINUTE_US = 60_000_000;

const base32 = (number: bigint, length: number, digits: string): string =>
  Array.from({ length }, (_, place) => digits[Number((number >> BigInt(5 * (length - 1 - place))) & 31n)]).join('');

/** The instant that a publication is named after: that of its slot, where it has one. */
function slotEpoch({ slot, at }: Publication['receipt']): number {
  const [, zone] = /\[(.+)\]$/.exec(slot) ?? [];
  return epochOf((zone === undefined ? undefined : instantOfSlot(slot, zone)) ?? at);
}

/**
 * Record key of a publication: a TID, which is a time in microseconds and a number of ten bits. Both rest on slot and
 * key alone, so that every attempt, on every machine, writes the same record.
 */
export function recordKey({ receipt }: Publication): string {
  const microseconds = Number.parseInt(receipt.key.slice(0, 8), 16) % MINUTE_US;
  const clock = Number.parseInt(receipt.key.slice(8, 12), 16) % 1024;
  const tid = ((BigInt(slotEpoch(receipt)) * 1000n + BigInt(microseconds)) << 10n) | BigInt(clock);
  return base32(tid, 13, TID_DIGITS);
}

/** Source: app.bsky.richtext.facet. */
interface Facet {
  /** In bytes of UTF-8. */
  readonly index: { readonly byteStart: number; readonly byteEnd: number };
  readonly features: readonly [
    | { readonly $type: 'app.bsky.richtext.facet#link'; readonly uri: string }
    | { readonly $type: 'app.bsky.richtext.facet#tag'; readonly tag: string },
  ];
}

export interface RichText {
  readonly text: string;
  readonly facets: readonly Facet[];
}

const shownAddress = (address: string): string => {
  const signs = [...address.replace(/^https?:\/\/(www\.)?/, '').replace(/\/?([?#].*)?$/, '')];
  return signs.length > SHOWN_ADDRESS ? `${signs.slice(0, SHOWN_ADDRESS - 1).join('')}…` : signs.join('');
};

/** Addresses, and hashtags that are not just a number. */
const MARKED = new RegExp(`${ADDRESS.source}|(?<!\\S)#[\\p{L}\\p{N}_]*[\\p{L}_][\\p{L}\\p{N}_]*`, 'gu');

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Nothing in the text of a post is a link or a hashtag unless a facet says so. */
function richText(plain: string): RichText {
  const facets: Facet[] = [];
  let text = '';
  let end = 0;
  for (const { 0: marked, index } of plain.matchAll(MARKED)) {
    text += plain.slice(end, index);
    end = index + marked.length;
    const isTag = marked.startsWith('#');
    const byteStart = bytesOf(text);
    text += isTag ? marked : shownAddress(marked);
    const feature = isTag
      ? ({ $type: 'app.bsky.richtext.facet#tag', tag: marked.slice(1) } as const)
      : ({ $type: 'app.bsky.richtext.facet#link', uri: marked } as const);
    facets.push({ index: { byteStart, byteEnd: bytesOf(text) }, features: [feature] });
  }
  return { text: text + plain.slice(end), facets };
}

export const richTextOf = (publication: Publication): RichText => richText(postText(publication));

/**
 * The record. It has no clock but that of the intent: sent again, it is the same record, byte for byte.
 *
 * @param blob  what the server calls the uploaded picture
 */
export function postRecord(
  publication: Publication,
  { brand }: Unit,
  blob: unknown,
): Readonly<Record<string, unknown>> {
  const { text, facets } = richTextOf(publication);
  const images = blob === undefined ? [] : [{ alt: altText(publication), image: blob, aspectRatio: CARD }];
  return {
    $type: COLLECTION,
    text,
    facets,
    langs: [new Intl.Locale(brand.locale).language],
    createdAt: publication.receipt.at,
    ...(images.length > 0 && { embed: { $type: 'app.bsky.embed.images', images } }),
  };
}

/** Content id of raw bytes (CIDv1, SHA-256), as which a blob is stored. */
export function blobId(bytes: string | Uint8Array): string {
  // 36 bytes are 288 bits: two more make them digits of five bits each.
  return `b${base32(BigInt(`0x01551220${sha256(bytes)}`) << 2n, 58, BLOB_DIGITS)}`;
}

const first = (value: unknown): unknown => (Array.isArray(value) ? (value as readonly unknown[])[0] : undefined);

const linksIn = (facets: unknown): string[] =>
  (Array.isArray(facets) ? (facets as readonly unknown[]) : []).flatMap((facet) => {
    const uri = textIn(first(fieldIn(facet, 'features')), 'uri');
    return uri === '' ? [] : [uri];
  });

/** What of a publication is not as it was sent in the record that stands. */
export function recordDifferences(publication: Publication, record: unknown): readonly string[] {
  const { text, facets } = richTextOf(publication);
  const links = new Set(linksIn(fieldIn(record, 'facets')));
  const gone = linksIn(facets).filter((link) => !links.has(link));
  const picture = publication.files.get(PICTURE);
  const image = first(fieldIn(fieldIn(record, 'embed'), 'images'));
  const seen = textIn(fieldIn(fieldIn(image, 'image'), 'ref'), '$link');
  return [
    ...(foldSpaces(textIn(record, 'text')) === foldSpaces(text) ? [] : ['its text differs']),
    ...gone.map((link) => `the link ${link} is gone`),
    ...(seen === (picture === undefined ? '' : blobId(picture)) ? [] : ['its picture differs']),
    ...(picture === undefined || textIn(image, 'alt') === altText(publication) ? [] : ['its alt text differs']),
  ];
}
