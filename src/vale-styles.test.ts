/**
 * Whole public Vale styles. They are not part of mhub: MHUB_TEST_DATA names a folder with vale-styles/Google and
 * vale-styles/write-good, as their projects publish them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RuleFinding } from './core/contracts.ts';
import { documentOf } from './core/document.ts';
import { exampleContextWith, exampleFiles } from './core/policy/sample.ts';
import { type Style, styleRules } from './core/vale/style.ts';
import { rule } from './rules/prose.ts';
import { found } from './testing/found.ts';

const data = process.env['MHUB_TEST_DATA'];

const STYLES = ['Google', 'write-good'];

const filesOf = (folder: string): Map<string, string> =>
  new Map(
    STYLES.flatMap((style) =>
      readdirSync(join(folder, 'vale-styles', style), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }): [string, string] => [
          `policies/styles/${style}/${name}`,
          readFileSync(join(folder, 'vale-styles', style, name), 'utf8'),
        ]),
    ),
  );

describe.skipIf(data === undefined)('public Vale styles, where MHUB_TEST_DATA names a folder with them', () => {
  let styles: Map<string, Style>;
  beforeAll(() => {
    const files = filesOf(data ?? '');
    styles = new Map(STYLES.map((style) => [style, styleRules(files, `policies/styles/${style}`)]));
  });

  const rulesNamed = (name: string): Style['rules'] =>
    [...styles.values()].flatMap(({ rules }) => rules).filter((one) => one.name === name || name === '*');

  const findings = (name: string, content: string): RuleFinding[] => {
    const file = content.startsWith('<') ? 'index.html' : 'post.txt';
    const document = documentOf('landing_page', new Map([[file, content]]));
    return rulesNamed(name).flatMap(({ params }) => [
      ...(found(rule.check(document, params, exampleContextWith())) ?? []),
    ]);
  };

  test('every rule loads', () => {
    for (const [name, { rules, problems }] of styles) {
      expect(problems, name).toEqual([]);
      expect(rules.length, name).toBeGreaterThanOrEqual(name === 'Google' ? 31 : 8);
    }
  });

  test('every rule runs on a page, and points at exactly what it names', () => {
    const page = exampleFiles.landing_page['index.html'];
    const all = findings('*', page);
    expect(all.length).toBeGreaterThan(5);
    const lines = page.split('\n');
    for (const { line, column, end_line, end_column, excerpt } of all) {
      if (end_line !== line) continue;
      const written = [...(lines[line - 1] ?? '')].slice(column - 1, (end_column ?? column) - 1).join('');
      expect(written.trim()).toBe(excerpt);
    }
  });

  test.each([
    ['Google.AMPM', 'We meet at 8pm.', 12, "Use 'AM' or 'PM' (preceded by a space)."],
    ['Google.Acronyms', 'Ask the WMO.', 9, "Spell out 'WMO', if it's unfamiliar to the audience."],
    ['Google.Contractions', 'It is here.', 1, "Use 'it's' instead of 'It is'."],
    ['Google.EmDash', 'Notes — and more.', 6, "Don't put a space before or after a dash."],
    ['Google.FirstPerson', 'Ask me first.', 5, "Avoid first-person pronouns such as 'me'."],
    ['Google.Gender', 'If he/she asks', 4, "Don't use 'he/she' as a gender-neutral pronoun."],
    [
      'Google.Headings',
      '<h2>Find Your Lost Notes</h2>',
      5,
      "'Find Your Lost Notes' should use sentence-style capitalization.",
    ],
    ['Google.Latin', 'Use a tool, e.g. a pen.', 13, "Use 'for example' instead of 'e.g.'."],
    ['Google.LyHyphens', 'A freshly-made tea.', 3, "'freshly-made' doesn't need a hyphen."],
    [
      'Google.OxfordComma',
      'Bring paper, ink, pens and glue.',
      1,
      "Use the Oxford comma in 'Bring paper, ink, pens and'.",
    ],
    ['Google.We', 'Today we’re glad.', 7, "Try to avoid using first-person plural like 'we'."],
    ['Google.WordList', 'The admin waits.', 5, "Use 'administrator' instead of 'admin'."],
    ['write-good.Illusions', 'It is in the the box.', 10, "'the' is repeated!"],
    ['write-good.Passive', 'The note was lost.', 10, "'was lost' may be passive voice. Use active voice if you can."],
    ['write-good.So', 'So, what now?', 1, "Don't start a sentence with 'So,'."],
    ['write-good.Weasel', 'A very small note.', 3, "'very' is a weasel word!"],
  ])('%s finds what it is for', (name, text, column, message) => {
    expect(findings(name, text)).toMatchObject([{ line: 1, column, message }]);
  });

  test.each([
    ['Google.Ellipses', 'Typographic ones … are another matter.'],
    ['Google.Headings', '<h2>Find your lost notes in Kubernetes</h2>'],
    ['Google.Acronyms', 'The World Meteorological Organization (WMO) is not the API of the WMO.'],
    ['write-good.Illusions', 'I know that. That is it.'],
  ])('%s passes what is right', (name, text) => {
    expect(findings(name, text)).toEqual([]);
  });
});
