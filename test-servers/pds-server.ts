import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface PdsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a server of accounts, on loopback alone. */
export async function startPds(): Promise<PdsServer> {
  const tsx = fileURLToPath(new URL('../node_modules/.bin/tsx', import.meta.url));
  const child = spawn(tsx, [fileURLToPath(new URL('pds.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_ENABLED: 'false' },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = createInterface({ input: child.stdout });
  const url = await Promise.race([
    new Promise<string>((resolve) => {
      said.on('line', (line) => {
        if (line.startsWith('{"url"')) resolve((JSON.parse(line) as { readonly url: string }).url);
      });
    }),
    ended.then(() => Promise.reject(new Error('the server of accounts ended before it listened'))),
  ]);
  return {
    url,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export interface Cutter {
  readonly url: string;
  /** The next call to a path that ends so is passed on, and its answer thrown away with the connection. */
  cutAfter(path: string): void;
  close(): Promise<void>;
}

/** Passes calls on to a server, and loses the answers that it is told to lose. */
export async function cutterBefore(target: string): Promise<Cutter> {
  let cut: string | undefined;
  const server = createServer((incoming, answer) => {
    const isCut = cut !== undefined && incoming.url?.endsWith(cut) === true;
    if (isCut) cut = undefined;
    const { method, headers, url = '/' } = incoming;
    const outgoing = request(new URL(url, target), { method, headers }, (response) => {
      if (isCut) {
        response.resume();
        response.once('end', () => answer.destroy());
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.once('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutAfter: (path) => {
      cut = path;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
