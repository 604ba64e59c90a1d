/** What a job on GitHub Actions tells of a run: annotations, a summary, outputs. */
import type { Note } from '../contracts.ts';
import type { Problem } from '../errors.ts';
import { LEVEL_NAME, needsAttention, type RunReport, showTime } from '../report.ts';
import { type AnnotationLevel, annotation } from './commands.ts';
import { code, fitting, link, plain, table } from './markdown.ts';

/** GitHub shows 10 of a level for a step; the last one says how many there are. */
const MAX_ANNOTATIONS = 9;

/** GitHub gives up above 1,024 kB. Three bytes for a character at most: nothing here is longer in UTF-8. */
const MAX_SUMMARY = 300_000;

const GRAVITY: readonly Note['level'][] = ['in_doubt', 'halted', 'blocked', 'rejected', 'failed'];

const levelOf = (level: Note['level']): AnnotationLevel =>
  level === 'in_doubt' || level === 'halted' ? 'error' : 'warning';

const ofProblem = ({ file, line, column, message }: Problem): string =>
  annotation('error', { file, line, col: column, title: 'Invalid' }, message);

/** The worst first: our bugs, then mistakes in files, then what wants attention. One line each. */
export function runAnnotations({ bugs, problems, notes }: Pick<RunReport, 'bugs' | 'problems' | 'notes'>): string[] {
  const attention = notes
    .filter(needsAttention)
    .toSorted((a, b) => GRAVITY.indexOf(a.level) - GRAVITY.indexOf(b.level));
  const all = [
    ...bugs.map((bug) => annotation('error', { title: 'Bug of mhub' }, bug)),
    ...problems.map(ofProblem),
    ...attention.map(({ level, scope, message }) =>
      annotation(levelOf(level), { title: `${LEVEL_NAME[level]} ${scope}` }, message),
    ),
  ];
  if (all.length <= MAX_ANNOTATIONS) return all;
  const left = all.length - MAX_ANNOTATIONS;
  return [
    ...all.slice(0, MAX_ANNOTATIONS),
    annotation('notice', { title: 'mhub' }, `${left} more in the summary of the job`),
  ];
}

const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : [`### ${title}`, table(head, []), ...rows.map((cells) => `| ${cells.join(' | ')} |`), ''];

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function headline({ commits, dryRun, base, head, branch }: RunReport): string {
  if (dryRun) return '**Dry run**: nothing was written.';
  if (commits === 0) return '**Nothing to do**: no commit.';
  return `**${plural(commits, 'commit')}** on ${code(branch)} (${code(`${base.slice(0, 8)}..${head.slice(0, 8)}`)}).`;
}

/** @returns  Markdown of less than 900 kB */
export function runSummary(report: RunReport): string {
  const { published, upcoming, notes, problems, stages, bugs, timezone, nextDue } = report;
  const attention = notes.filter(needsAttention);
  const waiting = notes.filter(({ level }) => level === 'waiting');
  const lines = [
    '## mhub',
    '',
    headline(report) + (nextDue === undefined ? '' : ` Next due: ${plain(showTime(nextDue, timezone))}.`),
    '',
    ...section(
      'Bugs of mhub, please report',
      ['Stack'],
      bugs.map((bug) => [plain(bug, 2_000)]),
    ),
    ...section(
      'Needs attention',
      ['', 'Scope', 'Why'],
      attention.map(({ level, scope, message }) => [`**${LEVEL_NAME[level]}**`, code(scope), plain(message, 1_000)]),
    ),
    ...section(
      'Invalid, left out',
      ['Place', 'What'],
      problems.map(({ file, line, column, message }) => [code(`${file}:${line}:${column}`), plain(message, 1_000)]),
    ),
    ...section(
      'Published',
      ['Channel', 'Asset', 'Where'],
      published.map(({ channel, asset, url }) => [plain(channel), code(asset), link(url, url)]),
    ),
    ...section(
      'Coming up',
      ['When', 'Channel', 'Asset', 'Campaign'],
      upcoming.map(({ due, channel, asset, campaign }) => [
        plain(showTime(due, timezone)),
        plain(channel),
        code(asset),
        code(campaign),
      ]),
    ),
    ...section(
      'Waiting',
      ['Scope', 'For what'],
      waiting.map(({ scope, message }) => [code(scope), plain(message)]),
    ),
    ...section(
      'What it did',
      ['Stage', 'Scope', 'What', 'Files'],
      stages.map(({ stage, scope, title, changes }) => [stage, code(scope), plain(title), String(changes)]),
    ),
  ];
  return `${fitting(lines, MAX_SUMMARY, (left) => `\nand ${plural(left, 'more line')}, in the output of the step`).join('\n')}\n`;
}
