import type { Instant } from '../core/contracts.ts';
import type { Git, Revision } from './run-git.ts';
import { checkedRevision } from './run-git.ts';

export interface LogOptions {
  /** HEAD when left out. */
  readonly from?: Revision;
  readonly campaign?: string;
  readonly stage?: string;
  readonly run?: string;
  readonly limit?: number;
}

/** One commit of the engine, as commit.ts wrote it. */
export interface LogEntry {
  readonly commit: string;
  /** Committer date. */
  readonly at: Instant;
  readonly subject: string;
  readonly reasons: readonly { readonly path: string; readonly because: string }[];
  /** Name without the Mhub- prefix -> value. */
  readonly trailers: Readonly<Record<string, string>>;
}

export async function readLog(git: Git, options: LogOptions = {}): Promise<LogEntry[]> {
  const { from = 'HEAD', limit } = options;
  const wanted = Object.entries({ Campaign: options.campaign, Stage: options.stage, Run: options.run }).flatMap(
    ([name, value]) => (value === undefined ? [] : [{ name, value }]),
  );
  // Ids have no other characters, and a line break would mean "or" to --grep.
  if (wanted.some(({ value }) => !/^[A-Za-z0-9._-]+$/.test(value))) return [];
  const patterns = [
    '^Mhub-Run: ',
    ...wanted.map(({ name, value }) => `^Mhub-${name}: ${value.replaceAll('.', '[.]')}$`),
  ];
  const { stdout } = await git([
    'log',
    '-z',
    '--no-show-signature',
    '--encoding=UTF-8',
    '--format=%H%n%ct%n%s%n%b',
    '-E',
    '--all-match',
    ...patterns.map((pattern) => `--grep=${pattern}`),
    ...(limit === undefined ? [] : [`--max-count=${Math.max(0, Math.trunc(limit))}`]),
    checkedRevision(from),
    '--',
  ]);
  return stdout
    .toString()
    .split('\0')
    .filter((record) => record !== '')
    .map(entryOf);
}

function entryOf(record: string): LogEntry {
  const [commit = '', seconds = '', subject = '', ...body] = record.trimEnd().split('\n');
  const reasons = body.flatMap((line) => {
    const [, path, because] = /^- (\S+): (.*)$/.exec(line) ?? [];
    return path === undefined || because === undefined ? [] : [{ path, because }];
  });
  return {
    commit,
    at: new Date(Number(seconds) * 1000).toISOString(),
    subject,
    reasons,
    trailers: trailersOf(body),
  };
}

/** Trailers of the engine in the last paragraph of a message, by their names without Mhub-. */
export function trailersOf(body: readonly string[]): Record<string, string> {
  const trailers = body.slice(body.lastIndexOf('') + 1).flatMap((line) => {
    const [, name, value] = /^Mhub-([A-Za-z-]+): (.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(trailers);
}
