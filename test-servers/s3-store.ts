/**
 * s3rver on loopback: an S3 store that somebody else wrote. It knows no conditions of a write, so they are put in front of
 * it, and it does not verify signatures of version 4, which the server of src/testing does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Exchange {
  readonly method: string;
  readonly path: string;
  status: number;
  body: unknown;
  get(header: string): string;
  readonly response: { get(header: string): string };
}

type Middleware = (exchange: Exchange, next: () => Promise<void>) => Promise<void>;

interface S3rver {
  readonly middleware: Middleware[];
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

interface S3rverOptions {
  readonly address: string;
  readonly port: number;
  readonly silent: boolean;
  readonly directory: string;
  readonly configureBuckets: readonly { readonly name: string }[];
}

const Store = createRequire(import.meta.url)('s3rver') as new (options: S3rverOptions) => S3rver;

/** One write of a key at a time, and none whose condition does not hold. */
function conditions(): Middleware {
  const etags = new Map<string, string>();
  const turns = new Map<string, Promise<void>>();

  async function write(exchange: Exchange, next: () => Promise<void>): Promise<void> {
    const { path } = exchange;
    const there = etags.get(path);
    const match = exchange.get('if-match');
    if ((exchange.get('if-none-match') === '*' && there !== undefined) || (match !== '' && match !== there)) {
      exchange.status = 412;
      exchange.body = '<Error><Code>PreconditionFailed</Code></Error>';
      return;
    }
    await next();
    if (exchange.status >= 300) return;
    if (exchange.method === 'DELETE') etags.delete(path);
    else etags.set(path, exchange.response.get('etag'));
  }

  return async (exchange, next) => {
    if (exchange.method !== 'PUT' && exchange.method !== 'DELETE') return next();
    const turn = (turns.get(exchange.path) ?? Promise.resolve()).then(() => write(exchange, next));
    turns.set(
      exchange.path,
      turn.catch(() => undefined),
    );
    return turn;
  };
}

export interface S3Store {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startS3Store({ obeys }: { readonly obeys: boolean }): Promise<S3Store> {
  const directory = mkdtempSync(join(tmpdir(), 'mhub-s3-'));
  const configureBuckets = [{ name: 'pages' }];
  const server = new Store({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  // Behind the logger, before everything else.
  if (obeys) server.middleware.splice(1, 0, conditions());
  const { port } = await server.run();
  return {
    env: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_BUCKET: 'pages',
      S3_REGION: 'us-east-1',
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
    close: async () => {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
