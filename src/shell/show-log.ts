import type { Paint } from '../core/report.ts';
import { type LogEntry, type LogOptions, openRepo } from './git.ts';

/** The engine's commits, newest first. */
export async function readHistory(cwd: string, options: LogOptions): Promise<LogEntry[]> {
  return (await openRepo(cwd)).log(options);
}

export function renderHistory(entries: readonly LogEntry[], withReasons: boolean, paint: Paint): string {
  if (entries.length === 0) return 'No commit of mhub matches.';
  return entries
    .flatMap(({ commit, at, subject, reasons }) => [
      `${paint('yellow', commit.slice(0, 8))}  ${at.slice(0, 16).replace('T', ' ')}  ${subject}`,
      ...(withReasons
        ? reasons.map(({ path, because }) => `          ${path}\n            ${paint('dim', because)}`)
        : []),
    ])
    .join('\n');
}
