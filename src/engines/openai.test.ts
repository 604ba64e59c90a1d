import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Brief, EngineContext, Written } from '../core/contracts.ts';
import { GenerationBlocked, GenerationFailed } from '../core/errors.ts';
import { exampleBlocks, exampleBrief } from '../testing/brief.ts';
import {
  type ChatBody,
  completion,
  hangUp,
  html,
  type ModelServer,
  modelServer,
  redirectTo,
  refusal,
  silence,
} from '../testing/model-server.ts';
import { secluded } from '../testing/secluded.ts';
import { engine } from './openai.ts';

const KEY = 'sk-test-0123456789abcdef';
const PROMPTS = ['templates/prompts/copy.hbs', 'templates/prompts/judge.hbs'];
const templates = new Map(
  PROMPTS.map((path) => [path, readFileSync(join(import.meta.dirname, '../..', path), 'utf8')] as const),
);

const good = JSON.stringify({ blocks: exampleBlocks });
const withBody = (text: string, facts: readonly string[] = []): string =>
  JSON.stringify({ blocks: [exampleBlocks[0], { slot: 'body', text, facts }] });

let server: ModelServer;
let pauses: number[];
beforeEach(async () => {
  server = await modelServer();
  pauses = [];
});
afterEach(() => server.close());

const paramsFor = (url: string) => ({
  base_url: url,
  key_env: 'WRITER_KEY',
  model: 'scripted',
  prompt: 'templates/prompts/copy.hbs',
  structured: 'json_schema',
  token_param: 'max_completion_tokens',
  max_output_tokens: 500,
  send_seed: true,
  timeout_seconds: 5,
  max_retry_after_seconds: 20,
});

interface Given {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly brief?: Partial<Brief>;
  readonly context?: Partial<EngineContext>;
}

function contextWith({ params = {}, context = {} }: Given): EngineContext {
  return {
    params: { ...paramsFor(server.url), ...params },
    templates,
    answers: new Map(),
    io: {
      ...secluded,
      env: { WRITER_KEY: KEY },
      now: '2026-11-23T12:00:00Z',
      fetch: (...request) => fetch(...request),
      pause: async (milliseconds) => void pauses.push(milliseconds),
      file: async () => undefined,
      events: async () => [],
    },
    ...context,
  };
}

const write = (given: Given = {}): Promise<Written> =>
  engine.generate({ ...exampleBrief, ...given.brief }, contextWith(given));

/** The error that writing ends with. */
async function failure(given: Given = {}): Promise<GenerationFailed | GenerationBlocked> {
  try {
    await write(given);
  } catch (error) {
    if (error instanceof GenerationFailed || error instanceof GenerationBlocked) return error;
    throw error;
  }
  throw new Error('it has written');
}

const bodies = (): ChatBody[] => server.asked.map(({ body }) => body);
const lastMessage = (body: ChatBody | undefined): string => body?.messages.at(-1)?.content ?? '';

