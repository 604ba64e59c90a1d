/**
 * The way off a mailing list: one click (RFC 8058), or a page with a button. Who left is known by a keyed hash alone,
 * and is on disk before the answer; the list is handed out to whoever sends mail.
 */
import { timingSafeEqual } from 'node:crypto';
import { closeSync, existsSync, fdatasyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { sha256 } from '../core/hash.ts';
import { isPersonId } from '../core/mailing/people.ts';
import { leavePage, leftPage, nobodyPage } from '../core/unsubscribe-page.ts';
import type { Brand } from '../generated/entities.ts';
import { reply } from './static.ts';

export interface DeskOptions {
  readonly brand: Brand;
  /** File of those who left, one JSON object a line. */
  readonly file: string;
  /** Bearer token that the list wants; anybody on this machine may read it when left out. */
  readonly token?: string;
}

export interface Desk {
  /** @returns false when the address is not one of its own */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Where the list of those who left is, for MHUB_SUPPRESSION_URL. */
export const SUPPRESSED_PATH = '/_mhub/suppressed';

function readLeft(file: string): Set<string> {
  if (!existsSync(file)) return new Set();
  const lines = readFileSync(file, 'utf8').split('\n');
  // Of a line that a kill has torn, nobody has been told that it was filed.
  return new Set(lines.flatMap((line) => /^\{"recipient":"([A-Za-z0-9_-]{22})"\}$/.exec(line)?.[1] ?? []));
}

const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)));

export function openDesk({ brand, file, token }: DeskOptions): Desk {
  const path = new URL(brand.addresses.unsubscribe_url).pathname;
  const left = readLeft(file);

  function leave(person: string): void {
    if (left.has(person)) return;
    mkdirSync(dirname(file), { recursive: true });
    const handle = openSync(file, 'a', 0o600);
    try {
      // A line break first: a torn line must not swallow this one.
      writeFileSync(handle, `\n${JSON.stringify({ recipient: person })}\n`);
      fdatasyncSync(handle);
    } finally {
      closeSync(handle);
    }
    left.add(person);
  }

  const forbidden = ({ headers }: IncomingMessage): boolean =>
    token !== undefined && !isSame(headers.authorization ?? '', `Bearer ${token}`);

  const lines = (): string => [...left].map((recipient) => `${JSON.stringify({ recipient })}\n`).join('');

  function handOut(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET') reply(response, 405, 'GET only\n', { allow: 'GET' });
    else if (forbidden(request)) reply(response, 401, 'bearer token, please\n', { 'www-authenticate': 'Bearer' });
    else reply(response, 200, lines(), { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  }

  const show = (response: ServerResponse, content: string, status = 200): void =>
    reply(response, status, content, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });

  function meet(request: IncomingMessage, response: ServerResponse, person: string): void {
    const isPost = request.method === 'POST';
    if (!isPost && request.method !== 'GET' && request.method !== 'HEAD') {
      reply(response, 405, 'GET, HEAD and POST only\n', { allow: 'GET, HEAD, POST' });
    } else if (!isPersonId(person)) show(response, nobodyPage(brand), 400);
    else if (isPost) {
      leave(person);
      show(response, leftPage(brand));
    } else show(response, leavePage(brand));
  }

  return {
    answer(request, response) {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://this.invalid');
      if (pathname !== SUPPRESSED_PATH && pathname !== path) return false;
      request.resume();
      if (pathname === SUPPRESSED_PATH) handOut(request, response);
      else meet(request, response, searchParams.get('r') ?? '');
      return true;
    },
  };
}
