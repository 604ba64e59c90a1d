/** Files that people hand to `mhub check`, taken apart for the rules. */
import { basename, extname } from 'node:path';
import type { DocumentKind, DocumentPart, GuardDocument } from '../core/contracts.ts';
import { markdownPart } from '../core/document/markdown.ts';
import { htmlPart, textPart } from '../core/document.ts';
import { Invalid } from '../core/errors.ts';
import { headersPart, type SpelledSubject } from '../core/mail.ts';

interface Format {
  /** What a file of this format is unless one says otherwise. */
  readonly kind: DocumentKind;
  read(file: string, bytes: Uint8Array): Promise<Omit<GuardDocument, 'kind'>>;
}

const wrong = (file: string, message: string): Invalid => new Invalid([{ file, line: 1, column: 1, message }]);

/** @throws Invalid for bytes that are no text */
function textOf(file: string, bytes: Uint8Array): string {
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[Buffer.from(bytes.slice(0, 2)).toString('hex')] ?? 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw wrong(file, `is not text in ${encoding.toUpperCase()}`);
    throw error;
  }
}

const onePart = (part: (file: string, source: string) => DocumentPart | Promise<DocumentPart>): Format['read'] => {
  return async (file, bytes) => ({ parts: [await part(file, textOf(file, bytes))] });
};

/** Also where it goes on in the next line. */
const SUBJECT = /^(subject:[ \t]*)(.*(?:\r?\n[ \t].*)*)/gim;

/** HTML and text of an email are parts of their own: a reader sees either. */
async function readEmail(file: string, bytes: Uint8Array): Promise<Omit<GuardDocument, 'kind'>> {
  const { default: PostalMime, decodeWords } = await import('postal-mime');
  const email = await PostalMime.parse(bytes);
  if (email.html === undefined && email.text === undefined) throw wrong(file, 'is no email with a readable body');
  const headers: Record<string, string> = {};
  for (const { key, value } of email.headers) {
    // A header that is there twice is a fact that a rule may want to see.
    headers[key] = headers[key] === undefined ? decodeWords(value) : `${headers[key]}\n${decodeWords(value)}`;
  }
  const source = new TextDecoder().decode(bytes);
  const head = source.slice(0, /\r?\n\r?\n/.exec(source)?.index);
  const subjects = [...head.matchAll(SUBJECT)].map(
    ({ 0: line, 1: name = '', 2: value = '', index }): SpelledSubject => {
      const unfolded = value.replace(/\r?\n/g, '').trim();
      const text = decodeWords(unfolded);
      return { text, start: index + name.length, end: index + line.length, isEncoded: text !== unfolded };
    },
  );
  return {
    parts: [
      ...(email.html === undefined ? [] : [htmlPart(`${file}#html`, email.html)]),
      ...(email.text === undefined ? [] : [textPart(`${file}#text`, email.text)]),
      ...(subjects.length === 0 ? [] : [headersPart(file, head, subjects)]),
    ],
    headers,
  };
}

const HTML: Format = { kind: 'landing_page', read: onePart(htmlPart) };
const MARKDOWN: Format = { kind: 'text', read: onePart(markdownPart) };

const FORMATS: Readonly<Record<string, Format>> = {
  '.html': HTML,
  '.htm': HTML,
  '.md': MARKDOWN,
  '.markdown': MARKDOWN,
  '.txt': { kind: 'text', read: onePart(textPart) },
  '.eml': { kind: 'email', read: readEmail },
};

/**
 * @param path  names the format by its extension, and the document's parts
 * @param kind  what it is to be judged as, else what its format suggests
 * @throws Invalid for a format that mhub does not read, and for bytes that are not what the name says
 */
export async function readDocument(path: string, bytes: Uint8Array, kind?: DocumentKind): Promise<GuardDocument> {
  const format = FORMATS[extname(path).toLowerCase()];
  if (!format)
    throw wrong(path, `${basename(path)} cannot be checked, expected one of ${Object.keys(FORMATS).join(', ')}`);
  try {
    return { kind: kind ?? format.kind, ...(await format.read(path, bytes)) };
  } catch (error) {
    // The parsers call themselves for what is inside of something: thousands of quotes in quotes exhaust the stack.
    if (error instanceof RangeError) throw wrong(path, 'is nested too deeply to be read');
    throw error;
  }
}
