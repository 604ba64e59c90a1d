/** GitHub's REST API: where it is, who we are, and how much patience there is with it. */
import type { Octokit } from '@octokit/rest';
import { Blocked, Failed } from '../../core/errors.ts';
import { toInstant } from '../../core/time.ts';

export const GITHUB_TOKEN = 'GITHUB_TOKEN';
export const GITHUB_VARIABLES = ['GITHUB_REPOSITORY', GITHUB_TOKEN] as const;

const DEFAULT_API = 'https://api.github.com';
const DEFAULT_WEB = 'https://github.com';

/** A call is given up after this long. */
const TIMEOUT_MS = 30_000;
/** Waits for a limit, over all tries of one call. */
const PATIENCE_MS = 120_000;
/** What GitHub asks for where it names no time. */
const SECONDARY_MS = 60_000;
/** A call that changes nothing is asked again after a broken connection or an error of the server. */
const ASK_AGAIN_AFTER_MS: readonly number[] = [250, 1_000, 4_000];

/** GitHub said no, with its own words. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

/** No answer, or one that says nothing: the call may have taken effect. */
export class Unanswered extends Failed {
  constructor(what: string, why: string) {
    super(`GitHub, ${what}: ${why}`, { mayHaveHappened: true });
    this.name = 'Unanswered';
  }
}

export interface Clocks {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export interface Github extends Clocks {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  /** https://github.com/owner/repo */
  readonly web: string;
}

export interface Variables {
  get(name: string): string | undefined;
}

/** @throws Blocked with the names of variables that are missing or wrong */
export async function openGithub(variables: Variables, who: string, clocks: Clocks): Promise<Github> {
  const missing = GITHUB_VARIABLES.filter((name) => !variables.get(name));
  if (missing.length > 0) throw new Blocked(who, missing);
  const [owner, repo, ...rest] = (variables.get('GITHUB_REPOSITORY') ?? '').split('/');
  if (!owner || !repo || rest.length > 0) {
    throw new Blocked(who, ['GITHUB_REPOSITORY'], 'set GITHUB_REPOSITORY to owner/name');
  }
  const { Octokit } = await import('@octokit/rest');
  const silent = (): void => undefined;
  const octokit = new Octokit({
    auth: variables.get('GITHUB_TOKEN'),
    baseUrl: (variables.get('GITHUB_API_URL') ?? DEFAULT_API).replace(/\/$/, ''),
    userAgent: 'mhub',
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  octokit.hook.before('request', (options) => {
    options.request = { ...options.request, signal: AbortSignal.timeout(TIMEOUT_MS) };
  });
  const web = `${(variables.get('GITHUB_SERVER_URL') ?? DEFAULT_WEB).replace(/\/$/, '')}/${owner}/${repo}`;
  return { ...clocks, octokit, owner, repo, web };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly message: string;
}

/** What octokit threw: an answer of GitHub, or null when there was none. */
function answerOf(error: unknown): Answer | null | undefined {
  if (!(error instanceof Error) || error.name !== 'HttpError' || !('status' in error)) return undefined;
  const { response } = error as { response?: { headers?: Answer['headers']; data?: unknown } };
  if (!response) return null;
  const { message, errors } = Object(response.data) as { message?: unknown; errors?: unknown };
  const details = (Array.isArray(errors) ? errors : []).map((one: unknown) =>
    typeof one === 'string' ? one : String(Object(one).message ?? ''),
  );
  const words = [typeof message === 'string' ? message : '', ...details].filter((text) => text !== '');
  return { status: Number(error.status), headers: response.headers ?? {}, message: words.join('; ').slice(0, 500) };
}

/** Milliseconds until the limit is over; undefined where the answer is about something else. */
function limitedFor({ status, headers, message }: Answer, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers['retry-after']);
  if (Number.isFinite(after) && after >= 0) return after * 1000;
  const reset = Number(headers['x-ratelimit-reset']);
  if (headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset)) return Math.max(0, reset * 1000 - now) + 1000;
  return status === 429 || /rate limit/i.test(message) ? SECONDARY_MS : undefined;
}

/**
 * One call, as often as limits and its kind allow.
 *
 * @param what  for messages, such as "merge pull request 7"
 * @param kind  read: asked again after a broken connection; write: once, because nobody knows what became of it
 * @throws Refused, Unanswered; Failed with `until` when a limit lasts longer than our patience; Blocked for a wrong token
 */
export async function ask<T>(
  { clock, sleep, owner, repo }: Github,
  what: string,
  kind: 'read' | 'write',
  call: () => Promise<T>,
): Promise<T> {
  let waited = 0;
  for (let broken = 0; ; ) {
    try {
      return await call();
    } catch (error) {
      const answer = answerOf(error);
      if (answer === undefined) throw error;
      if (answer === null || answer.status >= 500) {
        const pause = kind === 'read' ? ASK_AGAIN_AFTER_MS[broken] : undefined;
        if (pause === undefined) throw new Unanswered(what, answer?.message ?? 'the connection broke');
        broken += 1;
        await sleep(pause);
        continue;
      }
      const limit = limitedFor(answer, clock());
      if (limit === undefined) throw refusalOf(answer, `${owner}/${repo}`);
      waited += limit;
      if (waited > PATIENCE_MS) {
        const until = toInstant(clock() + limit);
        const message = `GitHub, ${what}: its rate limit is used up until ${until}: ${answer.message}`;
        throw new Failed(message, { mayHaveHappened: false, until });
      }
      await sleep(limit);
    }
  }
}

function refusalOf({ status, message }: Answer, repository: string): Error {
  if (status === 401) {
    const todo = `set GITHUB_TOKEN to a token that GitHub takes ("${message}")`;
    return new Blocked('GitHub', ['GITHUB_TOKEN'], todo);
  }
  if (status === 404) {
    const todo = `set GITHUB_REPOSITORY and GITHUB_TOKEN so that the token can see ${repository} ("${message}")`;
    return new Blocked('GitHub', ['GITHUB_REPOSITORY', 'GITHUB_TOKEN'], todo);
  }
  return new Refused(status, message);
}
