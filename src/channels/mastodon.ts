import type { Channel, Instant, Io, Publication, Published } from '../core/contracts.ts';
import { altFile } from '../core/document.ts';
import { Blocked, Failed } from '../core/errors.ts';
import { trackedUrl } from '../core/links.ts';
import { fileText } from '../core/site.ts';
import { epochOf, toInstant } from '../core/time.ts';

const SERVER = 'MASTODON_BASE_URL';
const TOKEN = 'MASTODON_ACCESS_TOKEN';
const WHO = 'channel mastodon';
const SCOPES = 'write:statuses, write:media, read:statuses and read:accounts';

const POST = 'post.txt';
const PICTURE = 'card.png';

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

/** What an answer that says nothing, and one that says no, leave to be feared. */
interface Doubt {
  readonly unanswered: boolean;
  readonly refused: boolean;
}
/** Nothing is public yet. */
const PREPARING: Doubt = { unanswered: false, refused: false };
const POSTING: Doubt = { unanswered: true, refused: false };
/** Whatever keeps the question from being answered, an earlier call may have arrived. */
const ASKING: Doubt = { unanswered: true, refused: true };

interface Account {
  /** Origin of the server. */
  readonly server: string;
  readonly token: string;
  readonly io: Io;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Status {
  readonly id: string;
  readonly url: string;
  readonly createdAt: Instant;
  /** HTML. */
  readonly content: string;
}

const isLoopback = ({ hostname }: URL): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);

/** @throws Blocked; it never quotes what the variables hold */
function accountOf(io: Io): Account {
  const address = io.env[SERVER] ?? '';
  const token = io.env[TOKEN] ?? '';
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isSecret = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (!url || !isSecret || url.username || url.password || url.href !== `${url.origin}/`) {
    const todo = `set ${SERVER} to the address of the server, with https and without a path`;
    throw new Blocked(WHO, [SERVER], todo);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Blocked(WHO, [TOKEN], `set ${TOKEN} to an access token, on one line`);
  return { server: url.origin, token, io };
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

const textIn = (value: unknown, name: string): string => {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
};

/** What a server says of a refusal, fit for one line of a report. */
const saidBy = (body: unknown): string => {
  const said = textIn(body, 'error')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
  return said && `: ${said}`;
};

function refusalOf(status: number, headers: Headers, body: unknown, doubt: Doubt): Blocked | Failed {
  if (status === 401) return new Blocked(WHO, [TOKEN], `the server does not accept ${TOKEN}: set a new access token`);
  if (status === 403) {
    const todo = `the server does not let ${TOKEN} do this${saidBy(body)}; it needs ${SCOPES}`;
    return new Blocked(WHO, [TOKEN], todo);
  }
  if (status === 429) {
    const reset = Date.parse(headers.get('x-ratelimit-reset') ?? '');
    const until = Number.isNaN(reset) ? 'for now' : `until ${toInstant(reset)}`;
    return new Failed(`Mastodon takes no more calls ${until}`, { mayHaveHappened: doubt.refused });
  }
  const isUnclear = status >= 500 || status === 408;
  const mayHaveHappened = isUnclear ? doubt.unanswered : doubt.refused;
  return new Failed(`Mastodon answered ${status}${saidBy(body)}`, { mayHaveHappened });
}

/** No connection was made, so that nothing has been sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** What a call that got no answer means; whatever is no failure of a call is our bug. */
function silenceOf(error: unknown, { unanswered, refused }: Doubt): Blocked | Failed {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new Failed('Mastodon did not answer in time', { mayHaveHappened: unanswered });
  }
  if (!(error instanceof TypeError)) throw error;
  const { cause } = error;
  if (cause instanceof Error && /redirect/.test(cause.message)) {
    const todo = `the server of ${SERVER} answers with a redirect, which is not followed: set its final address`;
    return new Blocked(WHO, [SERVER], todo);
  }
  const wasSent = !NEVER_SENT.has(textIn(cause, 'code'));
  return new Failed('the connection to Mastodon failed', { mayHaveHappened: wasSent ? unanswered : refused });
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy in between answers with a page of its own.
    return undefined;
  }
};

