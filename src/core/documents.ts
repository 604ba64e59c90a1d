/** YAML and JSON Lines to plain values, with the place of every key and value, and back. Nothing here ever throws. */
import type { CST, ParsedNode, Document as YamlDocument } from 'yaml';
import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser, stringify } from 'yaml';
import type { Problem } from './errors.ts';

/** Keys and indexes from the root of a document. */
export type Pointer = readonly (string | number)[];
/** From 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Document {
  readonly path: string;
  readonly value: unknown;
  /** Place of a key or its value; of the nearest parent for what is not there. */
  locate(pointer: Pointer, at: 'key' | 'value'): Place;
}

export type Parsed =
  | { readonly ok: true; readonly document: Document }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What people write is short; what the engine writes grows with what was measured. */
export const maxBytes = { people: 64 * 1024, engine: 1024 * 1024 } as const;
const maxDepth = 32;
const maxAliases = 20;
const maxProblems = 100;
/** Keys that mean something to JavaScript objects. */
const reservedKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Sorted by place, each message once per place; what is too much to read is counted. */
export function tidyProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  const sorted = problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .filter(({ line, column, message }) => {
      const key = `${line}:${column}:${message}`;
      return !seen.has(key) && seen.add(key);
    });
  const last = sorted[maxProblems];
  if (last === undefined) return sorted;
  return [
    ...sorted.slice(0, maxProblems),
    { ...last, message: `${sorted.length - maxProblems} more problems from here on` },
  ];
}

/** Parses one YAML file safely: YAML 1.2 core schema, one document, text keys, no tags, no merge keys. */
export function parseDocument(path: string, bytes: Uint8Array | string, limit: number = maxBytes.people): Parsed {
  const failed = (problem: Place & { message: string }): Parsed => ({
    ok: false,
    problems: [{ file: path, ...problem }],
  });
  const size = typeof bytes === 'string' ? new TextEncoder().encode(bytes).length : bytes.length;
  if (size > limit) return failed({ line: 1, column: 1, message: `file has ${size} bytes, expected at most ${limit}` });

  const decoded = typeof bytes === 'string' ? { text: bytes } : decodeUtf8(bytes);
  if ('message' in decoded) return failed(decoded);
  const text = decoded.text.startsWith('\uFEFF') ? decoded.text.slice(1) : decoded.text;

  const lines = new LineCounter();
  const problems: Problem[] = [];
  const report: Report = (offset, message) => problems.push({ file: path, ...placeIn(lines, offset), message });

  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  for (const { index, 0: found } of text.matchAll(/[^\P{Cc}\t\n\r\u007f-\u009f]|\r(?!\n)/gu)) {
    report(index, `control character ${codePoint(found)}, expected plain text`);
  }
  if (inspectTokens(tokens, report) > maxDepth) return { ok: false, problems: tidyProblems(problems) };

  const [document, ...more] = composeDocuments(tokens, text.length, lines, report);
  const [second] = more;
  if (second) report(second.range[0], 'a second document starts here, expected one document per file');
  const value = document ? plainValue(document.contents, { report, anchors: new Map(), aliases: 0 }) : null;
  if (problems.length > 0) return { ok: false, problems: tidyProblems(problems) };
  return { ok: true, document: { path, value, locate: locatorIn(text) } };
}

/** Where something is, is asked only when it is wrong: until then the text alone is kept, a tenth of what it parses to. */
function locatorIn(text: string): Document['locate'] {
  const parse = () => {
    const lines = new LineCounter();
    const tokens = [...new Parser(lines.addNewLine).parse(text)];
    return { lines, document: composeDocuments(tokens, text.length, lines, () => undefined)[0] };
  };
  let parsed: ReturnType<typeof parse> | undefined;
  return (pointer, at) => {
    parsed ??= parse();
    const { lines, document } = parsed;
    return placeIn(lines, document ? offsetOf(document, pointer, at) : 0);
  };
}

function placeIn(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

type Report = (offset: number, message: string) => void;

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): { text: string } | (Place & { message: string }) {
  const text = utf8.decode(bytes);
  if (!text.includes('\uFFFD')) return { text };
  // The decoder replaces what it cannot read; a replacement character that was in the file encodes to the same bytes.
  const again = new TextEncoder().encode(text);
  const bad = bytes.findIndex((byte, index) => byte !== again[index]);
  if (bad === -1 && bytes.length === again.length) return { text };
  const offset = bad === -1 ? bytes.length - 1 : bad;
  const before = utf8
    .decode(bytes.subarray(0, offset))
    .replace(/^\uFEFF/, '')
    .split('\n');
  return {
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    message: `byte 0x${(bytes[offset] ?? 0).toString(16).toUpperCase().padStart(2, '0')} is not UTF-8, expected a file in UTF-8`,
  };
}

