/**
 * Mail to many people over a mail server on loopback, in the same process: nodemailer alone, and the channel
 * without what the shell books.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { channel } from '../src/channels/smtp.ts';
import type { Recipient } from '../src/core/contracts.ts';
import { publicationOf, publishingUnit } from '../src/testing/publications.ts';
import { secluded } from '../src/testing/secluded.ts';
import { type SmtpServer, serveSmtp } from '../src/testing/smtp-server.ts';
import { compare, type Row } from './measure.ts';

const NOW = '2026-11-24T09:00:00Z';
const CONNECTIONS = 5;
const { from_address: FROM, unsubscribe_url: LEAVE } = publishingUnit.brand.addresses;
/** About as long as an email of the template. */
const PARAGRAPHS = '<p style="margin:0">Notes are found again.</p>'.repeat(300);
const HTML = `<!DOCTYPE html><html lang="en"><body>${PARAGRAPHS}<p><a href="${LEAVE}">Leave</a></p></body></html>`;
const TEXT = `${'Notes are found again.\n'.repeat(60)}\nLeave: ${LEAVE}\n`;
const DKIM = { domain: 'northwind.example', selector: 's1' };

const people = (count: number): Recipient[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${index}`.padStart(22, 'r'),
    address: `reader-${index}@reader.example`,
    unsubscribeUrl: `${LEAVE}?r=${index}`,
  }));

async function withNodemailer(port: number, recipients: readonly Recipient[], privateKey?: string): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
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

async function withChannel(port: number, recipients: readonly Recipient[], privateKey?: string): Promise<void> {
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
    env: { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port), DKIM_PRIVATE_KEY: privateKey ?? '' },
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

/** @returns rows without and with a signature (RSA, 2048 bits), each against nodemailer's own pool */
export async function mail(count: number, rounds: number): Promise<ReadonlyMap<string, readonly Row[]>> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const recipients = people(count);
  const server: SmtpServer = await serveSmtp({ tls: 'none', forgets: true });
  const arriving = (send: () => Promise<void>) => async (): Promise<void> => {
    const before = server.count();
    await send();
    if (server.count() - before !== count) throw new Error(`${server.count() - before} of ${count} messages arrived`);
  };
  const { port } = server;
  const rowsWith = (signing?: string): Promise<Row[]> =>
    compare(
      [
        { name: 'nodemailer, its own pool', run: arriving(() => withNodemailer(port, recipients, signing)) },
        { name: 'channel smtp, batch after batch', run: arriving(() => withChannel(port, recipients, signing)) },
      ],
      rounds,
    );
  try {
    return new Map([
      ['without DKIM', await rowsWith()],
      ['with DKIM', await rowsWith(key)],
    ]);
  } finally {
    await server.close();
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
