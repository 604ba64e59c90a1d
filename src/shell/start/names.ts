/** What people call things, and the ids and texts that are made of it. */
import { Usage } from '../../core/errors.ts';

const LONGEST_NAME = 80;
const LONGEST_ID = 63;

/** One line: line breaks and other control characters become spaces. @throws Usage when nothing is left, or too much */
export function oneLine(text: string, what: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (line === '') throw new Usage(`${what} is empty, expected a text`);
  const length = [...line].length;
  if (length > LONGEST_NAME) throw new Usage(`${what} has ${length} characters, expected at most ${LONGEST_NAME}`);
  return line;
}

/** Café Zürich -> cafe-zurich; `instead` where no letter or digit of the Latin alphabet is left. */
export function idFrom(text: string, instead: string): string {
  const id = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, LONGEST_ID)
    .replace(/-+$/, '');
  return id === '' ? instead : id;
}

/** my-shop -> My Shop */
export const titleFrom = (id: string): string =>
  id.replace(/(^|-)(\w)/g, (_, gap: string, letter: string) => `${gap && ' '}${letter.toUpperCase()}`);

/** The address of a site, without a trailing slash. */
export function siteUrl(text: string): string {
  const url = text.trim().replace(/\/+$/, '');
  if (!/^https?:\/\/[^\s/]+/.test(url) || !URL.canParse(url) || /[\s?#]/.test(url)) {
    throw new Usage(`--site-url is "${text}", expected an address such as https://acme.com`);
  }
  return url;
}
