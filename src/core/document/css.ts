/** As much of CSS as it takes to know what a page shows: which declarations an element gets, and the words they say. */
import { joinMapped, type Mapped, replaceMapped, sliceMapped } from '../mapped.ts';
import { attributeOf, type Element, isElement } from './parse.ts';

export interface Declaration {
  /** Lower case. */
  readonly name: string;
  /** Lower case, escapes resolved. */
  readonly value: string;
  readonly important: boolean;
}

interface Compound {
  readonly tag: string;
  readonly id: string;
  readonly classes: readonly string[];
  readonly attributes: readonly { readonly name: string; readonly operator: string; readonly value: string }[];
}

/** From right to left: what the element must be, then what must stand above it. */
interface Selector {
  readonly compounds: readonly (Compound & { readonly isParent: boolean })[];
  readonly specificity: number;
}

interface StyleRule {
  readonly selector: Selector;
  readonly declarations: readonly Declaration[];
  /** false: it holds only on some devices, or in a way that is not worked out here. */
  readonly always: boolean;
  readonly order: number;
}

export interface Styles {
  readonly declarations: readonly Declaration[];
  /** Text that declarations put on the page. */
  readonly said: readonly Mapped[];
  /** Strings of custom properties, which may get on the page through others. */
  readonly kept: readonly Mapped[];
  /** Attributes whose text declarations put on the page. */
  readonly saidAttributes: readonly string[];
  /** Some text comes from custom properties. */
  readonly saysKept: boolean;
}

export interface Sheet extends Omit<Styles, 'declarations'> {
  readonly rules: readonly StyleRule[];
}

