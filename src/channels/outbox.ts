import type { Publication, TreeChannel } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import { fileText } from '../core/site.ts';

/** One line of a header: a line break would start another header. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

function subjectOf({ id, asset }: Publication): string {
  const block = asset.copy.find(({ slot }) => slot === 'subject');
  if (!block) throw new Failed(`${id} has no copy for the slot subject`, { mayHaveHappened: false });
  return oneLine(block.text);
}

/** "Name <address>" or a bare address, taken apart because a comma in the name would start another address. */
function mailbox(text: string): { readonly name: string; readonly address: string } {
  const [, name, address] = /^(.*)<([^<>]+)>$/.exec(oneLine(text)) ?? [];
  return { name: (name ?? '').trim().replace(/^"(.*)"$/, '$1'), address: (address ?? oneLine(text)).trim() };
}

/** news@lists.example.com -> <news.lists.example.com> (RFC 2919) */
const listId = (address: string): string => `<${address.replace('@', '.')}>`;

/** RFC 2369; one click as in RFC 8058 is only defined for https. */
function unsubscribeHeaders(unsubscribeUrl: string) {
  const { href, protocol } = new URL(unsubscribeUrl);
  return {
    'List-Unsubscribe': `<${href}>`,
    ...(protocol === 'https:' && { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
  };
}

export const channel: TreeChannel = {
  id: 'outbox',
  about: 'Writes each email as an RFC 5322 file to a list address, for the pick-up folder of a mail or list server.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  env: [],
  medium: 'email',
  kinds: ['email'],
  limits: {},
  class: 'natural',

  async files(publication, { unit: { brand } }) {
    const { from_address, list_address, site_url, unsubscribe_url } = brand.addresses;
    const { key, at } = publication.receipt;
    const list = mailbox(list_address);
    const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
    const composer = new MailComposer({
      from: mailbox(from_address),
      to: list,
      subject: subjectOf(publication),
      messageId: `<${key.slice(0, 32)}@${new URL(site_url).hostname}>`,
      // Date and boundaries come from the publication, so that writing it again writes the same bytes.
      date: new Date(at),
      baseBoundary: key.slice(0, 32),
      headers: { 'List-ID': listId(list.address), ...unsubscribeHeaders(unsubscribe_url) },
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
      changes: [{ path, content: await composer.compile().build(), because: publication.asset.title }],
    };
  },
};
