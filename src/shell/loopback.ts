/** A web server for this machine alone. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Usage } from '../core/errors.ts';
import { reply } from './static.ts';

export interface Served {
  /** Without a trailing slash. */
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** A name that some other site has pointed at this machine (DNS rebinding) is refused. */
const isLoopbackName = (host: string | undefined): boolean =>
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');

/**
 * @param port  0 takes a free one
 * @throws Usage when the host is not this machine alone, or the port is taken
 */
export async function serveLocally(
  { host = '127.0.0.1', port }: { readonly host?: string; readonly port: number },
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Served> {
  if (!LOOPBACK.includes(host)) throw new Usage(`host is "${host}", expected one of ${LOOPBACK.join(', ')}`);
  const server = createServer((request, response) => {
    if (!isLoopbackName(request.headers.host)) return reply(response, 403, 'wrong host\n');
    answer(request, response).catch((error: unknown) => {
      // The visitor hung up: nobody waits for an answer.
      if (request.errored || response.destroyed) return;
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (response.headersSent) response.destroy();
      else reply(response, 500, 'internal error\n');
    });
  });
  server.requestTimeout = 10_000;
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new Usage(`port ${port} is taken, expected a free one`);
    throw error;
  });
  const name = host === '::1' ? '[::1]' : host;
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      // Browsers keep connections open for minutes.
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Until the process is told to end. */
export const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
