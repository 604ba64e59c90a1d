import type { DocumentElement, TextBlock } from '../contracts.ts';
import { foldSpaces, foldSpacesMapped } from '../fold.ts';
import { joinMapped, type Mapped, remap } from '../mapped.ts';
import { type Cascade, cascadeOf, type Declaration, parseSheet, parseStyle, type Sheet } from './css.ts';
import {
  attributeOf,
  childrenOf,
  type Element,
  isElement,
  isText,
  type Node,
  offsetOf,
  parseHtml,
  type Tree,
} from './parse.ts';
import { RELEVANT, type Sight, START, sightOf, VALID } from './sight.ts';

/** Elements that end a run of text, as browsers show them; whatever has no line here goes on within a sentence. */
const BLOCKS = new Set(
  (
    'address article aside audio blockquote body button canvas caption center col colgroup datalist dd desc details dialog dir div dl dt ' +
    'fieldset figcaption figure footer foreignobject form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe legend li main ' +
    'menu nav noembed noframes noscript object ol optgroup option p pre search section select summary table ' +
    'tbody td template text textarea tfoot th thead title tr ul video xmp'
  ).split(' '),
);
const WITHOUT_TEXT = new Set(['script', 'style']);

/** Element -> Vale's name for the text in it; the innermost counts. */
const MARKUP: Readonly<Record<string, string>> = {
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((level) => [`h${level}`, `text.heading.h${level}`])),
  li: 'text.list',
  td: 'text.table.cell',
  th: 'text.table.header',
  caption: 'text.table.caption',
  figcaption: 'text.figure.caption',
  blockquote: 'text.blockquote',
  title: 'text.title',
  // Vale's rules for text leave code alone; bans do not.
  pre: 'code',
};
const PROSE = 'text.paragraph';

const TEXT_ATTRIBUTES = [
  'alt',
  'title',
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'aria-valuetext',
  'aria-placeholder',
  'aria-braillelabel',
  'aria-brailleroledescription',
  'placeholder',
  'label',
  'summary',
  'abbr',
  'alttext',
];
const SILENT_INPUTS = new Set(['hidden', 'checkbox', 'radio', 'password', 'range', 'color', 'file']);
const SHARED_METAS = 'title|description|site_name|alt|image:alt';
const READ_METAS = new RegExp(
  `^(?:description|keywords|author|application-name|(?:og|twitter):(?:${SHARED_METAS}))$`,
  'i',
);

/** A row of links with nothing but separators between them (a menu): each link is a text of its own. */
function isLinkRow(element: Element): boolean {
  if (!element.childNodes.some((node) => node.nodeName === 'a')) return false;
  const parts = element.childNodes.filter((node) => !isText(node) || /[\p{L}\p{N}]/u.test(node.value));
  return parts.length > 1 && parts.every((node) => isElement(node) && ['a', 'br'].includes(node.tagName));
}

interface Piece extends Mapped {
  readonly sight: Sight;
}

/** A run of text that is still growing. */
interface Run {
  pieces: Piece[];
  readonly scope: string;
  readonly markup: string;
}

interface Place {
  readonly run: Run;
  readonly sight: Sight;
  readonly markup: string;
  /** Links are texts of their own. */
  readonly isMenu: boolean;
}

const hasWords = (pieces: readonly Piece[]): boolean => pieces.some(({ text }) => /[\p{L}\p{N}]/u.test(text));

/**
 * The texts that one run is to different readers: first to all, then to those who only see or only hear more of it, so
 * that no phrase hides behind the difference.
 */
