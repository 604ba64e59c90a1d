/** Reads a list from its address, whole or not at all. */
import type { Io } from '../../core/contracts.ts';
import { Blocked, Failed } from '../../core/errors.ts';
import { brokenList } from '../../core/mailing/audience.ts';

/** For the whole answer. */
const PATIENCE_MS = 120_000;
/** Some million rows; what is longer is another file than was meant. */
const MAX_BYTES = 256 * 1024 * 1024;

export interface List {
  /** Of the answer; empty when it says none. */
  readonly type: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

const isLoopback = ({ hostname }: URL): boolean => /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);

/** Https, or plain http on this machine. */
export function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

async function* counted(body: ReadableStream<Uint8Array>, expected: number | undefined, name: string) {
  let size = 0;
  try {
    for await (const bytes of body) {
      size += bytes.length;
      if (size > MAX_BYTES) throw brokenList(`${name} gives more than ${MAX_BYTES} bytes`);
      yield bytes;
    }
  } catch (error) {
    // A connection that breaks ends the stream with an error of the network library.
    if (error instanceof Failed || !(error instanceof Error)) throw error;
    throw brokenList(`${name} broke off after ${size} bytes`);
  }
  if (expected !== undefined && size !== expected) {
    throw brokenList(`${name} gave ${size} bytes of ${expected}`);
  }
}

/**
 * @param name   variable that holds the address; no error quotes the address itself, which may hold a token
 * @throws Blocked, Failed
 */
export async function openList(
  { fetch, stopping }: Pick<Io, 'fetch' | 'stopping'>,
  name: string,
  address: string,
  token: string | undefined,
): Promise<List> {
  if (!isSafe(address)) throw new Blocked('mailing', [name], `set ${name} to an https address`);
  let response: Response;
  try {
    response = await fetch(address, {
      // A token is for this address, not for wherever it leads.
      redirect: 'error',
      headers: {
        accept: 'application/x-ndjson, text/csv, text/plain',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.any([stopping, AbortSignal.timeout(PATIENCE_MS)]),
    });
  } catch (error) {
    const { name: kind = 'Error' } = error instanceof Error ? error : {};
    throw brokenList(`${name} does not answer (${kind})`);
  }
  const { status, headers, body } = response;
  if (status === 401 || status === 403) {
    await body?.cancel();
    throw new Blocked('mailing', [name], `${name} answered ${status}: set ${name} and its token to what is let in`);
  }
  if (status !== 200 || body === null) {
    await body?.cancel();
    throw brokenList(`${name} answered ${status}`);
  }
  const length = headers.get('content-length');
  // An answer that ends with its connection may be cut anywhere without anybody noticing.
  if (length === null && !headers.get('transfer-encoding')?.includes('chunked')) {
    await body.cancel();
    throw brokenList(`${name} does not say where its answer ends`);
  }
  const isPlain = !headers.get('content-encoding');
  return {
    type: headers.get('content-type') ?? '',
    bytes: counted(body, length !== null && isPlain ? Number(length) : undefined, name),
  };
}
