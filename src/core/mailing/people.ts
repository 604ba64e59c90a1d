/** Who somebody on a list is: keyed hashes instead of addresses, for everything that is written down. */
import { createHmac } from 'node:crypto';
import { sha256 } from '../hash.ts';

/** Of the secret, in bytes: with less of it the addresses behind the hashes could be guessed. */
export const MIN_SECRET_BYTES = 32;
/** 22 characters of base64url are 132 bits. */
const ID_LENGTH = 22;
const SUPPRESSED = 'suppress';

/** Spellings that reach the same mailbox: surrounding spaces, composed letters and case make nobody somebody else. */
export const sameAddress = (address: string): string => address.trim().normalize('NFC').toLowerCase();

const idIn = (scope: string, secret: string, address: string): string =>
  createHmac('sha256', secret)
    .update(`${scope}\0${sameAddress(address)}`)
    .digest('base64url')
    .slice(0, ID_LENGTH);

/** What the ledger calls somebody; of another publication nobody can tell that it is the same person. */
export const recipientId = (secret: string, publication: string, address: string): string =>
  idIn(publication, secret, address);

/** What those who get no more mail are called, for all publications alike. */
export const suppressionId = (secret: string, address: string): string => idIn(SUPPRESSED, secret, address);

export const isPersonId = (text: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(text);

/** Tells whether records were made with the same secret, without telling anything about it. */
export const secretFingerprint = (secret: string): string => sha256(`mhub receipt key\0${secret}`).slice(0, 16);

/** Longest local part and address that a mail server must take (RFC 5321, 4.5.3.1). */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;
const ADDRESS = /^([^\s@<>()[\]\\,;:"\p{Cc}]+)@((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,})$/u;

/** Whether mail can be addressed to it; quoted local parts and bare host names are typing errors on a list. */
export function isMailable(address: string): boolean {
  const [, local = '', domain] = ADDRESS.exec(address) ?? [];
  if (domain === undefined || address.length > MAX_ADDRESS || local.length > MAX_LOCAL) return false;
  return !local.startsWith('.') && !local.endsWith('.') && !local.includes('..');
}
