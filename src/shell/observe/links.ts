/**
 * Whether addresses answer. Servers differ in what they let a program ask, so "broken" is only what any reader would see
 * as broken; what is refused to programs, rate-limited or not reachable from here is "unverifiable".
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { LinkObservation, Unavailable } from '../../core/contracts.ts';
import { limiter } from './limiter.ts';
import { NotPublic, publicLookup, type Reach, refusalOf } from './public-address.ts';

export interface LinkOptions extends Reach {
  /** For one answer. */
  readonly timeoutMs?: number;
  /** For all addresses of one document. */
  readonly totalMs?: number;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

export interface LinkChecker {
  check(addresses: readonly string[]): Promise<Readonly<Record<string, LinkObservation>> | Unavailable>;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 5;
const MAX_ADDRESSES = 200;
const MAX_BODY = 64 * 1024;
const MAX_RETRY_AFTER_S = 10;
const PER_HOST = 2;
const AT_ONCE = 16;
const TIMEOUT_MS = 6_000;
const TOTAL_MS = 60_000;
const HEADERS = {
  // Some servers let nobody in who does not look like a browser; this one says what it is all the same.
  'user-agent': 'Mozilla/5.0 (compatible; mhub link check)',
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
};

/** Answers to HEAD that say nothing about what a reader gets. */
const isDoubtfulHead = (status: number): boolean => [400, 403, 404, 405, 501].includes(status) || status >= 500;
/** What is told to programs and not to readers. 999 is LinkedIn's own. */
const REFUSED_TO_PROGRAMS = new Set([401, 402, 403, 405, 406, 407, 408, 418, 421, 425, 429, 451, 503, 999]);

/** Certificates that a browser would warn of as well. */
const BAD_CERTIFICATE = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_VERIFY)/;

interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly retryAfterS?: number;
}

const secondsOf = (retryAfter: string | undefined): number | undefined =>
  retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;

const single = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0];

/** What is known about the network. */
interface Network {
  /** Some name could be resolved. */
  resolves: boolean;
  /** The resolver itself could not be reached. */
  isCutOff: boolean;
}

const UNRESOLVED: LinkObservation = { state: 'unverifiable', because: 'its name cannot be resolved' };

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Undici wraps what a lookup says. */
const causesOf = (error: unknown): unknown[] =>
  error instanceof Error ? [error, ...(error.cause === undefined ? [] : causesOf(error.cause))] : [];

/** What a call that has failed says about its address; undefined for what is our own fault. */
function failureOf(error: unknown, network: Network): LinkObservation | undefined {
  const causes = causesOf(error);
  const refused = causes.find((one) => one instanceof NotPublic);
  if (refused) return { state: 'refused', because: refused.message };
  const code = causes.map(codeOf).find((one) => one !== '') ?? '';
  if (code === 'ENOTFOUND') {
    // Without a network no name is found.
    return network.resolves ? { state: 'broken', because: 'no such host' } : UNRESOLVED;
  }
  if (code === 'EAI_AGAIN') {
    network.isCutOff = true;
    return UNRESOLVED;
  }
  if (BAD_CERTIFICATE.test(code)) return { state: 'broken', because: `its certificate is not trusted (${code})` };
  if (
    causes.some((one) => one instanceof Error && /^(?:Timeout|Abort)Error$/.test(one.name)) ||
    /TIMEOUT|TIMEDOUT/.test(code)
  )
    return { state: 'unverifiable', because: 'no answer in time' };
  return code === '' ? undefined : { state: 'unverifiable', because: `cannot be reached (${code})` };
}

const verdictOn = (status: number): LinkObservation['state'] => {
  if (status >= 200 && status < 300) return 'ok';
  return REFUSED_TO_PROGRAMS.has(status) ? 'unverifiable' : 'broken';
};

type Ask = (url: string, method: 'HEAD' | 'GET') => Promise<Answer>;

function asker(
  request: typeof import('undici').request,
  dispatcher: Dispatcher,
  timeoutMs: number,
  over: AbortSignal,
): Ask {
  return async (url, method) => {
    const signal = AbortSignal.any([over, AbortSignal.timeout(timeoutMs)]);
    const { statusCode, headers, body } = await request(url, { method, headers: HEADERS, dispatcher, signal });
    // Whatever it says, only that it answers counts; a connection whose answer is too long is given up.
    await body.dump({ limit: MAX_BODY, signal });
    const location = single(headers['location']);
    const retryAfterS = secondsOf(single(headers['retry-after']));
    return {
      status: statusCode,
      ...(location !== undefined && { location }),
      ...(retryAfterS !== undefined && { retryAfterS }),
    };
  };
}