function readings(
  pieces: readonly Piece[],
): readonly { readonly pieces: readonly Piece[]; readonly visible: boolean }[] {
  const sure = pieces.filter(({ sight }) => sight.sure);
  if (sure.length === pieces.length) return [{ pieces, visible: true }];
  const rest = pieces.filter(({ sight }) => !sight.sure);
  if (!hasWords(sure) || !hasWords(rest))
    return [
      { pieces: sure, visible: true },
      { pieces: rest, visible: false },
    ];
  const others = [pieces.filter(({ sight }) => sight.seen), pieces.filter(({ sight }) => sight.heard)]
    .filter((some) => some.some((piece) => rest.includes(piece)))
    .filter(
      (some, index, all) =>
        index === 0 || some.length !== all[0]?.length || some.some((piece, at) => piece !== all[0]?.[at]),
    );
  return [{ pieces: sure, visible: true }, ...others.map((some) => ({ pieces: some, visible: false }))];
}

class Reader {
  readonly blocks: TextBlock[] = [];
  readonly elements: DocumentElement[] = [];
  readonly #tree: Tree;
  readonly #format: string;
  readonly #saidAttributes: readonly string[];
  readonly #sheets: readonly Sheet[];
  readonly #cascade: Cascade;

  constructor(source: string, format: string) {
    this.#tree = parseHtml(source);
    this.#format = format;
    this.#sheets = [...this.#sheetsIn(this.#tree.root)];
    this.#cascade = cascadeOf(this.#sheets, RELEVANT, VALID);
    this.#saidAttributes = this.#sheets.flatMap(({ saidAttributes }) => saidAttributes);
  }

  read(): void {
    const run: Run = { pieces: [], scope: 'body', markup: PROSE };
    this.#walk(this.#tree.root, { run, sight: START, markup: PROSE, isMenu: false });
    this.#finish(run);
    for (const { said } of this.#sheets) this.#say(said, 'style');
    if (this.#sheets.some(({ saysKept }) => saysKept)) for (const { kept } of this.#sheets) this.#say(kept, 'style');
  }

  *#sheetsIn(node: Node): Generator<Sheet> {
    if (isElement(node) && node.tagName === 'style') {
      const css = joinMapped(node.childNodes.filter(isText).map((text) => this.#tree.textOf(text)));
      yield parseSheet(css, attributeOf(node, 'media'));
    }
    for (const child of childrenOf(node)) if (!isText(child)) yield* this.#sheetsIn(child);
  }

  #add(mapped: Mapped, scope: string, markup: string, visible: boolean): void {
    const { text, map } = foldSpacesMapped(mapped);
    const [offset = 0] = map;
    if (text !== '') this.blocks.push({ text, map, scope, markup: `${markup}.${this.#format}`, visible, offset });
  }

  #say(said: readonly Mapped[], tag: string): void {
    for (const words of said) this.#add(words, `content@${tag}`, 'text.generated', false);
  }

  #finish(run: Run): void {
    if (run.pieces.length === 0) return;
    for (const { pieces, visible } of readings(run.pieces))
      this.#add(joinMapped(pieces), run.scope, run.markup, visible);
    run.pieces = [];
  }

