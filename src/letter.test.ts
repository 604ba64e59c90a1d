/**
 * A letter to a few people through a real mail server, which asks for TLS and a login: each of them gets one, one of
 * them leaves with one click, the letter of the next week leaves that one out, and nothing gives anybody away.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Receipt } from './generated/entities.ts';
import { selfSigned } from './testing/certificate.ts';
import { factsOf } from './testing/facts.ts';
import { leaksIn } from './testing/leaks.ts';
import { agreed, letterWorkspace, RECEIPT_KEY, sealedList } from './testing/letters.ts';
import { ROOT } from './testing/own.ts';
import { FIRST_RUN } from './testing/play.ts';
import { type TempRepo, tempRepo } from './testing/repo.ts';
import { type SmtpServer, serveSmtp } from './testing/smtp-server.ts';

const NEXT_WEEK = '2026-12-01T12:00:00Z';
const PARAMS =
  '{ tls: implicit, ca_file: mail-authority.pem, audience: file, dkim: { domain: tidewell.internal, selector: mhub } }';

const LEAVER = 'wilhelmina.quarrington@reader.example';
const PEOPLE = ['ottoline.featherstone@reader.example', LEAVER, 'barnaby.thistlewood@mail.reader.example'];
const STRANGER = 'cordelia.never-agreed@reader.example';

const LOGIN = { user: 'letters-of-the-harbour', pass: 'a-password-that-nobody-may-see' };
const TOKEN = 'token-for-those-who-ask-who-left';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const DKIM_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let repo: TempRepo;
let server: SmtpServer;
let env: Record<string, string>;
/** Of all processes. */
const said: string[] = [];

beforeAll(async () => {
  const certificate = selfSigned();
  server = await serveSmtp({ tls: 'implicit', certificate, login: LOGIN });
  const files = { ...letterWorkspace('smtp', PARAMS), 'mail-authority.pem': certificate.cert };
  repo = await tempRepo(files, { remote: true });
  const list = join(dirname(repo.root), 'list.age');
  env = {
    ...(await sealedList(list, `${agreed(PEOPLE)}${STRANGER},\n`)),
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(server.port),
    SMTP_USER: LOGIN.user,
    SMTP_PASS: LOGIN.pass,
    DKIM_PRIVATE_KEY: DKIM_KEY,
  };
});
afterAll(async () => {
  repo.remove();
  await server.close();
});

/** The program as it is built, in a process of its own. */
function start(command: readonly string[], extra: Readonly<Record<string, string>> = {}): ChildProcess {
  const args = [join(ROOT, 'bin/mhub.js'), ...command, '--cwd', repo.root];
  return spawn(process.execPath, args, { env: { ...repo.env, ...env, ...extra }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** @returns what it has printed, once it has ended well */
async function ended(child: ChildProcess): Promise<string> {
  const code = new Promise((resolve) => child.once('close', resolve));
  const printed = await Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  const output = printed.join('');
  said.push(output);
  expect(await code, output).toBe(0);
  return output;
}

const mhub = (...how: Parameters<typeof start>): Promise<string> => ended(start(...how));

const recipients = (from = 0): string[] => server.arrived.slice(from).flatMap(({ to }) => to);
const letters = (): Receipt[] =>
  factsOf(repo.root, repo.git, repo.remote).receipts.filter(({ channel }) => channel === 'outbox');

/** What a mail program makes of the message of one person. */
async function openedBy(address: string): Promise<Email> {
  const found = server.arrived.find(({ to }) => to.includes(address));
  return PostalMime.parse(found?.message ?? '');
}

const headerOf = ({ headers }: Email, name: string): string | undefined =>
  headers.find(({ key }) => key === name)?.value;

/** Serves the workspace as somebody would, behind the web server of the brand. */
async function serving(work: (at: (path: string) => string) => Promise<void>): Promise<void> {
  const child = start(['serve', '--port', '0', '--json'], { MHUB_SUPPRESSION_TOKEN: TOKEN });
  const over = ended(child);
  const origin = new Promise<string>((resolve) => {
    child.stdout?.once('data', (shown: Buffer) => resolve(JSON.parse(shown.toString()).url));
  });
  try {
    const url = await Promise.race([origin, over]);
    await work((path) => new URL(path, url).href);
  } finally {
    child.kill('SIGTERM');
    await over;
  }
}

test('everybody gets one letter, the one who leaves with one click gets no other, and nothing tells who they are', async () => {
  await mhub(['run', '--now', FIRST_RUN]);
  expect(server.arrived.every(({ isSecure }) => isSecure)).toBe(true);
  expect(recipients().toSorted()).toEqual(PEOPLE.toSorted());
  expect(letters()).toMatchObject([
    { status: 'sent', recipients: { sent: 3, in_doubt: 0, refused: 0, unsubscribed: 0, without_consent: 1 } },
  ]);

  const letter = await openedBy(LEAVER);
  const [, link = ''] = /^<(.+)>$/.exec(headerOf(letter, 'list-unsubscribe') ?? '') ?? [];
  expect(headerOf(letter, 'list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
  expect(link).toMatch(/^https:\/\/tidewell\.internal\/unsubscribe\?r=[\w-]{22}$/);
  expect(letter.text).toContain(link);
  expect(letter.html).toContain(`href="${link}"`);
  expect(letter.from).toEqual({ name: 'Tidewell', address: 'crew@tidewell.internal' });
  expect(letter.to).toEqual([{ name: '', address: LEAVER }]);

  const { pathname, search } = new URL(link);
  await serving(async (at) => {
    const whoLeft = async (): Promise<string> => {
      const answer = await fetch(at('/_mhub/suppressed'), { headers: { authorization: `Bearer ${TOKEN}` } });
      expect(answer.status).toBe(200);
      return answer.text();
    };
    const looked = await fetch(at(pathname + search));
    expect([looked.status, await whoLeft()]).toEqual([200, '']);
    const clicked = await fetch(at(pathname + search), {
      method: 'POST',
      body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
    });
    expect(clicked.status).toBe(200);
    expect(await whoLeft()).toBe(`{"recipient":"${search.slice('?r='.length)}"}\n`);
    await mhub(['run', '--now', NEXT_WEEK], {
      MHUB_SUPPRESSION_URL: at('/_mhub/suppressed'),
      MHUB_SUPPRESSION_TOKEN: TOKEN,
    });
  });
  const others = PEOPLE.filter((address) => address !== LEAVER);
  expect(recipients(PEOPLE.length).toSorted()).toEqual(others.toSorted());
  expect(letters().at(-1)).toMatchObject({ status: 'sent', recipients: { sent: 2, unsubscribed: 1 } });
  await mhub(['verify']);

  const secrets = {
    'the name that logs in to the mail server': LOGIN.user,
    'the password of the mail server': LOGIN.pass,
    'the key of the receipts': RECEIPT_KEY,
    'the identity of the list': env['MHUB_AGE_IDENTITY'] ?? '',
    'the token of those who left': TOKEN,
    'the DKIM key': DKIM_KEY,
    'the domain of the readers': 'reader.example',
    ...Object.fromEntries(
      [...PEOPLE, STRANGER].map((address) => [`the name in ${address}`, address.split('@')[0] ?? '']),
    ),
  };
  expect(said).toHaveLength(4);
  expect(leaksIn({ folders: [dirname(repo.root)], said }, secrets)).toEqual([]);
}, 60_000);
