/**
 * The copy engine `openai` against a real model server: llama.cpp on the CPU, with a model of random weights. What it
 * writes has the right shape and no sense, so every draft has to be refused, and every token is real.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineContext } from '../src/core/contracts.ts';
import { GenerationFailed } from '../src/core/errors.ts';
import { engine } from '../src/engines/openai.ts';
import { exampleBrief } from '../src/testing/brief.ts';
import { mhub } from '../src/testing/mhub.ts';
import { KEY, modelWorkspace } from '../src/testing/model-workspace.ts';
import { FIRST_RUN } from '../src/testing/play.ts';
import { tempRepo } from '../src/testing/repo.ts';
import { secluded } from '../src/testing/secluded.ts';
import { type LlamaServer, startLlamaServer } from './llama-server.ts';
import { randomModel } from './random-model.ts';

const PROMPT = 'templates/prompts/copy.hbs';

let folder: string;
let server: LlamaServer;

/** Words of what the model is going to read, so that it takes about a token for each. */
const wordsOf = (texts: readonly string[]): string[] => [...new Set(texts.join(' ').match(/[A-Za-z]+/g))];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mhub-model-'));
  const path = join(folder, 'random.gguf');
  writeFileSync(
    path,
    randomModel(wordsOf([readFileSync(PROMPT, 'utf8'), JSON.stringify(modelWorkspace({ url: '' }))])),
  );
  server = await startLlamaServer(path, KEY);
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const contextFor = (model: string, key = KEY): EngineContext => ({
  params: {
    base_url: server.url,
    key_env: 'WRITER_KEY',
    model,
    prompt: PROMPT,
    structured: 'json_schema',
    token_param: 'max_completion_tokens',
    max_output_tokens: 300,
    send_seed: true,
    timeout_seconds: 60,
    max_retry_after_seconds: 0,
  },
  templates: new Map([[PROMPT, readFileSync(PROMPT, 'utf8')]]),
  answers: new Map(),
  io: {
    ...secluded,
    fetch: (...request) => fetch(...request),
    env: { WRITER_KEY: key },
    now: FIRST_RUN,
    file: async () => undefined,
    events: async () => [],
  },
});

async function failure(context: EngineContext): Promise<unknown> {
  try {
    return await engine.generate(exampleBrief, context);
  } catch (error) {
    return error;
  }
}

test('what a model of random weights writes is refused three times, and its real tokens are booked', async () => {
  const before = server.completions.length;
  const error = await failure(contextFor('random'));
  expect(error).toBeInstanceOf(GenerationFailed);
  expect(error).toMatchObject({ exhausted: true });
  const { calls } = error as GenerationFailed<{ readonly tokens: number; readonly outcome: string }>;
  expect(calls.map(({ outcome }) => outcome)).toEqual(['unusable', 'unusable', 'unusable']);
  expect(calls.map(({ tokens }) => tokens)).toEqual(server.completions.slice(before).map(({ tokens }) => tokens));
});

test('the same brief is asked with the same seed, and answered with the same bytes', async () => {
  const before = server.completions.length;
  await failure(contextFor('random'));
  const middle = server.completions.length;
  await failure(contextFor('random'));
  const texts = server.completions.map(({ text }) => text);
  expect(texts.slice(middle)).toEqual(texts.slice(before, middle));
  expect(new Set(texts.slice(middle)).size).toBeGreaterThan(1);
});

test('a wrong key and a wrong model are BLOCKED by their names', async () => {
  expect(await failure(contextFor('random', 'sk-wrong'))).toMatchObject({ missing: ['WRITER_KEY'] });
  expect(await failure(contextFor('other'))).toMatchObject({ missing: ['engine_params.model'] });
});

test('a run halts the channel after three answers, and makes nothing', async () => {
  const repo = await tempRepo(modelWorkspace({ url: server.url, model: 'random' }));
  const before = server.completions.length;
  try {
    const { exit, output } = await mhub(['run', '--cwd', repo.root], {
      now: FIRST_RUN,
      env: { ...repo.env, WRITER_KEY: KEY },
    });
    expect(exit, output).toBe(3);
    expect(output).toContain('no usable copy in 3 answers');
    expect(readdirSync(join(repo.root, 'hub/halts'))).toHaveLength(1);
    expect(readdirSync(join(repo.root, 'hub/campaigns/spring'))).not.toContain('assets');
    const [file = ''] = readdirSync(join(repo.root, 'hub/campaigns/spring/usage'));
    const booked = repo
      .read(`hub/campaigns/spring/usage/${file}`)
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly tokens: number }).tokens);
    expect(booked).toEqual(server.completions.slice(before).map(({ tokens }) => tokens));
    expect(booked).toHaveLength(3);
  } finally {
    repo.remove();
  }
});
