/** The texts of a file as Vale's rules read them: blocks, their sentences, the summary and the raw source. */
import type { DocumentPart } from '../contracts.ts';
import { proseOf } from '../document.ts';
import { foldMapped } from '../fold.ts';
import { asWritten, joinMapped, type Mapped, sliceMapped } from '../mapped.ts';
import { type Text, textOf } from './pattern.ts';

/** A text with its places. Folded, it is the copy that undoes disguises. */
export interface View extends Mapped, Text {
  readonly sections: ReadonlySet<string>;
  readonly visible: boolean;
  /** Whether its words may be replaced where they stand. */
  readonly editable: boolean;
  /** The same as it reads whatever it was written with; undefined when that is no other text. */
  readonly folded: View | undefined;
}

function viewOf(mapped: Mapped, sections: ReadonlySet<string>, visible: boolean, editable: boolean): View {
  const plain = textOf(mapped.text);
  const folded = plain.width === 'ascii' ? mapped : foldMapped(mapped);
  const copy = { ...folded, ...textOf(folded.text), sections, visible, editable: false, folded: undefined };
  const isOther = folded.text !== mapped.text;
  return { ...plain, map: mapped.map, sections, visible, editable, folded: isOther ? copy : undefined };
}

const sectionSets = new Map<string, ReadonlySet<string>>();

/** The same set for the same sections, so that what is known about it is known of all texts that have them. */
function sectionsOf(markup: string): ReadonlySet<string> {
  const sections = sectionSets.get(markup) ?? new Set(markup.split('.'));
  sectionSets.set(markup, sections);
  return sections;
}

const EDITABLE_ATTRIBUTES = ['alt', 'title'];

const isEditable = (sections: ReadonlySet<string>): boolean =>
  !sections.has('attr') || EDITABLE_ATTRIBUTES.some((name) => sections.has(name));

const segmenters = new Map<string, Intl.Segmenter>();

function segmenterOf(locale: string): Intl.Segmenter {
  const known = segmenters.get(locale);
  if (known) return known;
  const segmenter = new Intl.Segmenter(locale, { granularity: 'sentence' });
  segmenters.set(locale, segmenter);
  return segmenter;
}

/** Start and end of each sentence, without the spaces around it. */
export const sentencesOf = (text: string, locale: string): { readonly start: number; readonly end: number }[] =>
  Array.from(segmenterOf(locale).segment(text), ({ segment, index }) => {
    const start = index + segment.length - segment.trimStart().length;
    return { start, end: Math.max(index + segment.trimEnd().length, start) };
  }).filter(({ start, end }) => end > start);

const blockViews = (part: DocumentPart): View[] =>
  part.blocks.map((block) => {
    const sections = sectionsOf(block.markup);
    return viewOf({ text: proseOf(part, block), map: block.map }, sections, block.visible, isEditable(sections));
  });

const sentenceViews = (blocks: readonly View[], locale: string): View[] =>
  blocks
    .filter(({ sections }) => sections.has('text') && !sections.has('attr'))
    .flatMap((block) =>
      sentencesOf(block.text, locale).map(({ start, end }) =>
        viewOf(
          sliceMapped(block, start, end),
          sectionsOf([...block.sections, 'sentence'].join('.')),
          block.visible,
          block.editable,
        ),
      ),
    );

const IN_SUMMARY = ['paragraph', 'list', 'blockquote'];

/** The prose that a reader sees: paragraphs, lists and quotes, one after the other. */
function summaryView(blocks: readonly View[], format: string): View[] {
  const prose = blocks.filter(({ sections, visible }) => visible && IN_SUMMARY.some((one) => sections.has(one)));
  const pieces = prose.flatMap((block) => {
    const end = block.map[block.text.length] ?? 0;
    return [block, { text: '\n\n', map: [end, end, end] }];
  });
  return pieces.length === 0 ? [] : [viewOf(joinMapped(pieces), sectionsOf(`summary.${format}`), true, true)];
}

const FORMATS: Readonly<Record<DocumentPart['format'], string>> = { html: 'html', text: 'txt', markdown: 'md' };

function allViews(part: DocumentPart, locale: string): View[] {
  const format = FORMATS[part.format];
  const blocks = blockViews(part);
  const raw = viewOf(asWritten(part.source), sectionsOf(`raw.${format}`), true, false);
  return [raw, ...blocks, ...sentenceViews(blocks, locale), ...summaryView(blocks, format)];
}

const known = new WeakMap<DocumentPart, Map<string, readonly View[]>>();

/** All views of a file, in document order within each kind; made once for all rules. */
export function viewsOf(part: DocumentPart, locale: string): readonly View[] {
  const byLocale = known.get(part) ?? new Map<string, readonly View[]>();
  known.set(part, byLocale);
  const views = byLocale.get(locale) ?? allViews(part, locale);
  byLocale.set(locale, views);
  return views;
}
