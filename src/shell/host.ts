/** The terminal and the clock: the only place that reads them. */
import { styleText } from 'node:util';
import type { Instant } from '../core/contracts.ts';
import { jsonWithoutCommands, withoutCommands } from '../core/github/commands.ts';
import type { Paint } from '../core/report.ts';
import { toInstant } from '../core/time.ts';
import type { Environment } from './run-git.ts';

/** Whether this is a job of GitHub Actions. */
export const isOnActions = (env: Environment): boolean => env['GITHUB_ACTIONS'] === 'true';

export const clock = (): Instant => toInstant(Date.now());

const hasColor = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

export const paintFor = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Paint =>
  hasColor(stream, env) ? (style, text) => styleText(style, text) : (_style, text) => text;

/** The same text; on GitHub Actions nothing of it is a command there. */
export const harmless = (text: string, env: NodeJS.ProcessEnv): string =>
  isOnActions(env) ? withoutCommands(text) : text;

export interface Terminal {
  /** Whole lines for people; on stderr when stdout carries data. */
  say(text: string): void;
  /** What is going on right now; gone with the next line. Nothing where there is no terminal. */
  progress(what: string): void;
  data(value: unknown): void;
  readonly paint: Paint;
}

/** @param json  stdout carries one JSON value and nothing else */
export function terminal(json: boolean, env: NodeJS.ProcessEnv): Terminal {
  const lines = json ? process.stderr : process.stdout;
  const live = process.stderr.isTTY === true && !env['CI'];
  let shown = false;
  const clear = () => {
    if (shown) process.stderr.write('\r\u001b[2K');
    shown = false;
  };
  return {
    paint: paintFor(lines, env),
    say(text) {
      clear();
      lines.write(harmless(text.endsWith('\n') ? text : `${text}\n`, env));
    },
    progress(what) {
      if (!live) return;
      clear();
      process.stderr.write(`  ${what} ...`.slice(0, (process.stderr.columns ?? 80) - 1));
      shown = true;
    },
    data(value) {
      clear();
      const text = JSON.stringify(value, null, 2);
      process.stdout.write(`${isOnActions(env) ? jsonWithoutCommands(text) : text}\n`);
    },
  };
}
