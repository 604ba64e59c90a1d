/**
 * A contract server for the part of Resend's API that the channel uses. It is not the real service, and has none of its
 * code: it is written from the public documentation (resend.com/docs), keeps what it is given, knows a key again for 24
 * hours of its own clock, and refuses what the documentation says is refused.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../core/hash.ts';

export interface SentEmail {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What it does with a call instead of answering it: an error by name, or a connection that breaks, before or after the
 * call has taken effect.
 */
export type Fault =
  | 'rate_limit_exceeded'
  | 'daily_quota_exceeded'
  | 'monthly_quota_exceeded'
  | 'internal_server_error'
  | 'internal_server_error-after'
  | 'reset'
  | 'reset-after'
  | 'concurrent_idempotent_requests';

export interface ResendServer {
  readonly url: string;
  readonly sent: readonly SentEmail[];
  /** Key and body of every call to send. */
  readonly calls: readonly { readonly key: string | undefined; readonly body: string }[];
  /** Sets its clock, in milliseconds since 1970. */
  setClock(now: number): void;
  /** For the next calls to send, in order; then it behaves. */
  fail(...faults: readonly Fault[]): void;
  close(): Promise<void>;
}

export interface Settings {
  readonly now: number;
  /** API key -> what it may do. */
  readonly keys: Readonly<Record<string, 'full_access' | 'sending_access'>>;
  /** Domain -> status. */
  readonly domains: Readonly<Record<string, 'verified' | 'pending' | 'not_started'>>;
}

const KEY_MS = 24 * 3_600_000;
const MOST = 100;
const MAILBOX = /^(?:[^<>]*<)?[^\s@<>,]+@([^\s@<>,]+\.[^\s@<>,]+?)>?$/;

/** Names of errors with their status. */
const ERRORS = {
  invalid_idempotency_key: 400,
  missing_api_key: 401,
  restricted_api_key: 401,
  invalid_api_key: 403,
  validation_error: 422,
  not_found: 404,
  method_not_allowed: 405,
  invalid_idempotent_request: 409,
  concurrent_idempotent_requests: 409,
  missing_required_field: 422,
  rate_limit_exceeded: 429,
  daily_quota_exceeded: 429,
  monthly_quota_exceeded: 429,
  internal_server_error: 500,
} as const;
type ErrorName = keyof typeof ERRORS;

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const refusal = (name: ErrorName, message: string, status: number = ERRORS[name]): Reply => ({
  status,
  body: { statusCode: status, name, message },
});

const isReply = (value: unknown): value is Reply => typeof value === 'object' && value !== null && 'status' in value;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Given = Partial<Record<keyof SentEmail, unknown>>;

class Account {
  readonly sent: SentEmail[] = [];
  readonly calls: { key: string | undefined; body: string }[] = [];
  now: number;
  private readonly settings: Settings;
  private readonly known = new Map<string, { readonly body: string; readonly until: number; readonly reply: Reply }>();

  constructor(settings: Settings) {
    this.settings = settings;
    this.now = settings.now;
  }

  /** What the key of a call may do; a refusal when it is none. */
  private access({ headers }: Call): Reply | string {
    const [, key] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    if (key === undefined) return refusal('missing_api_key', 'Missing API key in the authorization header.');
    return this.settings.keys[key] ?? refusal('invalid_api_key', 'API key is invalid.');
  }

  answer(call: Call): Reply {
    const access = this.access(call);
    if (isReply(access)) return access;
    if (call.path === '/domains' && call.method === 'GET') {
      if (access === 'sending_access') {
        return refusal('restricted_api_key', 'This API key is restricted to only send emails.');
      }
      const data = Object.entries(this.settings.domains).map(([name, status], id) => ({ id: `d${id}`, name, status }));
      return { status: 200, body: { object: 'list', has_more: false, data } };
    }
    if (call.path !== '/emails/batch') return refusal('not_found', 'The requested endpoint does not exist.');
    if (call.method !== 'POST') return refusal('method_not_allowed', 'Method is not allowed for the requested path.');
    return this.once(call);
  }

