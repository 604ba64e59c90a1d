/** A server that speaks the chat completions protocol on loopback, answers by script and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: ChatBody;
}

/** Of the body of a request, what tests ask for. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format: {
    readonly type: string;
    readonly json_schema?: { readonly name: string; readonly strict: boolean; readonly schema: unknown };
  };
  readonly seed?: number;
  readonly [key: string]: unknown;
}

/** What the server does with one request. */
export type Act = (response: ServerResponse, asked: Asked) => void;

export interface ModelServer {
  /** Ends in /v1. */
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What it does next, one act per request; the last one stays. */
  script(...acts: readonly Act[]): void;
  close(): Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Act =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-1', ...headers });
    response.end(JSON.stringify(body));
  };

/** An error as OpenAI words it. */
export const refusal = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Act =>
  json(status, { error: { message: `no: ${code}`, type: code, param: null, code } }, headers);

export const USAGE = { prompt_tokens: 900, completion_tokens: 100, total_tokens: 1000 };

/** A completion with a text; `extra` takes the place of what is usually there. */
export const completion = (content: string | null, extra: Readonly<Record<string, unknown>> = {}): Act => {
  const { finish_reason: finish = 'stop', refusal: refused = null, ...rest } = extra;
  const message = { role: 'assistant', content, refusal: refused };
  return json(200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'scripted-2026',
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
    usage: USAGE,
    ...rest,
  });
};

/** Never answers. */
export const silence: Act = () => {};

export const html: Act = (response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<html><body>Please log in to the network</body></html>');
};

export const redirectTo =
  (url: string): Act =>
  (response) => {
    response.writeHead(307, { location: url });
    response.end();
  };

/** Begins an answer and hangs up. */
export const hangUp: Act = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
  response.write('{"choices": [');
  setImmediate(() => response.destroy());
};

export async function modelServer(...acts: readonly Act[]): Promise<ModelServer> {
  const asked: Asked[] = [];
  let script: Act[] = [...acts];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as ChatBody;
      const one: Asked = { path: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      const act = script.length > 1 ? script.shift() : script[0];
      (act ?? refusal(500, 'nothing_scripted'))(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    script: (...next) => {
      script = [...next];
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}
