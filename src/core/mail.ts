/** Headers of an email: what is judged is what is sent. */
import type { Copy, DocumentPart, GuardDocument, TextBlock, Unit } from './contracts.ts';
import { alignVerbatim } from './document/parse.ts';
import { textOf } from './view.ts';

/** Header fields by lower-case name, each on one line. */
export type MailHeaders = Readonly<Record<string, string>>;

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** One line of a header: a line break would start another header. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** "Name <address>" or a bare address, taken apart because a comma in the name would start another address. */
export function mailboxOf(text: string): Mailbox {
  const [, name, address] = /^(.*)<([^<>]+)>$/.exec(oneLine(text)) ?? [];
  const [, quoted] = /^"(.*)"$/.exec((name ?? '').trim()) ?? [];
  return {
    name: quoted?.replace(/\\(.)/g, '$1') ?? (name ?? '').trim(),
    address: (address ?? oneLine(text)).trim(),
  };
}

/** Words that need no quotes in the name of a mailbox (RFC 5322 atoms). */
const ATOMS = /^[\p{L}\p{M}\p{N} !#$%&'*+/=?^_`{|}~-]*$/u;

export function showMailbox({ name, address }: Mailbox): string {
  if (name === '') return address;
  return `${ATOMS.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${address}>`;
}

/** news@lists.example.com -> <news.lists.example.com> (RFC 2919) */
const listId = (address: string): string => `<${address.replace('@', '.')}>`;

/** RFC 2369; one click as in RFC 8058 is only defined for https. */
function unsubscribeHeaders(unsubscribeUrl: string): MailHeaders {
  const { href, protocol } = new URL(unsubscribeUrl);
  return {
    'list-unsubscribe': `<${href}>`,
    ...(protocol === 'https:' && { 'list-unsubscribe-post': 'List-Unsubscribe=One-Click' }),
  };
}

/** What every copy of an email says about itself; without a subject where the copy has none. */
export function headersOf(copy: Copy, { brand }: Pick<Unit, 'brand'>): MailHeaders {
  const { from_address, list_address, unsubscribe_url } = brand.addresses;
  const list = mailboxOf(list_address);
  const subject = oneLine(textOf(copy, 'subject'));
  return {
    from: showMailbox(mailboxOf(from_address)),
    to: showMailbox(list),
    ...(subject === '' ? {} : { subject }),
    'list-id': listId(list.address),
    ...unsubscribeHeaders(unsubscribe_url),
  };
}

/** A subject, and where a source spells it. */
export interface SpelledSubject {
  readonly text: string;
  readonly start: number;
  /** Not before the last sign of it. */
  readonly end: number;
  /** The source is another spelling of it, such as base64. */
  readonly isEncoded?: boolean;
}

const blank = (text: string): string => text.replace(/[^\r\n]/g, ' ');

/** Subjects as texts to be judged, at the place where a file spells them; nothing else of that file is. */
export function headersPart(file: string, source: string, subjects: readonly SpelledSubject[]): DocumentPart {
  let shown = '';
  const blocks = subjects.map(({ text, start, end, isEncoded = false }): TextBlock => {
    const map = isEncoded ? [...Array<number>(text.length).fill(start), end] : alignVerbatim(source, start, end, text);
    shown += blank(source.slice(shown.length, start)) + source.slice(start, map.at(-1));
    return { text, map, scope: 'subject', markup: 'text.title.txt', visible: true, offset: start };
  });
  return { file, format: 'headers', source: shown, elements: [], blocks };
}

const SUBJECT = 'Subject: ';

/** The subject of headers that are in no file. */
export const subjectPart = (subject: string): DocumentPart =>
  headersPart('headers', SUBJECT + subject, [
    { text: subject, start: SUBJECT.length, end: SUBJECT.length + subject.length },
  ]);

/** What a reader opens: of an email, either the HTML or the text. */
export const bodiesOf = ({ parts }: GuardDocument): DocumentPart[] =>
  parts.filter(({ format }) => format !== 'headers');

export const headsOf = ({ parts }: GuardDocument): DocumentPart[] => parts.filter(({ format }) => format === 'headers');
