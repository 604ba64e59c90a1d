import { expect, test } from 'vitest';
import { pageDifferences } from './page-differences.ts';

const UNSUBSCRIBE = 'https://northwind.example/leave';
const page = (body: string): string => `<!DOCTYPE html><html lang="en"><title>t</title><body>${body}</body></html>`;
const SENT = page(`<h1>Soup</h1><a href="/buy/" data-cta-id="buy">Buy</a> <a href="${UNSUBSCRIBE}">Leave</a>`);

test('a call to action, a link and the way to unsubscribe that are gone are named', () => {
  expect(pageDifferences(SENT, page('<h1>Soup</h1><span>Buy</span> <span>Leave</span>'), UNSUBSCRIBE)).toEqual([
    'data-cta-id gone: buy',
    `links gone: /buy/, ${UNSUBSCRIBE}`,
    'the way to unsubscribe is gone',
  ]);
});

test('what somebody has put in is named as well', () => {
  const seen = SENT.replace('</h1>', '</h1><script src="https://tracker.example/t.js"></script>');
  expect(pageDifferences(SENT, seen, UNSUBSCRIBE)).toEqual(['links that were not sent: https://tracker.example/t.js']);
});

test('other words differ, other markup for the same words is told apart', () => {
  expect(pageDifferences(SENT, SENT.replace('Soup', 'Stew'), UNSUBSCRIBE)).toEqual([
    'the text that a reader sees differs',
  ]);
  expect(pageDifferences(SENT, SENT.replace('<h1>', '<h1 class="a">'), UNSUBSCRIBE)).toEqual([
    'its markup differs, not what a reader sees',
  ]);
});

test('of many links a few are named and the rest is counted', () => {
  const links = Array.from({ length: 8 }, (_, index) => `<a href="/p${index}/">${index}</a>`).join(' ');
  const [gone] = pageDifferences(page(links), page('0 1 2 3 4 5 6 7'), UNSUBSCRIBE);
  expect(gone).toBe('links gone: /p0/, /p1/, /p2/, /p3/, /p4/ and 3 more');
});
