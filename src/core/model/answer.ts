/** What a model has answered, held against everything that it was told. */
import type { Ajv2020 } from 'ajv/dist/2020.js';
import { copyProblems } from '../brief.ts';
import type { Brief, Copy, JsonSchema } from '../contracts.ts';
import type { Used } from './cost.ts';
import { fullSchema, verdictSchema } from './schema.ts';

/** One completion, as far as anybody may rely on it. */
export interface Completion {
  /** What the model wrote; empty when it wrote nothing. */
  readonly content: string;
  /** Why nothing can be made of it, whatever it says. */
  readonly fault: string | undefined;
  /** Model that says it answered. */
  readonly model: string | undefined;
  /** undefined: the server does not say. */
  readonly used: Used | undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function usedOf(usage: unknown): Used | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion, prompt_tokens_details: details } = usage;
  if (!isCount(prompt) || !isCount(completion) || prompt + completion === 0) return undefined;
  const cached = isRecord(details) && isCount(details['cached_tokens']) ? details['cached_tokens'] : 0;
  return { prompt, cached: Math.min(cached, prompt), completion };
}

const FAULTS: Readonly<Record<string, string>> = {
  length: 'it was cut off: the answer is longer than max_output_tokens allows',
  content_filter: 'a filter of the server held it back',
};

/** @returns undefined for what is no chat completion at all, such as the page of a proxy */
export function readCompletion(body: unknown): Completion | undefined {
  if (!isRecord(body) || !Array.isArray(body['choices'])) return undefined;
  const [choice]: unknown[] = body['choices'];
  const { message, finish_reason: finish } = isRecord(choice) ? choice : {};
  const { content, refusal } = isRecord(message) ? message : {};
  const text = typeof content === 'string' ? content : '';
  const refused = typeof refusal === 'string' && refusal !== '' ? 'the model refused to write it' : undefined;
  const cut = typeof finish === 'string' ? FAULTS[finish] : undefined;
  const { model } = body;
  return {
    content: text,
    fault: refused ?? cut ?? (text === '' ? 'it is empty' : undefined),
    model: typeof model === 'string' && model !== '' ? model.slice(0, 200) : undefined,
    used: usedOf(body['usage']),
  };
}

let compiler: Promise<Ajv2020> | undefined;

/** Only whoever asks a model loads it. */
const ajv = (): Promise<Ajv2020> => {
  // A bundle knows no names of a CommonJS module, only its default.
  compiler ??= import('ajv/dist/2020.js').then(
    ({ default: { Ajv2020: Compiler } }) => new Compiler({ allErrors: true, addUsedSchema: false }),
  );
  return compiler;
};

/** What a schema holds against a value, a line each. */
async function shapeProblems(schema: JsonSchema, value: unknown): Promise<string[]> {
  const validate = (await ajv()).compile(schema);
  if (validate(value)) return [];
  const lines = (validate.errors ?? []).map(({ instancePath, keyword, message, params }) => {
    const where = instancePath === '' ? 'the answer' : instancePath.slice(1).replaceAll('/', '.');
    if (keyword === 'enum') return `${where}: expected one of ${(params['allowedValues'] as string[]).join(', ')}`;
    if (keyword === 'additionalProperties') return `${where}: "${params['additionalProperty']}" does not belong there`;
    if (keyword === 'pattern') return `${where}: holds invisible or control characters`;
    return `${where}: ${message ?? keyword}`;
  });
  return [...new Set(lines)];
}

/** undefined: it is no JSON. */
function jsonIn(content: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(content) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Addresses are added by templates; one in the copy was made up, or slipped in. */
const ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/|\bwww\.|\bmailto:|\]\(|<\/?[a-z]/i;

/** Slots that templates read side by side. */
const PAIRS = [
  ['title', 'body'],
  ['question', 'answer'],
] as const;

/** Questions without answers, titles without text. */
function pairProblems({ slots }: Brief, { blocks }: Copy): string[] {
  const names = new Set(slots.map(({ slot }) => slot));
  const count = (name: string): number => blocks.filter(({ slot }) => slot === name).length;
  return slots.flatMap(({ slot }) =>
    PAIRS.flatMap(([first, second]) => {
      const other = slot.replace(new RegExp(`\\.${first}$`), `.${second}`);
      if (other === slot || !names.has(other) || count(slot) === count(other)) return [];
      return [`${slot} and ${other}: expected as many of the one as of the other`];
    }),
  );
}

/** The copy, or what is wrong with the answer. */
export async function readCopy(brief: Brief, content: string): Promise<Copy | readonly string[]> {
  const json = jsonIn(content);
  if (!json) return ['it is no JSON: answer with one JSON object and nothing around it'];
  const wrong = await shapeProblems(fullSchema(brief), json.value);
  if (wrong.length > 0) return wrong;
  const { blocks } = json.value as Copy;
  const copy: Copy = {
    blocks: blocks.map(({ slot, text, facts }) => ({
      slot,
      text: text.normalize('NFC').trim(),
      facts: [...new Set(facts)],
    })),
  };
  const problems = [
    ...copyProblems(brief, copy),
    ...pairProblems(brief, copy),
    ...copy.blocks.filter(({ text }) => ADDRESS.test(text)).map(({ slot }) => `${slot}: holds an address or markup`),
  ];
  return problems.length > 0 ? problems : copy;
}

interface Judged {
  readonly criteria: readonly {
    readonly id: string;
    readonly reason: string;
    readonly quote: string;
    readonly holds: boolean;
  }[];
}

const plain = (text: string): string => text.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();

/**
 * Why a judge does not let copy through; nothing when it does. Whatever is missing, contradicts itself, cannot be read or
 * rests on words that are not in the copy speaks against it: code decides, and the judge can only reject.
 */
export async function readJudgement(
  copy: Copy,
  criteria: readonly string[],
  content: string,
): Promise<readonly string[]> {
  const json = jsonIn(content);
  if (!json || (await shapeProblems(verdictSchema(criteria), json.value)).length > 0) {
    return ['the reviewer gave no usable answer'];
  }
  const { criteria: judged } = json.value as Judged;
  const texts = copy.blocks.map(({ text }) => plain(text));
  return criteria.flatMap((id) => {
    const own = judged.filter((one) => one.id === id);
    const [first] = own;
    if (!first) return [`${id}: the reviewer said nothing`];
    if (own.some(({ holds }) => !holds)) return [`${id}: ${first.reason}`];
    const isFound = ({ quote }: { quote: string }) =>
      plain(quote) !== '' && texts.some((text) => text.includes(plain(quote)));
    return own.every(isFound) ? [] : [`${id}: the reviewer rests on words that are not in the copy`];
  });
}
