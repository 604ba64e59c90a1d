/** The command line as a process would start it, inside of this one: same entry, same environment, same exit code. */
import { vi } from 'vitest';
import { main } from '../cli.ts';
import type { Instant } from '../core/contracts.ts';
import { answerCalm } from '../shell/calm.ts';
import type { Adapters } from '../shell/perform.ts';
import type { Timing } from '../shell/run.ts';

export interface Started {
  /** What the clock shows. */
  readonly now: Instant;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly adapters?: Adapters | undefined;
  /** How time passes for calls; the machine's own when left out. */
  readonly timing?: Partial<Timing> | undefined;
}

export interface Ended {
  readonly exit: number;
  /** stdout and stderr, in the order of their lines. */
  readonly output: string;
}

const PACKAGE = { name: 'mhub-engine', version: '0.0.0-test' };

function setEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}

export async function mhub(args: readonly string[], { now, env, adapters, timing }: Started): Promise<Ended> {
  const output: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => output.push(String(chunk)) > 0),
  );
  const environment = { ...process.env };
  const listeners = process.stdout.listeners('error');
  const exitCode = process.exitCode;
  process.exitCode = 0;
  setEnvironment(env);
  try {
    if (!(await answerCalm(args, now, PACKAGE.version))) await main(args, PACKAGE, now, adapters, timing);
    return { exit: Number(process.exitCode), output: output.join('') };
  } finally {
    setEnvironment(environment);
    process.exitCode = exitCode;
    for (const stream of streams) stream.mockRestore();
    for (const listener of process.stdout.listeners('error')) {
      if (!listeners.includes(listener)) process.stdout.off('error', listener as (error: Error) => void);
    }
  }
}
