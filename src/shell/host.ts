/** The terminal and the clock: the only place that reads them. */
import { styleText } from 'node:util';
import type { Instant } from '../core/contracts.ts';
import type { Paint } from '../core/report.ts';
import { toInstant } from '../core/time.ts';

export const clock = (): Instant => toInstant(Date.now());

const hasColor = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

export const paintFor = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Paint =>
  hasColor(stream, env) ? (style, text) => styleText(style, text) : (_style, text) => text;

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
      lines.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    progress(what) {
      if (!live) return;
      clear();
      process.stderr.write(`  ${what} ...`.slice(0, (process.stderr.columns ?? 80) - 1));
      shown = true;
    },
    data(value) {
      clear();
      process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
  };
}
