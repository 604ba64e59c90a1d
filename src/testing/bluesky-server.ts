/**
 * A contract server for the part of the AT Protocol that the channel uses: a server of accounts, and the counts of an
 * AppView. It is not the real service, and has none of its code: it is written from the public documentation and
 * lexicons, keeps what it is given, and refuses what they say is refused. The real server of accounts is asked by
 * `npm run test:servers`.
 */

import { blobId } from '../core/bluesky-post.ts';
import { graphemes } from '../core/fold.ts';
import { digestOf } from '../core/hash.ts';
import { answerUnder, type Fault, type ServedCall, type ServedReply, serveCalls } from './contract-server.ts';

/** Where a fault strikes. */
export type Route = 'session' | 'blob' | 'put' | 'read' | 'counts';

export interface Reactions {
  readonly likes: number;
  readonly reposts: number;
  readonly quotes: number;
  readonly replies: number;
}

interface Post {
  readonly $type: string;
  readonly text: string;
  readonly createdAt: string;
  readonly langs: readonly string[];
  readonly facets: readonly {
    readonly index: { readonly byteStart: number; readonly byteEnd: number };
    readonly features: readonly { readonly $type: string; readonly uri?: string; readonly tag?: string }[];
  }[];
  readonly embed?: {
    readonly $type: string;
    readonly images: readonly { readonly alt: string; readonly image: Blob; readonly aspectRatio: unknown }[];
  };
}

interface Blob {
  readonly $type: 'blob';
  readonly ref: { readonly $link: string };
  readonly mimeType: string;
  readonly size: number;
}

export interface Standing {
  readonly uri: string;
  readonly cid: string;
  readonly value: Post;
}

export interface BlueskyServer {
  readonly url: string;
  readonly did: string;
  /** Records that stand, oldest first. */
  readonly standing: readonly Standing[];
  /** How often a record was written. */
  readonly commits: number;
  readonly calls: readonly { readonly method: string; readonly path: string; readonly body: string }[];
  /** Sets its clock, in milliseconds since 1970. */
  setClock(now: number): void;
  /** For the next calls to a route, in order; then it behaves. */
  fail(route: Route, ...faults: readonly Fault[]): void;
  /** Ends every session; the next login begins a new one. */
  endSessions(error: 'ExpiredToken' | 'InvalidToken'): void;
  /** The app password is gone; sessions that it began go on until they end. */
  revoke(): void;
  setPassword(password: string): void;
  /** What is said of the account when it logs in. */
  setStatus(status: 'takendown' | 'deactivated'): void;
  /** Something else under a key of the account, such as by hand. */
  write(rkey: string, text: string): void;
  delete(uri: string): void;
  react(uri: string, reactions: Reactions): void;
  /** As if it had just been started. */
  forget(): void;
  close(): Promise<void>;
}

export interface Settings {
  readonly now: number;
  readonly identifier: string;
  readonly password: string;
  /** Where the account is kept, when it is not here. */
  readonly home?: string;
}

const DID = 'did:plc:northwindnorthwindnorth';
const POSTS = 'app.bsky.feed.post';
const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const WINDOW_MS = 300_000;

/** An answer that is no success. */
class Refusal extends Error {
  readonly status: number;
  readonly error: string;
  constructor(status: number, error: string, message: string) {
    super(message);
    this.status = status;
    this.error = error;
  }
}
const invalid = (message: string): Refusal => new Refusal(400, 'InvalidRequest', message);

