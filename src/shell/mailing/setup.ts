/** What a mailing needs from people before anything is written: settings, secrets, a way to leave the list. */
import type { Io } from '../../core/contracts.ts';
import { Blocked } from '../../core/errors.ts';
import { MAILING_ENV, mailingEnvOf } from '../../core/mailing/params.ts';
import { MIN_SECRET_BYTES, secretFingerprint } from '../../core/mailing/people.ts';
import type { Brand, Suppression } from '../../generated/entities.ts';
import { missingEnv, type Secrets } from '../perform.ts';
import { isSafe } from './list.ts';

const { receiptKey } = MAILING_ENV;

export interface Secret {
  readonly key: string;
  readonly fingerprint: string;
}

/** @throws Blocked */
export function secretOf({ env }: Pick<Io, 'env'>): Secret {
  const key = env[receiptKey] ?? '';
  if (Buffer.byteLength(key) < MIN_SECRET_BYTES) {
    throw new Blocked('mailing', [receiptKey], `set ${receiptKey} to at least ${MIN_SECRET_BYTES} bytes`);
  }
  return { key, fingerprint: secretFingerprint(key) };
}

/**
 * With another secret everybody would look new: those who have the mail, and those who left the list.
 *
 * @throws Blocked
 */
export function requireSameSecret(
  { fingerprint }: Secret,
  written: ReadonlySet<string>,
  suppressions: readonly Suppression[],
): void {
  const strange = (folder: string): Blocked =>
    new Blocked('mailing', [receiptKey], `set ${receiptKey} back: it is not the one that ${folder} was written with`);
  if ([...written].some((other) => other !== fingerprint)) throw strange('hub/ledger/recipients');
  if (suppressions.some(({ secret }) => secret !== fingerprint)) throw strange('hub/suppressed');
}

/** @throws Blocked */
export function unsubscribeRoute({ id, addresses }: Brand & { readonly id: string }): URL {
  const file = `brands/${id}/brand.yaml`;
  if (isSafe(addresses.unsubscribe_url)) return new URL(addresses.unsubscribe_url);
  throw new Blocked('mailing', [file], `set addresses.unsubscribe_url in ${file} to an https address`);
}

/** Where one person alone leaves the list. */
export function unsubscribeUrl(route: URL, suppression: string): string {
  const own = new URL(route);
  own.searchParams.set('r', suppression);
  return own.href;
}

/** Names that are used when they are set. */
const OPTIONAL = [MAILING_ENV.audienceToken, MAILING_ENV.suppressionUrl, MAILING_ENV.suppressionToken];

/** Values of everything that a mailing may ask for; from here on none of them is shown. */
export function mailingEnv(
  secrets: Secrets,
  needed: readonly string[],
  params: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const names = [...new Set([...needed, ...mailingEnvOf(params)])];
  const missing = missingEnv(names, secrets);
  if (missing.length > 0) throw new Blocked('mailing', missing);
  const all = [...names, ...OPTIONAL];
  secrets.protect(all);
  return Object.fromEntries(all.flatMap((name) => (secrets.get(name) ? [[name, secrets.get(name) ?? '']] : [])));
}
