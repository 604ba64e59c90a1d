/** The texts of a file as Vale's rules read them: blocks, their sentences, the summary and the raw source. */
import type { DocumentPart } from '../contracts.ts';
import { proseOf } from '../document.ts';
import { foldMapped } from '../fold.ts';
import { asWritten, joinMapped, type Mapped, sliceMapped } from '../mapped.ts';
import { once } from '../once.ts';
import { type Text, textOf } from './pattern.ts';
import { isAboutSentences, type Scope } from './scope.ts';

/** A text with its places. Folded, it is the copy that undoes disguises. */
export interface View extends Mapped, Text {
  readonly sections: ReadonlySet<string>;
  readonly visible: boolean;
  /** Whether its words may be replaced where they stand. */
  readonly editable: boolean;
}

const viewOf = (mapped: Mapped, sections: ReadonlySet<string>, visible: boolean, editable: boolean): View => ({
  ...textOf(mapped.text),
  map: mapped.map,
  sections,
  visible,
  editable,
});

/** The same as it reads whatever it was written with; undefined when that is no other text. */
export const foldedView = once((view: View): View | undefined => {
  if (view.width === 'ascii') return undefined;
  const folded = foldMapped(view);
  return folded.text === view.text ? undefined : viewOf(folded, view.sections, view.visible, false);
});

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

const FORMATS: Readonly<Record<DocumentPart['format'], string>> = {
  html: 'html',
  svg: 'svg',
  text: 'txt',
  markdown: 'md',
  headers: 'txt',
};

/** Views of a file, in document order within each kind. */
const wholeViews = once((part: DocumentPart): readonly View[] => {
  const format = FORMATS[part.format];
  const blocks = blockViews(part);
  const raw = viewOf(asWritten(part.source), sectionsOf(`raw.${format}`), true, false);
  return [raw, ...blocks, ...summaryView(blocks, format)];
});

/** Cutting texts into sentences is most of the work, and few rules look at them. */
const viewsWithSentences = once((part: DocumentPart) => {
  const byLocale = new Map<string, readonly View[]>();
  return (locale: string): readonly View[] => {
    const views = byLocale.get(locale) ?? [...wholeViews(part), ...sentenceViews(wholeViews(part), locale)];
    byLocale.set(locale, views);
    return views;
  };
});

/** What a rule of such a scope may want to know of a file; made once for all rules. */
export const viewsOf = (part: DocumentPart, locale: string, scope: Scope): readonly View[] =>
  isAboutSentences(scope) ? viewsWithSentences(part)(locale) : wholeViews(part);
