/** CEL expressions (https://cel.dev): total, without side effects, and with regular expressions that end in linear time. */
import { type CelInput, celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { CannotJudge } from './errors.ts';

type Node = ReturnType<typeof parse>['expr'];

const MAX_BYTES = 2048;
const MAX_NESTING = 3;
const TYPES = new Set('bool bytes double duration dyn int list map null_type string timestamp type uint'.split(' '));

const env = celEnv({ funcs: strings });

/** Parts of a node with the names that are known in each. */
function partsOf(
  { exprKind }: Node,
  known: ReadonlySet<string>,
): { node: Node | undefined; known: ReadonlySet<string> }[] {
  const here = (...nodes: readonly (Node | undefined)[]) => nodes.map((node) => ({ node, known }));
  switch (exprKind.case) {
    case 'selectExpr':
      return here(exprKind.value.operand);
    case 'callExpr':
      return here(exprKind.value.target, ...exprKind.value.args);
    case 'listExpr':
      return here(...exprKind.value.elements);
    case 'structExpr':
      return exprKind.value.entries.flatMap(({ keyKind, value }) =>
        here(keyKind.case === 'mapKey' ? keyKind.value : undefined, value),
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result, iterVar, iterVar2, accuVar } = exprKind.value;
      const inside = new Set([...known, iterVar, iterVar2, accuVar]);
      return [
        ...here(iterRange, accuInit),
        ...[loopCondition, loopStep, result].map((node) => ({ node, known: inside })),
      ];
    }
    default:
      return [];
  }
}

function nodeProblem({ exprKind }: Node, known: ReadonlySet<string>, variables: Variables): string | undefined {
  if (exprKind.case === 'identExpr') {
    const { name } = exprKind.value;
    return known.has(name) || TYPES.has(name) ? undefined : `unknown name ${name}`;
  }
  if (exprKind.case === 'selectExpr' && exprKind.value.operand?.exprKind.case === 'identExpr') {
    const { name } = exprKind.value.operand.exprKind.value;
    const fields = variables[name];
    const { field } = exprKind.value;
    return fields && !fields.includes(field) ? `${name} has no ${field}, only ${fields.join(', ')}` : undefined;
  }
  if (exprKind.case !== 'callExpr') return undefined;
  const { function: called, args } = exprKind.value;
  if (/^[a-z]\w*$/i.test(called) && !env.funcs.find(called)) return `unknown function ${called}`;
  const pattern = called === 'matches' ? args.at(-1)?.exprKind : undefined;
  if (pattern?.case !== 'constExpr' || pattern.value.constantKind.case !== 'stringValue') return undefined;
  const answer = plan(
    celEnv({ variables: {} }),
    parse(`''.matches(${JSON.stringify(pattern.value.constantKind.value)})`),
  )();
  return isCelError(answer) ? answer.message : undefined;
}

function problemsBelow(node: Node, known: ReadonlySet<string>, depth: number, variables: Variables): string[] {
  const inner = node.exprKind.case === 'comprehensionExpr' ? depth + 1 : depth;
  const own =
    nodeProblem(node, known, variables) ??
    (inner > MAX_NESTING && inner > depth ? `more than ${MAX_NESTING} loops inside each other` : undefined);
  const below = partsOf(node, known).flatMap((part) =>
    part.node ? problemsBelow(part.node, part.known, inner, variables) : [],
  );
  return own === undefined ? below : [own, ...below];
}

/** Variables of an expression: name -> its fields, undefined where those are not known. */
export type Variables = Readonly<Record<string, readonly string[] | undefined>>;

/** What is wrong with an expression, one line each. */
export function expressionProblems(text: string, variables: Variables): string[] {
  if (new TextEncoder().encode(text).length > MAX_BYTES) return [`expression is longer than ${MAX_BYTES} bytes`];
  try {
    return [...new Set(problemsBelow(parse(text).expr, new Set(Object.keys(variables)), 0, variables))];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [`expression does not parse: ${error.message}`];
  }
}

/** Numbers of JavaScript are doubles to CEL, and an integer divides by no double. */
function toCel(value: unknown): CelInput {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return value.filter((item) => item !== undefined).map(toCel);
  if (typeof value === 'object')
    return new Map(Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, toCel(item)]])));
  throw new RangeError(`no value of CEL: ${typeof value}`);
}

interface Compiled {
  readonly evaluate: ReturnType<typeof plan>;
  /** Variables that it asks for: making values of CEL takes longer than to compute with them. */
  readonly names: ReadonlySet<string>;
}

const compiled = new Map<string, Compiled>();

const namesIn = (node: Node): string[] => [
  ...(node.exprKind.case === 'identExpr' ? [node.exprKind.value.name] : []),
  ...partsOf(node, new Set()).flatMap((part) => (part.node ? namesIn(part.node) : [])),
];

function compile(text: string): Compiled {
  const known = compiled.get(text);
  if (known) return known;
  const parsed = parse(text);
  const made = { evaluate: plan(env, parsed), names: new Set(namesIn(parsed.expr)) };
  compiled.set(text, made);
  return made;
}

export const asksFor = (text: string, name: string): boolean => compile(text).names.has(name);

/**
 * Whether an expression holds.
 *
 * @throws CannotJudge when it has no answer of true or false, such as where it asks for a field that is not there
 */
export function holds(text: string, values: Readonly<Record<string, unknown>>): boolean {
  const { evaluate, names } = compile(text);
  const asked = Object.entries(values).filter(([name]) => names.has(name));
  const answer = evaluate(Object.fromEntries(asked.map(([name, value]) => [name, toCel(value)])));
  if (typeof answer === 'boolean') return answer;
  throw new CannotJudge(
    isCelError(answer) ? `expression has no answer: ${answer.message}` : 'expression is neither true nor false',
  );
}
