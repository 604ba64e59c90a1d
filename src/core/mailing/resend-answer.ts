/** What an answer of Resend means. Source: the errors and batch pages of its documentation. */
import type { Recipient } from '../contracts.ts';
import { Blocked, Failed } from '../errors.ts';
import { type Answer, countIn, fieldIn, textIn } from '../service.ts';
import { type Fate, withoutAddress } from './fate.ts';

export const KEY = 'RESEND_API_KEY';
export const WHO = 'channel resend';

/** Its rates count by the second. */
const MAX_REST_MS = 5_000;

/** Refusals that a person can mend, by their name in Resend's list of errors. */
const MENDABLE: Readonly<Record<string, string>> = {
  missing_api_key: `Resend does not accept ${KEY}: set a new API key`,
  invalid_api_key: `Resend does not accept ${KEY}: set a new API key`,
  restricted_api_key: `${KEY} may not do this: use a key that may send from this domain`,
  daily_quota_exceeded: `the account of ${KEY} has used up what it may send today`,
  monthly_quota_exceeded: `the account of ${KEY} has used up what it may send this month`,
};

export const saidIn = ({ body }: Answer): string => withoutAddress(textIn(body, 'message'), '');

export function blockedBy(answer: Answer): Blocked | undefined {
  const { status, body } = answer;
  const todo = MENDABLE[textIn(body, 'name')];
  if (todo !== undefined) return new Blocked(WHO, [KEY], todo);
  if (status === 401) return new Blocked(WHO, [KEY], `Resend does not accept ${KEY}: set a new API key`);
  // Such as a domain that is not verified.
  if (status === 403)
    return new Blocked(WHO, ['addresses.from_address'], `Resend refuses the sender: ${saidIn(answer)}`);
  return undefined;
}

/** Of a field that holds a list; none when it does not. */
export const itemsIn = (body: unknown, name: string): readonly unknown[] => {
  const items = fieldIn(body, name);
  return Array.isArray(items) ? items : [];
};

export const doubt = (message: string): Failed => new Failed(message, { mayHaveHappened: true });

/** About the recipient, or about anything else that is the same for everybody. */
function refused(said: string, { id, address }: Recipient): Fate {
  const because = withoutAddress(said, address);
  if (/`to`/.test(said)) return { recipient: id, state: 'refused', because };
  return new Failed(`Resend refused an email: ${because}`, { mayHaveHappened: false });
}

/** @throws Failed: the answer does not account for everybody, so nobody knows */
export function fatesOf(body: unknown, recipients: readonly Recipient[]): readonly (readonly [Recipient, Fate])[] {
  const errors = new Map(
    itemsIn(body, 'errors').map((error) => [countIn(error, 'index') ?? -1, textIn(error, 'message')] as const),
  );
  const taken = itemsIn(body, 'data').filter((email) => textIn(email, 'id') !== '');
  const isWhole = [...errors.keys()].every((index) => index >= 0 && index < recipients.length);
  if (!isWhole || taken.length + errors.size !== recipients.length) {
    throw doubt('Resend did not answer for every email of the batch');
  }
  return recipients.map((recipient, index) => {
    const said = errors.get(index);
    return [recipient, said === undefined ? { recipient: recipient.id, state: 'sent' } : refused(said, recipient)];
  });
}

/** How long to wait before the next call, which would be refused for its rate otherwise. */
export function restMs({ headers }: Answer): number {
  const seconds = Number(headers.get('ratelimit-reset') ?? 0);
  const isUsedUp = headers.get('ratelimit-remaining')?.trim() === '0';
  return isUsedUp && seconds > 0 ? Math.min(seconds * 1_000, MAX_REST_MS) : 0;
}
