/** An email as the bytes that are sent: the same email always gives the same ones. */
import type { Instant, Publication, Unit } from './contracts.ts';
import { Failed } from './errors.ts';
import { headersOf, type Mailbox, type MailHeaders, mailboxOf } from './mail.ts';
import { fileText } from './site.ts';

export interface Email {
  readonly from: Mailbox;
  readonly to: Mailbox;
  readonly subject: string;
  /** Without angle brackets. */
  readonly messageId: string;
  readonly at: Instant;
  /** Part of the boundaries; it must not occur in the text or the HTML. */
  readonly boundary: string;
  /** Headers beyond those above, by lower-case name. */
  readonly headers: MailHeaders;
  readonly text: string;
  readonly html: string;
}

/** An email publication as it goes to the list. @throws Failed without a subject, text or HTML */
export function emailOf(publication: Publication, unit: Unit): Email {
  const { id, asset, receipt } = publication;
  const { from = '', to = '', subject, ...headers } = headersOf({ blocks: asset.copy }, unit);
  if (subject === undefined) throw new Failed(`${id} has no copy for the slot subject`, { mayHaveHappened: false });
  const mark = receipt.key.slice(0, 32);
  return {
    from: mailboxOf(from),
    to: mailboxOf(to),
    subject,
    messageId: `${mark}@${new URL(unit.brand.addresses.site_url).hostname}`,
    at: receipt.at,
    boundary: mark,
    headers,
    text: fileText(publication, 'email.txt'),
    html: fileText(publication, 'email.html'),
  };
}

/** RFC 5322, lines end in CRLF. */
export async function composed({ messageId, at, boundary, ...email }: Email): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const composer = new MailComposer({
    ...email,
    messageId: `<${messageId}>`,
    // Nothing may come from the clock or from chance, so that composing it again gives the same bytes.
    date: new Date(at),
    baseBoundary: boundary,
    textEncoding: 'quoted-printable',
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}
