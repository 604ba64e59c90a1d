/** Static files of one folder, and nothing outside of it. */
import { readFile, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname, join, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.pdf': 'application/pdf',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
const FEEDS: Readonly<Record<string, string>> = {
  'feed.xml': 'application/atom+xml; charset=utf-8',
  'feed.json': 'application/feed+json; charset=utf-8',
};
/** Content type by the name of a file. */
export const typeOf = (file: string): string =>
  FEEDS[basename(file)] ?? TYPES[extname(file)] ?? 'application/octet-stream';

export function reply(response: ServerResponse, status: number, text = '', headers: Record<string, string> = {}): void {
  const type = text === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' };
  response.writeHead(status, { ...type, ...headers }).end(text);
}

const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'];

/** Decoded names of a path, the last one empty for a folder; undefined when one could lead out of the site. */
function namesOf(path: string): string[] | undefined {
  let names: string[];
  try {
    names = path.split('/').map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
  const root = names.shift();
  const safe = names.every(
    (name, index) => /^[^./\\\0][^/\\\0]*$/.test(name) || (name === '' && index === names.length - 1),
  );
  return root === '' && safe ? names : undefined;
}

/** @returns the file behind a URL path, index.html for a folder; undefined when there is none inside the site. */
export async function findFile(site: string, path: string): Promise<string | undefined> {
  const names = namesOf(path);
  if (!names) return undefined;
  try {
    const inside = (await realpath(site)) + sep;
    const file = await realpath(join(site, ...names, path.endsWith('/') ? 'index.html' : ''));
    // A symbolic link may lead out of the site.
    return file.startsWith(inside) && (await stat(file)).isFile() ? file : undefined;
  } catch (error) {
    if (NOT_THERE.includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}

/** Whether the request only wants to read; else it has been answered. */
function isReading(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  reply(response, 405, 'GET and HEAD only\n', { allow: 'GET, HEAD' });
  return false;
}

/** @param name  file name, which decides the type */
export function sendContent(
  name: string,
  content: string | Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, headers = {} }: { readonly status?: number; readonly headers?: Record<string, string> } = {},
): void {
  if (!isReading(request, response)) return;
  response.writeHead(status, {
    'content-type': typeOf(name),
    'content-length': Buffer.byteLength(content),
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : content);
}

export async function sendFile(site: string, path: string, request: IncomingMessage, response: ServerResponse) {
  if (!isReading(request, response)) return;
  const file = await findFile(site, path);
  if (file === undefined && !path.endsWith('/') && (await findFile(site, `${path}/`))) {
    return reply(response, 301, '', { location: `${path}/` });
  }
  const shown = file ?? (await findFile(site, '/404.html'));
  if (shown === undefined) return reply(response, 404, 'not found\n');
  sendContent(shown, await readFile(shown), request, response, { status: file === undefined ? 404 : 200 });
}
