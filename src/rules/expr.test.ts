import { expect, test } from 'vitest';
import type { RuleContext } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { CannotJudge } from '../core/errors.ts';
import { exampleContextWith, exampleUnit } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './expr.ts';

const HTML = '<p title="A tip">See <a href="https://northwind.example/a">the <b>plan</b></a>.</p><p hidden>Psst</p>';

const judged = (expr: string, changes: Partial<RuleContext> = {}, headers?: Record<string, string>) =>
  found(
    rule.check(
      { ...documentOf('landing_page', new Map([['index.html', HTML]])), ...(headers ? { headers } : {}) },
      { expr, message: 'It does not hold.' },
      exampleContextWith(changes),
    ),
  );

test.each([
  "asset.kind == 'landing_page' && asset.channel == 'web' && asset.locale == 'en'",
  "asset.text.contains('Psst') && asset.text.contains('A tip')",
  "asset.visible_text == 'See the plan.'",
  "asset.links.map(link, link.url + ' ' + link.text) == ['https://northwind.example/a the plan']",
  "offer.price.currency == 'USD' && int(offer.price.amount) == 9",
  "brand.name == 'Northwind' && brand.voice.max_emoji / 2 == 0",
  "timestamp(now) < timestamp('2027-01-01T00:00:00Z')",
  "asset.text.lowerAscii().matches('(?i)PLAN')",
  "!('subject' in asset.headers)",
])('%s holds', (expr) => expect(judged(expr)).toEqual([]));

test('what does not hold is told in the words of the rule', () => {
  expect(judged("asset.text.contains('Hello')")).toMatchObject([{ message: 'It does not hold.', file: 'index.html' }]);
  expect(judged("asset.headers['subject'] == 'Hi'", {}, { subject: 'Hi' })).toEqual([]);
});

test('an expression holds for every offer of the campaign', () => {
  const [offer] = exampleUnit.offers;
  if (!offer) throw new Error('no offer');
  const dear = { ...offer, id: 'dear', price: { ...offer.price, amount: '90' } };
  const unit = {
    ...exampleUnit,
    campaign: { ...exampleUnit.campaign, offers: ['team-plan', 'dear'] },
    offers: [offer, dear],
  };
  expect(judged('int(offer.price.amount) < 50', { unit })).toHaveLength(1);
  expect(judged('int(offer.price.amount) < 50', { unit: { ...unit, campaign: exampleUnit.campaign } })).toEqual([]);
});

test.each(["asset.headers['subject'] == 'Hi'", 'size(asset.text)', "asset.text.matches(asset.links[0].text + '(')"])(
  '%s has no answer, so nothing is judged',
  (expr) => expect(() => judged(expr)).toThrow(CannotJudge),
);

test.each([
  ["aset.text == 'a'", ['unknown name aset']],
  ['asset.links.all(link, lnk.url != "")', ['unknown name lnk']],
  ['asset.links.all(link, true) && link.url == ""', ['unknown name link']],
  ['asset.txt == ""', ['asset has no txt, only kind, channel, locale, text, visible_text, links, headers']],
  ['asset.text.loud() == ""', ['unknown function loud']],
  ["asset.text.matches('(')", [expect.stringContaining('error parsing regexp')]],
  ['asset.text ==', [expect.stringContaining('expression does not parse: ')]],
  [`asset.text == '${'a'.repeat(2048)}'`, ['expression is longer than 2048 bytes']],
  [
    'asset.links.all(a, asset.links.all(b, asset.links.all(c, asset.links.all(d, true))))',
    ['more than 3 loops inside each other'],
  ],
  ["type(asset.text) == string && has(brand.locale) && [1, 2].exists(x, x == 1) && {'a': 1}.a == 1", []],
])('lint of %s', (expr, problems) => {
  expect(rule.lint?.({ expr, message: 'x' }, exampleUnit)).toEqual(problems);
});
