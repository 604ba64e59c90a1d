/** Tokens that never match: between \b and \b, a token cannot end in a sign that no letter follows. */

interface Atom {
  /** What it is when it is one certain character. */
  readonly char?: string;
  /** Alternatives, when it is a group. */
  readonly inside?: string;
  readonly isOptional: boolean;
}

const FLAGS = /\(\?[a-zA-Z-]+\)/y;
/** The beginning of a group; 1: it is one that takes no characters. */
const OPENING = /\((?:\?(?:(<?[=!]|#)|[a-zA-Z-]*:|P?<\w+>))?/y;
/** 1: an escaped sign, 2: a character that stands for itself. */
const ATOM =
  /\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|([^\w\s])|[\s\S])|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|([^[.^$\\])|[\s\S]/uy;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:,\d*)?\})[?+]?/uy;

/** Where the group that begins before `from` ends: the place of its bracket. */
function closing(source: string, from: number): number {
  let depth = 1;
  const token = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[()]/g;
  token.lastIndex = from;
  for (let found = token.exec(source); found; found = token.exec(source)) {
    if (found[0] === '(') depth += 1;
    if (found[0] === ')') depth -= 1;
    if (depth === 0) return found.index;
  }
  return source.length;
}

function alternativesOf(source: string): string[] {
  const parts: string[] = [];
  let start = 0;
  const token = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|[(|]/g;
  for (let found = token.exec(source); found; found = token.exec(source)) {
    if (found[0] === '(') token.lastIndex = closing(source, found.index + 1) + 1;
    if (found[0] !== '|') continue;
    parts.push(source.slice(start, found.index));
    start = found.index + 1;
  }
  return [...parts, source.slice(start)];
}

const matchAt = (regex: RegExp, source: string, at: number): RegExpExecArray | undefined => {
  regex.lastIndex = at;
  return regex.exec(source) ?? undefined;
};

/** One atom without its quantifier, and where it ends. */
function atomAt(source: string, at: number): Pick<Atom, 'char' | 'inside'> & { readonly end: number } {
  const opening = matchAt(OPENING, source, at);
  if (!opening) {
    const [whole = '', sign, char] = matchAt(ATOM, source, at) ?? [];
    const one = sign ?? char;
    return { end: at + whole.length, ...(one !== undefined && { char: one }) };
  }
  const start = at + opening[0].length;
  const end = closing(source, start);
  return { end: end + 1, ...(opening[1] === undefined && { inside: source.slice(start, end) }) };
}

function atomsOf(source: string): Atom[] {
  const atoms: Atom[] = [];
  let at = matchAt(FLAGS, source, 0)?.[0].length ?? 0;
  while (at < source.length) {
    const { end, ...atom } = atomAt(source, at);
    const [quantifier = '', least] = matchAt(QUANTIFIER, source, end) ?? [];
    atoms.push({ ...atom, isOptional: /^[*?]/.test(quantifier) || least === '0' });
    at = end + quantifier.length;
  }
  return atoms;
}

const IN_WORDS = /[\p{L}\p{M}\p{Nd}\p{Pc}]/u;
/** Signs that stand between letters: the edge of a word is on their other side. */
const JOINS = /[\s'’/-]/u;

const isDeadChar = (char: string): boolean => !IN_WORDS.test(char) && !JOINS.test(char);

function isDeadEdge(source: string, edge: 0 | -1): boolean {
  return alternativesOf(source).some((alternative) => {
    const atom = atomsOf(alternative).at(edge);
    if (!atom || atom.isOptional) return false;
    if (atom.inside !== undefined) return alternativesOf(atom.inside).every((one) => isDeadEdge(one, edge));
    return atom.char !== undefined && isDeadChar(atom.char);
  });
}

/** true for a token with an alternative that begins or ends in a sign, where a word is to begin or end. */
export const isDead = (token: string): boolean => isDeadEdge(token, 0) || isDeadEdge(token, -1);
