import type { DocumentPart, GuardDocument, Rule, RuleFinding } from '../core/contracts.ts';
import { findingAt } from '../core/document.ts';
import { htmlFindings } from '../core/html.ts';
import { standsOnSite } from '../core/schedule.ts';

function pageProblems({ elements }: DocumentPart): string[] {
  const headings = elements.filter(({ tag }) => tag === 'h1').length;
  const hasViewport = elements.some(({ tag, attributes }) => tag === 'meta' && attributes['name'] === 'viewport');
  return [
    ...(headings === 1 ? [] : [`a page has exactly one <h1>, this one has ${headings}`]),
    ...(hasViewport ? [] : ['<meta name="viewport"> is missing']),
  ];
}

function documentProblems({ elements }: DocumentPart): string[] {
  const root = elements.find(({ tag }) => tag === 'html');
  const title = elements.find(({ tag }) => tag === 'title');
  return [
    ...(root?.attributes['lang'] ? [] : ['<html> has no lang']),
    ...(title?.text ? [] : ['<title> is missing or empty']),
  ];
}

function check({ kind, parts }: GuardDocument): RuleFinding[] | undefined {
  const pages = parts.filter(({ format }) => format === 'html');
  if (pages.length === 0) return undefined;
  const isPage = standsOnSite(kind);
  return pages.flatMap((part) => [
    ...[...documentProblems(part), ...(isPage ? pageProblems(part) : [])].map((message) => findingAt(part, 0, message)),
    ...htmlFindings(part, kind, 'structure'),
  ]);
}

const HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Notes</title>';
const whole = (body: string, head = HEAD, lang = ' lang="en"'): string =>
  `<!DOCTYPE html>\n<html${lang}>\n<head>${head}</head>\n<body>${body}</body>\n</html>\n`;
const page = (html: string) => ({ with: {}, kind: 'landing_page', files: { 'index.html': html } }) as const;
const email = (html: string) => ({ with: {}, kind: 'email', files: { 'message.html': html } }) as const;

export const rule: Rule<Record<string, never>> = {
  id: 'html',
  about:
    'HTML is well formed and complete: known elements in places where they may stand, unique ids, lang, title, one h1.',
  params: { type: 'object', additionalProperties: false, properties: {} },
  uninterruptible: true,
  check,
  examples: {
    pass: [
      page(whole('<main><h1>Notes</h1><p id="start">Write it down.</p></main>')),
      email(whole('<table role="presentation" bgcolor="#ffffff"><tr><td>Write it down.</td></tr></table>')),
    ],
    fail: [
      page(whole('<main><h1>Notes</h1><p id="a">One</p><p id="a">Two</p></main>')),
      page(whole('<main><h1>Notes</h1><div>Open</main>')),
      page(whole('<main><h1>Notes</h1><h1>Again</h1></main>')),
      page(whole('<main><h1>Notes</h1><font>Old</font></main>')),
      email(whole('<p>Write it down.</p>', '<title>Notes</title>', '')),
    ],
  },
};
