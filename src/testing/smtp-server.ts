/**
 * A real SMTP server on loopback: it takes mail as a relay does, keeps it, and does what it is told to get wrong. It
 * never passes anything on.
 */
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Certificate } from './certificate.ts';

/** Where a fault strikes; middle: after some of the message, end: after all of it. */
export type Stage = 'login' | 'mail' | 'rcpt' | 'middle' | 'end';

/** drop: the connection breaks; hang: nothing more comes; else the answer, such as "550 5.1.1 no such user". */
export interface Fault {
  readonly at: Stage;
  readonly does: 'drop' | 'hang' | string;
  /** Left out: for everybody. */
  readonly to?: string;
}

export interface Arrived {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: Buffer;
  readonly isSecure: boolean;
}

export interface SmtpServer {
  readonly port: number;
  /** Whole messages, in the order in which they were taken: also those whose answer was lost. */
  readonly arrived: readonly Arrived[];
  /** Connections that were ever made. */
  readonly connections: () => number;
  /** From now on, instead of what it was told before. */
  fail(...faults: readonly Fault[]): void;
  /** Ends connections that have nothing to do, as servers do after a while. */
  endIdle(): void;
  close(): Promise<void>;
}

export interface Settings {
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly certificate?: Certificate;
  readonly login?: { readonly user: string; readonly pass: string };
  /** Of messages only who got them is kept. */
  readonly forgets?: boolean;
}

class Refusal extends Error {
  readonly responseCode: number;
  constructor(answer: string) {
    super(answer.slice(4));
    this.responseCode = Number(answer.slice(0, 3));
  }
}

export async function serveSmtp({ tls, certificate, login, forgets = false }: Settings): Promise<SmtpServer> {
  const arrived: Arrived[] = [];
  let connections = 0;
  let faults: readonly Fault[] = [];

  const faultAt = (at: Stage, recipient?: string): Fault | undefined =>
    faults.find((fault) => fault.at === at && (fault.to === undefined || fault.to === recipient));

  const drop = ({ id }: SMTPServerSession): void => {
    for (const connection of server.connections) if (connection.session.id === id) connection._socket.destroy();
  };

  /** Does what a fault says; false: there is none. */
  function strike(session: SMTPServerSession, fault: Fault | undefined, answer: (refusal: Error) => void): boolean {
    if (!fault) return false;
    if (fault.does === 'drop') drop(session);
    else if (fault.does !== 'hang') answer(new Refusal(fault.does));
    return true;
  }

  const recipientOf = ({ envelope }: SMTPServerSession): string | undefined => envelope.rcptTo[0]?.address;

  const server = new SMTPServer({
    secure: tls === 'implicit',
    ...(certificate ?? {}),
    disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    authOptional: login === undefined,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: true,
    logger: false,
    closeTimeout: 50,
    onConnect: (_session, done) => {
      connections += 1;
      done();
    },
    onAuth: ({ username, password }, session, done) => {
      if (strike(session, faultAt('login'), done)) return;
      if (username === login?.user && password === login?.pass) return done(null, { user: username });
      done(new Refusal(`535 5.7.8 ${username} is not let in`));
    },
    onMailFrom: (_address, session, done) => {
      if (!strike(session, faultAt('mail'), done)) done();
    },
    onRcptTo: ({ address }, session, done) => {
      if (!strike(session, faultAt('rcpt', address), done)) done();
    },
    onData: (stream, session, done) => {
      const to = recipientOf(session);
      const middle = faultAt('middle', to);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        if (middle && strike(session, middle, done)) return void stream.removeAllListeners();
        if (!forgets) chunks.push(chunk);
      });
      stream.on('end', () => {
        const fault = faultAt('end', to);
        const isTaken = !fault || fault.does === 'drop' || fault.does === 'hang';
        if (isTaken) {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom === false ? '' : mailFrom.address;
          const recipients = rcptTo.map(({ address }) => address);
          const message = Buffer.concat(chunks);
          arrived.push({ from, to: recipients, message, isSecure: session.secure });
        }
        if (!strike(session, fault, done)) done(null, 'taken');
      });
    },
  });
  // A client that hangs up is what tests are about.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.server.address() as AddressInfo).port,
    arrived,
    connections: () => connections,
    fail: (...next) => {
      faults = next;
    },
    endIdle: () => {
      for (const connection of server.connections) connection._socket.end();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
