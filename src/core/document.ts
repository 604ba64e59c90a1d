import { type DefaultTreeAdapterMap, parse } from 'parse5';
import type { AssetKindId } from '../generated/entities.ts';
import type { DocumentElement, DocumentPart, Files, GuardDocument, RuleFinding, TextBlock } from './contracts.ts';
import { foldSpaces } from './fold.ts';

type Node = DefaultTreeAdapterMap['node'];
type Element = DefaultTreeAdapterMap['element'];

/** Elements that do not end a run of text; every other element does. */
const INLINE = new Set(
  (
    'a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark meter output picture ' +
    'progress q ruby s samp slot small source span strike strong sub sup svg time tspan tt u var wbr'
  ).split(' '),
);
const WITHOUT_TEXT = new Set(['script', 'style']);
const NEVER_SEEN = new Set(['template', 'noscript', 'iframe', 'object', 'datalist']);
const HIDING_STYLE = new RegExp(
  [
    'display\\s*:\\s*none',
    'visibility\\s*:\\s*(?:hidden|collapse)',
    'opacity\\s*:\\s*0(?:\\.0+)?\\s*(?:;|!|$)',
    'font-size\\s*:\\s*0(?![.\\d])',
    'max-height\\s*:\\s*0(?![.\\d])',
  ].join('|'),
  'i',
);
const TEXT_ATTRIBUTES = [
  'alt',
  'title',
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'aria-valuetext',
  'aria-placeholder',
  'placeholder',
  'label',
];
const BUTTON_INPUTS = new Set(['submit', 'button', 'reset', 'image']);
const SHARED_METAS = 'title|description|site_name|alt|image:alt';
const READ_METAS = new RegExp(
  `^(?:description|keywords|author|application-name|(?:og|twitter):(?:${SHARED_METAS}))$`,
  'i',
);

const isElement = (node: Node): node is Element => 'tagName' in node;
const isText = (node: Node): node is DefaultTreeAdapterMap['textNode'] => node.nodeName === '#text';
const childrenOf = (node: Node): readonly Node[] => {
  if ('content' in node) return node.content.childNodes;
  return 'childNodes' in node ? node.childNodes : [];
};
const attributesOf = (element: Element): Record<string, string> =>
  Object.fromEntries(element.attrs.map(({ name, value }) => [name, value]));
const offsetOf = (node: Node): number => node.sourceCodeLocation?.startOffset ?? 0;

function hides(element: Element): boolean {
  const { hidden, style, open, 'aria-hidden': ariaHidden } = attributesOf(element);
  if (NEVER_SEEN.has(element.tagName) || hidden !== undefined || ariaHidden?.trim().toLowerCase() === 'true')
    return true;
  return HIDING_STYLE.test(style ?? '') || (element.tagName === 'dialog' && open === undefined);
}

/** A row of links with nothing but separators between them (a menu): each link is a text of its own. */
function isLinkRow(element: Element): boolean {
  const parts = element.childNodes.filter((node) => !isText(node) || /[\p{L}\p{N}]/u.test(node.value));
  return parts.length > 1 && parts.every((node) => isElement(node) && ['a', 'br'].includes(node.tagName));
}

function textOf(node: Node): string {
  if (isText(node)) return node.value;
  if (isElement(node) && (WITHOUT_TEXT.has(node.tagName) || node.tagName === 'template')) return '';
  if (isElement(node) && node.tagName === 'br') return ' ';
  const text = childrenOf(node).map(textOf).join('');
  return isElement(node) && !INLINE.has(node.tagName) ? ` ${text} ` : text;
}

function attributeBlocks(element: Element, visible: boolean): TextBlock[] {
  const attributes = attributesOf(element);
  const block = (name: string, scope: string): TextBlock[] => {
    const text = foldSpaces(attributes[name] ?? '');
    const offset = element.sourceCodeLocation?.attrs?.[name]?.startOffset ?? offsetOf(element);
    return text === '' ? [] : [{ text, scope, visible, offset }];
  };
  if (element.tagName === 'meta') {
    const name = attributes['name'] ?? attributes['property'] ?? '';
    return READ_METAS.test(name) ? block('content', `${name.toLowerCase()}@meta`) : [];
  }
  const read = TEXT_ATTRIBUTES.flatMap((name) => block(name, `${name}@${element.tagName}`));
  const isButton = element.tagName === 'input' && BUTTON_INPUTS.has((attributes['type'] ?? '').toLowerCase());
  return isButton ? [...read, ...block('value', 'value@input')] : read;
}

/** A run of text that is still growing. */
interface Run {
  text: string;
  offset: number | undefined;
  readonly scope: string;
  readonly visible: boolean;
}

