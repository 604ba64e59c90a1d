import { expect, test } from 'vitest';
import { documentOf } from '../core/document.ts';
import { exampleContextWith, exampleFiles } from '../testing/example.ts';
import { rule } from './disclaimer.ts';

const html = exampleFiles.email['message.html'];
const text = exampleFiles.email['message.txt'];
const messages = (message: string, plain: string) =>
  (
    rule.check(
      documentOf(
        'email',
        new Map([
          ['message.html', message],
          ['message.txt', plain],
        ]),
      ),
      {},
      exampleContextWith(),
    ) ?? []
  ).map(({ file, message: said }) => `${file}: ${said}`);

test('both parts of an email carry everything', () => {
  expect(messages(html, text)).toEqual([]);
  expect(messages(html, 'Northwind is in beta.')).toEqual([
    'message.txt: the postal address is not visible: show "Northwind Notes, 1 Harbour Street, Example Town"',
    'message.txt: there is no visible way to leave the list: link https://northwind.example/unsubscribe',
  ]);
});

test('what is hidden, or only an attribute, is not shown', () => {
  const hidden = html.replace('<p>Northwind is in beta.</p>', '<p style="display:none">Northwind is in beta.</p>');
  const attribute = html.replace('<p>Northwind is in beta.</p>', '<img src="/a.png" alt="Northwind is in beta.">');
  for (const message of [hidden, attribute]) {
    expect(messages(message, text)).toEqual([
      'message.html: disclaimer "beta" is not visible: show "Northwind is in beta."',
    ]);
  }
  const link = '<a href="https://northwind.example/unsubscribe" data-cta-id="footer-leave">';
  for (const message of [html.replace(link, link.replace('<a', '<a hidden')), html.replace('Leave the list', '')]) {
    expect(messages(message, text)).toEqual([
      'message.html: there is no visible way to leave the list: link https://northwind.example/unsubscribe',
    ]);
  }
});

test('a text that is nearly the same is not the text', () => {
  expect(messages(html.replace('in beta.', 'in Beta.'), text)).toHaveLength(1);
});
