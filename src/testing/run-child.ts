/**
 * The command line in a process of its own, to be killed: with channels that call a service on loopback, and short
 * waits. MHUB_CHILD says what to do. Each command prints its JSON and a line that tells which fault points it has passed.
 */
import { main } from '../cli.ts';
import { type FaultPoint, withFaults } from '../shell/fault.ts';
import type { Timing } from '../shell/run.ts';
import { type Classes, loopbackAdapters } from './loopback-channel.ts';
import { type MailingKind, mailingAdapters } from './mailing-channel.ts';

export interface ChildOrder {
  readonly now: string;
  /** Command lines, one after the other, each without the word mhub. */
  readonly commands: readonly (readonly string[])[];
  /** Address of the book that the service keeps for this test. */
  readonly service: string;
  readonly classes: Classes;
  /** A channel that mails a list, instead of those classes. */
  readonly mailing?: MailingKind;
  readonly windowMs: number;
  readonly timeoutMs: number;
  /** Whoever ran before is dead for sure, so that nobody needs to wait for them. */
  readonly alone?: boolean;
  /** Passes no fault point on to MHUB_FAULT, but says which there were. */
  readonly counting?: boolean;
}

const PACKAGE = { name: 'mhub-engine', version: '0.0.0-test' };

const order = JSON.parse(process.env['MHUB_CHILD'] ?? '') as ChildOrder;
const { windowMs, timeoutMs } = order;
const timing: Partial<Timing> = { windowMs, timeoutMs, ...(order.alone ? { sleep: () => Promise.resolve() } : {}) };
const adapters = order.mailing
  ? mailingAdapters(order.service, order.mailing)
  : loopbackAdapters(order.service, order.classes);

for (const command of order.commands) {
  const work = (): Promise<void> => main(command, PACKAGE, order.now, adapters, timing);
  const passed: [FaultPoint, number][] = [];
  if (order.counting) await withFaults((point, visit) => void passed.push([point, visit]), work);
  else await work();
  process.stdout.write(`\0${JSON.stringify(passed)}\0`);
}