/** @throws Blocked, or Failed as the doubt of this call says */
async function call(
  { server, token, io }: Account,
  path: string,
  doubt: Doubt,
  signal: AbortSignal,
  init: RequestInit = {},
): Promise<Answer> {
  const headers = { ...init.headers, authorization: `Bearer ${token}`, accept: 'application/json' };
  // A redirect would carry the token to wherever it leads.
  const options: RequestInit = { ...init, headers, signal, redirect: 'error' };
  let response: Response;
  let text: string;
  try {
    response = await io.fetch(server + path, options);
    text = await response.text();
  } catch (error) {
    throw silenceOf(error, doubt);
  }
  const body = jsonOf(text);
  if (!response.ok) throw refusalOf(response.status, response.headers, body, doubt);
  if (body === undefined && response.status !== 206) {
    throw new Failed('Mastodon answered with something that is no JSON', { mayHaveHappened: doubt.unanswered });
  }
  return { status: response.status, body };
}

/** Uploads the card, and waits until the server has processed it. @returns ids of what is to be attached */
async function attachments(publication: Publication, account: Account): Promise<readonly string[]> {
  const picture = publication.files.get(PICTURE);
  if (picture === undefined) return [];
  const form = new FormData();
  form.set('file', new Blob([picture], { type: 'image/png' }), PICTURE);
  form.set('description', fileText(publication, altFile(PICTURE)).trim());
  const inTime = AbortSignal.timeout(UPLOAD_MS);
  let answer = await call(account, '/api/v2/media', PREPARING, inTime, { method: 'POST', body: form });
  const id = textIn(answer.body, 'id');
  if (id === '') throw new Failed('Mastodon gave the picture no id', { mayHaveHappened: false });
  for (let look = 0; answer.status === 202 || answer.status === 206; look += 1) {
    if (look === LOOKS) throw new Failed('Mastodon is still processing the picture', { mayHaveHappened: false });
    await account.io.pause(LOOK_MS);
    answer = await call(account, `/api/v1/media/${encodeURIComponent(id)}`, PREPARING, inTime);
  }
  return [id];
}

const isAddress = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** Where a status can be seen; what nobody but followers may see has no address of its own everywhere. */
const addressOf = (status: unknown): string => [textIn(status, 'url'), textIn(status, 'uri')].find(isAddress) ?? '';

/** @throws Failed when the server does not answer as documented: then nothing is proven */
function statusesOf({ body }: Answer): readonly Status[] {
  const statuses = (Array.isArray(body) ? body : [undefined]).map((status: unknown) => ({
    id: textIn(status, 'id'),
    url: addressOf(status),
    createdAt: textIn(status, 'created_at'),
    content: textIn(status, 'content'),
  }));
  if (statuses.every(({ id, url, createdAt }) => id && url && !Number.isNaN(epochOf(createdAt)))) return statuses;
  throw new Failed('Mastodon answered with something that is no list of statuses', { mayHaveHappened: true });
}

const linksIn = (html: string): URL[] =>
  [...html.matchAll(/\shref="([^"]*)"/g)]
    .map(([, href = '']) => href.replaceAll('&amp;', '&'))
    .filter((href) => URL.canParse(href))
    .map((href) => new URL(href));

const MARKS = ['utm_source', 'utm_campaign', 'utm_content'];
const marksOf = ({ searchParams }: URL): string => MARKS.map((name) => searchParams.get(name) ?? '').join('\0');

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
    const account = accountOf(io);
    const mediaIds = await attachments(publication, account);
    if (io.stopping.aborted) throw new Failed('the run was asked to stop', { mayHaveHappened: false });
    const { body } = await call(account, '/api/v1/statuses', POSTING, AbortSignal.timeout(POST_MS), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': publication.receipt.key },
      body: JSON.stringify({
        status: fileText(publication, POST).trim(),
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
    const account = accountOf(io);
    const read = (path: string): Promise<Answer> => call(account, path, ASKING, AbortSignal.timeout(READ_MS));
    const owner = textIn((await read('/api/v1/accounts/verify_credentials')).body, 'id');
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
      const statuses = statusesOf(await read(`${path}?${words}`));
      const found = statuses.find(isIt);
      if (found) return { url: found.url, changes: [] };
      const oldest = statuses.at(-1);
      if (!oldest || epochOf(oldest.createdAt) < since) return null;
      before = oldest.id;
    }
    const message = `the newest ${PAGES * PAGE} posts of the account do not reach back to ${receipt.at}`;
    throw new Failed(message, { mayHaveHappened: true });
  },
};
