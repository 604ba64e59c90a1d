/** Letters to a list: a workspace that sends them, the list, and a mail server that takes many. */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { liveWorkspace } from './rig.ts';
import type { Answer, Question } from './smtp-child.ts';
import type { Fault } from './smtp-server.ts';

const CHANNEL = 'brands/tidewell/channels/outbox.yaml';
const CAMPAIGN = 'campaigns/spring/campaign.yaml';

/**
 * Without pages: a site on loopback is nowhere to be seen, and would be looked for in every run.
 *
 * @param params  of the channel, as YAML in one line
 */
export function letterWorkspace(adapter: 'smtp' | 'resend', params: string): Record<string, string> {
  const files = liveWorkspace();
  const campaign = (files[CAMPAIGN] ?? '').replace(/^(experiment:| {2}- \{ channel: web,).*\n/gm, '');
  const channel = `adapter: ${adapter}\ntimezone: Europe/Berlin\nbreakers: { max_publishes_per_day: 1 }\nparams: ${params}\n`;
  return { ...files, [CAMPAIGN]: campaign, [CHANNEL]: channel };
}

export const RECEIPT_KEY = 'a key of the receipts, of more than thirty-two bytes';

export const agreed = (people: readonly string[]): string =>
  `email,consent_at\n${people.map((email) => `${email},2026-01-05\n`).join('')}`;

/** Encrypts a list into a file. @returns the variables that whoever mails it needs */
export async function sealedList(file: string, list: string): Promise<Record<string, string>> {
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  writeFileSync(file, await encrypter.encrypt(list));
  return { MHUB_AUDIENCE_FILE: file, MHUB_AGE_IDENTITY: identity, MHUB_RECEIPT_HMAC_KEY: RECEIPT_KEY };
}

/** A mail server without TLS and login, in a process of its own. */
export interface PostOffice {
  /** Variables of whoever sends through it. */
  readonly env: Readonly<Record<string, string>>;
  /** Who got a message, in the order of the messages. */
  arrived(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openPostOffice(...faults: readonly Fault[]): Promise<PostOffice> {
  const child = fork(fileURLToPath(new URL('smtp-child.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env['PATH'] ?? '', MHUB_SMTP: JSON.stringify(faults) },
  });
  const answer = <K extends Answer>(): Promise<K> =>
    new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error('the mail server has ended'));
      child.once('exit', fail);
      child.once('message', (said) => {
        child.off('exit', fail);
        resolve(said as K);
      });
    });
  const { port } = await answer<{ readonly port: number }>();
  const known: string[] = [];
  return {
    env: { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port) },
    async arrived() {
      const next = answer<{ readonly to: readonly string[] }>();
      child.send({ since: known.length } satisfies Question);
      for (const one of (await next).to) known.push(one);
      return known;
    },
    close: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
}
