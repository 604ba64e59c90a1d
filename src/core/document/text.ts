import type { TextBlock } from '../contracts.ts';
import { foldSpacesMapped } from '../fold.ts';
import { asWritten } from '../mapped.ts';

/** A capital begins a text: plain lines have no other sign for the end of a title or an address. */
const continues = (line: string): boolean => !/^[\s"'(]*\p{Lu}/u.test(line);

/** Paragraphs, list items and lines that begin anew; list markers and lines drawn with punctuation are not text. */
export function readText(source: string): TextBlock[] {
  const ranges: { start: number; end: number }[] = [];
  let offset = 0;
  let open = false;
  for (const line of source.split('\n')) {
    const marker = /^\s*(?:[-*•–]\s+|\d+[.)]\s+)/u.exec(line)?.[0] ?? '';
    const last = ranges.at(-1);
    const end = offset + line.length;
    const isText = /[^\s=_*~#-]/u.test(line);
    if (isText && last && marker === '' && open && continues(line)) last.end = end;
    else if (isText) ranges.push({ start: offset + marker.length, end });
    open = isText;
    offset = end + 1;
  }
  return ranges.map(({ start, end }) => {
    const { text, map } = foldSpacesMapped(asWritten(source, start, end));
    return { text, map, scope: 'text', markup: 'text.paragraph.txt', visible: true, offset: map[0] ?? start };
  });
}
