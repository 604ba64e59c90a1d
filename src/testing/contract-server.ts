/** What contract servers stand on: whole calls on a port of loopback, and what may go wrong with them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface ServedReply {
  readonly status: number;
  readonly body: unknown;
}

/**
 * What a server does with a call instead of answering it: refuse it for its rate, fail before or after it has taken
 * effect, break the connection before or after, say nothing after, or send it elsewhere.
 */
export type Fault = '429' | '500' | '500-after' | '502' | 'reset' | 'reset-after' | 'silent-after' | 'redirect';

/** A connection without an answer ends at last, so that nobody waits for it longer than a test lasts. */
const SILENCE_MS = 3_000;

/** How a service words the failures that are not its own doing. */
export type FaultReplies = Readonly<Record<'429' | '500' | '502', unknown>>;

/** Answers a call, or does what the fault says. */
export async function answerUnder(
  fault: Fault | undefined,
  { words, headers, elsewhere }: { words: FaultReplies; headers: Record<string, string>; elsewhere: string },
  response: ServerResponse,
  answer: () => Promise<ServedReply>,
): Promise<void> {
  const say = ({ status, body }: ServedReply): void => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify(body));
  };
  if (fault === 'reset') return void response.destroy();
  if (fault === '429' || fault === '500' || fault === '502') return say({ status: Number(fault), body: words[fault] });
  if (fault === 'redirect') {
    response.writeHead(301, { location: elsewhere });
    return void response.end();
  }
  const reply = await answer();
  if (fault === 'silent-after') return void setTimeout(() => response.destroy(), SILENCE_MS).unref();
  if (fault === 'reset-after') return void response.destroy();
  say(fault === '500-after' ? { status: 500, body: words['500'] } : reply);
}

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a free port of loopback. What `serve` throws is answered as text: it is a mistake of the test server. */
export async function serveCalls(
  serve: (call: ServedCall, response: ServerResponse) => Promise<void>,
): Promise<Served> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', headers, url: path = '/' } = request;
      serve({ method, headers, url: new URL(path, url()), body: Buffer.concat(chunks) }, response).catch(
        (error: unknown) => {
          response.writeHead(500, { 'content-type': 'text/plain' });
          response.end(String(error));
        },
      );
    });
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: url(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