  /** @returns the text of the node and what is below */
  #walk(node: Node, place: Place): string {
    if (isText(node)) {
      const { text, map } = this.#tree.textOf(node);
      place.run.pieces.push({ text, map, sight: place.sight });
      return node.value;
    }
    if (isElement(node)) return this.#walkElement(node, place);
    return this.#walkChildren(node, place);
  }

  #walkChildren(node: Node, place: Place): string {
    let text = '';
    for (const child of childrenOf(node)) text += this.#walk(child, place);
    return text;
  }

  #walkElement(element: Element, { run, sight: above, markup: markupAbove, isMenu }: Place): string {
    const tag = element.tagName;
    const own = this.#ownStyles(element);
    const styles = this.#cascade.stylesOf(element, own);
    const sight = sightOf(element, styles, above);
    const written = {
      tag,
      attributes: Object.fromEntries(element.attrs.map(({ name, value }) => [name, value])),
      text: '',
      visible: sight.sure,
      offset: offsetOf(element),
    };
    // The source does not spell out what a browser adds.
    if (element.sourceCodeLocation) this.elements.push(written);
    if (WITHOUT_TEXT.has(tag)) return '';
    this.#readAttributes(element, sight);
    const flows = isInline(element, styles.always.get('display')) && !(isMenu && tag === 'a');
    const isUnknownToAll = !sight.seen && !sight.heard && (above.seen || above.heard);
    const markup = MARKUP[tag] ?? markupAbove;
    // Hidden words inside a sentence are a text of their own: the reader sees the sentence without them.
    const ownRun = flows && !isUnknownToAll ? run : { pieces: [], scope: tag.toLowerCase(), markup };
    if (!flows && !sight.gone) this.#finish(run);
    const breaks =
      tag === 'br' || /^(?:block|flex|grid|table|list-item|flow-root)/.test(styles.always.get('display') ?? '');
    if (breaks) this.#breakLine(element, ownRun, sight);
    const inner = this.#walkChildren(element, { run: ownRun, sight, markup, isMenu: isLinkRow(element) });
    if (breaks && tag !== 'br') this.#breakLine(element, ownRun, sight);
    if (ownRun !== run) this.#finish(ownRun);
    written.text = foldSpaces(inner);
    if (tag === 'template') return '';
    return BLOCKS.has(tag) || breaks ? ` ${inner} ` : inner;
  }

  #breakLine(element: Element, run: Run, sight: Sight): void {
    const offset = offsetOf(element);
    run.pieces.push({ text: ' ', map: [offset, element.sourceCodeLocation?.endOffset ?? offset], sight });
  }

  #ownStyles(element: Element): readonly Declaration[] {
    const style = this.#tree.attribute(element, 'style');
    if (!style) return [];
    const { declarations, said, kept } = parseStyle(style);
    this.#say(said, element.tagName);
    if (this.#sheets.some(({ saysKept }) => saysKept)) this.#say(kept, element.tagName);
    return declarations;
  }

  #readAttributes(element: Element, sight: Sight): void {
    if (element.attrs.length === 0) return;
    const tag = element.tagName;
    const read = (name: string, scope: string): void => {
      const value = this.#tree.attribute(element, name);
      if (value) this.#add(value, scope, `text.attr.${name}`, sight.sure);
    };
    if (tag === 'meta') {
      const name = attributeOf(element, 'name') ?? attributeOf(element, 'property') ?? '';
      if (READ_METAS.test(name)) read('content', `${name.toLowerCase()}@meta`);
      return;
    }
    for (const { name } of element.attrs) {
      if (TEXT_ATTRIBUTES.includes(name) || this.#saidAttributes.includes(name)) read(name, `${name}@${tag}`);
    }
    if (tag === 'input' && !SILENT_INPUTS.has((attributeOf(element, 'type') ?? '').trim().toLowerCase())) {
      read('value', 'value@input');
    }
    if (tag === 'iframe') this.#readInner(element, sight);
  }

  /** A page in the attribute of an iframe. */
  #readInner(element: Element, sight: Sight): void {
    const page = this.#tree.attribute(element, 'srcdoc');
    if (!page) return;
    const inner = new Reader(page.text, this.#format);
    inner.read();
    const placed = (offset: number): number => page.map[offset] ?? 0;
    for (const block of inner.blocks) {
      const visible = block.visible && sight.state.always;
      this.blocks.push({ ...block, map: remap(block, page).map, offset: placed(block.offset), visible });
    }
    this.elements.push(...inner.elements.map((each) => ({ ...each, offset: placed(each.offset) })));
  }
}

function isInline({ tagName }: Element, display: string | undefined): boolean {
  if (display === undefined || !/^(?:inline|contents)/.test(display)) return !BLOCKS.has(tagName.toLowerCase());
  return true;
}

/**
 * @param format  last part of the blocks' markup
 * @returns       blocks and elements in the order of the source
 */
export function readHtml(source: string, format = 'html'): { blocks: TextBlock[]; elements: DocumentElement[] } {
  const reader = new Reader(source, format);
  reader.read();
  return { blocks: reader.blocks.sort((a, b) => a.offset - b.offset), elements: reader.elements };
}
