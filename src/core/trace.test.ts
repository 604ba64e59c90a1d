import { expect, test } from 'vitest';
import type { Asset, AudienceSegment, Brand, Offer, Receipt } from '../generated/entities.ts';
import { parseDocument } from './documents.ts';
import { angleFacts, type FiledReceipt, factLines, findTarget, foundationsOf } from './trace.ts';

const filed = (changes: Partial<Receipt>, line = 1): FiledReceipt => ({
  file: 'hub/ledger/2026/11/23/run.jsonl',
  line,
  receipt: {
    key: 'a'.repeat(64),
    attempt: 1,
    status: 'sent',
    run: 'run',
    at: '2026-11-23T09:00:00Z',
    campaign: 'spring',
    asset: 'landing-page-a',
    brand: 'tidewell',
    channel: 'web',
    slot: 'r1',
    content: 'c'.repeat(64),
    url: 'https://tidewell.example/spring/',
    prev: 'd'.repeat(40),
    ...changes,
  },
});

const page = filed({});
const revised = filed({ key: 'ab'.padEnd(64, '0'), slot: 'r2', at: '2026-11-24T09:00:00Z' }, 2);
const post = filed(
  { key: 'abcd'.padEnd(64, '0'), asset: 'post', channel: 'feed', url: 'https://tidewell.example/feed.xml#1' },
  3,
);
const failed = filed({ key: 'ef'.padEnd(64, '0'), asset: 'email', channel: 'outbox', status: 'released' }, 4);
const ledger = [page, revised, post, failed];
const made = [{ campaign: 'spring', asset: 'draft' }];

test.each([
  ['https://tidewell.example/spring/', revised],
  ['https://tidewell.example/spring', revised],
  ['/spring/', revised],
  ['landing-page-a', revised],
  ['spring/landing-page-a', revised],
  ['aaaa', page],
  ['abcd', post],
  [revised.receipt.key, revised],
  ['email', failed],
])('%s means the latest of its publications', (text, meant) => {
  expect(findTarget(text, ledger, made)).toMatchObject({ kind: 'publication', filed: meant });
});

test('what was taken down leads to both receipts', () => {
  const down = filed({ ...revised.receipt, status: 'withdrawn', at: '2026-11-25T09:00:00Z' }, 5);
  expect(findTarget('/spring/', [...ledger, down], made)).toMatchObject({
    filed: revised,
    withdrawn: down,
    revisions: 2,
  });
  expect(findTarget('aaaa', [...ledger, down], made)).not.toHaveProperty('withdrawn');
});

test('what was made and not published can be traced as well', () => {
  expect(findTarget('draft', ledger, made)).toEqual({ kind: 'asset', campaign: 'spring', asset: 'draft' });
});

test('a start that several keys share lists them', () => {
  const other = filed({ key: 'abcde'.padEnd(64, '1'), asset: 'other' });
  const target = findTarget('abcd', [...ledger, other], made);
  expect(target).toMatchObject({ kind: 'ambiguous' });
  expect('message' in target && target.message.split('\n').slice(1)).toEqual([
    '  abcde1111111  spring/other  web  r1  sent',
    '  abcd00000000  spring/post  feed  r1  sent',
  ]);
});

test('an asset on two channels, or of two campaigns, is not guessed at', () => {
  expect(findTarget('post', [post, filed({ asset: 'post', channel: 'outbox' })], [])).toMatchObject({
    kind: 'ambiguous',
  });
  const twins = [...made, { campaign: 'autumn', asset: 'draft' }];
  expect(findTarget('draft', [], twins)).toMatchObject({
    message: 'draft is an asset of 2 campaigns:\n  spring/draft\n  autumn/draft',
  });
});

test('what is unknown gets a suggestion', () => {
  expect(findTarget('landing-pag-a', ledger, [{ campaign: 'spring', asset: 'landing-page-a' }])).toEqual({
    kind: 'unknown',
    message: 'no URL, receipt key, effect id or asset landing-pag-a, did you mean "landing-page-a"?',
  });
});

const asset = (copy: Asset['copy']): Asset => ({ title: 'Log in the dark', copy }) as Asset;

test('the headline comes first, and facts are named once per block', () => {
  const copy = [
    { slot: 'meta.title', text: 'Tidewell', facts: [] },
    { slot: 'body', text: 'Entries wait.', facts: ['offline', 'offline'] },
    { slot: 'hero.headline', text: 'Log in the dark', facts: ['signed'] },
  ];
  expect(foundationsOf(asset(copy), ['export'])).toEqual([
    { block: 'hero.headline', text: 'Log in the dark', by: 'cited', facts: ['signed'] },
    { block: 'body', text: 'Entries wait.', by: 'cited', facts: ['offline'] },
  ]);
});

test('a headline without facts rests on those of its angle, and that is said', () => {
  const copy = [{ slot: 'post.text', text: 'Log in the dark. It waits.', facts: [] }];
  expect(foundationsOf(asset(copy), ['export'])).toEqual([
    { block: 'post.text', text: 'Log in the dark. It waits.', by: 'angle', facts: ['export'] },
  ]);
});

test('facts of an angle are those of its messages and of its proof', () => {
  const segment = { pains: [{ id: 'dark', facts: ['reminder'] }, { id: 'cold' }] } as unknown as AudienceSegment;
  const offer = {
    outcomes: [{ id: 'kept', facts: ['offline'] }],
    mechanisms: [{ id: 'store', facts: ['offline', 'signed'] }],
    proofs: [{ id: 'pdf', fact: 'export' }],
  } as unknown as Offer;
  const angle = { pain: 'dark', outcome: 'kept', mechanism: 'store', proof: 'pdf' };
  expect(angleFacts(angle, offer, segment)).toEqual(['reminder', 'offline', 'signed', 'export']);
});

test('a fact has the lines from its dash to its last value', () => {
  const text = [
    'name: Tidewell',
    'facts:',
    '  - id: price',
    '    statement: A club pays 9 EUR',
    '      a month.',
    '',
    '  # about the app',
    '  - id: offline',
    '    statement: Entries are kept.',
    'design: {}',
    '',
  ].join('\n');
  const parsed = parseDocument('brand.yaml', text);
  if (!parsed.ok) throw new Error('not YAML');
  const brand = parsed.document.value as Brand;
  expect([...factLines(parsed.document, text, brand)]).toEqual([
    ['price', [3, 5]],
    ['offline', [8, 9]],
  ]);
});