/** Text of a file; undefined when it is not UTF-8. */
export function textOf(bytes: Uint8Array | string): string | undefined {
  if (typeof bytes === 'string') return bytes;
  const decoded = decodeUtf8(bytes);
  return 'text' in decoded ? decoded.text : undefined;
}

/**
 * Refuses what the grammar can say and mhub cannot mean, before anything is composed: composing recurses, and deep
 * block sequences have been seen to end the whole process.
 *
 * @returns depth of the deepest collection
 */
function inspectTokens(tokens: readonly CST.Token[], report: Report): number {
  const pending: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of tokens) {
    if (token.type === 'directive') report(token.offset, `directive ${token.source}, expected none`);
    if (token.type === 'document') {
      refuseTags(token.start, report);
      if (token.value) pending.push({ token: token.value, depth: 0 });
    }
  }
  let deepest = 0;
  let aliases = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { token, depth } = next;
    if (token.type === 'alias') {
      aliases += 1;
      if (aliases === maxAliases + 1)
        report(token.offset, `more than ${maxAliases} aliases, expected the values themselves`);
    }
    if (!('items' in token)) continue;
    deepest = Math.max(deepest, depth + 1);
    if (depth === maxDepth) {
      report(token.offset, `nested more than ${maxDepth} levels deep, expected at most ${maxDepth}`);
      continue;
    }
    // Last first, so that the first is on top.
    for (const item of token.items.toReversed()) {
      refuseTags(item.start, report);
      refuseTags(item.sep ?? [], report);
      if (item.value) pending.push({ token: item.value, depth: depth + 1 });
      if (item.key) pending.push({ token: item.key, depth: depth + 1 });
    }
  }
  return deepest;
}

function refuseTags(tokens: readonly CST.SourceToken[], report: Report): void {
  for (const { type, source, offset } of tokens) {
    if (type === 'tag') report(offset, `tag ${source}, expected a plain value without a tag`);
  }
}

