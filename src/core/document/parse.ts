/** HTML as a browser reads it, with the place of every character that the source spells. */
import { type DefaultTreeAdapterMap, defaultTreeAdapter, Parser, parseFragment, type Token } from 'parse5';
import type { Mapped } from '../mapped.ts';

export type Node = DefaultTreeAdapterMap['node'];
export type Element = DefaultTreeAdapterMap['element'];
export type TextNode = DefaultTreeAdapterMap['textNode'];

export const isElement = (node: Node): node is Element => 'tagName' in node;
export const isText = (node: Node): node is TextNode => node.nodeName === '#text';
export const childrenOf = (node: Node): readonly Node[] => {
  if ('content' in node) return node.content.childNodes;
  return 'childNodes' in node ? node.childNodes : [];
};
export const attributeOf = (element: Element, name: string): string | undefined =>
  element.attrs.find((attribute) => attribute.name === name)?.value;
export const offsetOf = (node: Node): number => node.sourceCodeLocation?.startOffset ?? 0;

// ---- decoded text in its source -------------------------------------------------------------------------------------

interface Entity {
  readonly length: number;
  readonly text: string;
}

const ENTITY = /&(?:#x[\da-f]+|#\d+|[a-z][a-z\d]*);?/iy;
const LONGEST_ENTITY = 40;
const entities = new Map<string, Entity>();

function entityOf(spelled: string): Entity {
  const known = entities.get(spelled);
  if (known) return known;
  const [node] = parseFragment(spelled).childNodes;
  const decoded = node && isText(node) ? node.value : spelled;
  // Without a semicolon only the beginning may be an entity: &copy2026.
  let tail = 0;
  while (tail < decoded.length - 1 && decoded.at(-1 - tail) === spelled.at(-1 - tail)) tail += 1;
  const entity = { length: spelled.length - tail, text: decoded.slice(0, decoded.length - tail) };
  entities.set(spelled, entity);
  return entity;
}

const entityAt = (source: string, at: number, end: number): Entity => {
  ENTITY.lastIndex = at;
  return entityOf(ENTITY.exec(source.slice(0, end))?.[0] ?? '&');
};

/** The parser places a run that begins with an entity behind it when a run of spaces goes before. */
function beginOf(source: string, start: number, text: string): number {
  if (source.startsWith(text, start) && source[start - 1] !== ';') return start;
  const near = Math.max(0, start - LONGEST_ENTITY);
  const before = near + source.slice(near, start).lastIndexOf('&');
  if (before < near) return start;
  const entity = entityAt(source, before, source.length);
  return before + entity.length >= start && text.startsWith(entity.text) ? before : start;
}

const isSpace = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);

/**
 * Where each unit of a text stands that the source spells between two offsets, with entities, other line ends, or with
 * something in between that is not text. Its end is the last entry.
 *
 * @param map  gets the places added
 */
export function align(source: string, start: number, end: number, text: string, map: number[] = []): number[] {
  let at = start;
  // Most text is written as it reads.
  if (!text.includes('&') && source.startsWith(text, start)) {
    for (; at <= start + text.length; at += 1) map.push(at);
    return map;
  }
  for (let index = 0; index < text.length; ) {
    const wanted = text.charAt(index);
    const here = at < end ? source.charAt(at) : '';
    if (here === '&') {
      const entity = entityAt(source, at, end);
      if (text.startsWith(entity.text, index)) {
        for (let unit = 0; unit < entity.text.length; unit += 1) map.push(at);
        index += entity.text.length;
        at += entity.length;
        continue;
      }
    }
    const isSame = here === wanted || (here === '\0' && wanted === '\uFFFD') || (isSpace(here) && isSpace(wanted));
    if (isSame) {
      map.push(at);
      index += 1;
      at += here === '\r' && source[at + 1] === '\n' && at + 1 < end ? 2 : 1;
    } else if (here !== '' && canFollow(source, at, end, wanted)) at += 1;
    else {
      map.push(at);
      index += 1;
    }
  }
  map.push(at);
  return map;
}

/** Stands for & where it is no entity. */
const NO_ENTITY = '\u0001';

/** As align, where nothing is decoded: an ampersand is one. */
export function alignVerbatim(source: string, start: number, end: number, text: string): number[] {
  const written = source.slice(start, end).replaceAll('&', NO_ENTITY);
  return align(written, 0, written.length, text.replaceAll('&', NO_ENTITY)).map((at) => start + at);
}

/** true when the source has the character further on, be it in an entity. */
function canFollow(source: string, at: number, end: number, wanted: string): boolean {
  const found = source.indexOf(wanted, at + 1);
  const entity = source.indexOf('&', at + 1);
  return (found >= 0 && found < end) || (entity >= 0 && entity < end) || isSpace(wanted);
}

// ---- the tree -------------------------------------------------------------------------------------------------------

/** Notes for each run of characters where it came from: the parser itself keeps only the first and last of a node. */
class PlacingParser extends Parser<DefaultTreeAdapterMap> {
  readonly places: Map<TextNode, number[]>;
  readonly #source: string;
  #token: Token.CharacterToken | undefined;

  constructor(source: string) {
    const places = new Map<TextNode, number[]>();
    const placed = (node: Node | undefined): void => {
      if (node && isText(node)) this.#place(node);
    };
    super({
      sourceCodeLocationInfo: true,
      // Without scripting the parser reads <noscript> as markup instead of as one opaque string.
      scriptingEnabled: false,
      treeAdapter: {
        ...defaultTreeAdapter,
        insertText(parent, text) {
          defaultTreeAdapter.insertText(parent, text);
          placed(parent.childNodes.at(-1));
        },
        insertTextBefore(parent, text, reference) {
          defaultTreeAdapter.insertTextBefore(parent, text, reference);
          placed(parent.childNodes[parent.childNodes.indexOf(reference) - 1]);
        },
      },
    });
    this.places = places;
    this.#source = source;
  }

  override _insertCharacters(token: Token.CharacterToken): void {
    this.#token = token;
    super._insertCharacters(token);
  }

  #place(node: TextNode): void {
    const { chars = '', location = null } = this.#token ?? {};
    const map = this.places.get(node) ?? [];
    map.pop();
    const start = beginOf(this.#source, location?.startOffset ?? 0, chars);
    this.places.set(node, align(this.#source, start, location?.endOffset ?? start, chars, map));
  }
}

export interface Tree {
  readonly root: Node;
  textOf(node: TextNode): Mapped;
  /** undefined: the element has no such attribute. */
  attribute(element: Element, name: string): Mapped | undefined;
}

export function parseHtml(source: string): Tree {
  const parser = new PlacingParser(source);
  parser.tokenizer.write(source, true);
  const { document, places } = parser;
  return {
    root: document,
    textOf: (node) => ({ text: node.value, map: places.get(node) ?? [offsetOf(node)] }),
    attribute(element, name) {
      const found = element.attrs.find((attribute) => attribute.name === name);
      if (!found) return undefined;
      const key = found.prefix ? `${found.prefix}:${name}` : name;
      const location = element.sourceCodeLocation?.attrs?.[key];
      if (!location) return { text: found.value, map: Array(found.value.length + 1).fill(offsetOf(element)) };
      const spelled = source.slice(location.startOffset, location.endOffset);
      const [before = '', quote = ''] = /^.[^=]*?\s*=\s*(["']?)/s.exec(spelled) ?? [spelled];
      const end = location.endOffset - (quote !== '' && spelled.endsWith(quote) ? 1 : 0);
      return { text: found.value, map: align(source, location.startOffset + before.length, end, found.value) };
    },
  };
}
