import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv04 from 'ajv-draft-04';
import { expect, test } from 'vitest';
import type { EffectivePolicy } from '../effective.ts';
import type { Judged } from '../judge.ts';
import { renderAnnotations } from './github.ts';
import { type CheckReport, checkedFile, fingerprintOf, passed } from './report.ts';
import { sarifOf } from './sarif.ts';
import { renderChecks } from './text.ts';

const policy: EffectivePolicy = {
  packs: [],
  hash: 'a'.repeat(64),
  rules: ['terms', 'browser', 'endless', 'email'].map((type) => ({
    name: `base/${type}`,
    type,
    severity: type === 'browser' ? ('warn' as const) : ('block' as const),
    params: {},
    vocabulary: { accept: [], reject: [] },
  })),
};

const finding = {
  rule: 'base/terms',
  severity: 'block' as const,
  message: "Use 'email' instead of 'e-mail'.\n100 % of readers, and: all.",
  file: 'docs/über uns.html',
  line: 3,
  column: 7,
  end_line: 3,
  end_column: 13,
  excerpt: 'e-mail',
  fix: { from: 'e-mail', to: 'email' },
};

const failed: Judged = { outcome: { rule: 'base/terms', result: 'fail' }, findings: [finding] };
const unseen: Judged = {
  outcome: { rule: 'base/browser', result: 'not-evaluated', why: 'no browser' },
  findings: [],
  reason: 'no_browser',
};
const stuck: Judged = {
  outcome: { rule: 'base/endless', result: 'error', why: 'did not end within 2000 ms' },
  findings: [],
  reason: 'deadline',
};
const elsewhere: Judged = { outcome: { rule: 'base/email', result: 'not-applicable' }, findings: [] };
const fine: Judged = { outcome: { rule: 'base/terms', result: 'pass' }, findings: [] };

const report = (...judged: Judged[][]): CheckReport => ({
  policy: policy.hash,
  packs: ['base 1.0.0'],
  rules: policy.rules.map(({ name, severity }) => ({ name, severity, about: `About ${name}.` })),
  files: judged.map((one) => checkedFile('docs/über uns.html', policy, one)),
});

const exception = {
  rule: 'base/terms',
  campaign: 'start',
  asset: 'landing-page-a',
  reason: 'A quotation.',
  owner: 'Jo Doe',
  expires: '2027-01-01',
};
const USED = '1 exception used: base/terms on start/landing-page-a until 2027-01-01';
const withException: CheckReport = {
  ...report(),
  files: [checkedFile('docs/page.html', policy, [fine], [{ ...exception, findings: [finding] }])],
};

const plain = (_style: string, text: string): string => text;

test('a file passes only when every rule that blocks has judged and found nothing', () => {
  expect(passed(report([fine, unseen]))).toBe(true);
  expect(passed(report([failed]))).toBe(false);
  expect(passed(report([fine, unseen, stuck]))).toBe(false);
  expect(passed(report([fine], [failed]))).toBe(false);
});

test('people read findings with their place and advice, and what did not run', () => {
  const text = renderChecks(report([failed, unseen, stuck, elsewhere]), plain);
  expect(text).toContain('error  docs/über uns.html  1 rule judged, 1 not applicable');
  expect(text).toContain("block  docs/über uns.html:3:7  Use 'email' instead of 'e-mail'.");
  expect(text).toContain('safe fix: "email"');
  expect(text).toContain('not-evaluated  base/browser: no browser');
  expect(text).toContain('error  base/endless: did not end within 2000 ms');
  expect(text).toContain('1 of 1 did not pass; 1 blocking finding, 0 warnings.');
  expect(text).toContain('Packs: base 1.0.0.');
});

test('an annotation is one line, and nothing in a finding can begin another command', () => {
  const lines = renderAnnotations(report([failed, unseen])).split('\n');
  expect(lines).toEqual([
    "::error file=docs/über uns.html,line=3,endLine=3,col=7,endColumn=13,title=base/terms::Use 'email' instead of 'e-mail'.%0A100 %25 of readers, and: all. (\"e-mail\")",
    '::warning file=docs/über uns.html,title=base/browser::not-evaluated: no browser',
  ]);
});

test('an exception that was used is counted for people and for GitHub', () => {
  expect(passed(withException)).toBe(true);
  expect(renderChecks(withException, plain)).toContain(`${USED}.`);
  expect(renderChecks(report([fine]), plain)).not.toContain('exception');
  expect(renderAnnotations(withException)).toBe(`::notice title=Exceptions::${USED}`);
});

test('SARIF keeps what an exception let through, suppressed and with its reason', () => {
  const suppressions = [{ kind: 'external', justification: 'A quotation. (Jo Doe, until 2027-01-01)' }];
  expect(sarifOf(withException, '1.2.3')).toMatchObject({
    runs: [{ results: [{ ruleId: 'base/terms', suppressions }] }],
  });
  expect(sarifOf(report([failed]), '1.2.3')).toMatchObject({ runs: [{ results: [{ suppressions: [] }] }] });
});

test('a finding keeps its fingerprint when it moves within its file, and loses it when it changes', () => {
  expect(fingerprintOf({ ...finding, line: 90, column: 1 })).toBe(fingerprintOf(finding));
  expect(fingerprintOf({ ...finding, excerpt: 'e-mails' })).not.toBe(fingerprintOf(finding));
});

test('SARIF names each rule with its level, each result with rule, place and fix, and what did not run', () => {
  expect(sarifOf(report([failed, unseen, stuck]), '1.2.3')).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        columnKind: 'unicodeCodePoints',
        tool: { driver: { rules: [{ id: 'base/terms', defaultConfiguration: { level: 'error' } }, {}, {}, {}] } },
        results: [
          {
            ruleId: 'base/terms',
            ruleIndex: 0,
            level: 'error',
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'docs/%C3%BCber%20uns.html' },
                  region: { startLine: 3, startColumn: 7, endLine: 3, endColumn: 13 },
                },
              },
            ],
            fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: 'email' } }] }] }],
          },
        ],
        invocations: [{ toolExecutionNotifications: [{ level: 'warning' }, { level: 'error' }] }],
      },
    ],
  });
});

const schemaPath = join(process.env['MHUB_TEST_DATA'] ?? '', 'sarif-schema-2.1.0.json');
const hasSchema = process.env['MHUB_TEST_DATA'] !== undefined && existsSync(schemaPath);

test.skipIf(!hasSchema)(
  'SARIF is valid by the schema of OASIS (needs sarif-schema-2.1.0.json in MHUB_TEST_DATA)',
  () => {
    const ajv = new Ajv04.default({ strict: false, validateFormats: false });
    const validate = ajv.compile(JSON.parse(readFileSync(schemaPath, 'utf8')) as object);
    for (const one of [report([failed, unseen, stuck, elsewhere]), report([fine]), withException, report()]) {
      expect(validate(sarifOf(one, '1.2.3')), JSON.stringify(validate.errors)).toBe(true);
    }
  },
);