describe('a good answer', () => {
  test('is copy after one call, booked with the usage that the server reports', async () => {
    server.script(completion(good));
    const { copy, answer, calls } = await write();
    expect(copy.blocks).toEqual(exampleBlocks);
    expect(server.asked).toHaveLength(1);
    expect(answer).toMatchObject({
      engine: 'openai',
      model: 'scripted',
      answered_by: 'scripted-2026',
      request_id: 'req-1',
    });
    expect(calls).toEqual([
      {
        request: answer?.request,
        role: 'writer',
        model: 'scripted',
        tokens: 1000,
        prompt_tokens: 900,
        completion_tokens: 100,
        outcome: 'accepted',
      },
    ]);
  });

  test('is asked for with a strict schema of the slots and facts of the brief, a seed and a limit', async () => {
    server.script(completion(good));
    await write();
    const [{ path, headers, body } = { path: '', headers: {}, body: undefined }] = server.asked;
    expect(path).toBe('/v1/chat/completions');
    expect(headers['authorization']).toBe(`Bearer ${KEY}`);
    expect(body).toMatchObject({
      model: 'scripted',
      max_completion_tokens: 500,
      response_format: { type: 'json_schema' },
    });
    expect(body?.seed).toBeLessThan(2 ** 28);
    expect(body).not.toHaveProperty('temperature');
    expect(body).not.toHaveProperty('max_tokens');
    const schema = JSON.stringify(body?.response_format.json_schema);
    expect(schema).toContain('"enum":["headline","body"]');
    expect(schema).toContain('"enum":["price","offline"]');
    expect(schema).not.toMatch(/minLength|maxLength|pattern|minItems/);
  });

  test('names neither an address nor the label of a link as something to write', async () => {
    server.script(completion(good));
    await write();
    expect(JSON.stringify(bodies()[0]?.response_format)).not.toMatch(/cta|url|link/);
  });

  test('costs what the price says, with the cached part of the prompt at its own price', async () => {
    const usage = {
      prompt_tokens: 900,
      completion_tokens: 100,
      total_tokens: 1000,
      prompt_tokens_details: { cached_tokens: 400 },
    };
    server.script(completion(good, { usage }));
    const price = {
      input_per_million: '2',
      cached_input_per_million: '0.5',
      output_per_million: '8',
      currency: 'EUR',
      as_of: '2026-11-01',
    };
    const { calls } = await write({ params: { price } });
    expect(calls?.[0]).toMatchObject({ cached_tokens: 400, cost: '0.002', currency: 'EUR' });
  });

  test('is booked by the estimate, and marked, when the server does not say what it took', async () => {
    server.script(completion(good, { usage: undefined }));
    const { calls } = await write();
    expect(calls?.[0]).toMatchObject({ estimated: true, completion_tokens: 500 });
    expect(calls?.[0]?.tokens).toBeGreaterThan(1000);
  });

  test('of a server that only knows JSON is asked for with the schema in words', async () => {
    server.script(completion(good));
    await write({
      params: { structured: 'json_object', token_param: 'max_tokens', temperature: 0.7, send_seed: false },
    });
    expect(bodies()[0]).toMatchObject({ response_format: { type: 'json_object' }, max_tokens: 500, temperature: 0.7 });
    expect(bodies()[0]).not.toHaveProperty('seed');
    expect(lastMessage(bodies()[0])).toContain('JSON Schema of the answer:');
  });

  test('that is there already is taken without a call, by the digest of the same request', async () => {
    server.script(completion(good));
    const { answer } = await write();
    if (!answer) throw new Error('nothing to keep');
    const kept = { ...answer, asset: 'x', at: '2026-11-23T12:00:00Z', copy: exampleBlocks };
    const context = { answers: new Map([[answer.request, kept]]) };
    expect(await write({ context })).toEqual({ copy: { blocks: exampleBlocks } });
    expect(server.asked).toHaveLength(1);
    expect(engine.estimate?.(exampleBrief, contextWith({ context }))).toMatchObject({ tokens: 0 });
    server.script(completion(good));
    await write({ context, brief: { banned: ['synergy', 'leverage'] } });
    expect(server.asked).toHaveLength(2);
  });
});

