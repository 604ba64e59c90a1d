import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Rule } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { exampleChannel, exampleContextWith, exampleFiles } from '../testing/example.ts';

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
const params: Readonly<Record<string, unknown>> = { prose: { brand: true }, channel: { max_length: 300 } };

describe.each(['landing_page', 'email', 'social_post'] as const)('a sound %s', (kind) => {
  test.each(files)('passes %s', async (file) => {
    const { rule } = (await import(new URL(file, folder).href)) as { rule: Rule };
    const limits = kind === 'social_post' ? { maxLength: 300 } : {};
    const context = exampleContextWith({ channel: exampleChannel[kind], limits });
    const document = documentOf(kind, new Map(Object.entries(exampleFiles[kind])));
    const isTextOnly = kind === 'social_post' && ['html', 'accessibility', 'cta'].includes(rule.id);
    const given = kind === 'social_post' || rule.id !== 'channel' ? (params[rule.id] ?? {}) : {};
    expect(rule.check(document, given, context)).toEqual(isTextOnly ? undefined : []);
  });
});
