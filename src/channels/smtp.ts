import type { Channel, ChannelContext, Io, PreflightCheck } from '../core/contracts.ts';
import { Blocked, Failed } from '../core/errors.ts';
import { headersOf } from '../core/mail.ts';
import type { RelayNames } from '../core/mailing/fate.ts';
import { senderDomain } from '../core/mailing/message.ts';
import { MAILING_PROPERTIES, mailingEnvOf } from '../core/mailing/params.ts';
import type { Relay } from '../core/mailing/relay.ts';
import { senderChecks } from '../core/mailing/sender.ts';
import { rsaKeyOf, type Signer } from '../core/mailing/signature.ts';
import { openedLane, openSession } from '../core/mailing/smtp-session.ts';

const HOST = 'SMTP_HOST';
const PORT = 'SMTP_PORT';
const USER = 'SMTP_USER';
const PASS = 'SMTP_PASS';
const DKIM_KEY = 'DKIM_PRIVATE_KEY';
const WHO = 'channel smtp';
const NAMES: RelayNames = { who: WHO, host: HOST, credentials: [USER, PASS], sender: 'addresses.from_address' };

const CONNECTIONS = 5;
/** A batch is given up before the time that the shell gives one call is over: only then is it known who was sent. */
const ANSWER_S = 20;

type Context = Pick<ChannelContext, 'now' | 'unit' | 'channel'>;

interface Params {
  readonly tls: Relay['tls'];
  readonly ca_file?: string;
  readonly connections?: number;
  readonly timeout_seconds?: number;
  readonly dkim?: { readonly domain: string; readonly selector: string };
}

const paramsOf = ({ channel }: Pick<Context, 'channel'>): Params => (channel.params ?? {}) as unknown as Params;

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** @throws Blocked; it quotes nothing of what the variables hold */
async function relayOf(context: Context, io: Io): Promise<Relay> {
  const { tls, ca_file, timeout_seconds = ANSWER_S } = paramsOf(context);
  const { [HOST]: host = '', [PORT]: port = '', [USER]: user = '', [PASS]: pass = '' } = io.env;
  if (!/^[\w.:-]+$/.test(host)) throw new Blocked(WHO, [HOST], `set ${HOST} to the name of the mail server alone`);
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw new Blocked(WHO, [PORT], `set ${PORT} to the port of the mail server, such as 465`);
  }
  if (tls === 'none' && !LOOPBACK.includes(host)) {
    throw new Blocked(
      WHO,
      ['tls'],
      'set the param tls to implicit or starttls: without it, only this machine is mailed',
    );
  }
  const ca = ca_file === undefined ? undefined : await io.file(ca_file);
  if (ca_file !== undefined && ca === undefined)
    throw new Blocked(WHO, [ca_file], `commit ${ca_file}, or leave ca_file out`);
  return {
    host,
    port: Number(port),
    tls,
    name: senderDomain(context.unit),
    answerMs: timeout_seconds * 1_000,
    ...(tls !== 'none' && { login: { user, pass } }),
    ...(ca !== undefined && { ca }),
  };
}

/** @throws Blocked */
function signerOf(context: Context, { env }: Pick<Io, 'env'>): Signer | undefined {
  const { dkim } = paramsOf(context);
  if (!dkim) return undefined;
  const key = rsaKeyOf(env[DKIM_KEY] ?? '');
  if (!key) throw new Blocked(WHO, [DKIM_KEY], `set ${DKIM_KEY} to an RSA private key in PEM, without a passphrase`);
  return { ...dkim, key };
}

async function loginCheck(context: Context, io: Io): Promise<PreflightCheck> {
  const what = 'mail server';
  try {
    const lane = await openedLane(await relayOf(context, io), NAMES);
    lane.close();
    return { what, state: 'ok', say: paramsOf(context).tls === 'none' ? 'it answers' : `it lets ${USER} in` };
  } catch (error) {
    if (error instanceof Blocked) return { what, state: 'broken', say: error.todo };
    if (error instanceof Failed) return { what, state: 'unknown', say: error.message };
    throw error;
  }
}

async function senderLines(context: Context, io: Io): Promise<readonly PreflightCheck[]> {
  try {
    const dkim = signerOf(context, io);
    return await senderChecks({ domain: senderDomain(context.unit), ...(dkim && { dkim }) }, io);
  } catch (error) {
    if (!(error instanceof Blocked)) throw error;
    return [{ what: DKIM_KEY, state: 'broken', say: error.todo }];
  }
}

const NAME = '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$';

export const channel: Channel = {
  id: 'smtp',
  about:
    'Sends emails one by one through a mail server, to the people on a list that is kept outside of the repository.',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['tls', 'audience'],
    properties: {
      tls: {
        enum: ['implicit', 'starttls', 'none'],
        description:
          'implicit (port 465), starttls (port 587), or none, for a mail server on this machine without login.',
      },
      ca_file: {
        type: 'string',
        minLength: 1,
        description:
          'File of the repository with the certificate (PEM) of the authority, if the machine does not know it.',
      },
      connections: {
        type: 'integer',
        minimum: 1,
        maximum: CONNECTIONS,
        description: `Connections to the mail server at the same time; ${CONNECTIONS} when left out.`,
      },
      timeout_seconds: {
        type: 'integer',
        minimum: 1,
        maximum: ANSWER_S,
        description: `Longest silence of the mail server; ${ANSWER_S} when left out.`,
      },
      dkim: {
        type: 'object',
        additionalProperties: false,
        required: ['domain', 'selector'],
        properties: { domain: { type: 'string', pattern: NAME }, selector: { type: 'string', pattern: NAME } },
        description: `Signs with ${DKIM_KEY} as this domain and selector; left out when the mail server signs.`,
      },
      ...MAILING_PROPERTIES,
    },
  },
  env: [HOST, PORT],
  envOf: (params) => [
    ...(params['tls'] === 'none' ? [] : [USER, PASS]),
    ...(params['dkim'] === undefined ? [] : [DKIM_KEY]),
    ...mailingEnvOf(params),
  ],
  medium: 'email',
  kinds: ['email'],
  limits: {},
  class: 'opaque',

  headers: headersOf,

  mailing: {
    atOnce: CONNECTIONS,

    async open(context, io) {
      const signer = signerOf(context, io);
      const relay = await relayOf(context, io);
      const { connections = CONNECTIONS } = paramsOf(context);
      return openSession({ relay, connections, names: NAMES, unit: context.unit, ...(signer && { signer }) });
    },
  },

  preflight: async (context, io) => [await loginCheck(context, io), ...(await senderLines(context, io))],
};
