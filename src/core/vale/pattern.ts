/**
 * Regular expressions as Vale's rules write them (Go's regexp2: inline flags, (?P<name>), \A, \z, POSIX classes, words
 * of any script) in the dialect of JavaScript.
 *
 * Each pattern exists twice. JavaScript's \b and \w know ASCII only; spelled out for every script they cost several
 * times as much. So a text without letters beyond ASCII meets the plain variant, and any other text the full one.
 */

/** Which letters a text has; decides which variant of a pattern it meets. */
export type Width = 'ascii' | 'symbols' | 'letters';

const BEYOND_ASCII = /\P{ASCII}/u;
/** Beyond the BMP, the plain variant would see halves of characters. */
const LETTERS_BEYOND_ASCII = /(?!\p{ASCII})[\p{L}\p{M}\p{N}\p{Pc}]|[\u{10000}-\u{10ffff}]/u;

/** symbols: beyond ASCII there are only marks such as typographic quotes, which are no part of a word either way. */
export const widthOf = (text: string): Width => {
  if (!BEYOND_ASCII.test(text)) return 'ascii';
  return LETTERS_BEYOND_ASCII.test(text) ? 'letters' : 'symbols';
};

export interface Text {
  readonly text: string;
  readonly width: Width;
}

export const textOf = (text: string): Text => ({ text, width: widthOf(text) });

export interface Match {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What each group holds, from the first. */
  readonly groups: readonly (string | undefined)[];
}

type Variant = 'ascii' | 'unicode';

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

