/** What a command says at its end, and with which exit code. */
import { CommanderError } from 'commander';
import { Blocked, Failed, Invalid, Usage } from '../core/errors.ts';
import { harmless, type Terminal, terminal } from '../shell/host.ts';
import type { Common } from './options.ts';

export const terminalOf = ({ json }: Pick<Common, 'json'>): Terminal => terminal(json === true, process.env);

/** Sets the exit code at the end, so that output is never cut. */
export function conclude(code: number): void {
  process.exitCode = code;
}

/** @param text  for people; `data` is the same for programs */
export function finish(out: Terminal, { json }: Pick<Common, 'json'>, data: object, text: string, code: number): void {
  if (json) out.data({ ...data, exit_code: code });
  else out.say(text);
  conclude(code);
}

/** Ends the process once everything it has said is out. */
export async function endWith(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit(code);
}

const complaint = (text: string): boolean => process.stderr.write(harmless(text, process.env));

/** @returns the exit code that goes with an error */
export function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Usage || error instanceof Invalid) {
    complaint(`${error.message}\n`);
    return 2;
  }
  if (error instanceof Blocked) {
    complaint(`${error.message}\n`);
    return 3;
  }
  if (error instanceof Failed) {
    complaint(`FAILED ${error.message}\n`);
    return 2;
  }
  complaint(`This is a bug of mhub, please report it.\n${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
