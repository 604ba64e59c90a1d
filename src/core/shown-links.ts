/** Links that a reader of a document can follow, with the words that lead there. */
import type { DocumentPart } from './contracts.ts';
import { linksInText, linksOfElement } from './document-links.ts';

export interface ShownLink {
  readonly url: string;
  /** Words of the link; the address itself where it stands as text. */
  readonly text: string;
  /** Offset in the source. */
  readonly offset: number;
  readonly visible: boolean;
}

const bareLinks = (part: DocumentPart): ShownLink[] =>
  part.blocks.flatMap((block) => {
    let from = 0;
    return linksInText(part, block).map(({ url }) => {
      const at = block.text.indexOf(url, from);
      from = at + url.length;
      return { url, text: url, offset: block.map[at] ?? block.offset, visible: block.visible };
    });
  });

/** Anchors of markup, and bare addresses of plain text, in the order of the source. */
export function shownLinks(part: DocumentPart): ShownLink[] {
  if (part.format === 'text') return bareLinks(part);
  return part.elements
    .filter(({ tag }) => tag === 'a' || tag === 'area')
    .flatMap((element) => {
      const { text, offset, visible } = element;
      return linksOfElement(element).map(({ url }) => ({ url, text, offset, visible }));
    });
}
