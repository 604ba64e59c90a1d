import { expect, test } from 'vitest';
import { asset as email } from '../../assets/email.ts';
import { channel as outbox } from '../../channels/outbox.ts';
import type { Asset } from '../../generated/entities.ts';
import { rule as claims } from '../../rules/claims.ts';
import { found } from '../../testing/found.ts';
import type { MadeAsset } from '../contracts.ts';
import { stringifyDocument } from '../documents.ts';
import { documentOfAsset } from './pending.ts';
import { exampleChannel, exampleContextWith, exampleUnit } from './sample.ts';

const channel = exampleChannel.email;
const plugins = {
  engines: new Map(),
  rules: new Map(),
  assets: new Map([['email', email]]),
  channels: new Map([[channel.adapter, outbox]]),
};

const SHA = 'a'.repeat(64);

function made(subject: string, preheader: string): MadeAsset {
  const block = (slot: string, text: string): Asset['copy'][number] => ({ slot, text, facts: [] });
  const asset: Asset = {
    kind: 'email',
    channel: channel.id,
    slot: '2026-11-24T10:00[Europe/Berlin]',
    attempt: 1,
    engine: 'template',
    brief: SHA,
    plan: SHA,
    template: { path: 'templates/email.mjml.hbs', sha256: SHA },
    angle: { pain: 'lost-notes', outcome: 'found', mechanism: 'saved', proof: 'speed' },
    title: subject,
    facts: [],
    signals: [],
    copy: [block('opening', 'Write it down.'), block('subject', subject), block('preheader', preheader)],
    files: [],
    content: SHA,
  };
  const html = `<title>Notes</title>\n<div style="display:none">${preheader}</div>\n<p>Write it down.</p>`;
  const files = new Map([
    ['email.html', html],
    ['email.txt', 'Write it down.'],
  ]);
  return { id: 'mail', campaign: 'found-again', asset, files };
}

const findings = (one: MadeAsset) =>
  found(claims.check(documentOfAsset({ unit: exampleUnit, plugins }, one), {}, exampleContextWith())) ?? [];

test.each([
  'Notes of 5,000 teams',
  'A "note": 5,000 teams & more',
  `Write ${'where your team looks, '.repeat(5)}5,000 teams write it down`,
])('the subject %j is judged at the place in the copy where a person mends it', (subject) => {
  const one = made(subject, 'Write it down.');
  const [finding, ...others] = findings(one);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ file: 'asset.yaml', excerpt: '5,000' });
  const line = stringifyDocument(one.asset).split('\n')[(finding?.line ?? 0) - 1];
  expect(line?.slice((finding?.column ?? 0) - 1).startsWith('5,000')).toBe(true);
});

test('the preheader is judged although nobody sees it in the email itself', () => {
  expect(findings(made('Notes', 'Join 5,000 teams.'))).toMatchObject([
    { file: 'email.html', line: 2, excerpt: '5,000' },
  ]);
});