describe('an answer that cannot be used is asked for again, with what was wrong', () => {
  test.each([
    ['is no JSON', completion('Here is your copy: know the boat!'), 'it is no JSON'],
    ['is wrapped in a fence', completion(`\`\`\`json\n${good}\n\`\`\``), 'it is no JSON'],
    ['has another shape', completion('{"copy": []}'), '"copy" does not belong there'],
    [
      'cites an invented fact',
      completion(withBody('Ten thousand crews sail with it.', ['crews'])),
      'expected one of price, offline',
    ],
    [
      'fills a slot that is not there',
      completion(good.replace('"body"', '"footer"')),
      'expected one of headline, body',
    ],
    [
      'leaves a slot out',
      completion(JSON.stringify({ blocks: [exampleBlocks[0]] })),
      'body: 0 blocks, expected 1 to 2',
    ],
    ['is too long for its slot', completion(withBody('long '.repeat(60))), 'body: 299 characters, expected 20 to 170'],
    ['holds an address', completion(withBody('See all of it at https://evil.example now.')), 'body: holds an address'],
    [
      'hides characters',
      completion(withBody('Entries\u200b stay on the phone at sea.')),
      'invisible or control characters',
    ],
    ['is a refusal', completion(null, { refusal: 'I cannot help with that.' }), 'the model refused'],
    ['is cut off', completion('{"blocks": [{"slot"', { finish_reason: 'length' }), 'it was cut off'],
    ['was filtered', completion('', { finish_reason: 'content_filter' }), 'a filter of the server'],
    ['is empty', completion(''), 'it is empty'],
  ])('when it %s', async (_how, act, problem) => {
    server.script(act, completion(good));
    const { copy, calls } = await write();
    expect(copy.blocks).toEqual(exampleBlocks);
    expect(calls?.map(({ outcome }) => outcome)).toEqual(['unusable', 'accepted']);
    expect(lastMessage(bodies()[1])).toContain(problem);
    expect(calls?.[0]?.findings?.join()).toContain(problem);
  });

  test('three times at most, and then it stands still', async () => {
    server.script(completion(withBody('Ten thousand crews sail with it.', ['crews'])));
    const error = await failure();
    expect(error).toMatchObject({ exhausted: true });
    expect(error.message).toContain('no usable copy in 3 answers: ');
    expect(server.asked).toHaveLength(3);
    expect(error.calls).toHaveLength(3);
  });

  test('and no request grows beyond the first one, the last answer and its findings', async () => {
    server.script(completion('one'), completion('two'), completion('three'));
    await failure();
    expect(bodies().map(({ messages }) => messages.length)).toEqual([2, 4, 4]);
    expect(JSON.stringify(bodies()[2])).toContain('two');
    expect(JSON.stringify(bodies()[2]?.messages)).not.toContain('"one"');
    expect(new Set(bodies().map(({ messages }) => JSON.stringify(messages.slice(0, 2)))).size).toBe(1);
    expect(new Set(bodies().map(({ seed }) => seed)).size).toBe(3);
  });

  test('also when the answer and its findings are huge', async () => {
    const blocks = Array.from({ length: 3000 }, (_, index) => ({ slot: `slot-${index}`, text: 'x', facts: [] }));
    server.script(completion(JSON.stringify({ blocks })), completion(good));
    await write();
    expect(JSON.stringify(bodies()[1]).length - JSON.stringify(bodies()[0]).length).toBeLessThan(8_000);
  });

  test('and Guard is heard as well: its findings come with the draft that it denied', async () => {
    server.script(completion('no JSON'), completion(good));
    const finding = {
      rule: 'base/claims',
      severity: 'block',
      message: 'no fact says it',
      excerpt: 'ten thousand',
    } as const;
    const draft = [{ slot: 'headline', text: 'Used by ten thousand crews', facts: [] }];
    await write({ brief: { attempt: 2, findings: [finding], draft } });
    const [first, second] = bodies();
    expect(first?.messages[2]).toMatchObject({ role: 'assistant', content: JSON.stringify({ blocks: draft }) });
    expect(lastMessage(first)).toContain('- no fact says it: "ten thousand"');
    expect(lastMessage(second)).toContain('- it is no JSON');
    expect(lastMessage(second)).toContain('- no fact says it: "ten thousand"');
  });
});

