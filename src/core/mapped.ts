/** Text that knows where it stands in its source, whatever was decoded, joined or replaced on the way. */

import { matchesIn } from './matches.ts';

export interface Mapped {
  readonly text: string;
  /** Source offset of each UTF-16 unit of the text, and of its end: one more than the text is long. */
  readonly map: readonly number[];
}

/** A stretch of the source as it is. */
export function asWritten(source: string, start = 0, end = source.length): Mapped {
  const map: number[] = [];
  for (let at = start; at <= end; at += 1) map.push(at);
  return { text: source.slice(start, end), map };
}

export const sliceMapped = ({ text, map }: Mapped, start: number, end = text.length): Mapped => ({
  text: text.slice(start, end),
  map: map.slice(start, end + 1),
});

/** One text; where pieces meet, the earlier one's end gives way to the later one's start. */
export function joinMapped(pieces: readonly Mapped[]): Mapped {
  if (pieces.length === 1 && pieces[0]) return pieces[0];
  const map: number[] = [];
  for (const piece of pieces) {
    map.pop();
    for (const offset of piece.map) map.push(offset);
  }
  return { text: pieces.map(({ text }) => text).join(''), map: map.length === 0 ? [0] : map };
}

/**
 * String.replace that keeps places: what is as long as what it replaces stands unit by unit where that stood,
 * everything else where the replaced words began.
 *
 * @param pattern  global
 */
export function replaceMapped(mapped: Mapped, pattern: RegExp, replace: (match: string) => string): Mapped {
  const { text, map } = mapped;
  const parts: string[] = [];
  const places: number[] = [];
  let done = 0;
  for (const match of matchesIn(text, pattern)) {
    const [found] = match;
    const put = replace(found);
    if (put === found) continue;
    parts.push(text.slice(done, match.index), put);
    for (let at = done; at < match.index; at += 1) places.push(map[at] ?? 0);
    for (let at = 0; at < put.length; at += 1) {
      places.push(map[match.index + (put.length === found.length ? at : 0)] ?? 0);
    }
    done = match.index + found.length;
  }
  if (done === 0 && parts.length === 0) return mapped;
  for (let at = done; at < map.length; at += 1) places.push(map[at] ?? 0);
  return { text: parts.join('') + text.slice(done), map: places };
}

/** The same text in the source of its source. */
export const remap = ({ text, map }: Mapped, outer: Mapped): Mapped => ({
  text,
  map: map.map((offset) => outer.map[offset] ?? 0),
});

/** What one character may be spelled with: an entity, an escape of CSS, or itself with its marks. */
const SPELLING = /&(?:#x?[\da-f]+|[a-z][a-z\d]*);?|\\(?:[\da-f]{1,6}\s?|\P{ASCII}|[^\da-f])|[\s\S]\p{M}*/iuy;

/** Source range of the words from `start` to `end` of a text: nothing that stands behind the last one is in it. */
export function sourceRange({ map }: Mapped, start: number, end: number, source: string): readonly [number, number] {
  const from = map[start] ?? source.length;
  if (end <= start) return [from, from];
  const last = map[end - 1] ?? from;
  SPELLING.lastIndex = last;
  const spelled = last + (SPELLING.exec(source)?.[0].length ?? 0);
  const next = map[end] ?? spelled;
  return [from, next > last ? Math.min(spelled, next) : spelled];
}