function composeDocuments(
  tokens: readonly CST.Token[],
  length: number,
  lines: LineCounter,
  report: Report,
): YamlDocument.Parsed<ParsedNode>[] {
  const composer = new Composer<ParsedNode>({
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    // The library compares each key with all before it: 16,000 keys took 3.2 s. plainValue uses a set.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens, true, length)];
  const errors = documents.flatMap((document) => document.errors).sort((a, b) => a.pos[0] - b.pos[0]);
  const reported = new Set<number>();
  for (const { code, message, pos } of errors) {
    // After the first mistake on a line the rest of it is read wrongly: what is said about it would be noise.
    const { line } = lines.linePos(pos[0]);
    if (!reported.has(line)) report(pos[0], syntaxMessage(code, message));
    reported.add(line);
  }
  return documents;
}

/** The library's wording where it is clear, ours where it is not. */
function syntaxMessage(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'tab in the indentation, expected spaces';
  if (code === 'BLOCK_AS_IMPLICIT_KEY')
    return 'a second ": " on the line, expected quotes around the text or a new line';
  if (code === 'MULTILINE_IMPLICIT_KEY' || message.startsWith('Implicit map keys'))
    return 'a key without its value, expected "key: value" on one line';
  const [, bracket] = /end with a ([\]}])$/.exec(message) ?? [];
  if (bracket)
    return `a ${bracket === ']' ? 'list' : 'mapping'} in brackets is not closed, expected ${bracket} before this`;
  if (message.startsWith('Missing closing'))
    return 'a quoted text is not closed, expected the closing quote before this';
  return `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

interface Conversion {
  readonly report: Report;
  readonly anchors: Map<string, { readonly value: unknown; readonly repeats: boolean }>;
  aliases: number;
}

/** The value of a node, with every problem of its keys, aliases and numbers reported. */
function plainValue(node: ParsedNode | null, conversion: Conversion): unknown {
  if (node === null) return null;
  const { report, anchors } = conversion;
  const start = node.range[0];
  if (isAlias(node)) {
    conversion.aliases += 1;
    const anchor = anchors.get(node.source);
    if (!anchor) report(start, `alias *${node.source}, expected an anchor &${node.source} before it`);
    // An alias of an alias is how a few lines become gigabytes.
    else if (anchor.repeats)
      report(start, `alias *${node.source} repeats another alias, expected the values themselves`);
    return anchor?.value;
  }
  const aliasesBefore = conversion.aliases;
  const value = contentOf(node, conversion);
  if (node.anchor) anchors.set(node.anchor, { value, repeats: conversion.aliases > aliasesBefore });
  return value;
}

function contentOf(node: Exclude<ParsedNode, { source: string; resolve: unknown }>, conversion: Conversion): unknown {
  const { report } = conversion;
  if (isSeq<ParsedNode>(node)) return node.items.map((item) => plainValue(item, conversion));
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const members: Record<string, unknown> = {};
    for (const { key, value } of node.items) {
      const name = keyName(key, members, report);
      const member = plainValue(value, conversion);
      if (name !== undefined) members[name] = member;
    }
    return members;
  }
  if (!isScalar(node)) return null;
  const { value, source = '' } = node;
  if (typeof value === 'number' && !Number.isFinite(value))
    report(node.range[0], `number ${shorten(source)}, expected a finite number`);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    report(node.range[0], `number ${shorten(source)} is too large to be exact, expected quotes around it`);
  }
  return value;
}

/** The key when it may be used, which is when no problem was reported. */
function keyName(key: ParsedNode, siblings: object, report: Report): string | undefined {
  const offset = key.range[0];
  const text = isScalar(key) ? key.value : undefined;
  if (typeof text !== 'string') {
    const found = isScalar(key) && text !== null ? `key ${shorten(String(key.source))}` : 'a key that is no text';
    return void report(
      offset,
      `${found}, expected a text${isScalar(key) && text !== null ? ` such as "${shorten(String(key.source))}"` : ''}`,
    );
  }
  if (text === '<<') return void report(offset, 'merge key <<, expected the keys themselves');
  if (reservedKeys.has(text)) return void report(offset, `key "${text}" is reserved, expected another name`);
  if (Object.hasOwn(siblings, text)) return void report(offset, `key "${shorten(text)}" is there twice, expected once`);
  return text;
}

/** Text as it is quoted in a message: at most 60 characters. */
export function shorten(text: string): string {
  const characters = [...text.slice(0, 200)];
  return characters.length > 60 ? `${characters.slice(0, 57).join('')}...` : text;
}

function offsetOf(document: YamlDocument.Parsed<ParsedNode>, pointer: Pointer, at: 'key' | 'value'): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const [index, segment] of pointer.entries()) {
    if (isAlias(node)) node = (node.resolve(document) as ParsedNode | undefined) ?? null;
    const last = index === pointer.length - 1;
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair: { key: ParsedNode; value: ParsedNode | null } | undefined = node.items.find(
        ({ key }) => isScalar(key) && key.value === String(segment),
      );
      if (!pair) return offset;
      offset = last && at === 'value' && pair.value ? pair.value.range[0] : pair.key.range[0];
      node = pair.value;
    } else if (isSeq<ParsedNode>(node)) {
      const item: ParsedNode | undefined = node.items[Number(segment)];
      if (!item) return offset;
      offset = item.range[0];
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}

/** YAML of an engine file: keys in the order given, undefined left out, the same text for the same value. */
export function stringifyDocument(value: unknown, { header }: { readonly header?: string } = {}): string {
  const yaml = stringify(value, {
    version: '1.2',
    schema: 'core',
    lineWidth: 110,
    aliasDuplicateObjects: false,
    // yaml 2.9 loses spaces in block scalars: { a: [{ b: ' \n' }] } is read back as '\n'.
    blockQuote: false,
  });
  if (header === undefined) return yaml;
  return `${header
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')}\n${yaml}`;
}

export interface JsonLines {
  /** Each good line with its number, from 1. */
  readonly values: readonly { readonly line: number; readonly value: unknown }[];
  readonly problems: readonly Problem[];
}

/** Reads line by line, so that one torn line does not hide the others. */
export function parseJsonLines(path: string, bytes: Uint8Array | string): JsonLines {
  const decoded = typeof bytes === 'string' ? { text: bytes } : decodeUtf8(bytes);
  if ('message' in decoded) return { values: [], problems: [{ file: path, ...decoded }] };
  const lines = decoded.text.split('\n');
  const values: { line: number; value: unknown }[] = [];
  const problems: Problem[] = [];
  for (const [index, text] of lines.entries()) {
    const last = index === lines.length - 1;
    if (last && text === '') break;
    const parsed = parseJson(text);
    if (parsed) values.push({ line: index + 1, value: parsed.value });
    else {
      const message = last
        ? 'line is torn, expected a JSON object and a line end'
        : 'not valid JSON, expected one object per line';
      problems.push({ file: path, line: index + 1, column: 1, message });
    }
  }
  return { values, problems };
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