/** Asks as gently as it can, and again only when told to. */
async function askGently(url: string, ask: Ask, sleep: (milliseconds: number) => Promise<unknown>): Promise<Answer> {
  const patiently = async (method: 'HEAD' | 'GET'): Promise<Answer> => {
    const answer = await ask(url, method);
    const { status, retryAfterS } = answer;
    const mayRetry =
      (status === 429 || status === 503) && retryAfterS !== undefined && retryAfterS <= MAX_RETRY_AFTER_S;
    if (!mayRetry) return answer;
    await sleep(retryAfterS * 1_000);
    return ask(url, method);
  };
  const head = await patiently('HEAD');
  return isDoubtfulHead(head.status) ? patiently('GET') : head;
}

async function follow(start: string, reach: Reach, askOne: (url: string) => Promise<Answer>): Promise<LinkObservation> {
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const refusal = refusalOf(url, reach);
    const final = hop > 0 ? { final: url } : {};
    if (refusal !== undefined) return { state: 'refused', because: refusal, ...final };
    const { status, location } = await askOne(url);
    if (status < 300 || status >= 400 || location === undefined) {
      return { state: verdictOn(status), because: String(status), ...final };
    }
    if (!URL.canParse(location, url)) return { state: 'broken', because: `${status} to ${location.slice(0, 200)}` };
    url = new URL(location, url).href;
  }
  return { state: 'broken', because: `more than ${MAX_REDIRECTS} redirects`, final: url };
}

export function openLinkChecker(options: LinkOptions = {}): LinkChecker {
  const { timeoutMs = TIMEOUT_MS, totalMs = TOTAL_MS, sleep = (milliseconds) => wait(milliseconds) } = options;
  const network: Network = { resolves: false, isCutOff: false };
  const known = new Map<string, LinkObservation>();
  const limit = limiter(AT_ONCE);
  let opened: Promise<{ readonly request: typeof import('undici').request; readonly agent: Dispatcher }> | undefined;
  const open = async () => {
    // Only the default export is there in a bundle as well.
    const { Agent, request } = (await import('undici')).default;
    const lookup = publicLookup(options);
    const connect = {
      timeout: timeoutMs,
      lookup: ((host, asked, callback) =>
        lookup(host, asked, (error, ...found) => {
          network.resolves ||= error === null || error instanceof NotPublic;
          callback(error, ...found);
        })) as typeof lookup,
    };
    return { request, agent: new Agent({ connections: PER_HOST, pipelining: 1, connect }) };
  };
  const observe = async (address: string, ask: Ask, over: AbortSignal): Promise<LinkObservation> => {
    const before = known.get(address);
    if (before) return before;
    if (over.aborted) return { state: 'unverifiable', because: 'not asked: there was no time left' };
    // A resolver that does not answer takes its time over every name.
    if (network.isCutOff && !network.resolves) return UNRESOLVED;
    try {
      const found = await follow(address, options, (url) => askGently(url, ask, sleep));
      known.set(address, found);
      return found;
    } catch (error) {
      const failure = failureOf(error, network);
      if (!failure) throw error;
      if (!over.aborted && failure !== UNRESOLVED) known.set(address, failure);
      return failure;
    }
  };
  const late: LinkObservation = {
    state: 'unverifiable',
    because: `not asked: it comes after the first ${MAX_ADDRESSES} of the document`,
  };
  return {
    async check(addresses) {
      opened ??= open();
      const { request, agent } = await opened;
      network.isCutOff = false;
      const over = AbortSignal.timeout(totalMs);
      const ask = asker(request, agent, timeoutMs, over);
      const observed = addresses.map((address, index) =>
        limit(async () => [address, index < MAX_ADDRESSES ? await observe(address, ask, over) : late] as const),
      );
      const all = await Promise.all(observed);
      const asked = all.filter(([, { state }]) => state !== 'refused');
      return asked.length > 0 && asked.every(([, found]) => found === UNRESOLVED)
        ? { unavailable: 'no name could be resolved: there seems to be no network' }
        : Object.fromEntries(all);
    },
    async close() {
      const last = await opened;
      opened = undefined;
      await last?.agent.destroy();
    },
  };
}
