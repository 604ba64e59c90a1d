/** Connections to a mail server that are kept open, each for one message after the other. */
import { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Handover, SmtpError } from './fate.ts';

export interface Relay {
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly login?: { readonly user: string; readonly pass: string };
  /** Certificate (PEM) of an authority that the machine does not know. */
  readonly ca?: string;
  /** Name that the connection introduces itself by. */
  readonly name: string;
  /** Longest silence of the server. */
  readonly answerMs: number;
}

/** A server that trickles its answers is never silent: so long it may take in all, by its longest silence. */
const PATIENCE = 1.25;
/** Ends what is given to several connections at once. */
export const deadlineOf = ({ answerMs }: Relay): AbortSignal => AbortSignal.timeout(PATIENCE * answerMs);

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

const failure = (code: string, message: string): SmtpError & Error => Object.assign(new Error(message), { code });
const tooLate = (): SmtpError & Error => failure('ETIMEDOUT', 'there was no answer in time');

/** Connected, and logged in where there is a login. @throws SmtpError */
export async function connected(relay: Relay, deadline: AbortSignal): Promise<SMTPConnection> {
  const { host, port, tls, login, ca, name, answerMs } = relay;
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  const connection = new Connection({
    host,
    port,
    name,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    connectionTimeout: answerMs,
    greetingTimeout: answerMs,
    socketTimeout: answerMs,
    dnsTimeout: answerMs,
    socketCloseTimeout: 1_000,
  });
  return new Promise((resolve, reject) => {
    const fail = (error: SmtpError): void => {
      // Closing reports an end of its own, which is not why.
      reject(error);
      connection.close();
    };
    const done = (): void => {
      deadline.removeEventListener('abort', giveUp);
      resolve(connection);
    };
    const giveUp = (): void => fail(tooLate());
    deadline.addEventListener('abort', giveUp, { once: true });
    connection.on('error', fail);
    connection.once('end', () => fail(failure('ECONNECTION', 'the connection was closed')));
    connection.connect((error) => {
      if (error) return fail(error);
      if (!login) return done();
      connection.login({ credentials: login }, (refused) => (refused ? fail(refused) : done()));
    });
  });
}

/** Whoever is given a message in one piece has it at once, and nobody could tell how much of it has left. */
const PIECE_BYTES = 16_384;

function* piecesOf(message: Buffer): Generator<Buffer> {
  for (let start = 0; start < message.length; start += PIECE_BYTES) yield message.subarray(start, start + PIECE_BYTES);
}

/** One message over an open connection, which is good for another one unless it is destroyed then. */
function handOver(
  connection: SMTPConnection,
  { from, to }: Envelope,
  message: Buffer,
  deadline: AbortSignal,
): Promise<Handover> {
  return new Promise((resolve) => {
    // The server is given the message once it has accepted the recipient: until then nothing of it is read.
    const source = Readable.from(piecesOf(message));
    let complete = false;
    source.once('end', () => {
      complete = true;
    });
    const settle = (error?: SmtpError): void => {
      deadline.removeEventListener('abort', giveUp);
      resolve({ complete, ...(error && { error }) });
    };
    const giveUp = (): void => {
      connection.close();
      settle(tooLate());
    };
    deadline.addEventListener('abort', giveUp);
    connection.send({ from, to: [to], size: message.length }, source, (error) => settle(error ?? undefined));
  });
}

const isRefusal = ({ code, responseCode }: SmtpError): boolean =>
  (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode !== 421;

const isLoss = ({ code = '', responseCode }: SmtpError): boolean =>
  responseCode === 421 || code === 'ECONNECTION' || code === 'ESOCKET';

/** Sends messages one after the other over a connection that it opens when there is none. */
export class Lane {
  private readonly relay: Relay;
  private connection: SMTPConnection | undefined;

  constructor(relay: Relay) {
    this.relay = relay;
  }

  /** @throws SmtpError */
  async open(deadline = deadlineOf(this.relay)): Promise<SMTPConnection> {
    if (this.connection && !this.connection.destroyed) return this.connection;
    this.connection = await connected(this.relay, deadline);
    return this.connection;
  }

  async send(envelope: Envelope, message: Buffer, deadline = deadlineOf(this.relay)): Promise<Handover> {
    const isReused = this.connection?.destroyed === false;
    const handover = await this.attempt(envelope, message, deadline);
    const { error, complete } = handover;
    // A server may have ended a connection that had nothing to do; what it was not given whole, it has not taken.
    const wasStale = isReused && !complete && error !== undefined && isLoss(error);
    return wasStale ? this.attempt(envelope, message, deadline) : handover;
  }

  private async attempt(envelope: Envelope, message: Buffer, deadline: AbortSignal): Promise<Handover> {
    if (deadline.aborted) return { error: tooLate(), complete: false };
    let connection: SMTPConnection;
    try {
      connection = await this.open(deadline);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      return { error: error as SmtpError, complete: false };
    }
    const handover = await handOver(connection, envelope, message, deadline);
    if (handover.error) await this.recover(connection, handover.error);
    return handover;
  }

  /** After a refusal the same connection takes the next message. */
  private async recover(connection: SMTPConnection, error: SmtpError): Promise<void> {
    if (isRefusal(error) && !connection.destroyed) {
      const wasReset = await new Promise<boolean>((resolve) => {
        connection.once('end', () => resolve(false));
        connection.reset((refused) => resolve(!refused));
      });
      if (wasReset) return;
    }
    connection.close();
    this.connection = undefined;
  }

  close(): void {
    if (this.connection?.destroyed === false) this.connection.quit();
    this.connection?.close();
    this.connection = undefined;
  }
}
