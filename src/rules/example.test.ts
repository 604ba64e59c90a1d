import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Rule } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { headersOf } from '../core/mail.ts';
import { exampleChannel, exampleContextWith, exampleFiles, exampleUnit } from '../core/policy/sample.ts';
import { simulatedExaminer } from '../shell/observe/index.ts';
import { found } from '../testing/found.ts';

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

const params: Readonly<Record<string, unknown>> = {
  voice: { brand: true },
  channel: { max_length: 3000, links: { https: true }, alt: { required: true } },
  email: {
    list_unsubscribe: 'one-click',
    sender_matches: 'northwind.example',
    subject_max: 70,
    unsubscribe_link: 'leave the list',
    postal_address: 'Example Town',
    plain_text_part: true,
    max_html_kb: 100,
  },
  expr: { expr: "asset.text.contains('note')", message: 'It is about notes.' },
  frequency: { max_per_day: 1, quiet_hours: { from: '21:00', to: '07:00' } },
  prose: { vale: { extends: 'existence', message: "Do not use '%s'.", ignorecase: true, tokens: ['utilize'] } },
};

const headers = headersOf(
  { blocks: [{ slot: 'subject', text: 'Find a note where it was written', facts: [] }] },
  exampleUnit,
);

/** Rules that have nothing to say about a kind. */
const notFor: Readonly<Record<string, readonly string[]>> = {
  landing_page: ['email'],
  one_pager: ['email'],
  email: [],
  social_post: ['html', 'accessibility', 'browser', 'cta', 'email'],
};

describe.each(['landing_page', 'one_pager', 'email', 'social_post'] as const)('a sound %s', (kind) => {
  test.each(files)('passes %s', async (file) => {
    const { rule } = (await import(new URL(file, folder).href)) as { rule: Rule };
    const document = { ...documentOf(kind, new Map(Object.entries(exampleFiles[kind]))), headers };
    const context = exampleContextWith({
      channel: exampleChannel[kind],
      limits: kind === 'social_post' ? { maxLength: 300 } : {},
      due: '2026-11-23T09:00:00Z',
      observed: await simulatedExaminer.examine({ document, needs: rule.needs ?? [] }),
    });
    const given = params[rule.id] ?? {};
    await rule.prepare?.(given);
    expect(found(rule.check(document, given, context))).toEqual(notFor[kind]?.includes(rule.id) ? undefined : []);
  });
});
