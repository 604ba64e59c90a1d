/**
 * The DevTools protocol with a Chromium of our own, over a pipe: nobody else can reach it, and it ends when this process
 * does. See https://chromedevtools.github.io/devtools-protocol/
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Chromium, lodge, QUIET_ARGS } from './chromium.ts';

export type Params = Readonly<Record<string, unknown>>;
type Listener = (params: Params) => void;

/** The browser, or one page of it. */
export interface Session {
  /** @throws BrowserError */
  send<T extends object = object>(method: string, params?: Params): Promise<T>;
  on(method: string, listener: Listener): void;
}

export interface DevTools extends Session {
  /** Such as HeadlessChrome/147.0.7727.0. */
  readonly product: string;
  attach(target: string): Promise<Session>;
  isGone(): boolean;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: object;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly resolve: (result: object) => void;
  readonly reject: (error: Error) => void;
}

/** The browser refuses, does not answer or has ended: a reason why there is nothing to be seen, not a bug. */
export class BrowserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BrowserError';
  }
}

const START_MS = 15_000;
const END_MS = 2_000;

/** Messages end in a zero byte. */
function readMessages(pipe: Readable, take: (message: Message) => void): void {
  let pending: Buffer[] = [];
  pipe.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, from)) {
      take(JSON.parse(Buffer.concat([...pending, chunk.subarray(from, end)]).toString('utf8')) as Message);
      pending = [];
      from = end + 1;
    }
    if (from < chunk.length) pending.push(chunk.subarray(from));
  });
}

function connect(child: ChildProcess, lastWords: () => string) {
  const toBrowser = child.stdio[3] as Writable;
  const waiting = new Map<number, Waiting>();
  const listeners = new Map<string, Listener>();
  let gone: BrowserError | undefined;
  let lastId = 0;
  const end = (): void => {
    gone ??= new BrowserError(`the browser has ended${lastWords()}`);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  child.once('error', end);
  child.once('close', end);
  // A browser whose pipe is broken is of no use; its end, with its last words, is told above.
  toBrowser.on('error', () => child.kill('SIGKILL'));
  readMessages(child.stdio[4] as Readable, ({ id, sessionId = '', method = '', params = {}, result = {}, error }) => {
    if (id === undefined) return listeners.get(`${sessionId} ${method}`)?.(params);
    const one = waiting.get(id);
    waiting.delete(id);
    return error ? one?.reject(new BrowserError(error.message)) : one?.resolve(result);
  });
  const session = (sessionId?: string): Session => ({
    send: <T extends object>(method: string, params: Params = {}) =>
      new Promise<T>((resolve, reject) => {
        if (gone) return reject(gone);
        lastId += 1;
        // The protocol says what each method answers.
        waiting.set(lastId, { resolve: resolve as Waiting['resolve'], reject });
        toBrowser.write(`${JSON.stringify({ id: lastId, method, params, ...(sessionId && { sessionId }) })}\0`);
      }),
    on: (method, listener) => listeners.set(`${sessionId ?? ''} ${method}`, listener),
  });
  return { session, isGone: () => gone !== undefined };
}

/**
 * Gives up after a while; whatever the work still does then comes to nothing.
 * @throws BrowserError
 */
export async function inTime<T>(milliseconds: number, work: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BrowserError(late())), milliseconds);
  });
  // It may fail when nobody listens any more.
  work.catch(() => {});
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

async function start(chromium: Chromium, sandbox: boolean): Promise<DevTools> {
  const lodging = lodge(chromium);
  const args = [
    ...QUIET_ARGS,
    '--headless',
    '--hide-scrollbars',
    '--mute-audio',
    '--disable-extensions',
    '--disable-features=Translate,OptimizationHints,MediaRouter',
    // Pages are served from memory: there is no name or address that this browser could reach.
    '--host-resolver-rules=MAP * ~NOTFOUND',
    '--no-proxy-server',
    `--user-data-dir=${lodging.home}/profile`,
    '--remote-debugging-pipe',
    ...(sandbox ? [] : ['--no-sandbox']),
  ];
  const stdio = ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] as const;
  // A group of its own: Ctrl-C in a terminal is for mhub, which closes its browser itself.
  const child = spawn(chromium.program, args, { stdio: [...stdio], env: lodging.env, detached: true });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-2_000);
  });
  const lastWords = (): string => {
    const line = words.trim().split('\n').at(-1) ?? '';
    return line === '' ? '' : `: ${line.slice(0, 300)}`;
  };
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const kill = (): void => {
    try {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const { session, isGone } = connect(child, lastWords);
  const browser = session();
  const close = async (): Promise<void> => {
    // It may end before it has answered.
    browser.send('Browser.close').catch(() => {});
    const patience = setTimeout(kill, END_MS);
    await ended;
    clearTimeout(patience);
    lodging.remove();
  };
  try {
    const version = browser.send<{ product: string }>('Browser.getVersion');
    const { product } = await inTime(START_MS, version, () => `${chromium.program} does not answer${lastWords()}`);
    const attach = async (targetId: string): Promise<Session> => {
      const { sessionId } = await browser.send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      });
      return session(sessionId);
    };
    return { ...browser, product, attach, isGone, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Root cannot have Chromium's sandbox, nor can users of kernels that keep user namespaces from them. */
export async function startChromium(chromium: Chromium): Promise<DevTools> {
  if (process.getuid?.() === 0) return start(chromium, false);
  try {
    return await start(chromium, true);
  } catch (error) {
    if (!(error instanceof BrowserError)) throw error;
    return start(chromium, false);
  }
}
