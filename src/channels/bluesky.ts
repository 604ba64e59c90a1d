import {
  addressIn,
  asAccount,
  asJson,
  IDENTIFIER,
  inTime,
  PASSWORD,
  type Params,
  SERVICE,
  serverAt,
  sessionOf,
} from '../core/bluesky-account.ts';
import {
  blobId,
  bytesOf,
  COLLECTION,
  postRecord,
  recordDifferences,
  recordKey,
  richTextOf,
  SHOWN_ADDRESS,
} from '../core/bluesky-post.ts';
import type { Channel, Io, LiveCheck, PreflightCheck, Publication, Published, Reading } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import { PICTURE } from '../core/post-files.ts';
import { ASKING, accepted, ask, checkBy, fieldIn, PREPARING, PUBLISHING, textIn } from '../core/service.ts';
import { growthOf, type Total, toMeasure, totalsIn } from '../core/signals.ts';

const APPVIEW = 'https://public.api.bsky.app';

/** What its lexicons take: graphemes of a text, bytes of a text, bytes of a picture that every server still takes. */
const GRAPHEMES = 300;
const TEXT_BYTES = 3_000;
const PICTURE_BYTES = 1_000_000;
/** Most posts of one question. */
const POSTS = 25;

/** @returns what the server calls the picture; undefined where there is none */
async function upload({ files }: Publication, params: Params, io: Io): Promise<unknown> {
  const picture = files.get(PICTURE);
  if (picture === undefined) return undefined;
  const bytes = typeof picture === 'string' ? new TextEncoder().encode(picture) : picture;
  if (bytes.length >= PICTURE_BYTES) {
    const message = `${PICTURE} has ${bytes.length} bytes, Bluesky takes less than ${PICTURE_BYTES}`;
    throw new Failed(message, { mayHaveHappened: false });
  }
  const { answer, server } = await asAccount(params, io, PREPARING, () => ({
    path: '/xrpc/com.atproto.repo.uploadBlob',
    call: { method: 'POST', headers: { 'content-type': 'image/png' }, body: new Blob([bytes]) },
  }));
  const blob = fieldIn(accepted(server, answer, PREPARING).body, 'blob');
  if (textIn(fieldIn(blob, 'ref'), '$link') === blobId(bytes)) return blob;
  throw new Failed('Bluesky has not kept the picture as it was sent', { mayHaveHappened: false });
}

const addressOf = (did: string, rkey: string): string => `https://bsky.app/profile/${did}/post/${rkey}`;

/** Account and record key of an address that `addressOf` made. */
const placeOf = (url: string | undefined): { readonly did: string; readonly rkey: string } | undefined => {
  const [, did, rkey] = /^https:\/\/bsky\.app\/profile\/(did:[^/]+)\/post\/([^/]+)$/.exec(url ?? '') ?? [];
  return did === undefined || rkey === undefined ? undefined : { did, rkey };
};

/** @returns undefined when the account has no such record @throws Blocked, Failed */
async function recordOf(rkey: string, params: Params, io: Io, owner?: string) {
  const { answer, server, did } = await asAccount(params, io, ASKING, (repo) => ({
    path: `/xrpc/com.atproto.repo.getRecord?${new URLSearchParams({ repo: owner ?? repo, collection: COLLECTION, rkey })}`,
    call: {},
  }));
  if (textIn(answer.body, 'error') === 'RecordNotFound') return undefined;
  const record = fieldIn(accepted(server, answer, ASKING).body, 'value');
  if (textIn(record, '$type') === COLLECTION) return { record, url: addressOf(did, rkey) };
  throw new Failed('Bluesky answered with something that is no post', { mayHaveHappened: true });
}

/** @throws Failed: the text is longer than the lexicon has it, which Guard counts in graphemes alone */
function checkLength(publication: Publication): void {
  const bytes = bytesOf(richTextOf(publication).text);
  if (bytes <= TEXT_BYTES) return;
  throw new Failed(`the text has ${bytes} bytes, Bluesky takes ${TEXT_BYTES}`, { mayHaveHappened: false });
}

const COUNTED = [
  ['likes', ['likeCount']],
  ['reposts', ['repostCount', 'quoteCount']],
  ['replies', ['replyCount']],
] as const;

