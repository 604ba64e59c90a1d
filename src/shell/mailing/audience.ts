/** Who is on the list: read from its address or from an encrypted file, and kept in memory alone. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import type { Io } from '../../core/contracts.ts';
import { Blocked } from '../../core/errors.ts';
import { type Audience, type AudienceRow, audienceOf, brokenList } from '../../core/mailing/audience.ts';
import { MAILING_ENV, type MailingParams } from '../../core/mailing/params.ts';
import { type List, openList } from './list.ts';

const { audienceUrl, audienceToken, audienceFile, ageIdentity } = MAILING_ENV;

/** @throws Blocked, Failed */
async function decrypted(root: string, path: string, identity: string): Promise<List> {
  const file = resolve(root, path);
  if (!existsSync(file)) throw new Blocked('mailing', [audienceFile], `set ${audienceFile} to a file that is there`);
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity.trim());
  } catch {
    // Its own message quotes the identity.
    throw new Blocked('mailing', [ageIdentity], `set ${ageIdentity} to an identity of age (AGE-SECRET-KEY-1...)`);
  }
  let bytes: Uint8Array;
  try {
    bytes = await decrypter.decrypt(readFileSync(file));
  } catch {
    throw brokenList(`${audienceFile} cannot be decrypted with ${ageIdentity}, or is not whole`);
  }
  return { type: '', bytes: Readable.from([bytes]) };
}

/** Text of the bytes, piece by piece. */
async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const text = (piece?: Uint8Array): string => {
    try {
      return piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
    } catch {
      throw brokenList('the list is not UTF-8');
    }
  };
  for await (const piece of bytes) yield text(piece);
  yield text();
}

/** Lines without their ends; the last one must have had one. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') throw brokenList('the last line of the list is torn');
}

async function* ndjsonRows(pieces: AsyncIterable<string>): AsyncGenerator<AudienceRow> {
  let count = 0;
  for await (const line of linesOf(pieces)) {
    count += 1;
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      // Its message quotes the line.
      throw brokenList(`line ${count} of the list is no JSON`);
    }
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      throw brokenList(`line ${count} of the list is no JSON object`);
    }
    yield row as AudienceRow;
  }
}

async function* csvRows(pieces: AsyncIterable<string>): AsyncGenerator<AudienceRow> {
  const { CsvError, parse } = await import('csv-parse');
  const parser = parse({ columns: true, bom: true, skip_empty_lines: true });
  // Whatever ends the list early ends the parser as well; whoever reads from it is told.
  pipeline(Readable.from(pieces), parser, () => undefined);
  try {
    for await (const row of parser) yield row as AudienceRow;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Its message quotes the row.
    throw brokenList(`line ${parser.info.lines} of the list is no CSV (${error.code})`);
  }
}

/** Where the content type does not tell, the first sign does: a row of NDJSON is an object. */
async function* rowsIn({ type, bytes }: List): AsyncGenerator<AudienceRow> {
  const pieces = decoded(bytes);
  let start = '';
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    start += next.value;
    if (start.trim() !== '') break;
  }
  async function* all(): AsyncGenerator<string> {
    yield start;
    yield* pieces;
  }
  const isNdjson =
    /ndjson|jsonl|json-?lines/.test(type) || (!type.includes('csv') && start.trimStart().startsWith('{'));
  yield* isNdjson ? ndjsonRows(all()) : csvRows(all());
}

/** @throws Blocked, Failed; nobody is mailed from a part of a list, and no error quotes an address */
export async function readAudience(
  root: string,
  { env, ...io }: Pick<Io, 'env' | 'fetch' | 'stopping'>,
  { audience }: Pick<MailingParams, 'audience'>,
  secret: string,
  publication: string,
): Promise<Audience> {
  const list =
    audience === 'file'
      ? await decrypted(root, env[audienceFile] ?? '', env[ageIdentity] ?? '')
      : await openList(io, audienceUrl, env[audienceUrl] ?? '', env[audienceToken]);
  return audienceOf(rowsIn(list), secret, publication);
}
