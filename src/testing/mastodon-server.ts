/**
 * A contract server for the part of Mastodon's API that the channel uses. It is not the real service, and has none of
 * its code: it is written from the public documentation (docs.joinmastodon.org), keeps what it is given, forgets a key
 * after an hour of its own clock, and refuses what the documentation says is refused. What the documentation leaves
 * open, such as two calls with one key at the same moment, it cannot show.
 */
import type { ServerResponse } from 'node:http';
import { graphemes } from '../core/fold.ts';
import { escapeMarkup } from '../core/site.ts';
import { answerUnder, type Fault, type ServedCall, type ServedReply, serveCalls } from './contract-server.ts';

export const SCOPES = ['write:statuses', 'write:media', 'read:statuses', 'read:accounts'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Picture {
  readonly id: string;
  readonly account: string;
  readonly description: string;
  readonly bytes: number;
  /** Status that it is attached to. */
  status?: string;
  /** How many more questions find it in processing. */
  processing: number;
}

export interface Reactions {
  readonly favourites_count: number;
  readonly reblogs_count: number;
  readonly replies_count: number;
  /** From 4.5 on. */
  readonly quotes_count?: number;
}

export interface Posted {
  readonly id: string;
  readonly account: string;
  readonly at: number;
  readonly text: string;
  readonly language: string | null;
  readonly visibility: string;
  readonly pictures: readonly string[];
  readonly isReply: boolean;
}

/** Where a fault strikes. */
export type Route = 'status' | 'media' | 'read';

export interface MastodonServer {
  readonly url: string;
  readonly posted: readonly Posted[];
  readonly pictures: readonly Picture[];
  /** Method and path of every call, with the key that it carried. */
  readonly calls: readonly { readonly method: string; readonly path: string; readonly key?: string }[];
  /** Sets its clock, in milliseconds since 1970. */
  setClock(now: number): void;
  /** For the next calls to a route, in order; then it behaves. */
  fail(route: Route, ...faults: readonly Fault[]): void;
  grant(token: string, account: string, scopes?: readonly Scope[]): void;
  revoke(token: string): void;
  /** Revokes a token once the next call of a route has come in, and been answered. */
  revokeAfter(route: Route, token: string): void;
  /** Something else that the account posts, such as by hand. */
  post(account: string, text: string): Posted;
  /** What a person does to a status of the account. */
  react(id: string, reactions: Reactions): void;
  delete(id: string): void;
  /** Answers as servers before 4.3 do: nobody is told scopes. */
  hideScopes(): void;
  /** Pictures uploaded from now on are in processing for so many questions. */
  processFor(questions: number): void;
  close(): Promise<void>;
}

export interface Settings {
  readonly now: number;
  readonly maxCharacters?: number;
  /** Calls per account in five minutes. */
  readonly callsPerWindow?: number;
  /** Bytes of a request; what is in front of the server refuses more. */
  readonly maxBytes?: number;
}

const KEY_MS = 3_600_000;
const WINDOW_MS = 300_000;
const LINK = 23;
const MAX_PICTURES = 4;
const MAX_DESCRIPTION = 1_500;
const VISIBILITIES = ['public', 'unlisted', 'private', 'direct'];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const ADDRESS = /https?:\/\/[^\s<>"]+/g;

/** An answer that is no success. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
const invalid = (message: string): Refusal => new Refusal(422, `Validation failed: ${message}`);

const lengthOf = (text: string): number => graphemes(text.replace(ADDRESS, '_'.repeat(LINK))).length;

/** Links are shown without their scheme and shortened, and lead to the whole address. */
const linkHtml = (address: string): string => {
  const [scheme = ''] = /^https?:\/\/(www\.)?/.exec(address) ?? [];
  const shown = escapeMarkup(address.slice(scheme.length, scheme.length + 30));
  const rest = escapeMarkup(address.slice(scheme.length + 30));
  return (
    `<a href="${escapeMarkup(address)}" target="_blank" rel="nofollow noopener" translate="no">` +
    `<span class="invisible">${scheme}</span><span class="ellipsis">${shown}</span>` +
    `<span class="invisible">${rest}</span></a>`
  );
};

const contentOf = (text: string): string =>
  text
    .split('\n\n')
    .map((paragraph) => {
      const words = paragraph.split(/(https?:\/\/[^\s<>"]+)/).map((word, index) => {
        return index % 2 === 1 ? linkHtml(word) : escapeMarkup(word);
      });
      return `<p>${words.join('').replaceAll('\n', '<br />')}</p>`;
    })
    .join('');

interface Holder {
  readonly account: string;
  readonly scopes: readonly Scope[];
}

/** The state of the server, and what its calls do to it. */
class Instance {
  readonly posted: Posted[] = [];
  readonly pictures: Picture[] = [];
  readonly tokens = new Map<string, Holder>();
  url = '';
  now: number;
  processing = 0;
  /** Servers before 4.3 do not. */
  tellsScopes = true;
  readonly reactions = new Map<string, Reactions>();
  private readonly maxCharacters: number;
  private readonly keys = new Map<string, { readonly id: string; readonly until: number }>();
  private count = 0;

  constructor({ now, maxCharacters = 500 }: Settings) {
    this.now = now;
    this.maxCharacters = maxCharacters;
  }

  /** Ids grow with time, and are longer than a number of JavaScript is exact. */
  private nextId(): string {
    this.count += 1;
    return String((BigInt(this.now) << 16n) + BigInt(this.count));
  }

  private accountId = (account: string): string => `1${[...account].map((sign) => sign.codePointAt(0)).join('')}`;

  post(account: string, posted: Omit<Posted, 'id' | 'account' | 'at'>): Posted {
    const status = { ...posted, id: this.nextId(), account, at: this.now };
    this.posted.push(status);
    return status;
  }

  private shown({ id, account, at, text, language, visibility, pictures, isReply }: Posted): object {
    return {
      id,
      created_at: new Date(at).toISOString(),
      in_reply_to_id: isReply ? '1' : null,
      visibility,
      language,
      uri: `${this.url}/users/${account}/statuses/${id}`,
      url: `${this.url}/@${account}/${id}`,
      content: contentOf(text),
      reblog: null,
      account: { id: this.accountId(account), username: account, acct: account },
      media_attachments: pictures.map((picture) => ({
        id: picture,
        type: 'image',
        description: this.pictures.find((one) => one.id === picture)?.description ?? null,
      })),
      favourites_count: 0,
      reblogs_count: 0,
      replies_count: 0,
      ...this.reactions.get(id),
    };
  }

  private shownPicture({ id, description, processing }: Picture): object {
    const url = processing > 0 ? null : `${this.url}/files/${id}.png`;
    return { id, type: 'image', url, preview_url: `${this.url}/files/small/${id}.png`, description };
  }

  private holder(token: string | undefined, scope: Scope): Holder {
    const holder = token === undefined ? undefined : this.tokens.get(token);
    if (!holder) throw new Refusal(401, 'The access token is invalid');
    if (!holder.scopes.includes(scope)) throw new Refusal(403, 'This action is outside the authorized scopes');
    return holder;
  }

  async answer({ method, url, headers, body }: ServedCall): Promise<ServedReply> {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    const [, id = ''] = /^\/api\/v1\/(?:media|accounts|statuses|apps)\/([^/]+)/.exec(url.pathname) ?? [];
    switch (`${method} ${url.pathname.replace(id || '\0', ':id')}`) {
      case 'POST /api/v1/statuses':
        return this.create(this.holder(token, 'write:statuses'), headers, body);
      case 'POST /api/v2/media':
        return this.upload(this.holder(token, 'write:media'), headers, body);
      case 'GET /api/v1/media/:id':
        return this.look(this.holder(token, 'write:media'), id);
      case 'GET /api/v1/statuses/:id':
        return this.see(this.holder(token, 'read:statuses'), id);
      case 'GET /api/v1/apps/:id':
        return this.application(this.tokens.get(token ?? ''));
      case 'GET /api/v1/accounts/:id':
        if (id !== 'verify_credentials') throw new Refusal(404, 'Record not found');
        return this.whoIs(this.holder(token, 'read:accounts'));
      case 'GET /api/v1/accounts/:id/statuses':
        return this.list(this.holder(token, 'read:statuses'), id, url.searchParams);
      default:
        throw new Refusal(404, 'Record not found');
    }
  }

  private create({ account }: Holder, headers: ServedCall['headers'], body: Buffer): ServedReply {
    const key = headers['idempotency-key'];
    const slot = `${account}\0${key}`;
    const earlier = this.keys.get(slot);
    const known = earlier && earlier.until > this.now && this.posted.find(({ id }) => id === earlier.id);
    // The key is looked up before the body is looked at.
    if (known) return { status: 200, body: this.shown(known) };
    const {
      status: text = '',
      media_ids: ids = [],
      language = null,
      visibility = 'public',
      in_reply_to_id: reply,
    } = JSON.parse(body.toString('utf8')) as {
      readonly status?: string;
      readonly media_ids?: readonly string[];
      readonly language?: string | null;
      readonly visibility?: string;
      readonly in_reply_to_id?: string;
    };
    if (text.trim() === '' && ids.length === 0) throw invalid("Text can't be blank");
    if (lengthOf(text) > this.maxCharacters) throw invalid(`Text character limit of ${this.maxCharacters} exceeded`);
    if (!VISIBILITIES.includes(visibility)) throw invalid('Visibility is not included in the list');
    if (language !== null && !/^[a-z]{2,3}$/.test(language)) throw invalid('Language is invalid');
    if (ids.length > MAX_PICTURES) throw invalid('Cannot attach more than 4 files');
    const attached = ids.map((id) => this.pictures.find((one) => one.id === id && one.account === account));
    const missing = ids.filter((_, index) => attached[index] === undefined || attached[index]?.status !== undefined);
    if (missing.length > 0) throw invalid(`Media ${missing.join(', ')} not found or already attached to another post`);
    if (attached.some((one) => one && one.processing > 0)) {
      throw invalid('Cannot attach files that have not finished processing. Try again in a moment!');
    }
    const posted = this.post(account, { text, language, visibility, pictures: ids, isReply: reply !== undefined });
    for (const one of attached) if (one) one.status = posted.id;
    if (typeof key === 'string') this.keys.set(slot, { id: posted.id, until: this.now + KEY_MS });
    return { status: 200, body: this.shown(posted) };
  }

  private async upload({ account }: Holder, headers: ServedCall['headers'], body: Buffer): Promise<ServedReply> {
    const type = headers['content-type'] ?? '';
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    const file = form.get('file');
    const description = form.get('description') ?? '';
    if (!(file instanceof Blob)) throw invalid("File can't be blank");
    const start = new Uint8Array(await file.slice(0, PNG.length).arrayBuffer());
    if (file.type !== 'image/png' || PNG.some((byte, index) => start[index] !== byte)) {
      throw invalid('File content type is invalid, File is invalid');
    }
    if (typeof description !== 'string' || description.length > MAX_DESCRIPTION) {
      throw invalid(`Description is too long (maximum is ${MAX_DESCRIPTION} characters)`);
    }
    const { processing } = this;
    const picture: Picture = { id: this.nextId(), account, description, bytes: file.size, processing };
    this.pictures.push(picture);
    return { status: processing > 0 ? 202 : 200, body: this.shownPicture(picture) };
  }

  private look({ account }: Holder, id: string): ServedReply {
    const picture = this.pictures.find((one) => one.id === id && one.account === account && !one.status);
    if (!picture) throw new Refusal(404, 'Record not found');
    picture.processing = Math.max(0, picture.processing - 1);
    return { status: picture.processing > 0 ? 206 : 200, body: this.shownPicture(picture) };
  }

  private see(_holder: Holder, id: string): ServedReply {
    const posted = this.posted.find((one) => one.id === id);
    if (!posted) throw new Refusal(404, 'Record not found');
    return { status: 200, body: this.shown(posted) };
  }

  private application(holder: Holder | undefined): ServedReply {
    if (!holder) throw new Refusal(401, 'The access token is invalid');
    const scopes = this.tellsScopes ? { scopes: holder.scopes } : {};
    return { status: 200, body: { id: '1', name: 'mhub', website: null, ...scopes } };
  }

  private whoIs({ account }: Holder): ServedReply {
    return { status: 200, body: { id: this.accountId(account), username: account, acct: account } };
  }

  private list(_holder: Holder, id: string, query: URLSearchParams): ServedReply {
    const accounts = [...this.tokens.values(), ...this.posted].map(({ account }) => account);
    const account = accounts.find((one) => this.accountId(one) === id);
    if (account === undefined) throw new Refusal(404, 'Record not found');
    const before = query.get('max_id');
    const limit = Math.min(Number(query.get('limit') ?? 20), 40);
    const statuses = this.posted
      .filter((one) => one.account === account)
      .filter((one) => before === null || BigInt(one.id) < BigInt(before))
      .filter(({ isReply }) => !(isReply && query.get('exclude_replies') === 'true'))
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1));
    return { status: 200, body: statuses.slice(0, limit).map((one) => this.shown(one)) };
  }
}

const WORDS = {
  429: { error: 'Too many requests' },
  500: { error: 'Internal server error' },
  502: { error: 'Bad gateway' },
} as const;

const routeOf = (method: string, path: string): Route => {
  if (path === '/api/v1/statuses' && method === 'POST') return 'status';
  return path.includes('/media') ? 'media' : 'read';
};

/** Calls per account in each window of five minutes. */
class RateLimit {
  private readonly used = new Map<string, number>();
  private readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }

  /** What the headers say after one more call; undefined remaining: it is one too many. */
  count(account: string, now: number): { readonly headers: Record<string, string>; readonly isOver: boolean } {
    const start = Math.floor(now / WINDOW_MS) * WINDOW_MS;
    const slot = `${account}\0${start}`;
    const used = (this.used.get(slot) ?? 0) + 1;
    this.used.set(slot, used);
    const headers = {
      'x-ratelimit-limit': String(this.limit),
      'x-ratelimit-remaining': String(Math.max(0, this.limit - used)),
      'x-ratelimit-reset': new Date(start + WINDOW_MS).toISOString(),
    };
    return { headers, isOver: used > this.limit };
  }
}

