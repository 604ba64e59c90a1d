import type { DocumentKind, DocumentPart, Files, GuardDocument, RuleFinding, TextBlock } from './contracts.ts';
import { readHtml } from './document/html.ts';
import { readText } from './document/text.ts';
import { foldMapped, foldSpaces } from './fold.ts';
import { type Mapped, sourceRange } from './mapped.ts';
import { once } from './once.ts';

export const htmlPart = (file: string, source: string): DocumentPart => ({
  file,
  format: 'html',
  source,
  ...readHtml(source),
});

export const textPart = (file: string, source: string): DocumentPart => ({
  file,
  format: 'text',
  source,
  blocks: readText(source),
  elements: [],
});

/** Words of a drawing are judged as they stand in its source. */
const svgPart = (file: string, source: string): DocumentPart => ({
  file,
  format: 'svg',
  source,
  ...readHtml(source, 'svg'),
});

/** A picture as rules see it: its alternative text. */
const picturePart = (file: string, alt: string): DocumentPart => ({
  ...textPart(file, alt),
  elements: [{ tag: 'img', attributes: { alt: alt.trim() }, text: '', visible: true, offset: 0 }],
});

const PICTURE = /\.(?:png|jpe?g|gif|webp)$/i;

/** Where the alternative text of a picture stands: card.png -> card.alt.txt */
export const altFile = (picture: string): string => picture.replace(PICTURE, '.alt.txt');

function partOf(file: string, source: string): DocumentPart {
  if (/\.html?$/i.test(file)) return htmlPart(file, source);
  if (/\.svg$/i.test(file)) return svgPart(file, source);
  return /\.alt\.txt$/i.test(file) ? picturePart(file, source) : textPart(file, source);
}

const TEXT_FILE = /\.(?:html?|txt|md)$/i;

/** Takes an asset's files apart for the rules; bytes that are not text by their name carry no words of their own. */
export function documentOf(kind: DocumentKind, files: Files): GuardDocument {
  const parts = [...files].flatMap(([file, content]) => {
    if (typeof content === 'string') return [partOf(file, content)];
    if (PICTURE.test(file)) return files.has(altFile(file)) ? [] : [picturePart(file, '')];
    return TEXT_FILE.test(file) ? [partOf(file, new TextDecoder().decode(content))] : [];
  });
  return { kind, parts };
}

/** true for what is no running text: an attribute, such as alt@img, or words of a style sheet. */
export const isAttribute = (block: TextBlock): boolean => block.scope.includes('@');

/** Place of an offset: both from 1, columns in code points. */
export function locate(source: string, offset: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, offset);
  return { line: before.split('\n').length, column: [...before.slice(before.lastIndexOf('\n') + 1)].length + 1 };
}

const clip = (text: string): string => [...foldSpaces(text)].slice(0, 120).join('').trim();

/** A finding at an offset of a part; without an excerpt, the source from there to the end of its line is shown. */
export function findingAt(part: DocumentPart, offset: number, message: string, excerpt = ''): RuleFinding {
  const shown = clip(excerpt) || clip(part.source.slice(offset).split('\n')[0] ?? '') || part.file;
  return { message, file: part.file, ...locate(part.source, offset), excerpt: shown };
}

/**
 * A finding about a range of a text, at exactly the source that spells it.
 *
 * @param text   a block of the part, or what foldMapped made of one
 * @param start  index in that text
 * @param end    index behind the last unit
 */
export function findingOn(
  part: DocumentPart,
  text: Mapped,
  start: number,
  end: number,
  message: string,
  more: Pick<RuleFinding, 'fix' | 'selector'> = {},
): RuleFinding {
  const [from, to] = sourceRange(text, start, end, part.source);
  const last = locate(part.source, to);
  return {
    ...findingAt(part, from, message, text.text.slice(start, end)),
    end_line: last.line,
    end_column: last.column,
    ...more,
  };
}

/** A finding about the first place of a block that reads like this, at the block when none does. */
export function findingIn(part: DocumentPart, block: TextBlock, words: string, message: string): RuleFinding {
  for (const text of [block, foldMapped(block)]) {
    const at = text.text.indexOf(words);
    if (at >= 0 && words !== '') return findingOn(part, text, at, at + words.length, message);
  }
  return findingAt(part, block.offset, message, words);
}

const CODE = new Set(['code', 'kbd', 'samp', 'tt', 'var']);

const codeRanges = once(({ source, elements }: DocumentPart): [number, number][] =>
  elements
    .filter(({ tag }) => CODE.has(tag))
    .map(({ tag, offset }) => {
      const fence = /^`+/.exec(source.slice(offset, offset + 80))?.[0];
      const end =
        fence === undefined ? source.indexOf(`</${tag}`, offset) : source.indexOf(fence, offset + fence.length);
      return [offset, end < 0 ? source.length : end];
    }),
);

const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>]*[^\s<>.,;:!?)\]'"’”]/gi;

/** The text of a block with * for every character of code and addresses, which are not prose; as long as the text. */
export function proseOf(part: DocumentPart, block: TextBlock): string {
  const end = block.map.at(-1) ?? 0;
  const ranges = codeRanges(part).filter(([from, to]) => from < end && to > block.offset);
  const text = block.text.replace(ADDRESS, (address) => '*'.repeat(address.length));
  if (ranges.length === 0) return text;
  return [...text.split('')]
    .map((unit, index) => {
      const at = block.map[index] ?? 0;
      return unit !== ' ' && ranges.some(([from, to]) => from <= at && at < to) ? '*' : unit;
    })
    .join('');
}
