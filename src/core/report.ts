/** What a run did, as data, as text and as an exit code. */
import type { StageName } from '../generated/entities.ts';
import type { Instant, Note } from './contracts.ts';
import { type Problem, showProblem } from './errors.ts';
import { civilOf } from './time.ts';

export interface StageLine {
  readonly stage: StageName;
  readonly scope: string;
  readonly title: string;
  readonly changes: number;
}

export interface PublishedLine {
  readonly campaign: string;
  readonly asset: string;
  readonly channel: string;
  readonly slot: string;
  readonly url: string;
}

export interface UpcomingLine {
  readonly campaign: string;
  readonly asset: string;
  readonly channel: string;
  readonly due: Instant;
  readonly why: string;
}

export interface RunReport {
  readonly run: string;
  readonly now: Instant;
  readonly timezone: string;
  readonly dryRun: boolean;
  readonly base: string;
  /** Commit after the run; equal to base when there was nothing to do. */
  readonly head: string;
  readonly branch: string;
  readonly commits: number;
  readonly stages: readonly StageLine[];
  readonly published: readonly PublishedLine[];
  /** Planned for later, soonest first. */
  readonly upcoming: readonly UpcomingLine[];
  readonly notes: readonly Note[];
  /** Problems of campaigns that were left out. */
  readonly problems: readonly Problem[];
  readonly invalid: readonly string[];
  /** Whether any campaign could run. */
  readonly ran: boolean;
  /** Uncommitted inputs: the run acted on the last commit. */
  readonly uncommitted: readonly string[];
  /** Files of the engine that a person has changed: committed, but left alone in the work tree. */
  readonly left: readonly string[];
  /** When the next thing is due, if known. */
  readonly nextDue?: Instant;
  /** Unknown exceptions, with their stacks: our bugs. */
  readonly bugs: readonly string[];
}

const ATTENTION = new Set<Note['level']>(['blocked', 'halted', 'rejected', 'in_doubt', 'failed']);
export const needsAttention = ({ level }: Note): boolean => ATTENTION.has(level);

/** Each once: Guard and its turns may say the same thing again. */
export const distinctNotes = (notes: readonly Note[]): Note[] => [
  ...new Map(notes.map((note) => [`${note.level}\0${note.scope}\0${note.message}`, note])).values(),
];

/** 0 done; 1 our bug; 2 nothing could run; 3 finished, but something wants attention. */
export function exitCodeOf({ bugs, notes, problems, ran }: RunReport): 0 | 1 | 2 | 3 {
  if (bugs.length > 0) return 1;
  if (!ran && problems.length > 0) return 2;
  return problems.length > 0 || notes.some(needsAttention) ? 3 : 0;
}

/** Styles text; the identity where there is no terminal. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

export const LEVEL_NAME: Readonly<Record<Note['level'], string>> = {
  info: 'info',
  waiting: 'waiting',
  blocked: 'BLOCKED',
  halted: 'HALTED',
  rejected: 'REJECTED',
  in_doubt: 'IN DOUBT',
  failed: 'FAILED',
};

const two = (value: number): string => String(value).padStart(2, '0');

/** 2026-11-23 09:00 Europe/Berlin */
export function showTime(instant: Instant, zone: string): string {
  const { year, month, day, hour, minute } = civilOf(instant, zone);
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)} ${zone}`;
}

/** Rows with aligned columns, two spaces apart and two in. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows.map((row) => `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd());
}

export const showStageLine = ({ stage, scope, title }: StageLine, paint: Paint): string => {
  const rest = title.startsWith(`${scope}, `) ? title.slice(scope.length + 2) : title;
  return `  ${paint('cyan', stage.padEnd(9))} ${scope.padEnd(18)} ${rest}`;
};

const short = (commit: string): string => commit.slice(0, 8);
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A hash in an address would fill the line: hub/outbox/9cf38ac3...8392.eml. The JSON report has it whole. */
const brief = (url: string): string => url.replace(/([0-9a-f]{8})[0-9a-f]{52}([0-9a-f]{4})/g, '$1...$2');

/**
 * Everything after the stage lines.
 *
 * @param show  of an instant in a zone
 */
export function renderReport(report: RunReport, paint: Paint, show = showTime): string {
  const lines: string[] = [];
  const section = (title: string, body: readonly string[]) => {
    if (body.length > 0) lines.push('', paint('bold', title), ...body);
  };
  section(
    report.dryRun ? 'Would publish' : 'Published',
    columns(report.published.map(({ channel, asset, url }) => [channel, asset, brief(url)])),
  );
  section(
    'Coming up',
    columns(
      report.upcoming.map(({ due, channel, asset, campaign }) => [
        showTime(due, report.timezone),
        channel,
        asset,
        campaign,
      ]),
    ),
  );
  section(
    'Invalid, left out',
    report.problems.map((problem) => `  ${paint('red', showProblem(problem))}`),
  );
  const attention = report.notes.filter(needsAttention);
  section(
    'Needs attention',
    attention.map(({ level, scope, message }) => `  ${paint('red', LEVEL_NAME[level])} ${scope}: ${message}`),
  );
  section(
    'Waiting',
    report.notes.filter(({ level }) => level === 'waiting').map(({ scope, message }) => `  ${scope}: ${message}`),
  );
  section(
    'Uncommitted, so not part of this run',
    report.uncommitted.map((path) => `  ${path}`),
  );
  section(
    'Changed by you, so left alone in the work tree',
    report.left.map((path) => `  ${path}`),
  );
  section('Bugs of mhub, please report', report.bugs);
  if (lines.length > 0 || report.stages.length > 0) lines.push('');
  lines.push(closing(report, paint, show));
  return `${lines.join('\n')}\n`;
}

function closing(report: RunReport, paint: Paint, show: typeof showTime): string {
  const next = report.nextDue === undefined ? '' : ` Next due: ${show(report.nextDue, report.timezone)}.`;
  if (report.dryRun) return `${paint('yellow', 'Dry run')}: nothing was written.${next}`;
  if (report.commits === 0) return `${paint('green', 'Nothing to do')}: no commit.${next}`;
  const range = `${short(report.base)}..${short(report.head)}`;
  return `${paint('green', plural(report.commits, 'commit'))} on ${report.branch} (${range}).${next}`;
}
