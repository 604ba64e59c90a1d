/** What a model is asked. The same brief, prompt and params give the same request, byte for byte. */
import type { Block, Brief, Copy, JsonSchema, Message } from '../contracts.ts';
import { canonicalJson, digestOf, sha256 } from '../hash.ts';
import { renderText } from '../render.ts';
import { tokensOf } from './cost.ts';
import type { ModelParams } from './params.ts';
import type { Prompt } from './prompt.ts';
import { verdictSchema, wireSchema } from './schema.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Body of POST /chat/completions. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly response_format:
    | { readonly type: 'json_object' }
    | {
        readonly type: 'json_schema';
        readonly json_schema: { readonly name: string; readonly strict: true; readonly schema: JsonSchema };
      };
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

/** An answer that cannot be used, with what was wrong. */
export interface Rejected {
  readonly content: string;
  readonly problems: readonly string[];
}

const MAX_PROBLEMS = 12;
const MAX_PROBLEM_LENGTH = 300;
const MAX_OUTSIDE_LENGTH = 1200;
/** Recent copy that is shown, so that it is not said again. */
const SHOWN_COPY = 12;
/** Most that a message after an unusable answer can have, beside the words of the prompt file. */
const REPAIR_TOKENS = Math.ceil((MAX_PROBLEMS * (MAX_PROBLEM_LENGTH + 3)) / 3);

/**
 * Text that came from outside, or from a model, on its way into a request: one line of what a reader would see, cut.
 * Characters that hide text, turn it around or carry tags are gone.
 */
export const outsideText = (text: string, length = MAX_OUTSIDE_LENGTH): string =>
  text
    .normalize('NFKC')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\s]+/gu, (found) => (/[\s\p{Cc}\p{Zl}\p{Zp}]/u.test(found) ? ' ' : ''))
    .trim()
    .slice(0, length);

/** JSON that cannot end the fence around it. */
const fenced = (value: unknown): string =>
  `<data>\n${JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e')}\n</data>`;

const messageData = ({ id, forms, facts }: Message) => ({ id, ...forms, facts });

/** What the copy is made of, the part first that changes least, so that a server can keep it. */
const materialOf = (brief: Brief) => ({
  brand: { name: brief.brand.name, tagline: brief.brand.tagline },
  offer: { name: brief.offer.name, summary: brief.offer.summary },
  facts: brief.facts.map(({ id, statement, phrasings }) => ({ id, statement, ...(phrasings && { phrasings }) })),
  price_fact: brief.price.id,
  never_say: brief.banned,
  at_most: { exclamation_marks: brief.voice.max_exclamations, emoji: brief.voice.max_emoji },
  audience: brief.segment.name,
  goal: brief.campaign.goal,
  button: brief.cta.label,
  slots: brief.slots.map(({ slot, min, max, length }) => ({
    slot,
    blocks: { at_least: min, at_most: max },
    characters: { at_least: length.min, at_most: length.max },
  })),
  objections: brief.objections,
  more: {
    pains: brief.more.pains.map(messageData),
    outcomes: brief.more.outcomes.map(messageData),
    mechanisms: brief.more.mechanisms.map(messageData),
    proofs: brief.more.proofs.map(messageData),
  },
  angle: {
    pain: messageData(brief.angle.pain),
    outcome: messageData(brief.angle.outcome),
    mechanism: messageData(brief.angle.mechanism),
    proof: messageData(brief.angle.proof),
  },
  already_published: brief.used.slice(0, SHOWN_COPY).map((text) => outsideText(text, MAX_PROBLEM_LENGTH)),
});

const viewOf = ({ brand, locale, asset }: Brief) => ({
  brand: brand.name,
  language: locale,
  kind: asset.kind.replaceAll('_', ' '),
});

/** A number of 28 bits: some servers take no more than 32, signed. */
const seedOf = (...parts: readonly (string | number)[]): number =>
  Number.parseInt(sha256(parts.join(':')).slice(0, 7), 16);

function formatOf({ structured }: ModelParams, name: string, schema: JsonSchema): ChatRequest['response_format'] {
  if (structured === 'json_object') return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name, strict: true, schema } };
}

