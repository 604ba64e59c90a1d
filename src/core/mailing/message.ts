/** The email of one person: what Guard judged, but for the address behind which that person alone leaves the list. */
import { type Email, emailOf } from '../compose.ts';
import type { Publication, Recipient, Unit } from '../contracts.ts';
import { Failed } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { mailboxOf } from '../mail.ts';
import { escapeMarkup } from '../site.ts';
import { literally } from './literal.ts';

/** Domain of the address in From: the one that has to be set up for mail. */
export const senderDomain = ({ brand }: Pick<Unit, 'brand'>): string =>
  mailboxOf(brand.addresses.from_address).address.replace(/^.*@/s, '').toLowerCase();

const NAMED: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** Every spelling of a sign in HTML. */
function inMarkup(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  const hex = [...code.toString(16)].map((digit) => `[${digit}${digit.toUpperCase()}]`).join('');
  const named = NAMED[sign] ? `|&${NAMED[sign]};` : '';
  return `(?:${literally(sign)}|&#0*${code};|&#[xX]0*${hex};${named})`;
}

/** Signs that would make it another, longer address; a full stop ends a sentence unless something follows. */
const GOES_ON = '[\\p{L}\\p{N}_%~/?#=+@-]|[.,:;!*$](?=[\\p{L}\\p{N}_])';
const GOES_ON_IN_TEXT = `(?!${GOES_ON}|&)`;
const GOES_ON_IN_MARKUP = `(?!${GOES_ON}|&(?:amp|#0*38|#[xX]0*26);|&[a-z]\\w*=)`;

const addressInText = (address: string): RegExp => new RegExp(literally(address) + GOES_ON_IN_TEXT, 'gu');
const addressInMarkup = (address: string): RegExp =>
  new RegExp([...address].map(inMarkup).join('') + GOES_ON_IN_MARKUP, 'gu');

/** What stands between the addresses. @throws Failed when there is none: nobody could leave from there */
function around(address: RegExp, source: string, file: string, { id }: Publication): readonly string[] {
  const pieces = source.split(address);
  if (pieces.length > 1) return pieces;
  throw new Failed(`${id}: ${file} does not hold the unsubscribe_url of the brand`, { mayHaveHappened: false });
}

/** Gmail groups complaints by these fields; the last one names the sender and stays the same over all mailings. */
const feedbackId = ({ campaign, id, receipt }: Publication, domain: string): string =>
  [campaign, id, receipt.channel, `mhub${sha256(domain).slice(0, 8)}`].join(':');

/**
 * One email per person. Whatever is the same for all of them is worked out once.
 *
 * @throws Failed without a subject, a text or HTML to leave the list from
 */
export function personalEmails(publication: Publication, unit: Unit): (recipient: Recipient) => Email {
  const { brand } = unit;
  const common = emailOf(publication, unit);
  const { unsubscribe_url } = brand.addresses;
  const text = around(addressInText(unsubscribe_url), common.text, 'email.txt', publication);
  const html = around(addressInMarkup(unsubscribe_url), common.html, 'email.html', publication);
  const domain = senderDomain(unit);
  const { key } = publication.receipt;
  const extra = { 'feedback-id': feedbackId(publication, domain), 'x-mhub-effect': key };
  return ({ id, address, unsubscribeUrl }) => {
    const addresses = { ...brand.addresses, unsubscribe_url: unsubscribeUrl };
    const { headers } = emailOf(publication, { ...unit, brand: { ...brand, addresses } });
    return {
      ...common,
      to: { name: '', address },
      messageId: `${id}.${key.slice(0, 16)}@${domain}`,
      headers: { ...headers, ...extra },
      text: text.join(unsubscribeUrl),
      html: html.join(escapeMarkup(unsubscribeUrl)),
    };
  };
}
