/** An account on Bluesky: its one login of a run, the server that keeps it, and calls in its name. */
import type { Io } from './contracts.ts';
import { Blocked, Failed } from './errors.ts';
import {
  type Answer,
  ask,
  type Call,
  type Doubt,
  exchange,
  fieldIn,
  fitsHeader,
  oneLine,
  PREPARING,
  type Service,
  secretOrigin,
  textIn,
} from './service.ts';

export const IDENTIFIER = 'BLUESKY_IDENTIFIER';
export const PASSWORD = 'BLUESKY_APP_PASSWORD';
const WHO = 'channel bluesky';
export const SERVICE = 'https://bsky.social';

/** Two logins and two calls together stay below the time that the shell gives one call. */
const LOGIN_MS = 6_000;
const CALL_MS = 8_000;

export type Params = Readonly<Record<string, unknown>>;

interface Session {
  readonly did: string;
  /** Address of the server that keeps the account. */
  readonly home: string;
  readonly token: string;
}

const REFUSALS: Readonly<Record<string, readonly [name: string, todo: string]>> = {
  AuthFactorTokenRequired: [PASSWORD, `${PASSWORD} is no app password: set one, which needs no code by email`],
  AccountTakedown: [IDENTIFIER, `the account of ${IDENTIFIER} has been taken down: set another one`],
  AccountSuspended: [IDENTIFIER, `the account of ${IDENTIFIER} is suspended: set another one`],
  AccountDeactivated: [IDENTIFIER, `the account of ${IDENTIFIER} is deactivated: activate it, or set another one`],
  ExpiredToken: [PASSWORD, `the server ends every session at once: set a new ${PASSWORD}`],
  InvalidToken: [PASSWORD, `the server does not accept its own session: set a new ${PASSWORD}`],
};

function blockedBy({ status, body }: Answer): Blocked | undefined {
  const [name, todo] = REFUSALS[textIn(body, 'error')] ?? [];
  if (name !== undefined && todo !== undefined) return new Blocked(WHO, [name], todo);
  if (status === 401) {
    return new Blocked(WHO, [IDENTIFIER, PASSWORD], `the server does not accept ${IDENTIFIER} with ${PASSWORD}`);
  }
  if (status !== 403) return undefined;
  const said = oneLine(textIn(body, 'message'));
  return new Blocked(WHO, [PASSWORD], `the server does not let ${PASSWORD} do this${said && `: ${said}`}`);
}

export const serverAt = (address: string, addressName: string, io: Io, token?: string): Service => ({
  name: 'Bluesky',
  who: WHO,
  address,
  addressName,
  io,
  headers: { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  saidIn: ({ body }) => textIn(body, 'message') || textIn(body, 'error'),
  blockedBy,
});

/** @throws Blocked */
export function addressIn(params: Params, name: string, otherwise: string): string {
  const given = params[name];
  const address = secretOrigin(typeof given === 'string' ? given : otherwise);
  if (address !== undefined) return address;
  throw new Blocked(WHO, [name], `set ${name} to the address of a server, with https and without a path`);
}

const isHttps = (address: string): boolean => address.startsWith('https:');

/** The server that keeps the account, as its DID document names it: bsky.social itself keeps none. */
function homeIn(session: unknown, entry: string): string {
  const services = fieldIn(fieldIn(session, 'didDoc'), 'service');
  const home = (Array.isArray(services) ? (services as readonly unknown[]) : []).find((service) =>
    textIn(service, 'id').endsWith('#atproto_pds'),
  );
  const address = secretOrigin(textIn(home, 'serviceEndpoint'));
  // What is said elsewhere must not lead to this machine.
  return address !== undefined && (isHttps(address) || !isHttps(entry)) ? address : entry;
}

export const asJson = (body: unknown): Pick<Call, 'method' | 'headers' | 'body'> => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const inTime = (milliseconds = CALL_MS) => ({ signal: AbortSignal.timeout(milliseconds) });

async function logIn(entry: string, io: Io): Promise<Session> {
  const login = { identifier: io.env[IDENTIFIER] ?? '', password: io.env[PASSWORD] ?? '' };
  const call = { ...asJson(login), ...inTime(LOGIN_MS) };
  const { body } = await ask(serverAt(entry, 'service', io), '/xrpc/com.atproto.server.createSession', PREPARING, call);
  const [did, token] = [textIn(body, 'did'), textIn(body, 'accessJwt')];
  if (did === '' || !fitsHeader(token)) throw new Failed('Bluesky gave no session', { mayHaveHappened: false });
  const inactive = fieldIn(body, 'active') === false ? oneLine(textIn(body, 'status')) || 'not active' : undefined;
  if (inactive !== undefined) throw new Blocked(WHO, [IDENTIFIER], `the account of ${IDENTIFIER} is ${inactive}`);
  return { did, home: homeIn(body, entry), token };
}

/** Logins are few and counted: one serves the whole run, and a second one when the server has ended the first. */
export function sessionOf(params: Params, io: Io, turn: 'first' | 'second' = 'first'): Promise<Session> {
  const entry = addressIn(params, 'service', SERVICE);
  return io.once(`bluesky: ${turn} session of ${io.env[IDENTIFIER]} at ${entry}`, () => logIn(entry, io));
}

const ENDED = new Set(['ExpiredToken', 'InvalidToken']);

/** What the server of an account said, and whose it is. */
interface Spoken {
  readonly answer: Answer;
  readonly server: Service;
  readonly did: string;
}

/** One call as the account. A server that has ended the session has done nothing else: the call is made once more. */
export async function asAccount(
  params: Params,
  io: Io,
  doubt: Doubt,
  callOf: (did: string) => { readonly path: string; readonly call: Omit<Call, 'signal'> },
): Promise<Spoken> {
  const speak = async ({ did, home, token }: Session): Promise<Spoken> => {
    const { path, call } = callOf(did);
    const server = serverAt(home, 'service', io, token);
    return { did, server, answer: await exchange(server, path, doubt, { ...call, ...inTime() }) };
  };
  const first = await speak(await sessionOf(params, io));
  return ENDED.has(textIn(first.answer.body, 'error')) ? speak(await sessionOf(params, io, 'second')) : first;
}