const isPost = (value: unknown): boolean => textIn(value, 'uri') !== '';

export const channel: Channel = {
  id: 'bluesky',
  about: 'Posts on a Bluesky account, with the card as a picture, under a name that no second post can have.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      service: {
        type: 'string',
        pattern: '^https?://[^\\s/?#@]+/?$',
        description: `Address of the server where the account logs in, with https; ${SERVICE} when left out.`,
      },
      appview: {
        type: 'string',
        pattern: '^https?://[^\\s/?#@]+/?$',
        description: `Address of the server that counts likes, reposts and replies; ${APPVIEW} when left out.`,
      },
    },
  },
  env: [IDENTIFIER, PASSWORD],
  medium: 'social',
  kinds: ['social_post'],
  limits: { maxLength: GRAPHEMES, link: SHOWN_ADDRESS },
  class: 'natural',

  async publish(publication, { unit, channel: { params = {} } }, io): Promise<Published> {
    checkLength(publication);
    const blob = await upload(publication, params, io);
    if (io.stopping.aborted) throw new Failed('the run was asked to stop', { mayHaveHappened: false });
    const rkey = recordKey(publication);
    const record = postRecord(publication, unit, blob);
    const { answer, server, did } = await asAccount(params, io, PUBLISHING, (repo) => ({
      path: '/xrpc/com.atproto.repo.putRecord',
      // Nothing may stand under the key but this very record, else the server refuses.
      call: asJson({ repo, collection: COLLECTION, rkey, record, swapRecord: null }),
    }));
    if (textIn(answer.body, 'error') === 'InvalidSwap') {
      const standing = await recordOf(rkey, params, io);
      if (standing) return { url: standing.url, changes: [] };
    }
    const { body } = accepted(server, answer, PUBLISHING);
    if (textIn(body, 'uri').endsWith(`/${COLLECTION}/${rkey}`)) return { url: addressOf(did, rkey), changes: [] };
    throw new Failed('Bluesky answered without the name of the post', { mayHaveHappened: true });
  },

  async find(publication, { channel: { params = {} } }, io): Promise<Published | null> {
    const standing = await recordOf(recordKey(publication), params, io);
    return standing ? { url: standing.url, changes: [] } : null;
  },

  async verify(publication, { channel: { params = {} } }, io): Promise<LiveCheck> {
    const { rkey = recordKey(publication), did } = placeOf(publication.receipt.url) ?? {};
    const standing = await recordOf(rkey, params, io, did);
    if (!standing) return { state: 'absent', differences: [] };
    const differences = recordDifferences(publication, standing.record);
    return { state: differences.length > 0 ? 'altered' : 'verified', differences };
  },

  async metrics(published, { channel: { id, params = {} }, signals, io }): Promise<readonly Reading[]> {
    const uris = new Map<string, string>();
    for (const { id: asset, receipt } of toMeasure(published, id, signals, io.now)) {
      const place = placeOf(receipt.url);
      if (place) uris.set(`at://${place.did}/${COLLECTION}/${place.rkey}`, asset);
    }
    const appview = serverAt(addressIn(params, 'appview', APPVIEW), 'appview', io);
    const totals: Total[] = [];
    for (let from = 0; from < uris.size; from += POSTS) {
      const words = new URLSearchParams();
      for (const uri of [...uris.keys()].slice(from, from + POSTS)) words.append('uris', uri);
      const { body } = await ask(appview, `/xrpc/app.bsky.feed.getPosts?${words}`, PREPARING, inTime());
      const posts = fieldIn(body, 'posts');
      if (!Array.isArray(posts) || !posts.every(isPost)) {
        throw new Failed('Bluesky answered with something that is no list of posts', { mayHaveHappened: false });
      }
      // A post that is not in the list is gone, or not known there: that counts nothing, also no zero.
      totals.push(...posts.flatMap((post: unknown) => totalsIn(post, uris.get(textIn(post, 'uri')) ?? '', COUNTED)));
    }
    return growthOf(id, totals, signals, io.now);
  },

  preflight: async ({ channel: { params = {} } }, io): Promise<readonly PreflightCheck[]> => [
    await checkBy(PASSWORD, async () => `logs in as ${(await sessionOf(params, io)).did}`),
  ],
};
