/**
 * POST /v1/chat/completions over llama.cpp: a grammar made from the schema of the request, real sampling, a seed, the
 * tokens that were really used, and errors worded as OpenAI words them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getLlama, LlamaGrammarEvaluationState, type LlamaModel } from 'node-llama-cpp';
import { CONTEXT } from './random-model.ts';

interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: { readonly type: string; readonly json_schema?: { readonly schema: object } };
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

export interface LlamaServer {
  /** Ends in /v1. */
  readonly url: string;
  /** Completions so far. */
  readonly completions: readonly { readonly text: string; readonly tokens: number }[];
  close(): Promise<void>;
}

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': `req-${status}` });
  response.end(JSON.stringify(body));
};

const refuse = (response: ServerResponse, status: number, code: string, message: string): void =>
  send(response, status, { error: { message, type: 'invalid_request_error', param: null, code } });

async function read(request: IncomingMessage): Promise<ChatBody> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChatBody;
}

/** What strict mode asks of a schema: closed objects, and every property required. */
function strictFault(schema: unknown, path = 'schema'): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const { type, properties, required, additionalProperties } = schema as Readonly<Record<string, unknown>>;
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  if (
    type === 'object' &&
    (additionalProperties !== false || names.some((name) => !(required as string[])?.includes(name)))
  ) {
    return `${path}: additionalProperties must be false, and every property required`;
  }
  for (const [key, member] of Object.entries(schema)) {
    const fault = strictFault(member, `${path}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export async function startLlamaServer(modelPath: string, key: string): Promise<LlamaServer> {
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false });
  const model: LlamaModel = await llama.loadModel({ modelPath });
  // With more threads, so small a model waits for them a thousand times longer than it computes.
  const context = await model.createContext({ threads: 1, contextSize: CONTEXT });
  const completions: { text: string; tokens: number }[] = [];
  let queue: Promise<unknown> = Promise.resolve();

  async function complete(body: ChatBody) {
    const schema = body.response_format?.json_schema?.schema;
    const grammar = schema
      ? await llama.createGrammarForJsonSchema(schema as Parameters<typeof llama.createGrammarForJsonSchema>[0])
      : await llama.getGrammarFor('json');
    const prompt = model.tokenize(body.messages.map(({ role, content }) => `${role}: ${content}`).join('\n'));
    const limit = body.max_completion_tokens ?? body.max_tokens ?? 256;
    const sequence = context.getSequence();
    const said: (typeof prompt)[number][] = [];
    let finish = 'stop';
    try {
      const tokens = sequence.evaluate(prompt, {
        temperature: body.temperature ?? 1,
        ...(body.seed === undefined ? {} : { seed: body.seed }),
        grammarEvaluationState: new LlamaGrammarEvaluationState({ model, grammar }),
      });
      for await (const token of tokens) {
        said.push(token);
        if (said.length >= limit) {
          finish = 'length';
          break;
        }
      }
    } finally {
      sequence.dispose();
    }
    const text = model.detokenize(said);
    completions.push({ text, tokens: prompt.length + said.length });
    return {
      id: `chatcmpl-${completions.length}`,
      object: 'chat.completion',
      created: 0,
      model: 'random.gguf',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null },
          finish_reason: finish,
          logprobs: null,
        },
      ],
      usage: {
        prompt_tokens: prompt.length,
        completion_tokens: said.length,
        total_tokens: prompt.length + said.length,
      },
    };
  }

  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${key}`) {
      return refuse(response, 401, 'invalid_api_key', 'Incorrect API key provided.');
    }
    const body = await read(request);
    if (body.model !== 'random') return refuse(response, 404, 'model_not_found', `no model ${body.model}`);
    const fault = strictFault(body.response_format?.json_schema?.schema);
    if (fault !== undefined) return refuse(response, 400, 'invalid_json_schema', fault);
    const answer = queue.then(() => complete(body));
    queue = answer.catch(() => undefined);
    return answer.then(
      (done) => send(response, 200, done),
      (error: unknown) => refuse(response, 500, 'server_error', String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    completions,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await llama.dispose();
    },
  };
}
