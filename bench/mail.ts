/**
 * Mail to many people over a mail server on loopback, in a process of its own: nodemailer alone, the channel without what
 * the shell books, and a whole run, which reads the list, claims everybody in the repository and files what became of it.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createTransport } from 'nodemailer';
import { channel } from '../src/channels/smtp.ts';
import type { Recipient } from '../src/core/contracts.ts';
import { agreed, letterWorkspace, openPostOffice, type PostOffice, sealedList } from '../src/testing/letters.ts';
import { publicationOf, publishingUnit } from '../src/testing/publications.ts';
import { tempRepo } from '../src/testing/repo.ts';
import { secluded } from '../src/testing/secluded.ts';
import { type Case, compare, type Row } from './measure.ts';
import { MHUB } from './workspaces.ts';

/** A Tuesday, when the letter of the week is due. */
const NOW = '2026-11-24T12:00:00Z';
const CONNECTIONS = 5;
const { from_address: FROM, unsubscribe_url: LEAVE } = publishingUnit.brand.addresses;
/** About as long as an email of the template. */
const PARAGRAPHS = '<p style="margin:0">Notes are found again.</p>'.repeat(300);
const HTML = `<!DOCTYPE html><html lang="en"><body>${PARAGRAPHS}<p><a href="${LEAVE}">Leave</a></p></body></html>`;
const TEXT = `${'Notes are found again.\n'.repeat(60)}\nLeave: ${LEAVE}\n`;
const DKIM = { domain: 'northwind.example', selector: 's1' };
const CHUNK = 2_000;

const people = (count: number): Recipient[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${index}`.padStart(22, 'r'),
    address: `reader-${index}@reader.example`,
    unsubscribeUrl: `${LEAVE}?r=${index}`,
  }));

async function withNodemailer(port: string, recipients: readonly Recipient[], privateKey?: string): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: Number(port),
    ignoreTLS: true,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Number.POSITIVE_INFINITY,
    ...(privateKey !== undefined && { dkim: { domainName: DKIM.domain, keySelector: DKIM.selector, privateKey } }),
  });
  await Promise.all(
    recipients.map(({ address, unsubscribeUrl }) =>
      transport.sendMail({
        from: FROM,
        to: address,
        subject: 'Notes are found again',
        html: HTML.replaceAll(LEAVE, unsubscribeUrl),
        text: TEXT.replaceAll(LEAVE, unsubscribeUrl),
        list: { unsubscribe: unsubscribeUrl },
      }),
    ),
  );
  transport.close();
}

async function withChannel(port: string, recipients: readonly Recipient[], privateKey?: string): Promise<void> {
  const publication = publicationOf({
    id: 'weekly',
    channel: 'outbox',
    at: NOW,
    files: { 'email.html': HTML, 'email.txt': TEXT },
    asset: { copy: [{ slot: 'subject', text: 'Notes are found again', facts: [] }] },
  });
  const params = { tls: 'none', audience: 'url', ...(privateKey !== undefined && { dkim: DKIM }) };
  const config = { id: 'letter', adapter: 'smtp', timezone: 'UTC', breakers: { max_publishes_per_day: 1 }, params };
  const io = {
    ...secluded,
    env: { SMTP_HOST: '127.0.0.1', SMTP_PORT: port, DKIM_PRIVATE_KEY: privateKey ?? '' },
    now: NOW,
    file: async () => undefined,
    events: async () => [],
  };
  const session = await channel.mailing?.open({ now: NOW, unit: publishingUnit, channel: config }, io);
  const atOnce = channel.mailing?.atOnce ?? 1;
  for (let start = 0; start < recipients.length; start += atOnce) {
    const batch = { publication, recipients: recipients.slice(start, start + atOnce), key: `${start}` };
    const deliveries = (await session?.send(batch)) ?? [];
    if (deliveries.some(({ state }) => state !== 'sent')) throw new Error(JSON.stringify(deliveries));
  }
  await session?.close();
}

interface WholeRun extends Case {
  remove(): void;
}

/** The program in a process of its own, on a workspace in which everything is made and judged. */
async function wholeRun(office: PostOffice, recipients: readonly Recipient[], signing: string): Promise<WholeRun> {
  const dkim = signing === '' ? '' : `, dkim: { domain: ${DKIM.domain}, selector: ${DKIM.selector} }`;
  const files = letterWorkspace('smtp', `{ tls: none, audience: file, chunk: ${CHUNK}${dkim} }`);
  const { root, remote = '', env, git, remove } = await tempRepo(files, { remote: true });
  const list = agreed(recipients.map(({ address }) => address));
  const sealed = await sealedList(join(dirname(root), 'list.age'), list);
  const own = { ...env, ...office.env, ...sealed, DKIM_PRIVATE_KEY: signing };
  const mhub = (stage: string): void => {
    execFileSync(process.execPath, [MHUB, stage, '--now', NOW, '--cwd', root], { env: own, stdio: 'pipe' });
  };
  for (const stage of ['sense', 'decide', 'make', 'guard']) mhub(stage);
  const start = git('rev-parse', 'HEAD').trim();
  return {
    name: 'mhub run, with everybody accounted for',
    prepare() {
      git('-C', remote, 'update-ref', 'refs/heads/main', start);
      git('update-ref', 'refs/remotes/origin/main', start);
      git('reset', '-q', '--hard', start);
      rmSync(join(root, '.mhub'), { recursive: true, force: true });
    },
    run: () => mhub('run'),
    remove,
  };
}

/** @returns rows without and with a signature (RSA, 2048 bits), each against nodemailer's own pool */
export async function mail(count: number, rounds: number): Promise<ReadonlyMap<string, readonly Row[]>> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const recipients = people(count);
  const office = await openPostOffice();
  const { SMTP_PORT: port = '' } = office.env;
  const arriving = (one: Case): Case => ({
    ...one,
    run: async () => {
      const before = (await office.arrived()).length;
      await one.run();
      const arrived = (await office.arrived()).length - before;
      if (arrived !== count) throw new Error(`${one.name}: ${arrived} of ${count} messages arrived`);
    },
  });
  const rowsWith = async (signing?: string): Promise<Row[]> => {
    const whole = await wholeRun(office, recipients, signing ?? '');
    const cases = [
      { name: 'nodemailer, its own pool', run: () => withNodemailer(port, recipients, signing) },
      { name: 'channel smtp, batch after batch', run: () => withChannel(port, recipients, signing) },
      whole,
    ];
    try {
      return await compare(cases.map(arriving), rounds, 0);
    } finally {
      whole.remove();
    }
  };
  try {
    return new Map([
      ['without DKIM', await rowsWith()],
      ['with DKIM', await rowsWith(key)],
    ]);
  } finally {
    await office.close();
  }
}

export function mailTable(title: string, count: number, rows: readonly Row[]): string {
  return [
    `| ${title} | messages a second | ratio |`,
    '| --- | ---: | ---: |',
    ...rows.map(
      ({ name, medianMs, ratio }) =>
        `| ${name} | ${((1000 * count) / medianMs).toFixed(0)} | ${(1 / ratio).toFixed(2)}x |`,
    ),
  ].join('\n');
}
