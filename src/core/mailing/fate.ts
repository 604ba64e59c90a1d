/** What an answer, or the silence, of a mail server means for a message to one person. */
import type { Delivery, Recipient } from '../contracts.ts';
import { Blocked, Failed } from '../errors.ts';
import { oneLine } from '../service.ts';
import { literally } from './literal.ts';
import { withoutAddresses } from './results.ts';

/** What nodemailer tells of a failure. */
export interface SmtpError {
  readonly message: string;
  readonly code?: string | undefined;
  /** Code of the connection that nodemailer replaced by its own. */
  readonly originalCode?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  /** Command that the server answers. */
  readonly command?: string | undefined;
}

/** How far a message has come. */
export interface Handover {
  /** Undefined: the server has taken it. */
  readonly error?: SmtpError;
  /** The whole message has been given to the connection: from here on only an answer says what became of it. */
  readonly complete: boolean;
}

/** Who is blocked, and what a person has set for it. */
export interface RelayNames {
  readonly who: string;
  readonly host: string;
  readonly credentials: readonly string[];
  readonly sender: string;
}

/** What befell one message; a failure has nothing to do with its recipient. */
export type Fate = Delivery | Blocked | Failed;

const SHORTEST_WORD = 3;

/** What a server says, without the person that it speaks of. */
export function withoutAddress(said: string, address: string): string {
  const parts = address.split('@').filter(({ length }) => length >= SHORTEST_WORD);
  const masked = withoutAddresses(oneLine(said).replace(/[^\s<>]+(?:=40|%40)[^\s<>]+/g, '<address>'));
  return parts.reduce((text, part) => text.replace(new RegExp(literally(part), 'giu'), '<address>'), masked);
}

/** 5.1.1 of "550 5.1.1 no such user" (RFC 3463). */
const enhancedCode = ({ response = '' }: SmtpError): string =>
  /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})/.exec(response)?.[1] ?? '';

/** The address does not exist, is not one, takes no mail, or has moved (RFC 3463 and 7505). */
const DEAD = /^5\.(?:1\.(?:1|2|3|6|10)|2\.1)$/;
/** Without an enhanced code these say the same of an address that they refuse. */
const DEAD_REPLIES = [550, 551, 553];
/** No room now: in the mailbox, or for this sender. */
const FULL = [452, 552];
/** A message that is too large stays so. */
const TOO_LARGE = /^5\.(?:2|3)\.(?:3|4)$/;
/** The sender has used up what it may send for now. */
const USED_UP = '5.4.5';
const LOGIN = [530, 534, 535, 538];

/** Certificates that do not hold, as Node names them. */
const CERTIFICATE = /CERT|SIGNATURE|ALTNAME|SELF_SIGNED/;

const notSent = (message: string): Failed => new Failed(message, { mayHaveHappened: false });

/** A failure before the message, or without an answer to it. */
function connectionFailure(error: SmtpError, names: RelayNames): Blocked | Failed {
  const { code = '', originalCode = '', message } = error;
  if (CERTIFICATE.test(originalCode) || CERTIFICATE.test(code) || /certificate/i.test(message)) {
    const why = `the certificate of ${names.host} does not hold (${oneLine(message)})`;
    return new Blocked(names.who, [names.host], `${why}: use the name in it, or set ca_file`);
  }
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    const todo = `the mail server offers no login that takes ${names.credentials.join(' and ')}`;
    return new Blocked(names.who, names.credentials, todo);
  }
  if (code === 'EMESSAGE') return notSent('the mail server takes no message of this size');
  return notSent(`the connection to the mail server failed (${originalCode || code || 'closed'})`);
}

/**
 * A failure that is not about the recipient; undefined when it is.
 *
 * @param address  of the recipient, which is not repeated
 */
function serverFailure(error: SmtpError, names: RelayNames, address: string): Blocked | Failed | undefined {
  const { responseCode = 0, code, command, response = '' } = error;
  const said = withoutAddress(response, address);
  const isPermanent = responseCode >= 500 && responseCode !== 503;
  if (code === 'EAUTH' || LOGIN.includes(responseCode)) {
    if (!isPermanent) return notSent(`the mail server lets nobody in for now: ${said}`);
    const todo = `the mail server does not accept ${names.credentials.join(' and ')}: ${said}`;
    return new Blocked(names.who, names.credentials, todo);
  }
  if (code === 'ETLS' && isPermanent) {
    return new Blocked(names.who, ['tls'], 'the mail server offers no STARTTLS: set the param tls to what it offers');
  }
  if (responseCode === 421 || enhancedCode(error) === USED_UP) return notSent(`the mail server takes no more: ${said}`);
  if (command === 'RCPT TO' || command === 'DATA') return undefined;
  if (command !== 'MAIL FROM' || !isPermanent || FULL.includes(responseCode)) {
    return notSent(`the mail server said no: ${said}`);
  }
  return new Blocked(names.who, [names.sender], `the mail server takes no mail from ${names.sender}: ${said}`);
}

/** A definite answer to a recipient or to a message. */
function answered(error: SmtpError, { id, address }: Recipient): Delivery {
  const { responseCode = 0, command, response = '' } = error;
  const because = withoutAddress(response, address);
  const status = enhancedCode(error);
  const isFull = FULL.includes(responseCode) && !TOO_LARGE.test(status);
  if (responseCode < 500 || responseCode === 503 || isFull) return { recipient: id, state: 'deferred', because };
  const isDead = DEAD.test(status) || (status === '' && command === 'RCPT TO' && DEAD_REPLIES.includes(responseCode));
  return { recipient: id, state: 'refused', ...(isDead && { bounced: true }), because };
}

const isAnswer = ({ responseCode = 0 }: SmtpError): boolean => responseCode >= 400 && responseCode < 600;

export function fateOf({ error, complete }: Handover, recipient: Recipient, names: RelayNames): Fate {
  const { id, address } = recipient;
  if (!error) return { recipient: id, state: 'sent' };
  if (isAnswer(error)) return serverFailure(error, names, address) ?? answered(error, recipient);
  if (complete) return { recipient: id, state: 'in_doubt', because: 'the mail server took it and did not answer' };
  if (error.code === 'EENVELOPE') return { recipient: id, state: 'refused', because: 'it is no address of a mailbox' };
  return connectionFailure(error, names);
}

/** Of a connection that was to be opened. */
export const openingFailure = (error: SmtpError, names: RelayNames): Blocked | Failed =>
  (isAnswer(error) ? serverFailure(error, names, '') : undefined) ?? connectionFailure(error, names);

const isDelivery = (fate: Fate): fate is Delivery => !(fate instanceof Error);

/**
 * Failures concern the whole batch only as long as nothing of it may have gone out; else they keep those for later whom
 * they befell.
 *
 * @throws Blocked, Failed: nobody was sent anything
 */
export function deliveriesOf(fates: readonly (readonly [Recipient, Fate])[]): readonly Delivery[] {
  const failures = fates.flatMap(([, fate]) => (isDelivery(fate) ? [] : [fate]));
  const [first] = failures;
  if (first && failures.length === fates.length) throw failures.find((fate) => fate instanceof Blocked) ?? first;
  return fates.map(([{ id }, fate]) =>
    isDelivery(fate) ? fate : { recipient: id, state: 'deferred', because: oneLine(fate.message) },
  );
}