/** A server that only knows JSON is told the schema in words. */
const schemaInWords = ({ structured }: ModelParams, schema: JsonSchema): string =>
  structured === 'json_object' ? `\n\nJSON Schema of the answer:\n${canonicalJson(schema)}` : '';

const draftOf = (blocks: readonly Block[]): string => JSON.stringify({ blocks });

/** What Guard held against the draft before, in a line each. */
const guardProblems = ({ findings }: Brief): string[] =>
  findings.map(({ message, excerpt }) => (excerpt === undefined ? message : `${message}: "${excerpt}"`));

/** The draft that Guard denied, as if the model had just given it. */
export function deniedDraft(brief: Brief): Rejected | undefined {
  if (brief.findings.length === 0) return undefined;
  return { content: brief.draft ? draftOf(brief.draft) : '', problems: [] };
}

/**
 * @param call  number of the answer that is asked for, from 1
 * @param last  the answer before; of all earlier ones nothing is said, so that a request does not grow
 */
export function copyRequest(
  brief: Brief,
  params: ModelParams,
  prompt: Prompt,
  call: number,
  last: Rejected | undefined,
): ChatRequest {
  const schema = wireSchema(brief);
  const base: ChatMessage[] = [
    { role: 'system', content: renderText(prompt.system, viewOf(brief)).trim() },
    { role: 'user', content: `${fenced(materialOf(brief))}${schemaInWords(params, schema)}` },
  ];
  const problems = [...(last?.problems ?? []), ...guardProblems(brief)]
    .slice(0, MAX_PROBLEMS)
    .map((problem) => outsideText(problem, MAX_PROBLEM_LENGTH));
  const repair: ChatMessage[] = last
    ? [
        // An empty message is refused by some servers.
        { role: 'assistant', content: last.content.slice(0, params.max_output_tokens * 4) || '{}' },
        { role: 'user', content: renderText(prompt.repair, { problems }).trim() },
      ]
    : [];
  return {
    model: params.model,
    messages: [...base, ...repair],
    response_format: formatOf(params, 'copy', schema),
    [params.token_param]: params.max_output_tokens,
    ...(params.temperature === undefined ? {} : { temperature: params.temperature }),
    ...(params.send_seed ? { seed: seedOf(brief.seed, brief.attempt, call) } : {}),
  };
}

/** The judge sees what the writer saw, and the copy. */
export function judgeRequest(brief: Brief, params: ModelParams, judge: Judge, copy: Copy): ChatRequest {
  const schema = verdictSchema(Object.keys(judge.prompt.criteria));
  const material = { brief: materialOf(brief), criteria: judge.prompt.criteria, copy: copy.blocks };
  return {
    model: judge.model,
    messages: [
      { role: 'system', content: renderText(judge.prompt.system, viewOf(brief)).trim() },
      { role: 'user', content: `${fenced(material)}${schemaInWords(params, schema)}` },
    ],
    response_format: formatOf(params, 'verdict', schema),
    [params.token_param]: params.max_output_tokens,
    ...(params.temperature === undefined ? {} : { temperature: 0 }),
    ...(params.send_seed ? { seed: seedOf(brief.seed, brief.attempt, 'judge') } : {}),
  };
}

export interface Judge {
  readonly model: string;
  readonly prompt: Prompt;
}

/** Digest of a request, with the server that is asked and the prompt files behind it. */
export const requestDigest = (
  request: ChatRequest,
  { base_url: server }: ModelParams,
  judge: Judge | undefined,
): string =>
  digestOf({ server, request, ...(judge && { judge: { model: judge.model, prompt: judge.prompt.sha256 } }) });

/** Most tokens of the prompt of a request, before anybody has counted. */
export const promptTokens = ({ messages, response_format: format }: ChatRequest): number =>
  messages.reduce((sum, { content }) => sum + tokensOf(content) + 8, tokensOf(canonicalJson(format)));

/** Most tokens that a message after an unusable answer adds: the answer, and what is wrong with it. */
export const repairTokens = (params: ModelParams, prompt: Prompt): number =>
  params.max_output_tokens + tokensOf(prompt.repair) + REPAIR_TOKENS + 16;
