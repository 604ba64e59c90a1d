import type { Channel, Io, LiveCheck, PreflightCheck, Publication, Published, Reading } from '../core/contracts.ts';
import { Blocked, Failed } from '../core/errors.ts';
import { trackedUrl } from '../core/links.ts';
import { addressOf, linksIn, marksOf, type Status, statusDifferences, statusesOf } from '../core/mastodon-status.ts';
import { altText, PICTURE, postText } from '../core/post-files.ts';
import {
  type Answer,
  ASKING,
  accepted,
  ask,
  checkBy,
  exchange,
  fieldIn,
  fitsHeader,
  oneLine,
  PREPARING,
  PUBLISHING,
  type Service,
  secretOrigin,
  textIn,
} from '../core/service.ts';
import { growthOf, type Total, toMeasure, totalsIn } from '../core/signals.ts';
import { epochOf } from '../core/time.ts';

const SERVER = 'MASTODON_BASE_URL';
const TOKEN = 'MASTODON_ACCESS_TOKEN';
const WHO = 'channel mastodon';
const SCOPES = ['write:statuses', 'write:media', 'read:statuses', 'read:accounts'] as const;

/** What a server takes unless somebody changed it; an address counts the same however long it is. Source: its docs. */
const CHARACTERS = 500;
const LINK = 23;

/** Upload, processing and post together stay below the time that the shell gives one call. */
const UPLOAD_MS = 12_000;
const POST_MS = 14_000;
const READ_MS = 10_000;
/** How often a picture may still be in processing, and how long to wait in between. */
const LOOKS = 6;
const LOOK_MS = 1_000;

/** Most that a server gives at once, and how far back a question goes. */
const PAGE = 40;
const PAGES = 25;
/** How far the clocks of this machine and of the server may be apart. */
const SKEW_MS = 3_600_000;

/** @throws Blocked; it never quotes what the variables hold */
function serverOf(io: Io): Service {
  const address = secretOrigin(io.env[SERVER] ?? '');
  const token = io.env[TOKEN] ?? '';
  if (address === undefined) {
    const todo = `set ${SERVER} to the address of the server, with https and without a path`;
    throw new Blocked(WHO, [SERVER], todo);
  }
  if (!fitsHeader(token)) throw new Blocked(WHO, [TOKEN], `set ${TOKEN} to an access token, on one line`);
  return {
    name: 'Mastodon',
    who: WHO,
    address,
    addressName: SERVER,
    io,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    saidIn: ({ body }) => textIn(body, 'error'),
    blockedBy,
  };
}

function blockedBy({ status, body }: Answer): Blocked | undefined {
  if (status === 401) return new Blocked(WHO, [TOKEN], `the server does not accept ${TOKEN}: set a new access token`);
  if (status !== 403) return undefined;
  const said = oneLine(textIn(body, 'error'));
  const todo = `the server does not let ${TOKEN} do this${said && `: ${said}`}; it needs ${SCOPES.join(', ')}`;
  return new Blocked(WHO, [TOKEN], todo);
}

/** Uploads the card, and waits until the server has processed it. @returns ids of what is to be attached */
async function attachments(publication: Publication, server: Service, io: Io): Promise<readonly string[]> {
  const picture = publication.files.get(PICTURE);
  if (picture === undefined) return [];
  const form = new FormData();
  form.set('file', new Blob([picture], { type: 'image/png' }), PICTURE);
  form.set('description', altText(publication));
  const signal = AbortSignal.timeout(UPLOAD_MS);
  let answer = await ask(server, '/api/v2/media', PREPARING, { signal, method: 'POST', body: form });
  const id = textIn(answer.body, 'id');
  if (id === '') throw new Failed('Mastodon gave the picture no id', { mayHaveHappened: false });
  for (let look = 0; answer.status === 202 || answer.status === 206; look += 1) {
    if (look === LOOKS) throw new Failed('Mastodon is still processing the picture', { mayHaveHappened: false });
    await io.pause(LOOK_MS);
    answer = await ask(server, `/api/v1/media/${encodeURIComponent(id)}`, PREPARING, { signal });
  }
  return [id];
}

const inTime = () => ({ signal: AbortSignal.timeout(READ_MS) });

const WHOSE = '/api/v1/accounts/verify_credentials';
const APPLICATION = '/api/v1/apps/verify_credentials';

/** A status as it stands; undefined when it is gone. @throws Blocked, Failed */
async function statusAt(url: string | undefined, server: Service): Promise<unknown> {
  const id = url?.split('/').at(-1) ?? '';
  if (id === '') throw new Failed('the ledger has no address of the post', { mayHaveHappened: true });
  const answer = await exchange(server, `/api/v1/statuses/${encodeURIComponent(id)}`, ASKING, inTime());
  const isGone = answer.status === 404 && textIn(answer.body, 'error') !== '';
  return isGone ? undefined : accepted(server, answer, ASKING).body;
}

/** What an application may do, in words; servers before 4.3 do not tell. @throws Blocked, Failed */
function scopesIn(application: unknown): string {
  const told = fieldIn(application, 'scopes');
  if (!Array.isArray(told)) throw new Failed('the server does not tell the scopes', { mayHaveHappened: false });
  const missing = SCOPES.filter((scope) => !told.includes(scope) && !told.includes(scope.replace(/:.*/, '')));
  if (missing.length === 0) return `may ${SCOPES.join(', ')}`;
  throw new Blocked(
    WHO,
    [TOKEN],
    `${TOKEN} needs ${missing.join(', ')}: give its application the scope, and make a new token`,
  );
}

