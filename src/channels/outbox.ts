import type { TreeChannel } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import { headersOf, mailboxOf } from '../core/mail.ts';
import { fileText } from '../core/site.ts';

export const channel: TreeChannel = {
  id: 'outbox',
  about: 'Writes each email as an RFC 5322 file to a list address, for the pick-up folder of a mail or list server.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  env: [],
  medium: 'email',
  kinds: ['email'],
  limits: {},
  class: 'natural',

  headers: headersOf,

  async files(publication, { unit }) {
    const { id, asset, receipt } = publication;
    const { from = '', to = '', subject, ...others } = headersOf({ blocks: asset.copy }, unit);
    if (subject === undefined) throw new Failed(`${id} has no copy for the slot subject`, { mayHaveHappened: false });
    const { key, at } = receipt;
    const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
    const composer = new MailComposer({
      from: mailboxOf(from),
      to: mailboxOf(to),
      subject,
      messageId: `<${key.slice(0, 32)}@${new URL(unit.brand.addresses.site_url).hostname}>`,
      // Date and boundaries come from the publication, so that writing it again writes the same bytes.
      date: new Date(at),
      baseBoundary: key.slice(0, 32),
      headers: others,
      text: fileText(publication, 'email.txt'),
      html: fileText(publication, 'email.html'),
      textEncoding: 'quoted-printable',
      newline: 'windows',
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const path = `hub/outbox/${key}.eml`;
    return {
      url: path,
      changes: [{ path, content: await composer.compile().build(), because: asset.title }],
    };
  },
};
