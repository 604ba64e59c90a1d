/** Formulas of metric rules: numbers, names, + - * / %, comparisons, &&, ||, !, a ? b : c and functions of math. */

export type Values = Readonly<Record<string, number>>;
/** Comparisons give 1 or 0. */
export type Formula = (values: Values) => number;

const FUNCTIONS: Readonly<Record<string, (...args: number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  exp: Math.exp,
  floor: Math.floor,
  log: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  sqrt: Math.sqrt,
};

type Operation = (a: number, b: number) => number;

/** From loose to tight. */
const LEVELS: readonly Readonly<Record<string, Operation>>[] = [
  { '||': (a, b) => Number(a !== 0 || b !== 0) },
  { '&&': (a, b) => Number(a !== 0 && b !== 0) },
  {
    '==': (a, b) => Number(a === b),
    '!=': (a, b) => Number(a !== b),
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b },
];

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][\w.]*)|(\|\||&&|[=!<>]=|[-+*/%<>!?:(),]))/y;

type Token = { readonly number: number } | { readonly name: string } | { readonly sign: string };

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (source.slice(at).trim() !== '') {
    const [, number, name, sign] = TOKEN.exec(source) ?? [];
    if (number !== undefined) tokens.push({ number: Number(number) });
    else if (name !== undefined) tokens.push({ name });
    else if (sign !== undefined) tokens.push({ sign });
    else throw new SyntaxError(`formula makes no sense at "${source.slice(at).trim().slice(0, 20)}"`);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/**
 * @param names  of the values it may use
 * @throws       SyntaxError
 */
export function formulaOf(source: string, names: readonly string[]): Formula {
  const tokens = tokensOf(source);
  let at = 0;
  const sign = (): string | undefined => {
    const token = tokens[at];
    return token && 'sign' in token ? token.sign : undefined;
  };
  const expect = (wanted: string): void => {
    if (sign() !== wanted) throw new SyntaxError(`formula misses a ${wanted}`);
    at += 1;
  };
  const list = (): Formula[] => {
    const items = [choice()];
    while (sign() === ',') {
      at += 1;
      items.push(choice());
    }
    return items;
  };
  const named = (name: string): Formula => {
    if (sign() === '(') {
      const call = FUNCTIONS[name.replace(/^math\./, '')];
      if (!call) throw new SyntaxError(`formula uses ${name}(), expected one of ${Object.keys(FUNCTIONS).join(', ')}`);
      at += 1;
      const args = list();
      expect(')');
      return (values) => call(...args.map((arg) => arg(values)));
    }
    const key = name.replace(/^heading\./, 'heading_');
    if (!names.includes(key)) throw new SyntaxError(`formula uses ${name}, expected one of ${names.join(', ')}`);
    return (values) => values[key] ?? 0;
  };
  const value = (): Formula => {
    const token = tokens[at];
    if (!token) throw new SyntaxError('formula ends too early');
    at += 1;
    if ('number' in token) return () => token.number;
    if ('name' in token) return named(token.name);
    if (token.sign === '(') {
      const inner = choice();
      expect(')');
      return inner;
    }
    if (token.sign !== '-' && token.sign !== '!') throw new SyntaxError(`formula makes no sense at ${token.sign}`);
    const inner = value();
    return token.sign === '-' ? (values) => -inner(values) : (values) => Number(inner(values) === 0);
  };
  const level = (index: number): Formula => {
    const operations = LEVELS[index];
    if (!operations) return value();
    let left = level(index + 1);
    for (let operation = operations[sign() ?? '']; operation; operation = operations[sign() ?? '']) {
      at += 1;
      const [a, b, apply] = [left, level(index + 1), operation];
      left = (values) => apply(a(values), b(values));
    }
    return left;
  };
  const choice = (): Formula => {
    const condition = level(0);
    if (sign() !== '?') return condition;
    at += 1;
    const then = choice();
    expect(':');
    const otherwise = choice();
    return (values) => (condition(values) === 0 ? otherwise(values) : then(values));
  };
  const formula = choice();
  if (at < tokens.length) throw new SyntaxError('formula goes on after its end');
  return formula;
}
