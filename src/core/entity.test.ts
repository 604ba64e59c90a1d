import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Validate } from '../generated/schemas.ts';
import { parseDocument } from './documents.ts';
import { readEntity, readLines } from './entity.ts';
import { showProblem } from './errors.ts';
import { explain, wordsOfPattern } from './explain.ts';

const FILE = 'campaigns/spring/campaign.yaml';
const CAMPAIGN = `# What we want from spring.
name: Spring
brand: acme
goal: signup
status: active
locales: [en]
offers: [starter]
segments: [founders]
policies: [base]
kpis:
  - metric: clicks
    target: 100
schedule:
  - channel: web
    asset: landing_page
    on_change: true
  - channel: feed
    asset: social_post
    weekly: ["mon 09:00", "thu 17:30"]
`;

/** Problems of the campaign after edits, one `line:column: message` each. */
function problemsOf(...edits: readonly (readonly [written: string, instead: string])[]): string[] {
  const text = edits.reduce((before, [written, instead]) => {
    if (!before.includes(written)) throw new Error(`not in the campaign: ${written}`);
    return before.replace(written, instead);
  }, CAMPAIGN);
  const read = readEntity('Campaign', FILE, text);
  return read.ok ? [] : read.problems.map((problem) => showProblem(problem).slice(FILE.length + 1));
}

test('a valid file becomes its entity, with the places of its keys', () => {
  const read = readEntity('Campaign', FILE, CAMPAIGN);
  expect(read.ok && read.value.schedule[1]?.weekly).toEqual(['mon 09:00', 'thu 17:30']);
  expect(read.ok && read.document.locate(['schedule', 1, 'weekly', 1], 'value')).toEqual({ line: 19, column: 27 });
});

describe('a problem says what is there and what was expected', () => {
  test.each<[string, [string, string], string[]]>([
    [
      'a misspelt key, without also missing the right one',
      ['segments:', 'segmnts:'],
      ['8:1: unknown key "segmnts", did you mean "segments"?'],
    ],
    [
      'an unknown key',
      ['goal: signup', 'goal: signup\ncolour: red'],
      [
        '5:1: unknown key "colour", expected one of starts, ends, jurisdictions, catch_up, experiment, hashtags, budget, breakers',
      ],
    ],
    ['a missing key, at its parent', ['goal: signup\n', ''], ['2:1: key "goal" is missing, expected it here']],
    [
      'a missing key of a list item',
      ['    target: 100\n', ''],
      ['11:5: key "target" is missing in kpis[0], expected it here'],
    ],
    ['a choice', ['goal: signup', 'goal: money'], ['4:7: goal is "money", expected one of awareness, signup, sale']],
    ['a misspelt choice', ['goal: signup', 'goal: sgnup'], ['4:7: goal is "sgnup", did you mean "signup"?']],
    [
      'a choice of another type, said once',
      ['goal: signup', 'goal: 7'],
      ['4:7: goal is 7, expected one of awareness, signup, sale'],
    ],
    ['nothing', ['name: Spring', 'name:'], ['2:1: name is empty, expected a text']],
    ['an empty text', ['name: Spring', 'name: ""'], ['2:7: name is empty, expected a text']],
    ['a number for a text', ['name: Spring', 'name: 2026'], ['2:7: name is 2026, expected a text, in quotes']],
    ['a text for a list', ['offers: [starter]', 'offers: starter'], ['7:9: offers is "starter", expected a list']],
    [
      'a list for a mapping',
      ['schedule:\n', 'breakers: []\nschedule:\n'],
      ['13:11: breakers is a list, expected a mapping'],
    ],
    ['a fraction', ['target: 100', 'target: 1.5'], ['12:13: kpis[0].target is 1.5, expected a whole number']],
    ['too little', ['target: 100', 'target: 0'], ['12:13: kpis[0].target is 0, expected at least 1']],
    ['an empty list', ['offers: [starter]', 'offers: []'], ['7:9: offers has 0 items, expected at least 1']],
    ['too long a list', ['[en]', '[en, de]'], ['6:10: locales has 2 items, expected at most 1']],
    [
      'a pattern, in words',
      ['brand: acme', 'brand: Acme Inc'],
      ['3:8: brand is "Acme Inc", expected lower-case letters, digits and hyphens, at most 63'],
    ],
    [
      'a pattern of a list item',
      ['thu 17:30', 'Thursday 5pm'],
      ['19:27: schedule[1].weekly[1] is "Thursday 5pm", expected a weekday and a time such as "mon 09:00"'],
    ],
    ['a constant', ['on_change: true', 'on_change: yes'], ['16:16: schedule[0].on_change is "yes", expected true']],
    [
      'neither of two forms',
      ['    on_change: true\n', ''],
      ['14:5: schedule[0] has none of on_change, weekly, expected exactly one'],
    ],
    [
      'both of two forms',
      ['on_change: true', 'on_change: true\n    weekly: ["mon 09:00"]'],
      ['14:5: schedule[0] has on_change and weekly, expected only one of them'],
    ],
    [
      'too long a text, by its characters',
      ['name: Spring', `name: ${'é'.repeat(2001)}`],
      ['2:7: name has 2001 characters, expected at most 2000'],
    ],
  ])('%s', (_name, edit, expected) => {
    expect(problemsOf(edit)).toEqual(expected);
  });

  test('all at once, in the order of the file', () => {
    expect(problemsOf(['goal: signup', 'goal: money'], ['brand: acme\n', ''], ['target: 100', 'target: many'])).toEqual(
      [
        '2:1: key "brand" is missing, expected it here',
        '3:7: goal is "money", expected one of awareness, signup, sale',
        '11:13: kpis[0].target is "many", expected a whole number',
      ],
    );
  });

  test('with a long value cut short', () => {
    expect(problemsOf(['goal: signup', `goal: ${'money '.repeat(30)}`])).toEqual([
      `4:7: goal is "${'money '.repeat(9)}mon...", expected one of awareness, signup, sale`,
    ]);
  });

  test('about an empty file too', () => {
    const read = readEntity('Campaign', FILE, '');
    expect(read.ok ? [] : read.problems.map(showProblem)).toEqual([
      'campaigns/spring/campaign.yaml:1:1: the file is empty, expected a mapping',
    ]);
  });
});

