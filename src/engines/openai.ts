import type { APIConnectionTimeoutError, APIError, OpenAI } from 'openai';
import type { Engine, EngineContext } from '../core/contracts.ts';
import { type ModelParams, PARAMS } from '../core/model/params.ts';
import { meaningOf } from '../core/model/refusal.ts';
import type { ChatRequest } from '../core/model/request.ts';
import type { Ports, Reply } from '../core/model/session.ts';
import { currencyOf, estimateCopy, setupFaults } from '../core/model/setup.ts';
import { writeCopy } from '../core/model/write.ts';

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Every option is given: what is left out, the package takes from variables that nobody has asked for. */
function optionsOf(
  { base_url: baseURL, key_env: key, timeout_seconds: timeout }: ModelParams,
  io: EngineContext['io'],
) {
  return {
    baseURL,
    apiKey: io.env[key] ?? '',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    timeout: timeout * 1000,
    // It would wait as long as a server wishes.
    maxRetries: 0,
    logLevel: 'off',
    fetch: io.fetch,
    // A redirect would carry the prompt to wherever it leads.
    fetchOptions: { redirect: 'error' },
  } as const;
}

type Errors = {
  readonly APIError: typeof APIError;
  readonly APIConnectionTimeoutError: typeof APIConnectionTimeoutError;
};

/** The body of an answer ended too early, or is no JSON although it says so. */
const isBrokenOff = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof TypeError && error.message === 'terminated');

/** What a failed call means; whatever is no failure of a call is our bug. */
function replyOf(error: unknown, errors: Errors, params: ModelParams, now: string): Reply {
  if (isBrokenOff(error)) return { status: 'failed', why: 'the answer broke off' };
  if (!(error instanceof errors.APIError)) throw error;
  const { status, message } = error;
  if (status !== undefined) {
    const [code, type] = [textOf(error.code), textOf(error.type)];
    const retryAfter = error.headers?.get('retry-after');
    return meaningOf(
      { status, message, ...(code && { code }), ...(type && { type }), ...(retryAfter && { retryAfter }) },
      params,
      now,
    );
  }
  if (/redirect/.test(causesOf(error))) {
    const todo = 'engine_params.base_url in mhub.yaml answers with a redirect, which is not followed: correct it';
    return { status: 'blocked', why: 'the server redirects', missing: ['engine_params.base_url'], todo };
  }
  const timedOut = error instanceof errors.APIConnectionTimeoutError;
  return { status: 'failed', why: timedOut ? `no answer within ${params.timeout_seconds} s` : 'the connection failed' };
}

/** Messages of an error and of what caused it. */
const causesOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${causesOf(error.cause)}` : '';

function portsOf({ params: given, io }: EngineContext): Ports {
  const params = given as unknown as ModelParams;
  let client: OpenAI | undefined;
  return {
    pause: io.pause,
    stopping: io.stopping,
    async ask(request: ChatRequest): Promise<Reply> {
      const { OpenAI, ...errors } = await import('openai');
      client ??= new OpenAI(optionsOf(params, io));
      try {
        const { data, request_id: requestId } = await client.chat.completions
          .create(request as Parameters<OpenAI['chat']['completions']['create']>[0])
          .withResponse();
        return { status: 'answered', body: data, ...(requestId && { requestId }) };
      } catch (error) {
        return replyOf(error, errors, params, io.now);
      }
    },
  };
}

export const engine: Engine = {
  id: 'openai',
  about: 'Asks a model on any OpenAI-compatible server, and takes only copy that keeps to brief and facts.',
  params: PARAMS,
  env: [],
  envOf: (params) => [String(params['key_env'])],
  // The package would send these with each request, and cannot be told not to.
  unset: ['OPENAI_CUSTOM_HEADERS'],
  lint: setupFaults,
  currencyOf,
  estimate: estimateCopy,
  generate: async (brief, context) => writeCopy(brief, context, portsOf(context)),
};
