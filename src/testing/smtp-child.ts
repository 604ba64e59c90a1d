/** The SMTP server in a process of its own, so that its work is not that of whoever sends. MHUB_SMTP holds its faults. */
import { type Fault, serveSmtp } from './smtp-server.ts';

/** What it is asked: who got a message, beginning with this one of all that have arrived. */
export interface Question {
  readonly since: number;
}

/** First its port, then one answer to each question. */
export type Answer = { readonly port: number } | { readonly to: readonly string[] };

const say = (answer: Answer): void => void process.send?.(answer);

const server = await serveSmtp({ tls: 'none', forgets: true });
server.fail(...(JSON.parse(process.env['MHUB_SMTP'] ?? '[]') as Fault[]));
process.on('message', ({ since }: Question) => say({ to: server.arrived.slice(since).flatMap(({ to }) => to) }));
process.on('disconnect', () => void server.close());
say({ port: server.port });