const WORDS = {
  429: { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
  500: { error: 'InternalServerError', message: 'Internal Server Error' },
  502: { error: 'UpstreamFailure', message: 'Upstream Failure' },
} as const;

class Home {
  readonly records = new Map<string, Standing>();
  readonly blobs = new Map<string, Blob>();
  readonly reactions = new Map<string, Reactions>();
  readonly ended = new Map<string, 'ExpiredToken' | 'InvalidToken'>();
  readonly sessions = new Set<string>();
  url = '';
  commits = 0;
  status: 'takendown' | 'deactivated' | undefined;
  password: string | undefined;
  private readonly identifier: string;
  private readonly home: string | undefined;

  constructor({ identifier, password, home }: Settings) {
    this.identifier = identifier;
    this.password = password;
    this.home = home;
  }

  answer({ method, url, headers, body }: ServedCall): ServedReply {
    const json = (): Readonly<Record<string, unknown>> => JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    switch (`${method} ${url.pathname.replace('/xrpc/', '')}`) {
      case 'POST com.atproto.server.createSession':
        return { status: 200, body: this.logIn(json()) };
      case 'POST com.atproto.repo.uploadBlob':
        this.checkSession(headers, new Refusal(500, 'InternalServerError', 'Internal Server Error'));
        return { status: 200, body: { blob: this.keep(body, headers['content-type'] ?? '*/*') } };
      case 'POST com.atproto.repo.putRecord':
        this.checkSession(headers);
        return { status: 200, body: this.put(json()) };
      case 'GET com.atproto.repo.getRecord':
        return { status: 200, body: this.read(url.searchParams) };
      case 'GET app.bsky.feed.getPosts':
        return { status: 200, body: { posts: this.counts(url.searchParams.getAll('uris')) } };
      default:
        throw new Refusal(501, 'MethodNotImplemented', 'Method Not Implemented');
    }
  }

  private logIn({ identifier, password }: Readonly<Record<string, unknown>>): object {
    if (identifier !== this.identifier || this.password === undefined || password !== this.password) {
      throw new Refusal(401, 'AuthenticationRequired', 'Invalid identifier or password');
    }
    if (this.status === 'takendown') throw new Refusal(401, 'AccountTakedown', 'Account has been taken down');
    const accessJwt = `access-${this.sessions.size + 1}`;
    this.sessions.add(accessJwt);
    const service = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: this.home ?? this.url };
    const active = this.status === undefined ? { active: true } : { active: false, status: this.status };
    const [didDoc, refreshJwt] = [{ id: DID, service: [service] }, `refresh-${this.sessions.size}`];
    return { did: DID, handle: this.identifier, didDoc, accessJwt, refreshJwt, ...active };
  }

  /** @param unknown  an upload may be somebody else's, so that what is no session here is another kind of token there */
  private checkSession(
    headers: ServedCall['headers'],
    unknown = new Refusal(400, 'InvalidToken', 'Token could not be verified'),
  ): void {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Refusal(401, 'AuthMissing', 'Authentication Required');
    const ended = this.sessions.has(token) ? this.ended.get(token) : 'InvalidToken';
    if (ended === 'ExpiredToken') throw new Refusal(400, ended, 'Token has expired');
    if (ended) throw unknown;
  }

  private keep(bytes: Buffer, mimeType: string): Blob {
    const blob = { $type: 'blob', ref: { $link: blobId(bytes) }, mimeType, size: bytes.length } as const;
    this.blobs.set(blob.ref.$link, blob);
    return blob;
  }

  private check(post: Post): void {
    if (post.$type !== POSTS) throw invalid('Invalid $type: expected app.bsky.feed.post');
    const bytes = Buffer.byteLength(post.text);
    if (graphemes(post.text).length > 300) throw invalid('Record/text must not be longer than 300 graphemes');
    if (bytes > 3000) throw invalid('Record/text must not be longer than 3000 characters');
    if (!INSTANT.test(post.createdAt)) throw invalid('Record/createdAt must be a valid datetime');
    for (const { index } of post.facets) {
      if (index.byteStart < 0 || index.byteEnd <= index.byteStart || index.byteEnd > bytes) {
        throw invalid('Record/facets/0/index is out of the text');
      }
    }
    for (const { alt, image } of post.embed?.images ?? []) {
      if (typeof alt !== 'string') throw invalid('Record/embed/images/0 must have the property "alt"');
      const kept = this.blobs.get(image.ref.$link);
      if (!kept) throw new Refusal(400, 'BlobNotFound', `Could not find blob: ${image.ref.$link}`);
      if (kept.mimeType !== image.mimeType || kept.size !== image.size) {
        throw new Refusal(400, 'InvalidMimeType', 'Referenced blob does not match what was uploaded');
      }
    }
  }

  write(rkey: string, value: Post): Standing {
    const uri = `at://${DID}/${POSTS}/${rkey}`;
    const standing = { uri, cid: `bafyrei${digestOf(value).slice(0, 52)}`, value };
    this.records.set(rkey, standing);
    this.commits += 1;
    return standing;
  }

  private put({ repo, collection, rkey, record, swapRecord }: Readonly<Record<string, unknown>>): object {
    if (repo !== DID || collection !== POSTS) throw invalid(`Could not find repo: ${String(repo)}`);
    if (typeof rkey !== 'string' || !TID.test(rkey)) throw invalid('Invalid TID string');
    const post = record as Post;
    this.check(post);
    const before = this.records.get(rkey);
    if (before && digestOf(before.value) === digestOf(post)) return { uri: before.uri, cid: before.cid };
    if (swapRecord === null && before) throw new Refusal(400, 'InvalidSwap', `Record was at ${before.cid}`);
    const { uri, cid } = this.write(rkey, post);
    return { uri, cid, commit: { cid, rev: rkey }, validationStatus: 'valid' };
  }

  private read(query: URLSearchParams): Standing {
    const uri = `at://${query.get('repo')}/${query.get('collection')}/${query.get('rkey')}`;
    const found = [...this.records.values()].find((record) => record.uri === uri);
    if (!found) throw new Refusal(400, 'RecordNotFound', `Could not locate record: ${uri}`);
    return found;
  }

  private counts(uris: readonly string[]): object[] {
    if (uris.length === 0 || uris.length > 25) throw invalid('Error: uris must not have more than 25 elements');
    return [...this.records.values()]
      .filter(({ uri }) => uris.includes(uri))
      .map(({ uri, cid }) => {
        const { likes = 0, reposts = 0, quotes = 0, replies = 0 } = this.reactions.get(uri) ?? {};
        return { uri, cid, likeCount: likes, repostCount: reposts, quoteCount: quotes, replyCount: replies };
      });
  }
}