export async function serveMastodon(settings: Settings): Promise<MastodonServer> {
  const { callsPerWindow = 300, maxBytes = 16_000_000 } = settings;
  const instance = new Instance(settings);
  const rate = new RateLimit(callsPerWindow);
  const faults = new Map<Route, Fault[]>();
  const revoking = new Map<Route, string>();
  const calls: { method: string; path: string; key?: string }[] = [];

  async function outcomeOf(call: ServedCall): Promise<ServedReply> {
    try {
      return await instance.answer(call);
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
      throw error;
    }
  }

  async function serve(call: ServedCall, response: ServerResponse): Promise<void> {
    const { method, url, headers, body } = call;
    const key = headers['idempotency-key'];
    calls.push({ method, path: url.pathname + url.search, ...(typeof key === 'string' ? { key } : {}) });
    const route = routeOf(method, url.pathname);
    const fault = faults.get(route)?.shift();
    const token = (headers.authorization ?? '').replace(/^Bearer /, '');
    const { headers: rates, isOver } = rate.count(instance.tokens.get(token)?.account ?? 'nobody', instance.now);
    if (body.length > maxBytes) {
      // A proxy says so before the server has seen anything, and not in JSON.
      response.writeHead(413, { 'content-type': 'text/html' });
      return void response.end('<html><body>413 Request Entity Too Large</body></html>');
    }
    const refused = isOver ? '429' : fault;
    await answerUnder(
      refused,
      { words: WORDS, headers: rates, elsewhere: `${instance.url}/elsewhere` },
      response,
      async () => {
        const reply = await outcomeOf(call);
        const leaving = revoking.get(route);
        if (leaving !== undefined) {
          revoking.delete(route);
          instance.tokens.delete(leaving);
        }
        return reply;
      },
    );
  }

  const { url, close } = await serveCalls(serve);
  instance.url = url;

  return {
    url,
    posted: instance.posted,
    pictures: instance.pictures,
    calls,
    setClock: (now) => {
      instance.now = now;
    },
    fail: (route, ...next) => void faults.set(route, [...next]),
    grant: (token, account, scopes = SCOPES) => void instance.tokens.set(token, { account, scopes }),
    revoke: (token) => void instance.tokens.delete(token),
    revokeAfter: (route, token) => void revoking.set(route, token),
    post: (account, text) =>
      instance.post(account, { text, language: null, visibility: 'public', pictures: [], isReply: false }),
    react: (id, reactions) => void instance.reactions.set(id, reactions),
    delete: (id) => {
      instance.posted.splice(
        instance.posted.findIndex((one) => one.id === id),
        1,
      );
    },
    hideScopes: () => {
      instance.tellsScopes = false;
    },
    processFor: (questions) => {
      instance.processing = questions;
    },
    close,
  };
}
