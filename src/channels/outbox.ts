import { composed, emailOf } from '../core/compose.ts';
import type { TreeChannel } from '../core/contracts.ts';
import { headersOf } from '../core/mail.ts';

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
    const content = await composed(emailOf(publication, unit));
    const path = `hub/outbox/${publication.receipt.key}.eml`;
    return { url: path, changes: [{ path, content, because: publication.asset.title }] };
  },
};