test('a keyword without a wording of ours keeps that of the validator', () => {
  const parsed = parseDocument('a.yaml', 'size: 7\n');
  const validate: Validate = () => ({
    ok: false,
    errors: [
      { instancePath: '/size', schemaPath: '#/x', keyword: 'multipleOf', params: {}, message: 'must be multiple of 5' },
    ],
  });
  expect(parsed.ok && explain(parsed.document.value, parsed.document, [], validate).map(showProblem)).toEqual([
    'a.yaml:1:7: size is 7: it must be multiple of 5',
  ]);
});

test('every pattern of the manifest has plain words', () => {
  const manifest = parseDocument('src/manifest.yaml', readFileSync('src/manifest.yaml'));
  if (!manifest.ok) throw new Error(manifest.problems.map(showProblem).join('\n'));
  const patterns = [...JSON.stringify(manifest.document.value).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)];
  expect(patterns.length).toBeGreaterThan(10);
  for (const [, pattern = ''] of patterns) {
    expect(wordsOfPattern(JSON.parse(pattern) as string)).not.toMatch(/^text that matches/);
  }
});

test('lines of a log are checked one by one', () => {
  const intent = {
    ...{ key: 'a'.repeat(64), attempt: 1, run: 'r1', at: '2026-11-23T09:00:00Z', campaign: 'spring', asset: 'post-1' },
    ...{ brand: 'acme', channel: 'feed', slot: 'r1', class: 'natural', effect: 'tree', content: 'b'.repeat(64) },
  };
  const lines = [intent, { ...intent, attempt: 0 }, { ...intent, slott: 'r1' }].map((line) => JSON.stringify(line));
  const { values, problems } = readLines('Intent', 'hub/open/r1.jsonl', `${lines.join('\n')}\n{"key"`);
  expect(values).toEqual([intent]);
  expect(problems.map(showProblem)).toEqual([
    'hub/open/r1.jsonl:2:1: attempt is 0, expected at least 1',
    'hub/open/r1.jsonl:3:1: unknown key "slott", expected until',
    'hub/open/r1.jsonl:4:1: line is torn, expected a JSON object and a line end',
  ]);
});

test('what the engine wrote may be longer than what a person writes', () => {
  const items = Array.from({ length: 40 }, (_, index) => ({ title: `Item ${index}`, text: 'x'.repeat(2000) }));
  const signal = { source: 'changelog', kind: 'news', n: 40, digest: 'a'.repeat(64), items, counts: [] };
  const path = 'hub/brands/acme/signals/2026-11-23/changelog.yaml';
  expect(readEntity('Signal', path, JSON.stringify(signal)).ok).toBe(true);
});
