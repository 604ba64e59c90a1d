/** Options that commands share, and how their values are read. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Instant, RunContext } from '../core/contracts.ts';

export interface Common {
  readonly cwd: string;
  readonly json?: boolean;
}

export interface Clocked extends Common {
  readonly now?: Instant;
}

export interface Running extends Clocked {
  readonly dryRun?: boolean;
  readonly delivery?: RunContext['delivery'];
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

export function instant(text: string): Instant {
  if (INSTANT.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('expected an instant in UTC such as 2026-11-23T09:00:00Z');
}

export function whole(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`expected a whole number from ${minimum} to ${maximum}`);
  };
}

/** A whole number, or to have it chosen. */
export function autoOrWhole(minimum: number, maximum: number): (text: string) => number | 'auto' {
  const number = whole(minimum, maximum);
  return (text) => (text === 'auto' ? text : number(text));
}

export const oneOf = (flags: string, about: string, values: readonly string[]): Option =>
  new Option(flags, about).choices(values);

/** For every command that works on a workspace. */
export const common = (command: Command): Command =>
  command
    .addOption(
      new Option('--cwd <dir>', 'folder of the workspace')
        .default(process.cwd(), 'current folder')
        .argParser((dir) => resolve(dir)),
    )
    .option('--json', 'print one JSON value on stdout; progress goes to stderr');

const timed = (command: Command): Command =>
  command
    .option('--now <instant>', 'the clock of the run, in UTC; decides what is due', instant)
    .addOption(
      oneOf('--delivery <mode>', 'overrides mhub.yaml: local commits, direct also pushes, pull-request merges one', [
        'local',
        'direct',
        'pull-request',
      ] satisfies RunContext['delivery'][]),
    );

/** For every command that commits. */
export const running = (command: Command): Command =>
  timed(common(command).option('--dry-run', 'go through everything and write nothing'));

/** The same, where there is nothing to rehearse. */
export const committing = (command: Command): Command => timed(common(command));

/** For an option that may be given several times. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];