const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|url\(\s*(?!["'\s])(?:\\[\s\S]|[^\\)])*\)?|\\[\s\S]|[{};()]/gi;
const ESCAPE = /\\(?:[\da-f]{1,6}(?:\r\n|\s)?|\r?\n|[\s\S])/gi;

function unescaped(escape: string): string {
  const code = Number.parseInt(escape.slice(1), 16);
  if (/^\\[\da-f]/i.test(escape)) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD';
  return escape.slice(1).replace(/^\r?\n$/, '');
}
const unescape = (text: string): string => text.replace(ESCAPE, unescaped);

const withoutComments = (css: Mapped): Mapped =>
  css.text.includes('/*')
    ? replaceMapped(css, TOKEN, (token) => (token.startsWith('/*') ? ' '.repeat(token.length) : token))
    : css;

// ---- declarations ---------------------------------------------------------------------------------------------------

/** Properties whose strings a reader meets. */
const SPEAKING = /^(?:content|quotes|list-style(?:-type)?|symbols|prefix|suffix|text-overflow|hyphenate-character)$/;
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?/g;

/** The strings of a value, one after the other, as they are shown. */
function wordsOf(value: Mapped): Mapped[] {
  const strings = [...value.text.matchAll(STRING)].map(({ 0: quoted, index }) => {
    const isClosed = quoted.length > 1 && quoted.endsWith(quoted.charAt(0));
    return sliceMapped(value, index + 1, index + quoted.length - (isClosed ? 1 : 0));
  });
  return strings.length === 0 ? [] : [replaceMapped(joinMapped(strings), ESCAPE, unescaped)];
}

/** The declaration that stands between two places. */
function parseDeclaration(css: Mapped, start: number, end: number): Styles {
  const text = css.text.slice(start, end);
  const colon = text.indexOf(':');
  if (colon < 0) return SILENT;
  const name = unescape(text.slice(0, colon)).trim().toLowerCase();
  const written = unescape(text.slice(colon + 1))
    .trim()
    .toLowerCase();
  const important = /!\s*important$/.test(written);
  const value = written.replace(/!\s*important$/, '').trimEnd();
  const speaks = SPEAKING.test(name);
  const isKept = name.startsWith('--');
  const strings = speaks || isKept ? wordsOf(sliceMapped(css, start + colon + 1, end)) : [];
  const attributes = speaks || isKept ? value.matchAll(/attr\(\s*([\w-]+)/g) : [];
  return {
    declarations: [{ name, value, important }],
    said: speaks ? strings : [],
    kept: isKept ? strings : [],
    saidAttributes: [...attributes].map(([, attribute = '']) => attribute),
    saysKept: speaks && value.includes('var('),
  };
}

const SILENT: Styles = { declarations: [], said: [], kept: [], saidAttributes: [], saysKept: false };

const joinStyles = (all: readonly Styles[]): Styles => ({
  declarations: all.flatMap(({ declarations }) => declarations),
  said: all.flatMap(({ said }) => said),
  kept: all.flatMap(({ kept }) => kept),
  saidAttributes: all.flatMap(({ saidAttributes }) => saidAttributes),
  saysKept: all.some(({ saysKept }) => saysKept),
});

/** Of a style attribute. */
export function parseStyle(css: Mapped): Styles {
  const plain = withoutComments(css);
  const ends: number[] = [];
  let depth = 0;
  for (const { 0: token, index } of plain.text.matchAll(TOKEN)) {
    if ('({'.includes(token)) depth += 1;
    else if (')}'.includes(token)) depth = Math.max(0, depth - 1);
    else if (token === ';' && depth === 0) ends.push(index);
  }
  return joinStyles(
    [...ends, plain.text.length].map((end, index) =>
      parseDeclaration(plain, index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, end),
    ),
  );
}

// ---- sheets ---------------------------------------------------------------------------------------------------------

const DEEPEST = 100;
const LONGEST = 20_000;

interface Scope {
  readonly depth: number;
  /** Selectors of the rule around, empty outside of rules. */
  readonly parents: readonly string[];
  readonly always: boolean;
}

const split = (text: string): string[] => {
  const parts: string[] = [''];
  let depth = 0;
  for (const character of text) {
    if ('(['.includes(character)) depth += 1;
    else if (')]'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
};

const nested = (selector: string, parents: readonly string[]): string[] => {
  if (parents.length === 0) return [selector];
  return parents.map((parent) => (selector.includes('&') ? selector.replaceAll('&', parent) : `${parent} ${selector}`));
};

/** On screens of any size, in any mood. */
const EVERYWHERE = /^@(?:layer|scope)\b|^@media\s+(?:all|screen|only screen)\s*$/i;
const NOWHERE = /^@(?:font-face|keyframes|-webkit-keyframes|page|starting-style|media\s+(?:print|speech))\b/i;

/**
 * Adds what a block of CSS holds.
 *
 * @param from  token behind the one that opens it
 * @returns     the token that closes it
 */
function readBlock(
  css: Mapped,
  tokens: readonly RegExpExecArray[],
  from: number,
  scope: Scope,
  sheet: Reading,
): number {
  const own: Styles[] = [];
  let depth = 0;
  let start = from === 0 ? 0 : (tokens[from - 1]?.index ?? 0) + 1;
  let next = from;
  const declare = (end: number): void => {
    const written = css.text.slice(start, end).trim();
    if (written !== '' && !written.startsWith('@')) own.push(parseDeclaration(css, start, end));
  };
  for (; next < tokens.length; next += 1) {
    const { 0: token, index } = tokens[next] ?? { 0: '', index: 0 };
    if (token === '(') depth += 1;
    else if (token === ')') depth = Math.max(0, depth - 1);
    else if (depth > 0) continue;
    else if (token === ';') {
      declare(index);
      start = index + 1;
    } else if (token === '{' && scope.depth < DEEPEST) {
      const head = css.text.slice(start, index).trim();
      next = readBlock(css, tokens, next + 1, scopeOf(head, scope), NOWHERE.test(head) ? newReading() : sheet);
      start = (tokens[next]?.index ?? css.text.length) + 1;
    } else if (token === '}') break;
  }
  declare(tokens[next]?.index ?? css.text.length);
  const styles = joinStyles(own);
  const { declarations } = styles;
  sheet.styles.push(styles);
  for (const written of scope.parents) {
    const selector = parseSelector(written);
    if (selector && declarations.length > 0) {
      const always = scope.always && selector.always;
      sheet.rules.push({ selector, declarations, always, order: sheet.rules.length });
    }
  }
  return next;
}

function scopeOf(head: string, scope: Scope): Scope {
  const depth = scope.depth + 1;
  if (head.startsWith('@')) return { depth, parents: scope.parents, always: scope.always && EVERYWHERE.test(head) };
  const own = split(head);
  const length = scope.parents.reduce((sum, parent) => sum + parent.length, 0);
  // Each level may double what is above it; what gets out of hand is looked at on its own.
  if (own.length * length > LONGEST) return { depth, parents: own.slice(0, LONGEST), always: false };
  return { depth, parents: own.flatMap((selector) => nested(selector, scope.parents)), always: scope.always };
}

interface Reading {
  readonly rules: StyleRule[];
  readonly styles: Styles[];
}
const newReading = (): Reading => ({ rules: [], styles: [] });

/** @param media  of the style element */
export function parseSheet(css: Mapped, media = ''): Sheet {
  const plain = withoutComments(css);
  const tokens = [...plain.text.matchAll(TOKEN)].filter(([token]) => /^[{};()]$/.test(token));
  const sheet = newReading();
  const head = `@media ${media.trim() === '' ? 'all' : media}`;
  const scope = scopeOf(head, { depth: 0, parents: [], always: true });
  // A stray } ends a block, not the sheet.
  for (let next = 0; next <= tokens.length; next += 1) {
    next = readBlock(plain, tokens, next, scope, NOWHERE.test(head) ? newReading() : sheet);
  }
  return { ...joinStyles(sheet.styles), rules: sheet.rules };
}

// ---- selectors ------------------------------------------------------------------------------------------------------

/** States that a reader brings about, and parts that are no elements. */
const PASSING =
  /:(?:hover|focus(?:-visible|-within)?|active|visited|target|checked|:[\w-]+|before|after|first-letter|first-line)(?![\w-])/;
const SIMPLE =
  /\\[\s\S]|(:not\([^()]*\))|(::?[\w-]+(?:\((?:[^()]|\([^()]*\))*\))?)|\[((?:"[^"]*"|'[^']*'|[^\]"'])*)\]|([.#]?)((?:\\[\s\S]|[^\s.#:[>+~*\\])+)|\*|\s*([>+~])\s*|\s+/g;

interface Growing {
  tag: string;
  id: string;
  classes: string[];
  attributes: { name: string; operator: string; value: string }[];
  isParent: boolean;
}
const newCompound = (isParent = false): Growing => ({ tag: '', id: '', classes: [], attributes: [], isParent });

/** What stands in the brackets of [name="value" i]. */
function parseAttribute(written: string): Compound['attributes'][number] {
  const [, name = '', operator = '', rest = ''] = /^\s*([^\s=~|^$*]*)\s*([~|^$*]?=)?(.*)$/s.exec(written) ?? [];
  const value = /^(["'])(.*?)\1/s.exec(rest.trim())?.[2] ?? rest.trim().split(/\s/)[0] ?? '';
  return { name: name.toLowerCase(), operator, value: unescape(value) };
}

/** undefined: it never selects an element as it first appears. */
function parseSelector(written: string): (Selector & { readonly always: boolean }) | undefined {
  if (PASSING.test(written.replace(/:not\([^()]*\)/g, ''))) return undefined;
  const compounds: Growing[] = [newCompound()];
  let always = true;
  let specificity = 0;
  for (const match of written.trim().matchAll(SIMPLE)) {
    const [token, not, pseudo, attribute, mark, name = '', combinator] = match;
    const compound = compounds.at(-1) ?? newCompound();
    if (not !== undefined) always &&= PASSING.test(not);
    else if (pseudo === ':root') compound.tag ||= 'html';
    else if (pseudo !== undefined) always &&= pseudo === ':link' || pseudo === ':any-link';
    else if (attribute !== undefined) {
      compound.attributes.push(parseAttribute(attribute));
      specificity += 100;
    } else if (mark === '.') {
      compound.classes.push(unescape(name));
      specificity += 100;
    } else if (mark === '#') {
      compound.id = unescape(name);
      specificity += 10_000;
    } else if (mark === '') {
      compound.tag = unescape(name).toLowerCase();
      specificity += 1;
    } else if (combinator === '+' || combinator === '~') {
      // Only what the element itself must be is looked at.
      compounds.splice(0, compounds.length, newCompound());
      always = false;
    } else if (combinator === '>' || /^\s+$/.test(token)) {
      compound.isParent = combinator === '>';
      compounds.push(newCompound());
    }
  }
  return { compounds: compounds.reverse(), specificity, always };
}

function hasAttribute(element: Element, { name, operator, value }: Compound['attributes'][number]): boolean {
  const found = attributeOf(element, name);
  if (found === undefined) return false;
  const tests: Readonly<Record<string, () => boolean>> = {
    '': () => true,
    '=': () => found === value,
    '~=': () => found.split(/\s+/).includes(value),
    '|=': () => found === value || found.startsWith(`${value}-`),
    '^=': () => value !== '' && found.startsWith(value),
    '$=': () => value !== '' && found.endsWith(value),
    '*=': () => value !== '' && found.includes(value),
  };
  return tests[operator]?.() ?? false;
}

const classesOf = (element: Element): string[] => (attributeOf(element, 'class') ?? '').split(/\s+/);

function isCompound(element: Element, { tag, id, classes, attributes }: Compound): boolean {
  if (tag !== '' && tag !== element.tagName.toLowerCase()) return false;
  if (id !== '' && attributeOf(element, 'id') !== id) return false;
  if (classes.length > 0) {
    const own = classesOf(element);
    if (!classes.every((name) => own.includes(name))) return false;
  }
  return attributes.every((attribute) => hasAttribute(element, attribute));
}

function selects(element: Element, { compounds }: Selector, from = 0): boolean {
  const compound = compounds[from];
  if (!compound) return true;
  if (!isCompound(element, compound)) return false;
  const above = compounds[from + 1];
  if (!above) return true;
  for (let parent = element.parentNode; parent && isElement(parent); parent = parent.parentNode) {
    if (selects(parent, { compounds, specificity: 0 }, from + 1)) return true;
    if (above.isParent) return false;
  }
  return false;
}

// ---- the cascade ----------------------------------------------------------------------------------------------------

export type Computed = ReadonlyMap<string, string>;

/** By which rules are looked up. */
function* keysOf(element: Element): Generator<string> {
  yield '*';
  yield element.tagName.toLowerCase();
  for (const { name, value } of element.attrs) {
    if (name === 'id') yield `#${value}`;
    if (name === 'class') for (const own of new Set(value.split(/\s+/))) yield `.${own}`;
  }
}

export interface ElementStyles {
  /** What it gets for sure, its own style included. */
  readonly always: Computed;
  /** What it gets only at times. */
  readonly attimes: readonly Computed[];
}

export interface Cascade {
  stylesOf(element: Element, own: readonly Declaration[]): ElementStyles;
}

/**
 * @param relevant  the properties that anybody will ask for
 * @param valid     by property: the values that count
 */
export function cascadeOf(
  sheets: readonly Sheet[],
  relevant: RegExp,
  valid: Readonly<Record<string, RegExp>>,
): Cascade {
  const rules = sheets.flatMap((sheet, index) =>
    sheet.rules.map((rule) => ({ ...rule, order: index * 100_000 + rule.order })),
  );
  const variables = new Map<string, string>();
  for (const { declarations } of [...rules.filter(({ always }) => !always), ...rules.filter(({ always }) => always)]) {
    for (const { name, value } of declarations) if (name.startsWith('--')) variables.set(name, value);
  }
  const byKey = new Map<string, (typeof rules)[number][]>();
  for (const rule of rules) {
    if (!rule.declarations.some(({ name }) => relevant.test(name))) continue;
    const [last] = rule.selector.compounds;
    const key = last?.id ? `#${last.id}` : last?.classes[0] ? `.${last.classes[0]}` : last?.tag || '*';
    byKey.set(key, [...(byKey.get(key) ?? []), rule]);
  }
  const resolve = (value: string, own: ReadonlyMap<string, string>, depth = 0): string =>
    depth > 4 || !value.includes('var(')
      ? value
      : resolve(
          value.replace(/var\(\s*(--[\w-]+)\s*(?:,((?:[^()]|\([^()]*\))*))?\)/g, (_, name: string, other = '') =>
            String(own.get(name) ?? variables.get(name) ?? other).trim(),
          ),
          own,
          depth + 1,
        );
  const computed = (declarations: readonly Declaration[]): Computed => {
    const own = new Map(
      declarations.filter(({ name }) => name.startsWith('--')).map(({ name, value }) => [name, value]),
    );
    return new Map(
      declarations
        .filter(({ name }) => relevant.test(name))
        .map(({ name, value }) => [name, resolve(value, own).trim()] as const)
        .filter(([name, value]) => valid[name]?.test(value) ?? true),
    );
  };
  const stylesBy = (matching: readonly (typeof rules)[number][], own: readonly Declaration[]): ElementStyles => {
    const always = matching
      .filter((rule) => rule.always)
      .sort((a, b) => a.selector.specificity - b.selector.specificity || a.order - b.order)
      .flatMap(({ declarations }) => declarations);
    const ranked = [...always, ...own];
    return {
      always: computed([
        ...ranked.filter(({ important }) => !important),
        ...ranked.filter(({ important }) => important),
      ]),
      attimes: matching.filter((rule) => !rule.always).map(({ declarations }) => computed(declarations)),
    };
  };
  /** Most elements share the rules that select them with many others. */
  const known = new Map<string, ElementStyles>();
  return {
    stylesOf(element, own) {
      const matching = [...keysOf(element)]
        .flatMap((key) => byKey.get(key) ?? [])
        .filter(({ selector }) => selects(element, selector));
      if (matching.length === 0 && own.length === 0) return NOTHING;
      if (own.length > 0) return stylesBy(matching, own);
      const key = matching.map(({ order }) => order).join();
      const styles = known.get(key) ?? stylesBy(matching, own);
      known.set(key, styles);
      return styles;
    },
  };
}

const NOTHING: ElementStyles = { always: new Map(), attimes: [] };
