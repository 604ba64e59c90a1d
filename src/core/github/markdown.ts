/**
 * Text that anybody may have written, inside of Markdown as GitHub renders it: it stays the text that it is. Mentions,
 * references and addresses are looked for in what is rendered, where no escape helps, so they are taken apart by a
 * character that nobody sees.
 */

/** U+2060, which has no width and breaks no line. */
const JOINER = '\u2060';

/** What GitHub would turn into a mention, a reference or an address, up to where it is taken apart. */
const LINKED = /@(?=\w)|#(?=\d)|\bGH-(?=\d)|:(?=\/\/)|\bwww(?=\.)/gi;
/** And into a commit: 7 digits of its id are enough. */
const COMMIT = /\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b/gi;

const takenApart = (text: string): string =>
  text
    .replace(LINKED, (found) => found + JOINER)
    .replace(COMMIT, (found) => found.replace(/.{6}(?=.)/g, (part) => part + JOINER));

const MARKUP = /[!"#$%&'()*+,./:;<=>?@[\\\]^_`{|}~-]/g;
/** Signs that begin or end nothing in the middle of a line. */
const HARMLESS = new Set([',', '.', ':', ';', '?', '%', '/', "'", '"', '(', ')', '-', '+', '=', '!', '@', '#']);

const shortened = (text: string, most: number): string => {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
};

const onOneLine = (text: string): string => text.replace(/(?:[\s\p{Cc}]|(?![\u200c\u200d])\p{Cf})+/gu, ' ').trim();

/** What has no meaning in Markdown, in a table as well; never at the beginning of a line. */
export function plain(text: string, most = 500): string {
  return takenApart(shortened(onOneLine(text), most)).replace(MARKUP, (sign) => {
    if (HARMLESS.has(sign)) return sign;
    return `&#${sign.charCodeAt(0)};`;
  });
}

/** Names of files, ids and variables, to be copied; what has more than plain signs in it is text like any other. */
export const code = (text: string): string =>
  /^[\w./@:=,*{}()[\]-]+( [\w./@:=,*{}()[\]-]+)*$/.test(text) ? `\`${text}\`` : plain(text);

/** Lines to be copied as they are. @param language  for colours */
export function codeBlock(text: string, language = ''): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  // No line break but our own: others could end the block where Markdown sees one and we do not.
  return `${fence}${language}\n${text.replace(/[^\P{Cc}\n]|[\u2028\u2029]/gu, ' ').trimEnd()}\n${fence}`;
}

const addressOf = (url: string): string | undefined =>
  /^https?:\/\//.test(url)
    ? url.replace(/[^\w\-.~:/?#@!$&*+,;=%]/gu, (sign) =>
        encodeURIComponent(sign).replace(/[()']/g, (one) => `%${one.charCodeAt(0).toString(16)}`),
      )
    : undefined;

/** A link where the address leads over the web, else no more than the label. */
export function link(label: string, url: string): string {
  const address = addressOf(url);
  return address === undefined ? plain(label) : `[${plain(label, 120)}](<${address}>)`;
}

export const image = (alt: string, url: string): string => `!${link(alt, url)}`;

/** @param rows  cells that are Markdown already */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** As many of the blocks as fit, with a last word about those that do not. @param most  UTF-16 units */
export function fitting(blocks: readonly string[], most: number, more: (left: number) => string): string[] {
  const whole = blocks.reduce((length, block) => length + block.length + 1, 0);
  if (whole <= most) return [...blocks];
  const kept: string[] = [];
  let room = most - more(blocks.length).length - 1;
  for (const block of blocks) {
    room -= block.length + 1;
    if (room < 0) break;
    kept.push(block);
  }
  return [...kept, more(blocks.length - kept.length)];
}