const COUNTED = [
  ['likes', ['favourites_count']],
  ['reposts', ['reblogs_count', 'quotes_count']],
  ['replies', ['replies_count']],
] as const;

export const channel: Channel = {
  id: 'mastodon',
  about: 'Posts on a Mastodon account, with the card as a picture, and asks the account when a call is in doubt.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      visibility: {
        enum: ['public', 'unlisted', 'private'],
        description: 'Who sees a post: everybody, everybody but timelines, or followers; everybody when left out.',
      },
      max_characters: {
        type: 'integer',
        minimum: CHARACTERS,
        maximum: 100_000,
        description: `Most characters of a post on this server; ${CHARACTERS} when left out.`,
      },
    },
  },
  env: [SERVER, TOKEN],
  medium: 'social',
  kinds: ['social_post'],
  limits: { maxLength: CHARACTERS, link: LINK },
  limitsFor: ({ max_characters: given }) => ({
    maxLength: typeof given === 'number' ? given : CHARACTERS,
    link: LINK,
  }),
  class: 'key',
  // "Up to 1 hour", as its documentation has it.
  keyMinutes: 60,

  async publish(publication, { unit, channel: { params = {} } }, io): Promise<Published> {
    const server = serverOf(io);
    const mediaIds = await attachments(publication, server, io);
    if (io.stopping.aborted) throw new Failed('the run was asked to stop', { mayHaveHappened: false });
    const { body } = await ask(server, '/api/v1/statuses', PUBLISHING, {
      signal: AbortSignal.timeout(POST_MS),
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': publication.receipt.key },
      body: JSON.stringify({
        status: postText(publication),
        media_ids: mediaIds,
        language: new Intl.Locale(unit.brand.locale).language,
        visibility: params['visibility'] ?? 'public',
      }),
    });
    const url = addressOf(body);
    if (url === '') throw new Failed('Mastodon answered without an address of the post', { mayHaveHappened: true });
    return { url, changes: [] };
  },

  async find(publication, { unit, channel: { id: source }, published }, io): Promise<Published | null> {
    const server = serverOf(io);
    const read = (path: string): Promise<Answer> => ask(server, path, ASKING, inTime());
    const owner = textIn((await read(WHOSE)).body, 'id');
    if (owner === '') throw new Failed('Mastodon does not say whose token it is', { mayHaveHappened: true });
    const { campaign, id: content, receipt } = publication;
    const link = trackedUrl(unit.brand.addresses.site_url, { source, medium: channel.medium, campaign, content });
    const marks = marksOf(new URL(link));
    const since = epochOf(receipt.at) - SKEW_MS;
    // An earlier revision of the asset carries the same marks.
    const known = new Set(published.map(({ receipt: { url } }) => url));
    const isIt = (status: Status): boolean =>
      epochOf(status.createdAt) >= since &&
      !known.has(status.url) &&
      linksIn(status.content).some((href) => marksOf(href) === marks);
    const path = `/api/v1/accounts/${encodeURIComponent(owner)}/statuses`;
    const query = { limit: `${PAGE}`, exclude_reblogs: 'true', exclude_replies: 'true' };
    let before: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const words = new URLSearchParams({ ...query, ...(before === undefined ? {} : { max_id: before }) });
      const statuses = statusesOf((await read(`${path}?${words}`)).body);
      const found = statuses.find(isIt);
      if (found) return { url: found.url, changes: [] };
      const oldest = statuses.at(-1);
      if (!oldest || epochOf(oldest.createdAt) < since) return null;
      before = oldest.id;
    }
    const message = `the newest ${PAGES * PAGE} posts of the account do not reach back to ${receipt.at}`;
    throw new Failed(message, { mayHaveHappened: true });
  },

  async verify(publication, _context, io): Promise<LiveCheck> {
    const status = await statusAt(publication.receipt.url, serverOf(io));
    if (status === undefined) return { state: 'absent', differences: [] };
    const differences = statusDifferences(publication, status);
    return { state: differences.length > 0 ? 'altered' : 'verified', differences };
  },

  async metrics(published, { channel: { id: source }, signals, io }): Promise<readonly Reading[]> {
    const server = serverOf(io);
    const totals: Total[] = [];
    for (const { id, receipt } of toMeasure(published, source, signals, io.now)) {
      if (io.stopping.aborted) throw new Failed('the run was asked to stop', { mayHaveHappened: false });
      // What was only assumed to be sent has no address.
      if (receipt.url !== undefined) totals.push(...totalsIn(await statusAt(receipt.url, server), id, COUNTED));
    }
    return growthOf(source, totals, signals, io.now);
  },

  async preflight(_context, io): Promise<readonly PreflightCheck[]> {
    const server = serverOf(io);
    return [
      await checkBy(TOKEN, async () => {
        const { body } = await ask(server, WHOSE, PREPARING, inTime());
        return `is a token of @${oneLine(textIn(body, 'acct'))}`;
      }),
      await checkBy(`scopes of ${TOKEN}`, async () =>
        scopesIn((await ask(server, APPLICATION, PREPARING, inTime())).body),
      ),
    ];
  },
};
