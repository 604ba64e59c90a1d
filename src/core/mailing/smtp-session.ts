/** A mailing over some connections to a mail server. */
import { composed } from '../compose.ts';
import type { Delivery, MailBatch, MailingSession, Recipient, Unit } from '../contracts.ts';
import { mailboxOf } from '../mail.ts';
import { deliveriesOf, type Fate, fateOf, openingFailure, type RelayNames, type SmtpError } from './fate.ts';
import { personalEmails } from './message.ts';
import { deadlineOf, Lane, type Relay } from './relay.ts';
import { type Signer, signed } from './signature.ts';

export interface SmtpSetup {
  readonly relay: Relay;
  /** At least one. */
  readonly connections: number;
  readonly names: RelayNames;
  readonly unit: Unit;
  readonly signer?: Signer;
}

/** @throws Blocked, Failed: nothing has been sent */
export async function openedLane(relay: Relay, names: RelayNames): Promise<Lane> {
  const lane = new Lane(relay);
  try {
    await lane.open();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw openingFailure(error as SmtpError, names);
  }
  return lane;
}

interface Letter {
  readonly recipient: Recipient;
  readonly message: Buffer;
}

class SmtpSession implements MailingSession {
  private readonly setup: SmtpSetup;
  private readonly lanes: readonly Lane[];

  constructor(setup: SmtpSetup, lanes: readonly Lane[]) {
    this.setup = setup;
    this.lanes = lanes;
  }

  /** Written and signed before anything is sent: what fails here has reached nobody. */
  private letters({ publication, recipients }: MailBatch): Promise<Letter[]> {
    const { unit, signer } = this.setup;
    const emailFor = personalEmails(publication, unit);
    return Promise.all(
      recipients.map(async (recipient) => {
        const message = await composed(emailFor(recipient));
        return { recipient, message: signer ? await signed(message, signer) : message };
      }),
    );
  }

  async send(batch: MailBatch): Promise<readonly Delivery[]> {
    const { relay, names, unit } = this.setup;
    const { address: from } = mailboxOf(unit.brand.addresses.from_address);
    const waiting = (await this.letters(batch)).values();
    const deadline = deadlineOf(relay);
    const fates: (readonly [Recipient, Fate])[] = [];
    await Promise.all(
      this.lanes.map(async (lane) => {
        for (const { recipient, message } of waiting) {
          const handover = await lane.send({ from, to: recipient.address }, message, deadline);
          fates.push([recipient, fateOf(handover, recipient, names)]);
        }
      }),
    );
    return deliveriesOf(fates);
  }

  async close(): Promise<void> {
    for (const lane of this.lanes) lane.close();
  }
}

/** Logs in once; the other connections are opened when there is something for them. @throws Blocked, Failed */
export async function openSession(setup: SmtpSetup): Promise<MailingSession> {
  const { relay, names, connections } = setup;
  const first = await openedLane(relay, names);
  return new SmtpSession(setup, [first, ...Array.from({ length: connections - 1 }, () => new Lane(relay))]);
}
