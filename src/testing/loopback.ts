/** A service on loopback that keeps every effect it has accepted, and misbehaves on demand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Accepted {
  /** Whose test it was: the first part of the path. */
  readonly book: string;
  readonly channel: string;
  readonly key: string;
}

/**
 * What it does with the next call: refuse it, fail before or after it has taken effect, break the connection before or
 * after, say nothing after, or say nothing until it is let go on.
 */
export type Mood = '429' | '500' | '500-after' | 'reset' | 'reset-after' | 'silent-after' | 'hold';

export interface Loopback {
  readonly url: string;
  readonly accepted: readonly Accepted[];
  /** Starts a book with all that another one has. */
  copy(from: string, to: string): void;
  /** For the next calls of a book, in order; then it behaves. */
  expect(book: string, ...moods: Mood[]): void;
  /** Resolves when a call is being held. */
  held(): Promise<void>;
  /** Lets the calls go on that are held. */
  release(): void;
  close(): Promise<void>;
}

interface Call {
  readonly book: string;
  readonly channel: string;
  readonly key: string;
  readonly method: string;
  /** Whether the sender asks that a key it has used before is answered as before. */
  readonly isReplayable: boolean;
}

/** PUT /book/channel/key, POST /book/channel with the key in a header, GET /book/channel/key */
function callOf({ url = '', method = '', headers }: IncomingMessage): Call {
  const [, book = '', channel = '', inPath = ''] = url.split('/');
  const idempotent = headers['idempotency-key'];
  const marker = idempotent ?? headers['x-marker'] ?? inPath;
  return { book, channel, key: String(marker), method, isReplayable: method === 'PUT' || idempotent !== undefined };
}

export async function serveLoopback(): Promise<Loopback> {
  const accepted: Accepted[] = [];
  const moods = new Map<string, Mood[]>();
  let holding: (() => void)[] = [];
  let tellHeld: (() => void)[] = [];

  const hold = (): Promise<void> =>
    new Promise((resolve) => {
      holding.push(resolve);
      for (const tell of tellHeld) tell();
      tellHeld = [];
    });

  const isKnown = ({ book, channel, key }: Call): boolean =>
    accepted.some((one) => one.book === book && one.channel === channel && one.key === key);

  function accept(call: Call): void {
    const { book, channel, key } = call;
    if (!(call.isReplayable && isKnown(call))) accepted.push({ book, channel, key });
  }

  async function answer(call: Call, response: ServerResponse): Promise<void> {
    const say = (status: number): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ url: `https://service.example/${call.channel}/${call.key}` }));
    };
    if (call.method === 'GET') return say(isKnown(call) ? 200 : 404);
    const mood = moods.get(call.book)?.shift();
    if (mood === '429') return say(429);
    if (mood === '500') return say(500);
    if (mood === 'reset') {
      response.destroy();
      return;
    }
    if (mood === 'hold') await hold();
    accept(call);
    if (mood === '500-after') say(500);
    else if (mood === 'reset-after') response.destroy();
    else if (mood !== 'silent-after') say(200);
  }

  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => void answer(callOf(request), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    accepted,
    copy: (from, to) =>
      void accepted.push(...accepted.filter(({ book }) => book === from).map((one) => ({ ...one, book: to }))),
    expect: (book, ...next) => void moods.set(book, next),
    held: () => (holding.length > 0 ? Promise.resolve() : new Promise((resolve) => tellHeld.push(resolve))),
    release: () => {
      for (const go of holding) go();
      holding = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
