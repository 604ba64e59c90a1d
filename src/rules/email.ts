import type { DocumentPart, GuardDocument, NotEvaluated, Rule, RuleFinding } from '../core/contracts.ts';
import { findingAt, isAttribute } from '../core/document.ts';
import { graphemes } from '../core/fold.ts';
import { isHost } from '../core/hosts.ts';
import { bodiesOf, type MailHeaders, mailboxOf } from '../core/mail.ts';
import { patternOf, patternProblems, type TextPattern } from '../core/patterns.ts';
import { shownLinks } from '../core/shown-links.ts';

interface Params {
  readonly list_unsubscribe?: 'one-click';
  readonly sender_matches?: string;
  readonly subject_max?: number;
  readonly unsubscribe_link?: string;
  readonly postal_address?: string;
  readonly plain_text_part?: boolean;
  readonly max_html_kb?: number;
}

const seenTexts = ({ blocks }: DocumentPart): string[] =>
  blocks.filter((block) => block.visible && !isAttribute(block) && block.scope !== 'title').map(({ text }) => text);

/** RFC 8058: an https address to post to, and the one value that says so. */
function oneClickProblem(headers: MailHeaders): string | undefined {
  const addresses = [...(headers['list-unsubscribe'] ?? '').matchAll(/<([^<>]*)>/g)].map(([, address = '']) => address);
  if (!addresses.some((address) => URL.canParse(address) && new URL(address).protocol === 'https:'))
    return 'header List-Unsubscribe needs an https address in angle brackets';
  return headers['list-unsubscribe-post'] === 'List-Unsubscribe=One-Click'
    ? undefined
    : 'header List-Unsubscribe-Post must be List-Unsubscribe=One-Click';
}

function senderProblem(headers: MailHeaders, domain: string): string | undefined {
  const { address } = mailboxOf(headers['from'] ?? '');
  const host = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return isHost(host, `*.${domain}`) ? undefined : `sender ${address || 'nobody'} is not at ${domain}`;
}

function subjectProblem({ subject = '' }: MailHeaders, max: number): string | undefined {
  const { length } = graphemes(subject);
  if (length === 0) return 'there is no subject';
  return length > max ? `subject is ${length} characters long, at most ${max}` : undefined;
}

const headerProblems = (headers: MailHeaders, params: Params): string[] =>
  [
    params.list_unsubscribe && oneClickProblem(headers),
    params.sender_matches && senderProblem(headers, params.sender_matches),
    params.subject_max && subjectProblem(headers, params.subject_max),
  ].filter((problem) => typeof problem === 'string');

/** In plain text the words and the address stand in one paragraph. */
function showsLeaving(part: DocumentPart, pattern: TextPattern): boolean {
  if (part.format === 'text')
    return seenTexts(part).some((text) => pattern.test(text) && /https?:\/\/\S|mailto:\S/i.test(text));
  return shownLinks(part).some(
    ({ url, text, visible }) => visible && pattern.test(text) && /^(?:https?|mailto):/i.test(url),
  );
}

function partProblems(part: DocumentPart, { unsubscribe_link, postal_address, max_html_kb }: Params): string[] {
  const size = new TextEncoder().encode(part.source).length / 1024;
  const isTooLarge = part.format === 'html' && max_html_kb !== undefined && size > max_html_kb;
  const leaves = unsubscribe_link === undefined || showsLeaving(part, patternOf(unsubscribe_link));
  const address = postal_address === undefined ? undefined : patternOf(postal_address);
  return [
    ...(leaves ? [] : [`there is no visible link that says ${unsubscribe_link}`]),
    ...(!address || seenTexts(part).some((text) => address.test(text))
      ? []
      : [`no visible text says ${postal_address}`]),
    // Gmail cuts a message off at 102 KB.
    ...(isTooLarge ? [`HTML is ${Math.ceil(size)} KB, at most ${max_html_kb}`] : []),
  ];
}

function check(document: GuardDocument, params: Params): RuleFinding[] | NotEvaluated | undefined {
  const { kind, headers } = document;
  if (kind !== 'email') return undefined;
  const { list_unsubscribe, sender_matches, subject_max, plain_text_part } = params;
  const asksHeaders = list_unsubscribe ?? sender_matches ?? subject_max;
  if (asksHeaders !== undefined && !headers) return { notEvaluated: 'the headers of the email are not known' };
  const bodies = bodiesOf(document);
  const [first] = bodies;
  if (!first) return [];
  const hasText = bodies.some((part) => part.format === 'text' && part.source.trim() !== '');
  const whole = [
    ...headerProblems(headers ?? {}, params),
    ...(plain_text_part && !hasText ? ['there is no plain text part'] : []),
  ];
  return [
    ...whole.map((message) => findingAt(first, 0, message)),
    ...bodies.flatMap((part) => partProblems(part, params).map((message) => findingAt(part, 0, message))),
  ];
}

const pattern = (description: string) => ({ type: 'string', minLength: 1, description }) as const;

const full: Params = {
  list_unsubscribe: 'one-click',
  sender_matches: 'northwind.example',
  subject_max: 20,
  unsubscribe_link: '\\bleave\\b',
  postal_address: 'Example Town',
  plain_text_part: true,
  max_html_kb: 100,
};
const headers = {
  from: 'Northwind <hello@mail.northwind.example>',
  subject: 'Notes',
  'list-unsubscribe': '<https://northwind.example/leave>',
  'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
};
const html = '<p>1 Harbour Street, Example Town. <a href="https://northwind.example/leave">Leave</a></p>';
const text = '1 Harbour Street, Example Town\n\nLeave: https://northwind.example/leave';
const email = { with: full, kind: 'email', files: { 'message.html': html, 'message.txt': text }, headers } as const;

export const rule: Rule<Params> = {
  id: 'email',
  about: 'An email can be left with one click, and says who sends it from where: headers, link, address, size.',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      list_unsubscribe: { const: 'one-click', description: 'The headers offer to leave with one click (RFC 8058).' },
      sender_matches: {
        type: 'string',
        pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$',
        description: 'Domain that the sender is at or below.',
      },
      subject_max: { type: 'integer', minimum: 1, description: 'Most characters of the subject.' },
      unsubscribe_link: pattern('Regular expression, in any case, of a visible link in each part.'),
      postal_address: pattern('Regular expression, in any case, of a visible text in each part.'),
      plain_text_part: { type: 'boolean', description: 'There is a plain text part that says something.' },
      max_html_kb: { type: 'number', exclusiveMinimum: 0, description: 'Most kilobytes of HTML.' },
    },
  },
  tighten: { subject_max: 'lower', plain_text_part: 'turn-on', max_html_kb: 'lower' },
  lint: ({ unsubscribe_link, postal_address }) =>
    patternProblems([unsubscribe_link, postal_address].filter((one) => one !== undefined)),
  check,
  examples: {
    pass: [email, { ...email, with: {}, files: { 'message.html': '<p>Hi</p>' } }],
    fail: [
      { ...email, headers: { ...headers, 'list-unsubscribe-post': 'yes' } },
      { ...email, headers: { ...headers, from: 'Northwind <hello@notnorthwind.example>' } },
      { ...email, files: { 'message.html': html } },
      { ...email, files: { 'message.html': html.replace('<a', '<a hidden'), 'message.txt': text } },
      { ...email, files: { 'message.html': html, 'message.txt': 'Hi' } },
      { ...email, with: { max_html_kb: 0.05 } },
    ],
  },
};
