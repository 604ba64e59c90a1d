import { readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Rule, RuleExample } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { exampleContextWith } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

/** Freezes plain data to the bottom, so that a rule that writes to its input throws. */
function frozen<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

const check = (rule: Rule, { kind, files, headers, context, ...example }: RuleExample<unknown>) =>
  found(
    rule.check(
      frozen({ ...documentOf(kind, new Map(Object.entries(files))), ...(headers ? { headers } : {}) }),
      frozen(example.with),
      frozen(exampleContextWith(context)),
    ),
  );

test('there are rules', () => expect(files.length).toBeGreaterThanOrEqual(8));

describe.each(files)('%s', async (file) => {
  const { rule } = (await import(new URL(file, folder).href)) as { rule: Rule };
  const { pass, fail } = rule.examples;

  beforeAll(async () => {
    for (const example of [...pass, ...fail]) await rule.prepare?.(example.with);
  });

  test('is named like its file and says what it is about', () => {
    expect(`${rule.id}.ts`).toBe(file);
    expect(rule.about).toMatch(/^[A-Z].*\.$/);
  });

  test('takes params that its examples satisfy, and refuses unknown ones', () => {
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(rule.params);
    for (const example of [...pass, ...fail])
      expect(validate(example.with), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ no_such_param: true })).toBe(false);
  });

  test('has two samples or more of each outcome, and they hold', () => {
    expect(pass.length).toBeGreaterThanOrEqual(2);
    expect(fail.length).toBeGreaterThanOrEqual(2);
    for (const example of pass) expect(check(rule, example) ?? [], JSON.stringify(example)).toEqual([]);
    for (const example of fail) expect(check(rule, example)?.length, JSON.stringify(example)).toBeGreaterThan(0);
  });

  test('is pure: the same input gives the same findings', () => {
    for (const example of [...pass, ...fail]) expect(check(rule, example)).toEqual(check(rule, example));
  });

  test('points every finding at a place in one of the files, with words of at most 120 characters', () => {
    for (const example of fail) {
      for (const { file: named, line, column, excerpt, message } of check(rule, example) ?? []) {
        const lines = (example.files[named] ?? '').split('\n');
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual([...(lines[line - 1] ?? '')].length + 1);
        expect([...excerpt].length).toBeLessThanOrEqual(120);
        expect(excerpt).not.toBe('');
        expect(message).not.toBe('');
      }
    }
  });
});
