/** `mhub serve`: the site on loopback, with a collector of visits and clicks that learns nothing about visitors. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Instant } from '../core/contracts.ts';
import { reportedEvent } from '../core/events.ts';
import { collectInto } from './events.ts';
import { type Served, serveLocally } from './loopback.ts';
import { findFile, reply, sendFile } from './static.ts';
import type { Desk } from './unsubscribe.ts';

const MAX_BODY_BYTES = 2048;
const FLUSH_MILLISECONDS = 1000;

export type { Served };

export interface ServeOptions {
  /** Root of the repository. */
  readonly root: string;
  /** Folder of the site in it. */
  readonly folder?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  readonly eventsDir: string;
  /** Path that pages report to, such as /e. */
  readonly collectorPath: string;
  readonly now: () => Instant;
  /** Where readers leave the mailing list. */
  readonly desk?: Desk;
}

/**
 * Its end files what has been collected.
 *
 * @throws Usage when the host is not this machine alone, or the port is taken
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { root, folder = 'site', eventsDir, collectorPath, now, desk } = options;
  const site = join(root, folder);
  const collector = collectInto(eventsDir, now);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (desk?.answer(request, response)) return;
    if (path !== collectorPath) return sendFile(site, path, request, response);
    if (request.method !== 'POST') return reply(response, 405, 'POST only\n', { allow: 'POST' });
    if (!isSameOrigin(request)) return reply(response, 403, 'other origin\n');
    const body = await readBody(request);
    if (body === undefined) return reply(response, 413, 'too large\n');
    const event = reportedEvent(parsed(body));
    if (!event) return reply(response, 400, 'not an event\n');
    const page = await findFile(site, event.path);
    if (page !== undefined && (await mayBeCounted(request))) collector.add(event);
    reply(response, 204);
  }

  const served = await serveLocally(options, answer);
  const timer = setInterval(collector.tryFlush, FLUSH_MILLISECONDS);
  timer.unref();
  return {
    url: served.url,
    async close() {
      clearInterval(timer);
      await served.close();
      collector.flush();
    },
  };
}

function isSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}

/** Not programs, and nobody who asked not to be measured. */
async function mayBeCounted({ headers }: IncomingMessage): Promise<boolean> {
  if (headers['sec-gpc'] === '1' || headers.dnt === '1') return false;
  const agent = headers['user-agent'] ?? '';
  if (agent.trim() === '') return false;
  const { isbot } = await import('isbot');
  return !isbot(agent);
}

/** undefined when it is longer than an event can be */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    // The rest is read all the same: hanging up in the middle would keep the answer from arriving.
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
