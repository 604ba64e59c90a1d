/**
 * What the engine owes whoever sets it up: copy for each kind of asset, by any server. It is asked of a server that
 * answers with copy of the template engine and, where MHUB_TEST_OPENAI_BASE_URL names one, of a real model
 * (with MHUB_TEST_OPENAI_MODEL, and MHUB_TEST_OPENAI_KEY where it wants one).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rankAngles } from '../core/angles.ts';
import { briefOf, copyProblems } from '../core/brief.ts';
import type { AssetKind, Brief, EngineContext, Unit } from '../core/contracts.ts';
import { createLoader } from '../core/workspace.ts';
import { assets, channels } from '../generated/registry.ts';
import { completion, type ModelServer, modelServer } from '../testing/model-server.ts';
import { baseWorkspace } from '../testing/play.ts';
import { secluded } from '../testing/secluded.ts';
import { engine } from './openai.ts';
import { engine as template } from './template.ts';

const NOW = '2026-11-24T12:00:00Z';
const PLACES: Readonly<Record<string, string>> = { landing_page: 'web', email: 'outbox', social_post: 'feed' };
const {
  MHUB_TEST_OPENAI_BASE_URL: realUrl,
  MHUB_TEST_OPENAI_MODEL: realModel,
  MHUB_TEST_OPENAI_KEY: realKey,
} = process.env;

let server: ModelServer;
let unit: Unit;
const kinds: readonly AssetKind[] = await Promise.all(Object.values(assets).map(({ load }) => load()));

beforeAll(async () => {
  server = await modelServer();
  const tree = new Map(Object.entries(baseWorkspace()).map(([path, bytes]) => [path, { bytes }]));
  const adapters = await Promise.all(
    Object.entries(channels).map(async ([id, { load }]) => [id, await load()] as const),
  );
  const loaded = createLoader(tree, { channels: new Map(adapters), exists: () => true }).loadUnit('spring');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  unit = loaded.unit;
});
afterAll(() => server.close());

function briefFor(kind: AssetKind): Brief {
  const [best] = rankAngles(unit, [], [], []);
  if (!best) throw new Error('the workspace has no angle');
  const { segment, offer, angle } = best;
  const place = { channel: PLACES[kind.id] ?? 'web', slot: 'on_change', path: '/spring/', why: 'a test' };
  const entry = {
    asset: `${kind.id.replaceAll('_', '-')}-a`,
    kind: kind.id,
    segment: segment.id,
    offer: offer.id,
    angle,
  };
  return briefOf(unit, { ...entry, ...place }, kind, NOW, [], { attempt: 1, findings: [] });
}

const contextFor = (params: Readonly<Record<string, unknown>>, key: string): EngineContext => ({
  params: {
    key_env: 'WRITER_KEY',
    prompt: 'templates/prompts/copy.hbs',
    structured: 'json_schema',
    token_param: 'max_tokens',
    max_output_tokens: 4000,
    send_seed: true,
    timeout_seconds: 300,
    max_retry_after_seconds: 60,
    ...params,
  },
  templates: unit.templates,
  answers: new Map(),
  io: {
    ...secluded,
    fetch: (...request) => fetch(...request),
    env: { WRITER_KEY: key },
    now: NOW,
    file: async () => undefined,
    events: async () => [],
  },
});

async function accept(brief: Brief, context: EngineContext): Promise<void> {
  const { tokens } = engine.estimate?.(brief, context) ?? { tokens: 0 };
  const { copy, calls = [], answer } = await engine.generate(brief, { ...context, tokens });
  expect(copyProblems(brief, copy)).toEqual([]);
  expect(calls.length).toBeLessThanOrEqual(3);
  expect(calls.at(-1)).toMatchObject({ outcome: 'accepted', role: 'writer' });
  for (const call of calls) expect(call.tokens).toBeGreaterThan(0);
  if (!answer) throw new Error('there is no answer to keep');
  const kept = { ...answer, asset: brief.asset.id, at: NOW, copy: [...copy.blocks] };
  const again = await engine.generate(brief, { ...context, answers: new Map([[answer.request, kept]]) });
  expect(again).toEqual({ copy });
}

describe.each(kinds)('$id', (kind) => {
  test('is written, booked and kept, with a scripted server', async () => {
    const brief = briefFor(kind);
    const { copy } = await template.generate(brief, contextFor({}, ''));
    server.script(completion(JSON.stringify(copy)));
    await accept(brief, contextFor({ base_url: server.url, model: 'scripted' }, 'sk-test'));
    expect(server.asked.at(-1)?.body.messages).toHaveLength(2);
  });

  const title = realUrl
    ? `with ${realModel} on ${realUrl}`
    : 'with a real model (skipped: set MHUB_TEST_OPENAI_BASE_URL)';
  test.skipIf(!realUrl)(`is written, booked and kept, ${title}`, { timeout: 900_000 }, async () => {
    const context = contextFor({ base_url: realUrl, model: realModel }, realKey ?? 'none');
    await accept(briefFor(kind), context);
  });
});
