/** git over smart HTTP on loopback, and a proxy that cuts connections. */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

export interface Serving {
  readonly port: number;
  close(): Promise<void>;
}

async function listening(server: Server, sockets: Set<Socket>): Promise<Serving> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** One request through `git http-backend`, which is a CGI program. */
function backend(
  root: string,
  env: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const { pathname, search } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const { 'content-type': type, 'content-encoding': encoding, 'git-protocol': protocol } = request.headers;
  const child = spawn('git', ['-c', 'http.receivepack=true', 'http-backend'], {
    env: {
      ...env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? '',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: type ?? '',
      ...(encoding === undefined ? {} : { HTTP_CONTENT_ENCODING: encoding }),
      ...(protocol === undefined ? {} : { GIT_PROTOCOL: String(protocol) }),
      REMOTE_USER: 'ada',
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // Whoever hangs up ends neither the server nor what git has begun.
  child.stdin.on('error', () => undefined);
  request.on('error', () => child.stdin.end());
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const fields = head
      .toString('latin1', 0, end)
      .split('\r\n')
      .map((line) => line.split(': '));
    const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
  });
  child.stdout.on('end', () => response.end());
}

/** Serves the bare repositories under a folder, for reading and writing. */
export const serveGit = (root: string, env: Readonly<Record<string, string>>): Promise<Serving> =>
  listening(
    createServer((request, response) => backend(root, env, request, response)),
    new Set(),
  );

export interface Proxy extends Serving {
  readonly connections: number;
  readonly cut: number;
}

/**
 * @param port  where it leads
 * @param cuts  for one connection after the other, round and round: after how many bytes of the answer it is cut, null
 *              for not at all; what was asked has been done by then
 */
export async function serveProxy(port: number, cuts: readonly (number | null)[]): Promise<Proxy> {
  const counts = { connections: 0, cut: 0 };
  const sockets = new Set<Socket>();
  const server = createTcpServer((client) => {
    const limit = cuts[counts.connections % cuts.length] ?? null;
    counts.connections += 1;
    const upstream = connect(port, '127.0.0.1');
    sockets.add(upstream);
    let answered = 0;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    const isOver = (): boolean => limit !== null && answered > limit;
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      answered += chunk.length;
      if (isOver()) {
        counts.cut += 1;
        end();
      } else client.write(chunk);
    });
  });
  const serving = await listening(server, sockets);
  return {
    ...serving,
    get connections() {
      return counts.connections;
    },
    get cut() {
      return counts.cut;
    },
  };
}
