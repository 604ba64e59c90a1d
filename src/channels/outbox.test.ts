import { expect, test } from 'vitest';
import type { Unit } from '../core/contracts.ts';
import type { Brand } from '../generated/entities.ts';
import { contextOf, publicationOf, publishingUnit } from '../testing/publications.ts';
import { channel } from './outbox.ts';

const TEXT = `Grüße aus dem Norden.\n\n${'A line that is longer than any mail line may be. '.repeat(30)}\n`;
const HTML = `<!DOCTYPE html><html lang="en"><body><p>Grüße</p>${'<p>one long line</p>'.repeat(80)}</body></html>`;

const emailWith = (subject: string) =>
  publicationOf({
    id: 'weekly',
    channel: 'outbox',
    at: '2026-11-24T09:00:00Z',
    files: { 'email.html': HTML, 'email.txt': TEXT },
    asset: { copy: [{ slot: 'subject', text: subject, facts: [] }] },
  });

const unitWith = (addresses: Partial<Brand['addresses']>): Unit => {
  const { brand } = publishingUnit;
  return { ...publishingUnit, brand: { ...brand, addresses: { ...brand.addresses, ...addresses } } };
};

async function written(subject = 'Notes are found again', unit = publishingUnit): Promise<string> {
  const { changes } = await channel.files(emailWith(subject), contextOf('outbox', [], unit));
  return Buffer.from(changes[0]?.content as Uint8Array).toString('latin1');
}

/** Header fields, unfolded. */
function headersOf(message: string): Map<string, string> {
  const head = message.slice(0, message.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  const fields = head.split('\r\n').map((field) => field.split(/:\s*(.*)/s) as [string, string]);
  expect(new Set(fields.map(([name]) => name.toLowerCase())).size).toBe(fields.length);
  return new Map(fields);
}

/** Body of the part of a content type, out of quoted-printable. */
function partOf(message: string, type: string): string {
  const part = message.split('----_NmP-').find((piece) => piece.includes(`Content-Type: ${type}; charset=utf-8`)) ?? '';
  expect(part).toContain('Content-Transfer-Encoding: quoted-printable');
  const encoded = part.slice(part.indexOf('\r\n\r\n') + 4).replace(/=\r\n/g, '');
  const bytes = encoded.replace(/=([0-9A-F]{2})/g, (_sign, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n');
}

test('an email carries what a list server and its readers need', async () => {
  const headers = headersOf(await written());
  const { key } = emailWith('x').receipt;
  expect(Object.fromEntries(headers)).toEqual({
    From: 'Northwind <hello@northwind.example>',
    To: 'news@lists.northwind.example',
    Subject: 'Notes are found again',
    'Message-ID': `<${key.slice(0, 32)}@northwind.example>`,
    Date: 'Tue, 24 Nov 2026 09:00:00 +0000',
    'List-ID': '<news.lists.northwind.example>',
    'List-Unsubscribe': '<https://northwind.example/unsubscribe>',
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'MIME-Version': '1.0',
    'Content-Type': `multipart/alternative; boundary="--_NmP-${key.slice(0, 32)}-Part_1"`,
  });
});

test('text and HTML arrive as they were made', async () => {
  const message = await written();
  expect(partOf(message, 'text/plain').trimEnd()).toBe(TEXT.trimEnd());
  expect(partOf(message, 'text/html').trimEnd()).toBe(HTML);
  expect(message.indexOf('text/plain')).toBeLessThan(message.indexOf('text/html'));
});

test('the file is ASCII with short lines that end in CRLF', async () => {
  const message = await written('Grüße: Notizen, die man wiederfindet');
  expect(message).toMatch(/^[\t\r\n\x20-\x7e]*$/);
  expect(message.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(Math.max(...message.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
});

test('the same publication gives the same bytes', async () => {
  expect(await written()).toBe(await written());
});

test('a line break in a subject or an address starts no header', async () => {
  const unit = unitWith({ from_address: 'North\r\nBcc: x@evil.example <hello@northwind.example>' });
  const headers = headersOf(await written('Hello\r\nBcc: x@evil.example\r\n\r\nbody', unit));
  expect(headers.has('Bcc')).toBe(false);
  expect(headers.get('Subject')).toBe('Hello Bcc: x@evil.example body');
});

test('a comma in the name of the sender makes no second sender', async () => {
  const headers = headersOf(
    await written('x', unitWith({ from_address: 'Northwind, Inc. <hello@northwind.example>' })),
  );
  expect(headers.get('From')).toBe('"Northwind, Inc." <hello@northwind.example>');
});

test('one-click unsubscribing is only announced for https', async () => {
  const headers = headersOf(await written('x', unitWith({ unsubscribe_url: 'http://northwind.example/leave' })));
  expect(headers.get('List-Unsubscribe')).toBe('<http://northwind.example/leave>');
  expect(headers.has('List-Unsubscribe-Post')).toBe(false);
});

test('an email without a subject is refused', async () => {
  const email = emailWith('x');
  const bare = { ...email, asset: { ...email.asset, copy: [] } };
  await expect(channel.files(bare, contextOf('outbox', []))).rejects.toThrow('weekly has no copy for the slot subject');
});
