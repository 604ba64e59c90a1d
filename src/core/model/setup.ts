/** What the params and prompt files of a model come to: what is asked, and the most that it can take. */
import type { Brief, Copy, EngineContext, EngineEstimate } from '../contracts.ts';
import { Blocked } from '../errors.ts';
import { amountOf, costOf, type Used } from './cost.ts';
import type { ModelParams } from './params.ts';
import { type Prompt, readPrompt } from './prompt.ts';
import {
  type ChatRequest,
  copyRequest,
  deniedDraft,
  type Judge,
  judgeRequest,
  promptTokens,
  repairTokens,
  requestDigest,
} from './request.ts';

/** Answers that are asked for before a person has to look. */
export const MAX_ANSWERS = 3;
/** Everything that decides what is asked. */
export interface Setup {
  readonly params: ModelParams;
  readonly prompt: Prompt;
  readonly judge: Judge | undefined;
}

type SetupContext = Pick<EngineContext, 'params' | 'templates'>;

/** @throws Blocked when a prompt is not usable */
export function setupOf({ params: given, templates }: SetupContext): Setup {
  // By the schema of the engine, which the workspace was checked against.
  const params = given as unknown as ModelParams;
  const usable = (path: string, role: 'writer' | 'judge'): Prompt => {
    const prompt = readPrompt(path, templates, role);
    if (typeof prompt === 'string') throw new Blocked('engine openai', [path], prompt);
    return prompt;
  };
  const prompt = usable(params.prompt, 'writer');
  const judge = params.judge && { model: params.judge.model, prompt: usable(params.judge.prompt, 'judge') };
  return { params, prompt, judge };
}

/** What is wrong with params beyond their schema. */
export function setupFaults({ params: given, templates }: SetupContext): { key: string; message: string }[] {
  const { prompt, judge } = given as unknown as ModelParams;
  const faults = [
    { key: 'prompt', message: readPrompt(prompt, templates, 'writer') },
    ...(judge ? [{ key: 'judge', message: readPrompt(judge.prompt, templates, 'judge') }] : []),
  ];
  return faults.flatMap(({ key, message }) => (typeof message === 'string' ? [{ key, message }] : []));
}

/** Currency in which everything that is asked has a price. */
export function currencyOf(given: EngineContext['params']): string | undefined {
  const { price, judge } = given as unknown as ModelParams;
  if (!price || (judge && judge.price?.currency !== price.currency)) return undefined;
  return price.currency;
}

export const firstRequest = (brief: Brief, { params, prompt }: Setup): ChatRequest =>
  copyRequest(brief, params, prompt, 1, deniedDraft(brief));

/** The most that one asset may take; nothing when the answer is there already. */
export function estimateCopy(brief: Brief, context: Omit<EngineContext, 'io' | 'tokens'>): EngineEstimate {
  const setup = setupOf(context);
  const { params, prompt, judge } = setup;
  const request = firstRequest(brief, setup);
  const { model } = params;
  if (context.answers.has(requestDigest(request, params, judge))) return { tokens: 0, model };
  const first = promptTokens(request);
  const writing: Used = {
    prompt: MAX_ANSWERS * first + (MAX_ANSWERS - 1) * repairTokens(params, prompt),
    cached: 0,
    completion: MAX_ANSWERS * params.max_output_tokens,
  };
  const sample: Copy = { blocks: [] };
  const judging: Used | undefined = judge && {
    prompt: MAX_ANSWERS * (promptTokens(judgeRequest(brief, params, judge, sample)) + params.max_output_tokens),
    cached: 0,
    completion: MAX_ANSWERS * params.max_output_tokens,
  };
  const tokens = writing.prompt + writing.completion + (judging ? judging.prompt + judging.completion : 0);
  const currency = currencyOf(context.params);
  if (currency === undefined) return { tokens, model };
  const cost = (costOf(writing, params.price) ?? 0) + (judging ? (costOf(judging, params.judge?.price) ?? 0) : 0);
  return { tokens, model, cost: amountOf(cost), currency };
}
