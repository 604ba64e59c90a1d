/**
 * One call to a service over HTTP, and what its answer or its silence means. A service is told apart by its name, the
 * names of what a person has set for it, and by how it says no; everything else is the same for all of them.
 */
import type { Instant, Io, PreflightCheck } from './contracts.ts';
import { Blocked, Failed } from './errors.ts';
import { secondsOf } from './model/refusal.ts';
import { epochOf, toInstant } from './time.ts';

export interface Service {
  /** As reports call it, such as Mastodon. */
  readonly name: string;
  /** Who is blocked without it, such as channel mastodon. */
  readonly who: string;
  /** Its address without a slash at the end; paths of calls begin with one. */
  readonly address: string;
  /** Variable or param that holds the address. */
  readonly addressName: string;
  readonly io: Pick<Io, 'fetch' | 'now'>;
  /** Of every call, such as authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the service says in an answer that is no success; empty when it says nothing. */
  saidIn(answer: Answer): string;
  /** Names the variable behind a refusal that a person can mend; undefined: the refusal is about the call. */
  blockedBy?(answer: Answer): Blocked | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** What the bytes are as JSON; undefined when they are none. */
  readonly body: unknown;
}

/** What an answer that says nothing, and one that says no, leave to be feared. */
export interface Doubt {
  readonly unanswered: boolean;
  readonly refused: boolean;
}
/** Whatever becomes of the call, nothing is public yet. */
export const PREPARING: Doubt = { unanswered: false, refused: false };
/** The call that makes it public. */
export const PUBLISHING: Doubt = { unanswered: true, refused: false };
/** Whatever keeps the question from being answered, an earlier call may have arrived. */
export const ASKING: Doubt = { unanswered: true, refused: true };

/** A call has a deadline: whoever never answers must not hold up a run. */
export type Call = Omit<RequestInit, 'signal' | 'redirect' | 'headers'> & {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
};

const isLoopback = ({ hostname }: URL): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);

/** Origin of an address to which a secret may be sent: https, or this machine; no path, query or login. */
export function secretOrigin(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isSecret = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  return url && isSecret && !url.username && !url.password && url.href === `${url.origin}/` ? url.origin : undefined;
}

/** Whether a secret can stand in a header. */
export const fitsHeader = (secret: string): boolean => /^[\x21-\x7e]+$/.test(secret);

export const fieldIn = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

/** Text of a field; empty when there is none. */
export const textIn = (value: unknown, name: string): string => {
  const field = fieldIn(value, name);
  return typeof field === 'string' ? field : '';
};

/** Whole number of a field; undefined when there is none, or it is below zero. */
export const countIn = (value: unknown, name: string): number | undefined => {
  const field = fieldIn(value, name);
  return typeof field === 'number' && Number.isSafeInteger(field) && field >= 0 ? field : undefined;
};

/** What somebody else wrote, fit for one line of a report. */
export const oneLine = (said: string): string =>
  said
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** Where a service says how long it wants to be left alone: seconds, seconds since 1970, or a date. */
const RESETS = ['retry-after', 'x-ratelimit-reset', 'ratelimit-reset'];
/** From here on a number of seconds is one since 1970. */
const EPOCH_SECONDS = 1_000_000_000;
/** For how long a service that does not say is left alone, and how long one is at most that does. */
const REST_S = 900;
const MAX_REST_S = 86_400;

/** When a service that takes no more calls is worth another one. */
function restUntil(headers: Headers, now: Instant): Instant {
  const told = RESETS.flatMap((name) => secondsOf(headers.get(name) ?? '', now) ?? [])[0] ?? REST_S;
  const rest = told < EPOCH_SECONDS ? told : told - epochOf(now) / 1000;
  return toInstant(epochOf(now) + Math.min(Math.max(rest, 1), MAX_REST_S) * 1000);
}

/** What an answer that is no success means. */
export function refusalOf(service: Service, answer: Answer, doubt: Doubt): Blocked | Failed {
  const { status, headers } = answer;
  const blocked = service.blockedBy?.(answer);
  if (blocked) return blocked;
  if (status === 429) {
    const until = restUntil(headers, service.io.now);
    const message = `${service.name} takes no more calls until ${until}`;
    return new Failed(message, { mayHaveHappened: doubt.refused, until });
  }
  const isUnclear = status >= 500 || status === 408;
  const mayHaveHappened = isUnclear ? doubt.unanswered : doubt.refused;
  const said = oneLine(service.saidIn(answer));
  return new Failed(`${service.name} answered ${status}${said && `: ${said}`}`, { mayHaveHappened });
}

/** No connection was made, so that nothing has been sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** What a call that got no answer means; whatever is no failure of a call is our bug. */
function silenceOf({ name, who, addressName }: Service, error: unknown, { unanswered, refused }: Doubt) {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new Failed(`${name} did not answer in time`, { mayHaveHappened: unanswered });
  }
  if (!(error instanceof TypeError)) throw error;
  const { cause } = error;
  if (cause instanceof Error && /redirect/.test(cause.message)) {
    const todo = `the server of ${addressName} answers with a redirect, which is not followed: set its final address`;
    return new Blocked(who, [addressName], todo);
  }
  const wasSent = !NEVER_SENT.has(textIn(cause, 'code'));
  return new Failed(`the connection to ${name} failed`, { mayHaveHappened: wasSent ? unanswered : refused });
}

const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // A proxy in between answers with a page of its own.
    return undefined;
  }
};

/**
 * Any answer at all, also one that says no.
 *
 * @throws Blocked, or Failed as the doubt says
 */
export async function exchange(service: Service, path: string, doubt: Doubt, call: Call): Promise<Answer> {
  const { address, io, headers } = service;
  // A redirect would carry the secrets to wherever it leads.
  const request: RequestInit = { ...call, headers: { ...headers, ...call.headers }, redirect: 'error' };
  try {
    const response = await io.fetch(address + path, request);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, body: jsonOf(bytes) };
  } catch (error) {
    throw silenceOf(service, error, doubt);
  }
}

/**
 * A success in JSON, or without any content.
 *
 * @throws Blocked, or Failed as the doubt says
 */
export function accepted(service: Service, answer: Answer, doubt: Doubt): Answer {
  if (!isSuccess(answer)) throw refusalOf(service, answer, doubt);
  if (answer.body !== undefined || answer.bytes.length === 0) return answer;
  throw new Failed(`${service.name} answered with something that is no JSON`, { mayHaveHappened: doubt.unanswered });
}

/** Calls, and takes nothing but success in JSON, or without any content, for an answer. @throws Blocked, Failed */
export const ask = async (service: Service, path: string, doubt: Doubt, call: Call): Promise<Answer> =>
  accepted(service, await exchange(service, path, doubt, call), doubt);

/**
 * A check made by asking the service.
 *
 * @param what  what is in order when it answers
 * @param look  what was found, for a line of a report; throws Blocked, Failed
 */
export async function checkBy(what: string, look: () => Promise<string>): Promise<PreflightCheck> {
  try {
    return { what, state: 'ok', say: await look() };
  } catch (error) {
    if (error instanceof Blocked) return { what: error.missing.join(', '), state: 'broken', say: error.todo };
    if (error instanceof Failed) return { what, state: 'unknown', say: error.message };
    throw error;
  }
}