const WORD = '\\p{L}\\p{M}\\p{Nd}\\p{Pc}';
const EDGE = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const NO_EDGE = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`;
const START = '(?<![\\s\\S])';
const END = '(?![\\s\\S])';

/** A part of a class: what is inside the brackets, or everything else. */
interface Piece {
  readonly inside: string;
  readonly isNegated: boolean;
}

const piece = (inside: string, isNegated = false): Piece => ({ inside, isNegated });
const opposite = ({ inside, isNegated }: Piece): Piece => piece(inside, !isNegated);
const bracketed = ({ inside, isNegated }: Piece): string => `[${isNegated ? '^' : ''}${inside}]`;

const POSIX: Readonly<Record<string, Piece>> = {
  alnum: piece('\\p{L}\\p{Nd}'),
  alpha: piece('\\p{L}'),
  ascii: piece('\\0-\\x7f'),
  blank: piece('\\t\\p{Zs}'),
  cntrl: piece('\\p{Cc}'),
  digit: piece('\\p{Nd}'),
  graph: piece('\\s\\p{C}', true),
  lower: piece('\\p{Ll}'),
  print: piece('\\p{C}', true),
  punct: piece('\\p{P}\\p{S}'),
  space: piece('\\s'),
  upper: piece('\\p{Lu}'),
  word: piece(WORD),
  xdigit: piece('0-9A-Fa-f'),
};

const CONTROL: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11, 0: 0 };
const SYNTAX = new Set('^$\\.*+?()[]{}|/');
const CLASS_SYNTAX = new Set([...SYNTAX, '-']);

const spell = (point: number, syntax: ReadonlySet<string>): string => {
  const char = String.fromCodePoint(point);
  return syntax.has(char) ? `\\${char}` : char;
};

/** The ASCII characters of a part of a class, spelled out. */
function asciiMembers(part: Piece): string {
  const regex = new RegExp(bracketed(part), 'u');
  return Array.from({ length: 128 }, (_, point) => point)
    .filter((point) => regex.test(String.fromCharCode(point)))
    .map((point) => `\\x${point.toString(16).padStart(2, '0')}`)
    .join('');
}

function propertyClass(name: string, negated: boolean): string {
  const written = name.replace(/^\^/, '');
  const escape = negated !== name.startsWith('^') ? 'P' : 'p';
  const isKnown = (property: string): boolean => {
    try {
      new RegExp(`\\p{${property}}`, 'u');
      return true;
    } catch {
      return false;
    }
  };
  const property = [written, `Script=${written}`].find(isKnown);
  if (property === undefined) throw new SyntaxError(`there is no Unicode class "${name}"`);
  return `\\${escape}{${property}}`;
}

const otherCases = (char: string): string[] =>
  [char.toLowerCase(), char.toUpperCase()].filter((other) => other !== char && [...other].length === 1);

interface Group {
  /** Flags to go back to. */
  readonly flags: Flags;
  /** Where its opening stands in the output. */
  readonly at: number;
  readonly isLookaround: boolean;
}

interface Translation {
  readonly source: string;
  readonly ignoreCase: boolean;
  /** Whether it asks for a class of characters that symbols beyond ASCII may belong to. */
  readonly asksForClasses: boolean;
}

/** One walk over a pattern; never used twice. */
class Translator {
  private at = 0;
  private flags: Flags = { i: false, m: false, s: false, x: false };
  private readonly out: string[] = [];
  private readonly open: Group[] = [];
  private readonly names = new Map<string, number>();
  private count = 0;
  private asksForClasses = false;
  /** Under which states of flag i something stands that has case. */
  private readonly cases = new Set<boolean>();

  private readonly source: string;
  private readonly variant: Variant;
  private readonly spellsCases: boolean;

  /** @param spellsCases  both cases are written out, since Node 20 cannot switch flag i inside a pattern */
  constructor(source: string, variant: Variant, spellsCases: boolean) {
    this.source = source;
    this.variant = variant;
    this.spellsCases = spellsCases;
  }

  run(): Translation & { readonly mixesCases: boolean } {
    while (this.at < this.source.length) this.step();
    if (this.open.length > 0) throw new SyntaxError('a group is not closed');
    return {
      source: this.out.join(''),
      ignoreCase: !this.spellsCases && this.cases.has(true),
      mixesCases: this.cases.size > 1,
      asksForClasses: this.asksForClasses,
    };
  }

  private take(regex: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(regex.source, 'y');
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.source) ?? undefined;
    if (found) this.at = sticky.lastIndex;
    return found;
  }

  private step(): void {
    if (this.flags.x && this.take(/\s+|#[^\n]*/)) return;
    const quantifier = this.source[this.at] === '{' ? this.take(/\{\d+(?:,\d*)?\}/) : undefined;
    if (quantifier) {
      this.out.push(quantifier[0]);
      return;
    }
    const char = String.fromCodePoint(this.source.codePointAt(this.at) ?? 0);
    this.at += char.length;
    if (char === '\\') this.escape();
    else if (char === '[') this.class();
    else if (char === '(') this.openGroup();
    else if (char === ')') this.closeGroup();
    else if (char === '^') this.out.push(this.flags.m ? '^' : START);
    else if (char === '$') this.out.push(this.flags.m ? '$' : `(?=\\n?${END})`);
    else if (char === '.') this.out.push(this.flags.s ? '[\\s\\S]' : '[^\\n]');
    else if ('*+?|'.includes(char)) this.out.push(char);
    else this.literal(char);
  }

  private literal(char: string): void {
    const others = otherCases(char);
    if (others.length > 0) this.cases.add(this.flags.i);
    if (!this.spellsCases || !this.flags.i || others.length === 0) {
      this.out.push(spell(char.codePointAt(0) ?? 0, SYNTAX));
    } else this.out.push(`[${[char, ...others].join('')}]`);
  }

  private openGroup(): void {
    if (this.take(/\?#[^)]*\)/)) return;
    const set = this.take(/\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])/);
    if (set) {
      const before = this.flags;
      this.flags = this.flagsAfter(set[1] ?? '', set[2] ?? '');
      if (set[3] === ':') this.begin('(?:', before);
      return;
    }
    const look = this.take(/\?<?[=!]/);
    const named = look ? undefined : this.take(/\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/);
    const backreference = look || named ? undefined : this.take(/\?P=(\w+)\)/);
    if (backreference) {
      this.reference(backreference[1] ?? '');
      return;
    }
    if (!look && !named && this.source[this.at] === '?') {
      throw new SyntaxError(`(${this.source.slice(this.at, this.at + 2)} is not supported`);
    }
    if (!look) this.count += 1;
    if (named) this.names.set(named[1] ?? named[2] ?? '', this.count);
    this.begin(look ? `(${look[0]}` : '(', this.flags, look !== undefined);
  }

  private begin(opening: string, flags: Flags, isLookaround = false): void {
    this.open.push({ flags, at: this.out.length, isLookaround });
    this.out.push(opening);
  }

  private closeGroup(): void {
    const group = this.open.pop();
    if (!group) throw new SyntaxError('a ) closes nothing');
    this.flags = group.flags;
    this.out.push(')');
    // JavaScript takes no quantifier right after a lookaround.
    if (group.isLookaround && /[*+?{]/.test(this.source[this.at] ?? '')) {
      this.out[group.at] = `(?:${this.out[group.at]}`;
      this.out.push(')');
    }
  }

  private flagsAfter(on: string, off: string): Flags {
    const flags = { ...this.flags };
    for (const [letters, value] of [
      [on, true],
      [off, false],
    ] as const) {
      for (const letter of letters) {
        if (letter !== 'i' && letter !== 'm' && letter !== 's' && letter !== 'x') {
          throw new SyntaxError(`flag ${letter} is not supported`);
        }
        flags[letter] = value;
      }
    }
    return flags;
  }

  private reference(name: string): void {
    const number = /^\d+$/.test(name) ? Number(name) : this.names.get(name);
    if (number === undefined || number === 0 || number > this.count) {
      throw new SyntaxError(`there is no group "${name}" before this place`);
    }
    this.cases.add(this.flags.i);
    this.out.push(`(?:\\${number})`);
  }

  private escape(): void {
    if (this.take(/Q/)) {
      const quoted = this.take(/([\s\S]*?)(?:\\E|$)/)?.[1] ?? '';
      for (const char of quoted) this.literal(char);
      return;
    }
    const reference = this.take(/k[<'{](\w+)[>'}]/) ?? this.take(/([1-9]\d?)/);
    if (reference) {
      this.reference(reference[1] ?? '');
      return;
    }
    const full = this.variant === 'unicode';
    if (this.take(/b/)) this.out.push(full ? EDGE : '\\b');
    else if (this.take(/B/)) this.out.push(full ? NO_EDGE : '\\B');
    else if (this.take(/A/)) this.out.push(START);
    else if (this.take(/z/)) this.out.push(END);
    else if (this.take(/Z/)) this.out.push(`(?=\\n?${END})`);
    else {
      const set = this.set();
      if (set !== undefined) this.out.push(bracketed(set));
      else this.literal(String.fromCodePoint(this.escapedPoint()));
    }
  }

  /** An escape that stands for many characters; undefined when the next one does not. */
  private set(): Piece | undefined {
    const property = this.take(/([pP])(?:\{([^}]*)\}|([A-Z]))/);
    if (property) {
      this.cases.add(this.flags.i);
      return this.wide(piece(propertyClass(property[2] ?? property[3] ?? '', property[1] === 'P')));
    }
    const letter = this.take(/[dDwWsShH]/)?.[0];
    if (letter === undefined) return undefined;
    const isNegated = letter !== letter.toLowerCase();
    if (letter.toLowerCase() === 's') return piece(`\\${letter}`);
    if (letter.toLowerCase() === 'h') return this.wide(piece('\\t\\p{Zs}', isNegated));
    if (this.variant === 'ascii') return piece(`\\${letter}`);
    return piece(letter.toLowerCase() === 'w' ? WORD : '\\p{Nd}', isNegated);
  }

  /** A class in terms of Unicode. */
  private wide(part: Piece): Piece {
    this.asksForClasses = true;
    return this.variant === 'ascii' ? piece(asciiMembers(part)) : part;
  }

  private escapedPoint(): number {
    const hex = this.take(/x\{([\da-fA-F]+)\}|u\{([\da-fA-F]+)\}|x([\da-fA-F]{2})|u([\da-fA-F]{4})/);
    if (hex) return Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? hex[4] ?? '', 16);
    const char = String.fromCodePoint(this.source.codePointAt(this.at) ?? 0);
    if (this.at >= this.source.length) throw new SyntaxError('it ends in a backslash');
    this.at += char.length;
    const control = CONTROL[char];
    if (control !== undefined) return control;
    if (/[A-Za-z0-9]/.test(char)) throw new SyntaxError(`\\${char} is not known`);
    return char.codePointAt(0) ?? 0;
  }

  private class(): void {
    const isNegated = this.take(/\^/) !== undefined;
    const parts: Piece[] = [];
    for (let first = true; first || this.source[this.at] !== ']'; first = false) {
      if (this.at >= this.source.length) throw new SyntaxError('a [ is not closed');
      parts.push(...this.classParts());
    }
    this.at += 1;
    const inside = parts.flatMap((part) => (part.isNegated ? [] : [part.inside])).join('');
    const others = parts.filter((part) => part.isNegated);
    if (others.length === 0) this.out.push(bracketed(piece(inside, isNegated)));
    else {
      const any = [piece(inside), ...others].map(bracketed).join('|');
      this.out.push(isNegated ? `(?:(?!${any})[\\s\\S])` : `(?:${any})`);
    }
  }

  private classParts(): Piece[] {
    const posix = this.take(/\[:(\^?)(\w+):\]/);
    if (posix) {
      const part = POSIX[posix[2] ?? ''];
      if (part === undefined) throw new SyntaxError(`there is no class [:${posix[2]}:]`);
      this.cases.add(this.flags.i);
      return [this.wide(posix[1] === '^' ? opposite(part) : part)];
    }
    const low = this.classAtom();
    if (typeof low !== 'number') return [low];
    const isRange = this.source[this.at] === '-' && !['', ']'].includes(this.source[this.at + 1] ?? '');
    if (!isRange) return [this.range(low, low)];
    this.at += 1;
    const high = this.classAtom();
    if (typeof high !== 'number') return [this.range(low, low), piece('\\-'), high];
    if (high < low) throw new SyntaxError('a range of characters runs backwards');
    return [this.range(low, high)];
  }

  private classAtom(): number | Piece {
    if (!this.take(/\\/)) {
      const point = this.source.codePointAt(this.at) ?? 0;
      this.at += String.fromCodePoint(point).length;
      return point;
    }
    if (this.take(/b/)) return 8;
    return this.set() ?? this.escapedPoint();
  }

  private range(low: number, high: number): Piece {
    const ends = `${spell(low, CLASS_SYNTAX)}${high > low ? `-${spell(high, CLASS_SYNTAX)}` : ''}`;
    const points = Array.from({ length: Math.min(high - low + 1, 1024) }, (_, index) => low + index);
    const others = points.flatMap((point) => otherCases(String.fromCodePoint(point)));
    if (others.length > 0) this.cases.add(this.flags.i);
    return piece(this.spellsCases && this.flags.i ? ends + others.join('') : ends);
  }
}

function translate(source: string, variant: Variant): Translation {
  const first = new Translator(source, variant, false).run();
  return first.mixesCases ? new Translator(source, variant, true).run() : first;
}

/** A pattern of a Vale rule. */
export class Pattern {
  readonly source: string;
  private readonly full: RegExp;
  /** undefined: there is no variant for plain texts. */
  private readonly plain: RegExp | undefined;
  private readonly plainFits: readonly Width[];

  /** @throws SyntaxError */
  constructor(source: string) {
    this.source = source;
    const full = translate(source, 'unicode');
    // Not flag v: with it, Node 20 finds nothing for (?:[^,]+,)+x in "a,b,x".
    this.full = new RegExp(full.source, full.ignoreCase ? 'gimu' : 'gmu');
    const plain = translate(source, 'ascii');
    this.plainFits = plain.asksForClasses ? ['ascii'] : ['ascii', 'symbols'];
    this.plain = compiled(plain);
  }

  private for(width: Width): RegExp {
    const regex = this.plain && this.plainFits.includes(width) ? this.plain : this.full;
    regex.lastIndex = 0;
    return regex;
  }

  /** All matches but empty ones. */
  matches({ text, width }: Text): Match[] {
    const regex = this.for(width);
    const found: Match[] = [];
    for (let match = regex.exec(text); match; match = regex.exec(text)) {
      const [all, ...groups] = match;
      if (all === '') regex.lastIndex += 1;
      else found.push({ start: match.index, end: match.index + all.length, text: all, groups });
    }
    return found;
  }

  test({ text, width }: Text): boolean {
    return this.for(width).test(text);
  }

  /** @param replacement  with $1 for what the first group holds */
  replace({ text, width }: Text, replacement: string): string {
    return text.replace(this.for(width), replacement.replace(/\$\{(\d+)\}/g, '$$$1'));
  }
}

/** Characters beyond the BMP in a class are more than the plain variant can say; then there is none. */
function compiled({ source, ignoreCase }: Translation): RegExp | undefined {
  try {
    return new RegExp(source, ignoreCase ? 'gim' : 'gm');
  } catch {
    return undefined;
  }
}

/**
 * Makes every group of a pattern one that captures nothing.
 * @throws SyntaxError when it refers back to a group
 */
export function withoutGroups(source: string): string {
  return source.replace(
    /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\((?:\?(?:P?<[A-Za-z_]\w*>|'\w+'|P=\w+\)))?(\?)?/g,
    (token: string, isExtension: string | undefined) => {
      if (/^\\[1-9k]|^\(\?P=/.test(token)) throw new SyntaxError(`${token} cannot be used here`);
      return token.startsWith('(') && isExtension === undefined ? '(?:' : token;
    },
  );
}