function htmlBlocks(source: string, root: Node): TextBlock[] {
  const blocks: TextBlock[] = [];
  const finish = (run: Run): void => {
    const text = foldSpaces(run.text);
    if (text !== '') blocks.push({ text, scope: run.scope, visible: run.visible, offset: run.offset ?? 0 });
    run.text = '';
    run.offset = undefined;
  };
  const walk = (node: Node, run: Run, ownLinks: boolean): void => {
    if (isText(node)) {
      const start = offsetOf(node);
      const indent = source.slice(start).search(/\S/u);
      if (node.value.trim() !== '') run.offset ??= start + Math.max(indent, 0);
      run.text += node.value;
      return;
    }
    if (!isElement(node)) {
      for (const child of childrenOf(node)) walk(child, run, false);
      return;
    }
    if (WITHOUT_TEXT.has(node.tagName)) return;
    if (node.tagName === 'br') run.text += ' ';
    const visible = run.visible && !hides(node);
    blocks.push(...attributeBlocks(node, visible));
    const isInline = INLINE.has(node.tagName) && !(ownLinks && node.tagName === 'a');
    // Hidden words inside a sentence are a text of their own: the reader sees the sentence without them.
    const ownRun =
      isInline && visible === run.visible ? run : { text: '', offset: undefined, scope: node.tagName, visible };
    if (!isInline) finish(run);
    for (const child of childrenOf(node)) walk(child, ownRun, isLinkRow(node));
    if (ownRun !== run) finish(ownRun);
  };
  const run: Run = { text: '', offset: undefined, scope: 'body', visible: true };
  walk(root, run, false);
  finish(run);
  return blocks.sort((a, b) => a.offset - b.offset);
}

/** Elements that the source spells out, in document order; those a browser would add are left out. */
function elementsOf(node: Node): DocumentElement[] {
  const below = childrenOf(node).flatMap(elementsOf);
  if (!isElement(node) || !node.sourceCodeLocation) return below;
  const element = {
    tag: node.tagName,
    attributes: attributesOf(node),
    text: foldSpaces(textOf(node)),
    offset: offsetOf(node),
  };
  return [element, ...below];
}

/** A capital begins a text: plain lines have no other sign for the end of a title or an address. */
const continues = (line: string): boolean => !/^[\s"'(]*\p{Lu}/u.test(line);

/** Paragraphs, list items and lines that begin anew; list markers and lines drawn with punctuation are not text. */
function textBlocks(source: string): TextBlock[] {
  const blocks: TextBlock[] = [];
  let offset = 0;
  let open = false;
  for (const line of source.split('\n')) {
    const marker = /^\s*(?:[-*•–]\s+|\d+[.)]\s+)/u.exec(line)?.[0] ?? '';
    const words = line.slice(marker.length);
    const start = offset + marker.length + Math.max(words.search(/\S/u), 0);
    const text = foldSpaces(words);
    const last = blocks.at(-1);
    const isText = /[^\s=_*~#-]/u.test(line);
    if (isText && last && marker === '' && open && continues(line)) {
      blocks[blocks.length - 1] = { ...last, text: `${last.text} ${text}` };
    } else if (isText) blocks.push({ text, scope: 'text', visible: true, offset: start });
    open = isText;
    offset += line.length + 1;
  }
  return blocks;
}

function partOf(file: string, source: string): DocumentPart {
  if (!/\.html?$/i.test(file)) return { file, format: 'text', source, blocks: textBlocks(source), elements: [] };
  // Without scripting the parser reads <noscript> as markup instead of as one opaque string.
  const root = parse(source, { sourceCodeLocationInfo: true, scriptingEnabled: false });
  return { file, format: 'html', source, blocks: htmlBlocks(source, root), elements: elementsOf(root) };
}

const TEXT_FILE = /\.(?:html?|txt|md)$/i;

/** Takes an asset's files apart for the rules; bytes that are not text by their name carry no words. */
export function documentOf(kind: AssetKindId, files: Files): GuardDocument {
  const parts = [...files].flatMap(([file, content]) => {
    if (typeof content === 'string') return [partOf(file, content)];
    return TEXT_FILE.test(file) ? [partOf(file, new TextDecoder().decode(content))] : [];
  });
  return { kind, parts };
}

/** true for the text of an attribute, such as alt@img. */
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

/** A finding about some words of a block, at those words when the source spells them like this, else at the block. */
export function findingIn(part: DocumentPart, block: TextBlock, words: string, message: string): RuleFinding {
  const next = part.blocks.find((other) => other.offset > block.offset && !isAttribute(other));
  const spelled = [words, words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')]
    .map((spelling) => part.source.indexOf(spelling, block.offset))
    .find((at) => at >= 0 && at < (next?.offset ?? part.source.length));
  return findingAt(part, spelled ?? block.offset, message, words);
}
