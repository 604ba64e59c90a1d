/** What an error of a server means: asking again helps, or a person has to do something first. */
import type { ModelParams } from './params.ts';
import type { Reply } from './session.ts';

export interface ServerError {
  readonly status: number;
  /** Code and type as the server's error object has them. */
  readonly code?: string;
  readonly type?: string;
  /** Its words; shown to people, and not filed. */
  readonly message: string;
  readonly retryAfter?: string;
}

const RETRYABLE: ReadonlySet<number> = new Set([408, 409, 429]);
const NAME = /^[a-z0-9_.-]{1,60}$/i;

/**
 * Seconds that a server wants to be left alone.
 * @param value  whole seconds or an HTTP date
 */
export function secondsOf(value: string, now: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.parse(now)) / 1000));
}

export function meaningOf(error: ServerError, { key_env: key, model }: ModelParams, now: string): Reply {
  const { status, code, type, message, retryAfter } = error;
  const name = [code, type].find((text) => text !== undefined && NAME.test(text));
  const why = `the server answered ${status}${name === undefined ? '' : ` ${name}`}`;
  const is = (wanted: string): boolean => code === wanted || type === wanted;
  const blocked = (missing: string, todo: string): Reply => ({ status: 'blocked', why, missing: [missing], todo });
  const told = message.replace(/\s+/g, ' ').slice(0, 300);
  if (is('insufficient_quota')) return blocked(key, `${why}: the account behind ${key} has no credit left`);
  if (is('model_not_found')) {
    return blocked('engine_params.model', `${why}: set engine_params.model in mhub.yaml, "${model}" is not there`);
  }
  if (status === 401 || status === 403 || is('invalid_api_key')) {
    return blocked(key, `${why}: set ${key} to a key that may use "${model}"`);
  }
  if (RETRYABLE.has(status) || status >= 500) {
    const wait = retryAfter === undefined ? undefined : secondsOf(retryAfter, now);
    return { status: 'refused', why, ...(wait === undefined ? {} : { wait }) };
  }
  return blocked('engine_params', `${why}: change engine_params in mhub.yaml, it says: ${told}`);
}