  /** The same key with the same body has the same answer; with another body it is refused. */
  private once(call: Call): Reply {
    const { body } = call;
    const key = call.headers['idempotency-key'];
    if (typeof key !== 'string') return this.sendAll(call);
    if (key.length < 1 || key.length > 256) {
      return refusal('invalid_idempotency_key', 'The key must be between 1-256 chars.');
    }
    const before = this.known.get(key);
    if (before && before.until > this.now) {
      return before.body === body
        ? before.reply
        : refusal('invalid_idempotent_request', 'Same idempotency key used with a different request payload.');
    }
    const reply = this.sendAll(call);
    if (reply.status === 200) this.known.set(key, { body, until: this.now + KEY_MS, reply });
    return reply;
  }

  private problem(email: Given, index: number): { readonly index: number; readonly message: string } | undefined {
    const missing = (['from', 'to', 'subject'] as const).find((field) => !email[field]);
    if (missing) return { index, message: `Missing \`${missing}\` field.` };
    if (!email.html && !email.text) return { index, message: 'Missing `html` or `text` field.' };
    const [, domain] = MAILBOX.exec(String(email.from)) ?? [];
    if (domain === undefined) return { index, message: 'Invalid `from` field.' };
    const to = [email.to].flat().map(String);
    if (to.length > 50 || !to.every((address) => MAILBOX.test(address))) {
      return { index, message: `Invalid \`to\` field. ${to.join(', ')} is not an email address.` };
    }
    return undefined;
  }

  private sendAll({ headers, body }: Call): Reply {
    const emails = JSON.parse(body) as readonly Given[];
    if (!Array.isArray(emails) || emails.length === 0 || emails.length > MOST) {
      return refusal('validation_error', `The batch must hold between 1 and ${MOST} emails.`);
    }
    const strange = emails
      .map(({ from }) => MAILBOX.exec(String(from))?.[1]?.toLowerCase())
      .find((domain) => domain !== undefined && this.settings.domains[domain] !== 'verified');
    if (strange) return refusal('validation_error', `The ${strange} domain is not verified.`, 403);
    const errors = emails.map((email, index) => this.problem(email, index)).filter((problem) => problem !== undefined);
    const isPermissive = headers['x-batch-validation'] === 'permissive';
    const [first] = errors;
    if (first && !isPermissive) return refusal('missing_required_field', first.message);
    const refused = new Set(errors.map(({ index }) => index));
    const taken = emails.filter((_, index) => !refused.has(index)) as unknown as readonly Omit<SentEmail, 'id'>[];
    const data = taken.map((email) => {
      const id = sha256(`${this.sent.length}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');
      this.sent.push({ ...email, id });
      return { id };
    });
    return { status: 200, body: { data, ...(isPermissive && { errors }) } };
  }
}

const WORDS: Readonly<Partial<Record<Fault, string>>> = {
  rate_limit_exceeded: 'Too many requests.',
  daily_quota_exceeded: 'You have reached your daily email sending quota.',
  monthly_quota_exceeded: 'You have reached your monthly email sending quota.',
  internal_server_error: 'An unexpected error occurred.',
  concurrent_idempotent_requests: 'Same idempotency key used while original request is still in progress.',
};

export async function serveResend(settings: Settings): Promise<ResendServer> {
  const account = new Account(settings);
  let faults: Fault[] = [];

  function serve(call: Call, response: ServerResponse): void {
    const isSending = call.path === '/emails/batch';
    const key = call.headers['idempotency-key'];
    if (isSending) account.calls.push({ key: typeof key === 'string' ? key : undefined, body: call.body });
    const fault = isSending ? faults.shift() : undefined;
    const say = ({ status, body }: Reply): void => {
      const isLimited = status === 429;
      response.writeHead(status, {
        'content-type': 'application/json',
        'ratelimit-limit': '2',
        'ratelimit-remaining': isLimited ? '0' : String(1 - (account.calls.length % 2)),
        'ratelimit-reset': '1',
        ...(isLimited && { 'retry-after': '1' }),
      });
      response.end(JSON.stringify(body));
    };
    if (fault === 'reset') return void response.destroy();
    const words = fault && WORDS[fault];
    if (words !== undefined) return void say(refusal(fault as ErrorName, words));
    const reply = account.answer(call);
    if (fault === 'reset-after') return void response.destroy();
    say(
      fault === 'internal_server_error-after'
        ? refusal('internal_server_error', 'An unexpected error occurred.')
        : reply,
    );
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', headers, url: path = '/' } = request;
      serve({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: account.sent,
    calls: account.calls,
    setClock: (now) => {
      account.now = now;
    },
    fail: (...next) => {
      faults = [...next];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