describe('a server that is busy or away', () => {
  test('is asked again after the wait that it wishes', async () => {
    server.script(refusal(429, 'rate_limit_exceeded', { 'retry-after': '7' }), completion(good));
    const { calls } = await write();
    expect(pauses).toEqual([7000]);
    expect(calls?.map(({ outcome, tokens }) => [outcome, tokens])).toEqual([
      ['refused', 0],
      ['accepted', 1000],
    ]);
  });

  test('is left alone until a later run when it wishes a longer wait than is allowed', async () => {
    server.script(refusal(429, 'rate_limit_exceeded', { 'retry-after': '3600' }));
    const error = await failure();
    expect(error).toMatchObject({ exhausted: false });
    expect(error.message).toBe(
      'the server answered 429 rate_limit_exceeded: it asks to wait 3600 s, max_retry_after_seconds is 20',
    );
    expect(server.asked).toHaveLength(1);
  });

  test('is asked again after a 500', async () => {
    server.script(refusal(500, 'server_error'), completion(good));
    expect((await write()).copy.blocks).toEqual(exampleBlocks);
    expect(pauses).toEqual([500]);
  });

  test.each([408, 409, 500, 503])('and stays so is given up after three retries: %i', async (status) => {
    server.script(refusal(status, 'busy'));
    const error = await failure();
    expect(error).toMatchObject({ exhausted: false });
    expect(error.message).toContain('after 3 retries');
    expect(server.asked).toHaveLength(4);
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  test('and never answers is given up in time, and what it may have taken counts as used', async () => {
    server.script(silence, completion(good));
    const { calls } = await write({ params: { timeout_seconds: 0.2 } });
    expect(calls?.[0]).toMatchObject({ outcome: 'failed', estimated: true, findings: ['no answer within 0.2 s'] });
  });

  test('and hangs up in the middle is asked again', async () => {
    server.script(hangUp, completion(good));
    const { calls } = await write();
    expect(calls?.map(({ outcome }) => outcome)).toEqual(['failed', 'accepted']);
  });

  test('and is not there is given up', async () => {
    const gone = await modelServer();
    await gone.close();
    const error = await failure({ params: { base_url: gone.url } });
    expect(error.message).toBe('the connection failed, after 3 retries');
  });
});

describe('what a person has to do first is BLOCKED by its name, after one call', () => {
  test.each([
    [401, 'invalid_api_key', 'WRITER_KEY'],
    [403, 'permission_denied', 'WRITER_KEY'],
    [429, 'insufficient_quota', 'WRITER_KEY'],
    [404, 'model_not_found', 'engine_params.model'],
    [400, 'unsupported_parameter', 'engine_params'],
    [422, 'invalid_request', 'engine_params'],
  ])('%i %s', async (status, code, missing) => {
    server.script(refusal(status, code));
    const error = await failure();
    expect(error).toBeInstanceOf(GenerationBlocked);
    expect(error).toMatchObject({ missing: [missing] });
    expect(server.asked).toHaveLength(1);
    expect(error.calls).toMatchObject([{ outcome: 'refused', tokens: 0 }]);
  });

  test('a page of HTML in place of an answer', async () => {
    server.script(html);
    expect(await failure()).toMatchObject({ missing: ['engine_params.base_url'] });
    expect(server.asked).toHaveLength(1);
  });

  test('a redirect, which would carry the prompt to somebody else', async () => {
    const elsewhere = await modelServer(completion(good));
    server.script(redirectTo(`${elsewhere.url}/chat/completions`));
    const error = await failure();
    await elsewhere.close();
    expect(error).toMatchObject({ missing: ['engine_params.base_url'] });
    expect(elsewhere.asked).toHaveLength(0);
    expect(server.asked).toHaveLength(1);
  });
});

describe('variables that the package would obey', () => {
  const STRANGE = {
    OPENAI_API_KEY: 'sk-other',
    OPENAI_ADMIN_KEY: 'sk-admin',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    OPENAI_ORG_ID: 'org-other',
    OPENAI_PROJECT_ID: 'proj-other',
    OPENAI_LOG: 'debug',
  };
  afterEach(() => {
    for (const name of Object.keys(STRANGE)) delete process.env[name];
  });

  test('change neither key nor address nor headers', async () => {
    Object.assign(process.env, STRANGE);
    server.script(completion(good));
    await write();
    const headers = server.asked[0]?.headers ?? {};
    expect(headers['authorization']).toBe(`Bearer ${KEY}`);
    expect(Object.keys(headers)).not.toContain('openai-organization');
    expect(Object.keys(headers)).not.toContain('openai-project');
  });

  test('are named where they cannot be kept out', () => {
    expect(engine.unset).toEqual(['OPENAI_CUSTOM_HEADERS']);
  });
});

describe('tokens', () => {
  test('are estimated for the worst case, and a usual one stays below', async () => {
    server.script(completion('no JSON'), completion('no JSON'), completion(good));
    const estimate = engine.estimate?.(exampleBrief, contextWith({}));
    const { calls = [] } = await write({ context: { tokens: estimate?.tokens ?? 0 } });
    expect(calls).toHaveLength(3);
    expect(estimate).toMatchObject({ model: 'scripted' });
    expect(estimate?.tokens).toBeGreaterThan(3 * 1000);
  });

  test('that are used up end it before the next call', async () => {
    server.script(completion('no JSON', { usage: { prompt_tokens: 5000, completion_tokens: 400 } }));
    const error = await failure({ context: { tokens: 6000 } });
    expect(error.message).toMatch(/^stopped before a call: 5400 tokens used, and \d+ more may be over 6000$/);
    expect(error).toMatchObject({ exhausted: false });
    expect(server.asked).toHaveLength(1);
  });

  test('that do not even do for one call ask nobody', async () => {
    expect((await failure({ context: { tokens: 100 } })).calls).toEqual([]);
    expect(server.asked).toHaveLength(0);
  });
});

describe('a judge', () => {
  const params = { judge: { model: 'judge', prompt: 'templates/prompts/judge.hbs' } };
  const CRITERIA = ['about_the_angle', 'nothing_invented', 'plain_and_readable'];
  const quote = 'kept for 30 days';
  const verdict = (changed: Readonly<Record<string, unknown>> = {}): string =>
    JSON.stringify({
      criteria: CRITERIA.map((id, index) => ({
        id,
        reason: 'it is so',
        quote,
        holds: true,
        ...(index === 1 && changed),
      })),
    });

  test('that agrees lets copy through, and both calls are booked', async () => {
    server.script(completion(good), completion(verdict()));
    const { calls } = await write({ params });
    expect(calls?.map(({ role, model, outcome }) => [role, model, outcome])).toEqual([
      ['writer', 'scripted', 'accepted'],
      ['judge', 'judge', 'accepted'],
    ]);
  });

  test.each([
    [
      'says that a criterion does not hold',
      verdict({ holds: false, reason: 'no fact says it' }),
      'nothing_invented: no fact says it',
    ],
    ['quotes what is not there', verdict({ quote: 'ten thousand crews' }), 'words that are not in the copy'],
    ['quotes nothing', verdict({ quote: '' }), 'words that are not in the copy'],
    ['leaves a criterion out', verdict({ id: 'about_the_angle' }), 'nothing_invented: the reviewer said nothing'],
    ['gives no answer that can be read', 'all fine', 'the reviewer gave no usable answer'],
  ])('that %s sends the writer back', async (_how, answer, problem) => {
    server.script(completion(good), completion(answer), completion(good), completion(verdict()));
    const { calls } = await write({ params });
    expect(calls).toHaveLength(4);
    expect(lastMessage(bodies()[2])).toContain(problem);
  });

  test('cannot save copy that code does not accept', async () => {
    server.script(completion('no JSON'));
    expect(await failure({ params })).toMatchObject({ exhausted: true });
    expect(bodies().map(({ model }) => model)).toEqual(['scripted', 'scripted', 'scripted']);
  });
});

describe('what is wrong with params is told before anybody is asked', () => {
  const lint = (params: Readonly<Record<string, unknown>>, files = templates) =>
    engine.lint?.({ params: { ...paramsFor(server.url), ...params }, templates: files }).map(({ message }) => message);

  test('a prompt that is not there', () => {
    expect(lint({ prompt: 'templates/prompts/other.hbs' })).toEqual([
      'templates/prompts/other.hbs is missing, expected the prompt',
    ]);
  });

  test('a prompt that is no template, or names what is not there', () => {
    const prompt = (text: string) => new Map([...templates, ['templates/prompts/copy.hbs', text] as const]);
    expect(lint({}, prompt('Write copy.'))?.[0]).toContain('expected front matter');
    expect(lint({}, prompt('---\nid: copy\n---\nWrite.\n---\nAgain.\n'))?.[0]).toContain('a whole number as version');
    expect(lint({}, prompt('---\nid: copy\nversion: 2\n---\nFor {{brnad}}.\n---\nAgain.\n'))?.[0]).toContain('brnad');
    expect(lint({}, prompt('---\nid: copy\nversion: 2\n---\nFor {{brand}}.\n'))?.[0]).toContain('unusable answer');
  });

  test('a judge without criteria', () => {
    expect(lint({ judge: { model: 'judge', prompt: 'templates/prompts/copy.hbs' } })?.[0]).toContain(
      'expected criteria',
    );
  });

  test('nothing, when all is well', () => {
    expect(lint({ judge: { model: 'judge', prompt: 'templates/prompts/judge.hbs' } })).toEqual([]);
  });
});
