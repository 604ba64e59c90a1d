/** A list, those who left it, and a service on loopback that takes mail for it and keeps who got what. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One message that the service has taken. */
export interface Taken {
  readonly address: string;
  readonly unsubscribeUrl: string;
  readonly key: string;
}

/** One test's part of the service. */
export interface MailBook {
  /** Addresses that gave consent; ada@..., by the part before the @ the service refuses or puts off some. */
  people: string[];
  /** Addresses on the list without consent. */
  readonly strangers: string[];
  /** Lines of the list of those who have left. */
  readonly left: string[];
  readonly taken: Taken[];
  /** Called before a message is taken. */
  onMessage: () => void | Promise<void>;
  /** What the list is answered with instead of the people. */
  list?: (response: ServerResponse) => void;
}

export interface MailSink {
  readonly url: string;
  book(name: string): MailBook;
  close(): Promise<void>;
}

interface Message {
  readonly key: string;
  readonly isRepeatable: boolean;
  readonly recipients: readonly { readonly id: string; readonly address: string; readonly unsubscribeUrl: string }[];
}

/** What the service says to somebody: refused-..., bounced-... and later-... get no mail. */
function answerTo(address: string): { readonly state: string; readonly because?: string; readonly bounced?: true } {
  if (address.startsWith('refused')) return { state: 'refused', because: `550 5.7.1 not for ${address}` };
  if (address.startsWith('bounced')) return { state: 'refused', because: '550 5.1.1 no such user', bounced: true };
  if (address.startsWith('later')) return { state: 'deferred', because: '451 4.7.1 greylisted' };
  return { state: 'sent' };
}

const emptyBook = (): MailBook => ({ people: [], strangers: [], left: [], taken: [], onMessage: () => undefined });

export async function serveMailSink(): Promise<MailSink> {
  const books = new Map<string, MailBook>();
  const answers = new Map<string, string>();
  const bookOf = (name: string): MailBook => {
    const book = books.get(name) ?? emptyBook();
    books.set(name, book);
    return book;
  };

  async function take(name: string, message: Message, response: ServerResponse): Promise<void> {
    const book = bookOf(name);
    const known = `${name} ${message.key}`;
    const body = JSON.stringify(message.recipients);
    if (message.isRepeatable && answers.has(known)) {
      const isSame = answers.get(known) === body;
      response.writeHead(isSame ? 200 : 409).end(isSame ? reply(message) : 'another body');
      return;
    }
    await book.onMessage();
    for (const { address, unsubscribeUrl } of message.recipients) {
      if (answerTo(address).state === 'sent') book.taken.push({ address, unsubscribeUrl, key: message.key });
    }
    answers.set(known, body);
    response.writeHead(200).end(reply(message));
  }

  const reply = ({ recipients }: Message): string =>
    JSON.stringify(recipients.map(({ id, address }) => ({ recipient: id, ...answerTo(address) })));

  const rowsOf = ({ people, strangers }: MailBook): string =>
    [
      ...people.map((email) => ({ email, consent_at: '2026-01-05' })),
      ...strangers.map((email) => ({ email, consent_at: '' })),
    ]
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', what = ''] = (request.url ?? '').split('/');
    const book = bookOf(name);
    if (what === 'send') await take(name, JSON.parse(await text(request)) as Message, response);
    else if (what === 'left') response.end(book.left.map((line) => `${line}\n`).join(''));
    else if (book.list) book.list(response);
    else response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(rowsOf(book));
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    book: bookOf,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