const ROUTES: Readonly<Record<string, Route>> = {
  'com.atproto.server.createSession': 'session',
  'com.atproto.repo.uploadBlob': 'blob',
  'com.atproto.repo.putRecord': 'put',
  'app.bsky.feed.getPosts': 'counts',
};

export async function serveBluesky(settings: Settings): Promise<BlueskyServer> {
  let home = new Home(settings);
  const faults = new Map<Route, Fault[]>();
  const calls: { method: string; path: string; body: string }[] = [];
  let { now } = settings;

  async function replyTo(call: ServedCall): Promise<ServedReply> {
    try {
      return home.answer(call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, body: { error: error.error, message: error.message } };
    }
  }

  const { url, close } = await serveCalls((call, response) => {
    const name = call.url.pathname.replace('/xrpc/', '');
    calls.push({ method: call.method, path: name + call.url.search, body: call.body.toString('utf8') });
    const fault = faults.get(ROUTES[name] ?? 'read')?.shift();
    const reset = Math.floor(now / WINDOW_MS + 1) * (WINDOW_MS / 1000);
    const headers = { 'ratelimit-limit': '3000', 'ratelimit-reset': String(reset) };
    return answerUnder(fault, { words: WORDS, headers, elsewhere: `${url}/elsewhere` }, response, () => replyTo(call));
  });
  home.url = url;

  return {
    url,
    did: DID,
    get standing() {
      return [...home.records.values()];
    },
    get commits() {
      return home.commits;
    },
    calls,
    setClock: (to) => {
      now = to;
    },
    fail: (route, ...next) => void faults.set(route, [...next]),
    endSessions: (error) => {
      for (const token of home.sessions) home.ended.set(token, error);
    },
    revoke: () => {
      home.password = undefined;
    },
    setPassword: (password) => {
      home.password = password;
    },
    setStatus: (status) => {
      home.status = status;
    },
    write: (rkey, text) =>
      void home.write(rkey, { $type: POSTS, text, createdAt: '2026-01-01T00:00:00Z', langs: [], facets: [] }),
    delete: (uri) => void home.records.delete(uri.split('/').at(-1) ?? ''),
    react: (uri, reactions) => void home.reactions.set(uri, reactions),
    forget: () => {
      home = new Home(settings);
      home.url = url;
      faults.clear();
      calls.length = 0;
    },
    close,
  };
}
