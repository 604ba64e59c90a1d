/** A channel that mails a list to the sink on loopback, in the place of a registered one. */
import { channel as smtp } from '../channels/smtp.ts';
import type { Channel, Delivery, MailBatch } from '../core/contracts.ts';
import { Failed } from '../core/errors.ts';
import { mailingEnvOf } from '../core/mailing/params.ts';
import { type Adapters, registeredAdapters } from '../shell/perform.ts';

export interface MailingKind {
  /** key: a batch is one call; opaque: everybody of a batch has a call of their own, all at the same time. */
  readonly class: 'key' | 'opaque';
  readonly atOnce: number;
}

/** @param service  address of the book that the sink keeps for one test */
export function mailingAdapters(service: string, { class: kind, atOnce }: MailingKind): Adapters {
  async function post(key: string, recipients: MailBatch['recipients']): Promise<Delivery[]> {
    const body = JSON.stringify({ key, isRepeatable: kind === 'key', recipients });
    const response = await fetch(`${service}/send`, { method: 'POST', body });
    if (!response.ok) throw new Failed(`the service answered ${response.status}`, { mayHaveHappened: true });
    return (await response.json()) as Delivery[];
  }
  const channel: Channel = {
    ...smtp,
    class: kind,
    env: [],
    envOf: mailingEnvOf,
    ...(kind === 'key' ? { keyMinutes: 24 * 60 } : {}),
    mailing: {
      atOnce,
      open: async () => ({
        send: async ({ key, recipients }) => {
          if (kind === 'key') return post(key, recipients);
          return (await Promise.all(recipients.map((one) => post(key, [one])))).flat();
        },
        close: () => Promise.resolve(),
      }),
    },
  };
  const registered = { about: channel.about, env: channel.env, load: async () => channel };
  return {
    ...registeredAdapters,
    channels: { ...registeredAdapters.channels, smtp: { ...registeredAdapters.channels['smtp'], ...registered } },
  };
}
