/** DKIM (RFC 6376): a message signed with the key of a domain. */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';

export interface Signer {
  readonly domain: string;
  readonly selector: string;
  readonly key: KeyObject;
}

/** RFC 8058 wants both headers of unsubscribing signed, which is not what signers do by themselves. */
const SIGNED =
  'from:to:subject:date:message-id:mime-version:content-type:list-id:list-unsubscribe:list-unsubscribe-post:feedback-id';

/** @param text  PEM; `\n` counts as a line break, for a variable of one line; undefined when it is no RSA key */
export function rsaKeyOf(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(text.replaceAll('\\n', '\n'));
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    // Whatever OpenSSL says of it could quote the key.
    return undefined;
  }
}

/** The message with its signature in front; RSA has no chance in it, so that the same message gets the same one. */
export async function signed(message: Buffer, { domain, selector, key }: Signer): Promise<Buffer> {
  const { default: DKIM } = await import('nodemailer/lib/dkim');
  const dkim = new DKIM({ domainName: domain, keySelector: selector, privateKey: key, headerFieldNames: SIGNED });
  const chunks: Buffer[] = [];
  for await (const chunk of dkim.sign(message)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
