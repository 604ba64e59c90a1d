/** What mhub.yaml says of a model: `engine_params` of the engine `openai`. */
import type { JsonSchema } from '../contracts.ts';

/** Decimal amounts, such as 0.15; in `currency` per million tokens. */
export interface ModelPrice {
  readonly input_per_million: string;
  readonly cached_input_per_million?: string;
  readonly output_per_million: string;
  readonly currency: string;
  /** Day on which a person looked the price up. */
  readonly as_of: string;
}

export interface ModelParams {
  readonly base_url: string;
  readonly key_env: string;
  readonly model: string;
  readonly prompt: string;
  readonly structured: 'json_schema' | 'json_object';
  readonly token_param: 'max_completion_tokens' | 'max_tokens';
  readonly max_output_tokens: number;
  readonly temperature?: number;
  readonly send_seed: boolean;
  readonly timeout_seconds: number;
  readonly max_retry_after_seconds: number;
  readonly price?: ModelPrice;
  readonly judge?: { readonly model: string; readonly prompt: string; readonly price?: ModelPrice };
}

const AMOUNT = { type: 'string', pattern: '^\\d{1,6}(\\.\\d{1,6})?$' } as const;
const PROMPT = { type: 'string', pattern: '^templates/prompts/[a-z0-9-]+(\\.[a-z0-9-]+)*\\.hbs$' } as const;
const MODEL = { type: 'string', minLength: 1, maxLength: 200 } as const;

const PRICE = {
  type: 'object',
  additionalProperties: false,
  required: ['input_per_million', 'output_per_million', 'currency', 'as_of'],
  description: 'What the model costs. Without it there is no cost, and no budget in money.',
  properties: {
    input_per_million: { ...AMOUNT, description: 'Per million tokens of the prompt, such as "0.15".' },
    cached_input_per_million: { ...AMOUNT, description: 'Per million tokens of the prompt that came from a cache.' },
    output_per_million: { ...AMOUNT, description: 'Per million tokens of the answer.' },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217 code.' },
    as_of: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'When a person looked it up.' },
  },
} as const;

export const PARAMS: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: [
    'base_url',
    'key_env',
    'model',
    'prompt',
    'structured',
    'token_param',
    'max_output_tokens',
    'send_seed',
    'timeout_seconds',
    'max_retry_after_seconds',
  ],
  properties: {
    base_url: {
      type: 'string',
      pattern: '^https?://[^\\s/?#@]+(/[^\\s?#@]*)?$',
      description: 'Absolute address under which /chat/completions lies, such as https://api.openai.com/v1.',
    },
    key_env: {
      type: 'string',
      pattern: '^[A-Z][A-Z0-9_]{1,63}$',
      description: 'Name of the variable that holds the key. A server that wants none gets any text.',
    },
    model: { ...MODEL, description: 'Model, by the name that the server knows.' },
    prompt: { ...PROMPT, description: 'Prompt file, such as templates/prompts/copy.hbs.' },
    structured: {
      type: 'string',
      enum: ['json_schema', 'json_object'],
      description: 'What the server understands. The answer is checked all the same.',
    },
    token_param: {
      type: 'string',
      enum: ['max_completion_tokens', 'max_tokens'],
      description: 'Name under which the server takes the limit of an answer.',
    },
    max_output_tokens: { type: 'integer', minimum: 64, maximum: 32_000, description: 'Most tokens of one answer.' },
    temperature: { type: 'number', minimum: 0, maximum: 2, description: 'Not sent when left out.' },
    send_seed: { type: 'boolean', description: 'Whether to send a seed; some servers refuse it.' },
    timeout_seconds: { type: 'number', exclusiveMinimum: 0, maximum: 600, description: 'For one call.' },
    max_retry_after_seconds: {
      type: 'number',
      minimum: 0,
      maximum: 120,
      description: 'A server that asks for a longer wait is asked again in a later run.',
    },
    price: PRICE,
    judge: {
      type: 'object',
      additionalProperties: false,
      required: ['model', 'prompt'],
      description:
        'A second model that reads each draft. It can reject one, and never lets one through that Guard denies.',
      properties: {
        model: { ...MODEL, description: 'Model, by the name that the server knows; better not the one that writes.' },
        prompt: { ...PROMPT, description: 'Prompt file with the criteria, such as templates/prompts/judge.hbs.' },
        price: PRICE,
      },
    },
  },
};
