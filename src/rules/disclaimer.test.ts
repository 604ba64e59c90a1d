import { expect, test } from 'vitest';
import { documentOf } from '../core/document.ts';
import { subjectPart } from '../core/mail.ts';
import { exampleContextWith, exampleFiles } from '../core/policy/sample.ts';
import { found } from '../testing/found.ts';
import { rule } from './disclaimer.ts';

const html = exampleFiles.email['message.html'];
const text = exampleFiles.email['message.txt'];
const messages = (message: string, plain: string) =>
  (
    found(
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
      ),
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

const own = (html: string, params: Parameters<typeof rule.check>[1]) =>
  found(rule.check(documentOf('landing_page', new Map([['index.html', html]])), params, exampleContextWith())) ?? [];

test('what a pack requires is required instead of what the brand says, in each part', () => {
  const params = { any_of: ['\\bImpressum\\b'] };
  expect(own('<p>Unser IMPRESSUM</p>', params)).toEqual([]);
  expect(own('<p>Impressumspflicht</p>', params)).toMatchObject([
    { message: 'no visible text says \\bImpressum\\b', file: 'index.html', line: 1, column: 1 },
  ]);
  const email = documentOf('email', new Map(Object.entries({ 'a.html': '<p>Impressum</p>', 'a.txt': 'Hello.' })));
  expect(found(rule.check(email, params, exampleContextWith()))?.map(({ file }) => file)).toEqual(['a.txt']);
});

test('what is required on an occasion is told at its words, and an occasion that is hidden is one as well', () => {
  const params = { any_of: ['inkl\\. MwSt'], when: '\\d+,\\d\\d ?€' };
  expect(own('<p>Nur 12,00 €</p>', params)).toMatchObject([
    { message: '"12,00 €" needs more: no visible text says inkl\\. MwSt', line: 1, column: 8, excerpt: '12,00 €' },
  ]);
  expect(own('<img src="/a.png" alt="12,00 €">', params)).toHaveLength(1);
  expect(own('<p>Nur 12 Notizen</p>', params)).toEqual([]);
});

test('a link is required as a link that is seen', () => {
  const params = { any_of: ['\\bImpressum\\b'], in: ['a', 'button'] };
  expect(own('<a href="/i"><b>Impressum</b></a>', params)).toEqual([]);
  expect(own('<p>Impressum</p><a href="/i" hidden>Impressum</a>', params)).toMatchObject([
    { message: 'no visible text in <a> or <button> says \\bImpressum\\b' },
  ]);
});

test('a pattern that does not compile is told', () => {
  expect(rule.lint?.({ any_of: ['('], when: '[' }, exampleContextWith().unit)).toHaveLength(2);
});

test('words of the subject ask for what is to be shown once the email is opened, and the subject itself shows nothing', () => {
  const params = { when: '\\bbeta\\b', any_of: ['not finished'] };
  const mail = (subject: string, body: string) => {
    const { parts } = documentOf('email', new Map([['email.txt', body]]));
    const document = { kind: 'email', parts: [...parts, subjectPart(subject)] } as const;
    return found(rule.check(document, params, exampleContextWith())) ?? [];
  };
  expect(mail('The notes', 'Write it down.')).toEqual([]);
  expect(mail('The beta', 'It is not finished.')).toEqual([]);
  expect(mail('The beta is not finished', 'Write it down.')).toMatchObject([{ file: 'headers', column: 14 }]);
});
