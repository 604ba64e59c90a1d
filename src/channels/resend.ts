import type {
  Channel,
  ChannelContext,
  Delivery,
  Io,
  MailBatch,
  MailingSession,
  PreflightCheck,
} from '../core/contracts.ts';
import { Blocked, Failed } from '../core/errors.ts';
import { headersOf, showMailbox } from '../core/mail.ts';
import { deliveriesOf } from '../core/mailing/fate.ts';
import { personalEmails, senderDomain } from '../core/mailing/message.ts';
import { MAILING_PROPERTIES, mailingEnvOf } from '../core/mailing/params.ts';
import { blockedBy, doubt, fatesOf, itemsIn, KEY, restMs, saidIn, WHO } from '../core/mailing/resend-answer.ts';
import { senderChecks } from '../core/mailing/sender.ts';
import {
  ASKING,
  accepted,
  exchange,
  fitsHeader,
  PUBLISHING,
  type Service,
  secretOrigin,
  textIn,
} from '../core/service.ts';

const ADDRESS = 'https://api.resend.com';

/** Most emails of one call. */
const AT_ONCE = 100;
/** With the rest before it below the time that the shell gives one call. */
const CALL_MS = 20_000;

type Context = Pick<ChannelContext, 'now' | 'unit' | 'channel'>;

/** @throws Blocked; it never quotes what the variable holds */
function serviceOf({ channel }: Pick<Context, 'channel'>, io: Io): Service {
  const address = secretOrigin(String(channel.params?.['base_url'] ?? ADDRESS));
  if (address === undefined) {
    throw new Blocked(WHO, ['base_url'], 'set the param base_url to an address with https and without a path');
  }
  const key = io.env[KEY] ?? '';
  if (!fitsHeader(key)) throw new Blocked(WHO, [KEY], `set ${KEY} to an API key, on one line`);
  return {
    name: 'Resend',
    who: WHO,
    address,
    addressName: 'base_url',
    io,
    headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'user-agent': 'mhub' },
    saidIn,
    blockedBy,
  };
}

/** list-unsubscribe -> List-Unsubscribe */
const capitalized = (name: string): string => name.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());

/** Always the same for the same recipients in the same order: Resend compares it with what came with the key before. */
function bodyOf({ publication, recipients }: MailBatch, { unit }: Context): string {
  const emailFor = personalEmails(publication, unit);
  const emails = recipients.map((recipient) => {
    const { from, to, subject, headers, text, html } = emailFor(recipient);
    const named = Object.entries(headers).map(([name, value]) => [capitalized(name), value]);
    return { from: showMailbox(from), to: [to.address], subject, html, text, headers: Object.fromEntries(named) };
  });
  return JSON.stringify(emails);
}

class Session implements MailingSession {
  private readonly service: Service;
  private readonly context: Context;
  private readonly io: Io;
  private rest = 0;

  constructor(service: Service, context: Context, io: Io) {
    this.service = service;
    this.context = context;
    this.io = io;
  }

  async send(batch: MailBatch): Promise<readonly Delivery[]> {
    const body = bodyOf(batch, this.context);
    if (this.rest > 0) await this.io.pause(this.rest);
    const answer = await exchange(this.service, '/emails/batch', PUBLISHING, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': batch.key,
        // One address that is none must not keep the others from their mail.
        'x-batch-validation': 'permissive',
      },
      body,
      signal: AbortSignal.timeout(CALL_MS),
    });
    this.rest = restMs(answer);
    // Something came with this key before: what became of that, this answer does not say.
    if (answer.status === 409) throw doubt(`Resend answered 409 ${textIn(answer.body, 'name')}`);
    const { body: told } = accepted(this.service, answer, PUBLISHING);
    return deliveriesOf(fatesOf(told, batch.recipients));
  }

  async close(): Promise<void> {
    // Every call stands for itself.
  }
}

function domainCheck(domain: string, body: unknown): PreflightCheck {
  const what = `Resend domain ${domain}`;
  const found = itemsIn(body, 'data').find((one) => textIn(one, 'name').toLowerCase() === domain);
  if (found === undefined)
    return { what, state: 'broken', say: `add ${domain} to Resend, and the records that it shows` };
  const status = textIn(found, 'status');
  if (status === 'verified') return { what, state: 'ok', say: 'verified' };
  return {
    what,
    state: 'broken',
    say: `Resend says ${status || 'nothing'}: add the records that it shows for ${domain}`,
  };
}

/** Whether the key is one, and what Resend thinks of the domain. */
async function accountChecks(context: Context, io: Io): Promise<readonly PreflightCheck[]> {
  try {
    const service = serviceOf(context, io);
    const answer = await exchange(service, '/domains', ASKING, { signal: AbortSignal.timeout(CALL_MS) });
    if (textIn(answer.body, 'name') === 'restricted_api_key') {
      return [
        { what: KEY, state: 'unknown', say: 'it may only send, so that Resend does not say more about the domain' },
      ];
    }
    const { body } = accepted(service, answer, ASKING);
    return [{ what: KEY, state: 'ok', say: 'Resend accepts it' }, domainCheck(senderDomain(context.unit), body)];
  } catch (error) {
    if (error instanceof Blocked) return [{ what: KEY, state: 'broken', say: error.todo }];
    if (error instanceof Failed) return [{ what: KEY, state: 'unknown', say: error.message }];
    throw error;
  }
}

export const channel: Channel = {
  id: 'resend',
  about: 'Sends emails through the service Resend, to the people on a list that is kept outside of the repository.',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['audience'],
    properties: {
      base_url: {
        type: 'string',
        pattern: '^https?://[^/]+$',
        description: `Address of a proxy in front of Resend, with https and without a path; ${ADDRESS} when left out.`,
      },
      ...MAILING_PROPERTIES,
    },
  },
  env: [KEY],
  envOf: mailingEnvOf,
  medium: 'email',
  kinds: ['email'],
  limits: {},
  class: 'key',
  // What its documentation promises.
  keyMinutes: 24 * 60,

  headers: headersOf,

  mailing: {
    atOnce: AT_ONCE,
    open: async (context, io) => new Session(serviceOf(context, io), context, io),
  },

  async preflight(context, io) {
    const domain = senderDomain(context.unit);
    // Resend signs with this selector, and takes bounces below the domain.
    const setup = { domain, bounceDomain: `send.${domain}`, dkim: { domain, selector: 'resend' } };
    return [...(await accountChecks(context, io)), ...(await senderChecks(setup, io))];
  },
};
