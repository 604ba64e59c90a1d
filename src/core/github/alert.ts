/** An alert as an issue: which cause it is about, what is known of it, and what resumes. */
import type { Note } from '../contracts.ts';
import { LEVEL_NAME } from '../report.ts';
import type { Cause } from './causes.ts';
import { code, codeBlock, fitting, plain } from './markdown.ts';

/** Of every issue that the engine keeps. */
export const ALERT_LABEL = 'mhub';

/** GitHub takes 65,536 characters. */
const MAX_BODY = 60_000;

const MARKER = /^<!-- mhub:cause=([0-9a-f]{16}) scope=([a-z0-9-]+) ends=(by-run|by-hand) -->/;

const marker = ({ id, scope, once }: Cause): string =>
  `<!-- mhub:cause=${id} scope=${scope} ends=${once ? 'by-hand' : 'by-run'} -->`;

export interface Marked extends Pick<Cause, 'id' | 'scope'> {
  /** Only a person knows when it is over. */
  readonly endsByHand: boolean;
}

/** @returns  what an issue is about; undefined for an issue of people */
export function markedIn(body: string | null | undefined): Marked | undefined {
  const [, id, scope, ends] = MARKER.exec(body ?? '') ?? [];
  return id === undefined || scope === undefined ? undefined : { id, scope, endsByHand: ends === 'by-hand' };
}

const MEANING: Readonly<Record<Note['level'], string>> = {
  info: 'For your information',
  waiting: 'Waiting',
  blocked: 'BLOCKED: something has to be given first',
  halted: 'HALTED: nothing is published there until a person resumes',
  rejected: 'REJECTED: it does not go out',
  in_doubt: 'IN DOUBT: nobody knows whether it went out, and it is not sent again',
  failed: 'FAILED',
};

/** GitHub takes 256 characters. A title is no Markdown but for code between backticks. */
export const alertTitle = ({ level, scope, title }: Cause): string =>
  `${LEVEL_NAME[level]} ${scope}: ${plainTitle(title)}`.slice(0, 200);

/** Mentions and references do nothing in a title; line breaks and backticks go. */
export const plainTitle = (text: string): string =>
  text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('`', "'")
    .trim();

export function alertBody(cause: Cause): string {
  const { level, scope, remedy, evidence, once } = cause;
  const end = once
    ? 'Close it when it is done: the engine does not.'
    : 'The engine closes it when a whole run no longer meets it.';
  const head = [marker(cause), `**${MEANING[level]}.** Scope: ${code(scope)}`, '', '### Evidence', ''];
  const foot = [
    '',
    '### To resume',
    '',
    plain(remedy.say),
    ...(remedy.code === undefined ? [] : ['', codeBlock(remedy.code, remedy.language)]),
    '',
    '---',
    `mhub keeps one issue for each cause, updates this text, and opens it again when the cause comes back. ${end}`,
  ];
  const room = MAX_BODY - [...head, ...foot].join('\n').length;
  const items = fitting(
    evidence.map((one) => `- ${plain(one, 1_500)}`),
    room,
    (left) => `- and ${left} more`,
  );
  return [...head, ...items, ...foot].join('\n');
}
