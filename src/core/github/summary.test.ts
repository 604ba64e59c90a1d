import { describe, expect, test } from 'vitest';
import { HOSTILE } from '../../testing/hostile.ts';
import type { RunReport } from '../report.ts';
import { runAnnotations, runSummary } from './summary.ts';

const REPORT: RunReport = {
  run: '20261124T120000Z-3f2a1c9e',
  now: '2026-11-24T12:00:00Z',
  timezone: 'Europe/Berlin',
  dryRun: false,
  base: 'a'.repeat(40),
  head: 'b'.repeat(40),
  branch: 'main',
  commits: 3,
  stages: [{ stage: 'publish', scope: 'spring', title: 'spring, 1 publication', changes: 4 }],
  published: [
    {
      campaign: 'spring',
      asset: 'landing-page-a',
      channel: 'web',
      slot: 'r1',
      url: 'https://tidewell.example/spring/',
    },
  ],
  upcoming: [],
  notes: [],
  problems: [],
  invalid: [],
  ran: true,
  uncommitted: [],
  left: [],
  bugs: [],
};

const failed = (message: string) => ({ level: 'failed' as const, scope: 'spring', message });

test('nine annotations, the worst first, and how many more there are', () => {
  const notes = [
    ...Array.from({ length: 12 }, (_, index) => failed(`no ${index}`)),
    { ...failed('eh?'), level: 'in_doubt' as const },
  ];
  const lines = runAnnotations({ bugs: [], problems: [], notes });
  expect(lines).toHaveLength(10);
  expect(lines[0]).toBe('::error title=IN DOUBT spring::eh?');
  expect(lines[1]).toBe('::warning title=FAILED spring::no 0');
  expect(lines[9]).toBe('::notice title=mhub::4 more in the summary of the job');
});

test('a mistake in a file is shown at its place', () => {
  const problems = [{ file: 'mhub.yaml', line: 4, column: 9, message: 'engine is empty' }];
  expect(runAnnotations({ bugs: [], problems, notes: [] })).toEqual([
    '::error file=mhub.yaml,line=4,col=9,title=Invalid::engine is empty',
  ]);
});

test('the summary says what went out, and what wants attention', () => {
  const summary = runSummary({ ...REPORT, notes: [failed('no answer')] });
  expect(summary).toContain('**3 commits** on `main` (`aaaaaaaa..bbbbbbbb`)');
  expect(summary).toContain('| web | `landing-page-a` | [https:');
  expect(summary).toContain('| **FAILED** | `spring` | no answer |');
});

test('it stays below 900 kB, and says what was left out', () => {
  const notes = Array.from({ length: 5_000 }, (_, index) => failed(`${index} ${'漢'.repeat(400)}`));
  const summary = runSummary({ ...REPORT, notes });
  expect(Buffer.byteLength(summary)).toBeLessThan(900_000);
  expect(summary).toMatch(/and \d+ more lines, in the output of the step\n$/);
});

describe.each(HOSTILE)('%j in a run', (text) => {
  const report: RunReport = {
    ...REPORT,
    notes: [failed(text)],
    problems: [{ file: text, line: 1, column: 1, message: text }],
    published: [{ campaign: 'spring', asset: text, channel: text, slot: 'r1', url: text }],
    bugs: [text],
  };

  test('makes one annotation each', () => {
    const lines = runAnnotations(report);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^::(error|warning) [^\r\n]*$/);
  });

  test('keeps the rows of the summary', () => {
    const rows = runSummary(report)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(5 * 3);
  });
});
