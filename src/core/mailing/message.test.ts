import { expect, test } from 'vitest';
import { asset } from '../../assets/email.ts';
import { openMjmlPen } from '../../shell/draw/mjml.ts';
import { EMAIL_COPY, placeIn } from '../../testing/made.ts';
import { contextOf, publicationOf, publishingUnit } from '../../testing/publications.ts';
import { composed } from '../compose.ts';
import type { Recipient } from '../contracts.ts';
import { personalEmails } from './message.ts';

const LEAVE = 'https://northwind.example/leave?list=1&why=x';
const brand = {
  ...publishingUnit.brand,
  addresses: { ...publishingUnit.brand.addresses, unsubscribe_url: LEAVE },
};
const { unit } = contextOf('outbox', [], { ...publishingUnit, brand });

const ADA: Recipient = {
  id: 'Yk3-x_0aQ9bV7cD2eF4gH1',
  address: 'ada@reader.example',
  unsubscribeUrl: `${LEAVE}&r=s-1_a`,
};

const emailWith = (text: string, html: string) =>
  publicationOf({
    id: 'weekly',
    channel: 'outbox',
    at: '2026-11-24T09:00:00Z',
    files: { 'email.html': html, 'email.txt': text },
    asset: { copy: [{ slot: 'subject', text: 'Notes', facts: [] }] },
  });
const personal = (text: string, html: string) => personalEmails(emailWith(text, html), unit)(ADA);

const ESCAPED = 'https://northwind.example/leave?list=1&amp;why=x';

test('everybody has an address of their own to leave, in both parts and in the header', () => {
  const { headers, text, html } = personal(`Leave: ${LEAVE}\nagain (${LEAVE}).`, `<a href="${ESCAPED}">Leave</a>`);
  expect(text).toBe(`Leave: ${LEAVE}&r=s-1_a\nagain (${LEAVE}&r=s-1_a).`);
  expect(html).toBe(`<a href="${ESCAPED}&amp;r=s-1_a">Leave</a>`);
  expect(headers).toMatchObject({
    'list-unsubscribe': `<${LEAVE}&r=s-1_a>`,
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    'list-id': '<news.lists.northwind.example>',
  });
});

test.each([
  'https://northwind.example/leave?list&#x3D;1&amp;why&#x3d;x',
  'https:&#47;&#x2F;northwind.example/leave?list&#061;1&#38;why=x',
  LEAVE,
])('it is known in HTML as %s', (spelled) => {
  const { html } = personal(LEAVE, `<p>${spelled}</p><a href='${spelled}'>Leave</a>`);
  expect(html).toBe(`<p>${ESCAPED}&amp;r=s-1_a</p><a href='${ESCAPED}&amp;r=s-1_a'>Leave</a>`);
});

test('a longer address that begins like it is another one, and stays', () => {
  const others = [`${LEAVE}&r=1`, `${LEAVE}y`, `${LEAVE}/why`, `${LEAVE}#top`, `${LEAVE}.html`];
  const links = others.map((other) => `<a href="${other.replaceAll('&', '&amp;')}">x</a>`).join('');
  const { text, html } = personal(`${others.join('\n')}\n${LEAVE}`, `${links}<a href="${ESCAPED}">x</a>`);
  expect(text).toBe(`${others.join('\n')}\n${ADA.unsubscribeUrl}`);
  expect(html).toBe(`${links}<a href="${ESCAPED}&amp;r=s-1_a">x</a>`);
});

test('no other byte differs between two people', () => {
  const [text, html] = [`$& Hi {{x}} ${LEAVE} $1`, `<p>$&amp; &#x3D;</p><a href="${ESCAPED}">x</a>`];
  const one = personal(text, html);
  const bob = { id: 'b'.repeat(22), address: 'bob@reader.example', unsubscribeUrl: `${LEAVE}&r=other` };
  const other = personalEmails(emailWith(text, html), unit)(bob);
  expect(other.text.replaceAll('r=other', 'r=s-1_a')).toBe(one.text);
  expect(other.html.replaceAll('r=other', 'r=s-1_a')).toBe(one.html);
  expect(one.html).toContain('<p>$&amp; &#x3D;</p>');
  const { to, messageId, headers, ...rest } = other;
  expect([to.address, messageId]).toEqual([
    'bob@reader.example',
    `${'b'.repeat(22)}.${emailWith(text, html).receipt.key.slice(0, 16)}@northwind.example`,
  ]);
  expect({ ...one, to, messageId, headers }).toEqual({
    ...rest,
    to,
    messageId,
    headers,
    text: one.text,
    html: one.html,
  });
});

test.each([
  ['email.txt', 'no way out', `<a href="${ESCAPED}">x</a>`],
  ['email.html', LEAVE, '<a href="https://northwind.example/leave">x</a>'],
])('an email that cannot be left from its %s goes to nobody', (file, text, html) => {
  expect(() => personal(text, html)).toThrow(`weekly: ${file} does not hold the unsubscribe_url of the brand`);
});

test('the mail of one person is the same bytes each time, and names nobody but that person', async () => {
  const email = personal(LEAVE, `<a href="${ESCAPED}">x</a>`);
  const message = (await composed(email)).toString('latin1');
  expect((await composed(email)).toString('latin1')).toBe(message);
  const key = emailWith('', '').receipt.key;
  expect(
    message
      .slice(0, message.indexOf('\r\n\r\n'))
      .replace(/\r\n\s+/g, ' ')
      .split('\r\n'),
  ).toEqual(
    expect.arrayContaining([
      'To: ada@reader.example',
      `List-Unsubscribe: <${LEAVE}&r=s-1_a>`,
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'Feedback-ID: found-again:weekly:outbox:mhub19e3d10b',
      `X-Mhub-Effect: ${key}`,
      `Message-ID: <${ADA.id}.${key.slice(0, 16)}@northwind.example>`,
    ]),
  );
});

test("what is drawn from this repository's template leads everybody to their own way out, once in each part", async () => {
  const files = asset.render(EMAIL_COPY, placeIn('outbox', {}, unit));
  const pen = await openMjmlPen();
  const drawn = String(await pen.draw(String(files.get('email.mjml'))));
  await pen.close();
  const { text, html } = personal(String(files.get('email.txt')), drawn);
  expect(text).toBe(String(files.get('email.txt')).replace(LEAVE, ADA.unsubscribeUrl));
  expect(html.split(`href="${ESCAPED}&amp;r=s-1_a"`)).toHaveLength(2);
  expect(html).not.toContain('why=x"');
});
