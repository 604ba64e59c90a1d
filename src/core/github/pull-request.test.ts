import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { HOSTILE } from '../../testing/hostile.ts';
import type { AssetPreview } from '../preview/model.ts';
import { type LandedAsset, type LandingAudit, pullRequestBody, pullRequestTitle } from './pull-request.ts';

const HASH = 'ab'.repeat(32);

/** A post with the text wherever people or a model may have written one. */
const asset = (text: string): AssetPreview => ({
  id: 'social-post-a',
  kind: 'social_post',
  channel: 'feed',
  timezone: 'Europe/Berlin',
  slot: '2026-11-23T09:30[Europe/Berlin]',
  status: 'passed',
  title: text,
  angle: { pain: text, outcome: text, mechanism: text, proof: text },
  why: text,
  facts: [{ id: 'price', statement: text, source: text, checked: '2026-01-01', expires: text }],
  made: {
    attempt: 1,
    engine: 'template',
    content: HASH,
    brief: HASH,
    plan: HASH,
    template: { path: 'templates/post.txt.hbs', sha256: HASH },
    copy: [],
    fixes: [],
    files: [{ name: 'card.png', sha256: HASH, bytes: 9, shown: 'image', alt: text }],
    intact: true,
  },
  verdict: {
    asset: 'social-post-a',
    content: HASH,
    result: 'pass',
    attempt: 1,
    policy: HASH,
    grounds: HASH,
    packs: ['base@1.0.0'],
    rules: [{ rule: 'base/plain', result: 'pass' }],
    findings: [{ rule: 'base/plain', severity: 'warn', message: text }],
    history: [],
    at: '2026-11-23T09:00:00Z',
    current: true,
  } as unknown as NonNullable<AssetPreview['verdict']>,
  publications: [],
});

const landed = (text: string, how: LandedAsset['how'] = 'intent'): LandedAsset => ({
  campaign: 'spring',
  how,
  url: text,
  because: text,
  asset: asset(text),
});

const audit = (text: string, changes: Partial<LandingAudit> = {}): LandingAudit => ({
  web: 'https://github.example/ada/garden',
  commit: 'c'.repeat(40),
  base: 'b'.repeat(40),
  run: '20261123T093000Z-3f2a1c9e',
  assets: [landed(text), landed(text, 'sent')],
  notes: [
    { level: 'blocked', scope: 'spring', message: 'channel social: set BLUESKY_HANDLE' },
    { level: 'failed', scope: 'spring', message: text },
  ],
  changeSets: [{ stage: 'publish', scope: 'spring', title: text, changes: [] }],
  ...changes,
});

const nodesOf = (node: Nodes): Nodes[] => [node, ...('children' in node ? node.children.flatMap(nodesOf) : [])];
const parsed = (markdown: string): Nodes[] =>
  nodesOf(fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));

const structure = (body: string): string[] =>
  parsed(body).flatMap((node) => {
    if (node.type === 'html') return [`html ${node.value}`];
    if (node.type === 'link' || node.type === 'image') return [`${node.type} ${node.url}`];
    return ['heading', 'tableRow', 'tableCell', 'code', 'listItem'].includes(node.type) ? [node.type] : [];
  });

const harmless = structure(pullRequestBody(audit('Nine tomatoes')));

describe.each(HOSTILE)('%j in a pull request', (text) => {
  test('changes nothing but what it says', () => {
    const body = pullRequestBody(audit(text.slice(0, 900)));
    expect(body.length).toBeLessThanOrEqual(60_000);
    expect(structure(body)).toEqual(harmless);
  });

  test('leaves the title one line', () => {
    expect(pullRequestTitle(audit(text, { assets: [] }))).toMatch(/^mhub: [^\r\n`]{0,194}$/);
  });
});

test('it names what goes out with verdict and policy, and what is missing', () => {
  const body = pullRequestBody(audit('Nine tomatoes'));
  expect(body).toContain(
    '| goes&nbsp;out | feed | 2026-11-23 09:30 Europe/Berlin | pass, 1 rule, 1 finding | `abababababab` |',
  );
  expect(body).toContain('| **BLOCKED** | `spring` | channel social: set BLUESKY&#95;HANDLE |');
  expect(body).toContain(
    `(<https://github.example/ada/garden/raw/${'c'.repeat(40)}/hub/campaigns/spring/assets/social-post-a/card.png>)`,
  );
});

test('of many it shows as many as GitHub takes, and says how many are left', () => {
  const many = Array.from({ length: 1_000 }, () => landed('Nine tomatoes '.repeat(30)));
  const notes = Array.from({ length: 1_000 }, (_, index) => ({
    level: 'failed' as const,
    scope: 'spring',
    message: `${index} ${'x'.repeat(2_000)}`,
  }));
  const body = pullRequestBody(audit('x', { assets: many, notes }));
  expect(body.length).toBeLessThanOrEqual(60_000);
  expect(body).toMatch(/and \d+ more, in the files of the commit/);
  expect(body).toContain('### Changes');
});
