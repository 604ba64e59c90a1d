/**
 * What every plugin of the registry owes, whoever wrote it. Here the registry is held against the plugins, and one kind
 * of plugin against the others; what the plugins of one folder have in common is tested in that folder, such as the
 * examples of rules in rules/conformance.test.ts.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rankAngles, type Scored } from './core/angles.ts';
import { briefOf, copyProblems } from './core/brief.ts';
import { mayWrite } from './core/changeset.ts';
import type { Channel, Copy, Files, Io, Publication, RuleExample, Unit } from './core/contracts.ts';
import { documentOf } from './core/document.ts';
import { exampleContextWith } from './core/policy/sample.ts';
import { createLoader } from './core/workspace.ts';
import type { AssetKindId, Signal } from './generated/entities.ts';
import { jobs } from './generated/jobs.ts';
import type { Registered, Registry } from './generated/registry.ts';
import * as registries from './generated/registry.ts';
import { entities } from './generated/schemas.ts';
import { simulatedDrawer } from './shell/draw/index.ts';
import { ownFiles } from './testing/own.ts';
import { frozen, publicationOf, publishingUnit } from './testing/publications.ts';
import { secluded } from './testing/secluded.ts';

const NOW = '2026-11-23T12:00:00Z';
const CLASSES: readonly Channel['class'][] = ['natural', 'key', 'query', 'opaque'];

const io = (env: Readonly<Record<string, string>> = {}): Io => ({
  ...secluded,
  env,
  now: NOW,
  file: async (path) => (path.endsWith('.md') ? '# Changelog\n\n## 1.0.0 - 2026-11-20\n\n- A new thing.\n' : undefined),
  events: async () => [],
});

async function loadAll<T>(registry: Registry<T>): Promise<[string, T, Registered<T>][]> {
  return Promise.all(Object.entries(registry).map(async ([id, entry]) => [id, await entry.load(), entry]));
}

const rules = await loadAll(registries.rules);
const assets = await loadAll(registries.assets);
const channels = await loadAll(registries.channels);
const engines = await loadAll(registries.engines);
const sources = await loadAll(registries.sources);

interface Plugin {
  readonly id: string;
  readonly about: string;
  readonly env?: readonly string[];
  readonly params?: unknown;
}

const all: readonly (readonly [string, string, Plugin, Registered<unknown>])[] = [
  ...rules.map(([id, plugin, entry]) => ['rule', id, plugin, entry] as const),
  ...assets.map(([id, plugin, entry]) => ['asset kind', id, plugin, entry] as const),
  ...channels.map(([id, plugin, entry]) => ['channel', id, plugin, entry] as const),
  ...engines.map(([id, plugin, entry]) => ['engine', id, plugin, entry] as const),
  ...sources.map(([id, plugin, entry]) => ['source', id, plugin, entry] as const),
];

describe.each(all)('%s %s', (_what, id, plugin, entry) => {
  test('is what the registry says of it', () => {
    const { about, env, params } = plugin;
    expect(plugin.id).toBe(id);
    expect({ about, env, params }).toEqual({ about: entry.about, env: entry.env, params: entry.params });
    expect(about).toMatch(/^[A-Z].{20,}\.$/);
  });

  test('names its variables in capitals, and each once', () => {
    for (const name of plugin.env ?? []) expect(name).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    expect(new Set(plugin.env).size).toBe(plugin.env?.length ?? 0);
  });

  test('takes params by a closed JSON Schema that describes each of them', () => {
    if (plugin.params === undefined) return;
    new Ajv2020({ strict: true }).compile(plugin.params as object);
    expect(plugin.params).toMatchObject({ type: 'object', additionalProperties: false });
    const { properties } = plugin.params as { properties: Readonly<Record<string, { description?: string }>> };
    for (const [name, { description }] of Object.entries(properties)) expect(description, name).toBeTruthy();
  });
});

test('a plugin has exactly one place in the registry', () => {
  const names = all.map(([what, id]) => `${what} ${id}`);
  expect(new Set(names).size).toBe(names.length);
});

// ---- rules ----------------------------------------------------------------------------------------------------------

describe.each(rules)('rule %s', (_id, rule) => {
  const judge = ({ kind, files, context, ...example }: RuleExample<unknown>) =>
    rule.check(documentOf(kind, new Map(Object.entries(files))), example.with, exampleContextWith(context));

  test('says the same of an asset again, whatever it has judged in between', async () => {
    const samples = [...rule.examples.pass, ...rule.examples.fail];
    for (const sample of samples) await rule.prepare?.(sample.with);
    const findings = samples.map(judge);
    expect(samples.toReversed().map(judge)).toEqual(findings.toReversed());
  });
});

// ---- asset kinds and engines, on the workspace of this repository -----------------------------------------------------

let unit: Unit;
let best: Scored;

beforeAll(() => {
  const tree = new Map(Object.entries(ownFiles()).map(([path, bytes]) => [path, { bytes }]));
  const loader = createLoader(tree, { channels: new Map(channels.map(([id, channel]) => [id, channel])) });
  const loaded = loader.loadUnit('start');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2));
  const [first] = rankAngles(loaded.unit, [], [], []);
  if (!first) throw new Error('the workspace has no angle');
  unit = frozen(loaded.unit);
  best = first;
});

const kindOf = (id: AssetKindId) => {
  const found = assets.find(([kind]) => kind === id);
  if (!found) throw new RangeError(`no asset kind ${id}`);
  return found[1];
};

const adapterFor = (kind: AssetKindId): Channel => {
  const used = new Set(publishingUnit.channels.map(({ adapter }) => adapter));
  const found = channels.find(([id, channel]) => used.has(id) && channel.kinds.includes(kind));
  if (!found) throw new RangeError(`no channel of src/testing/publications.ts carries ${kind}`);
  return found[1];
};

const placeOf = (kind: AssetKindId) =>
  ({
    asset: `${kind.replaceAll('_', '-')}-a`,
    arm: 'a',
    path: kind === 'one_pager' ? '/start/mhub-one-pager.pdf' : '/start/',
  }) as const;

async function copyOf(kind: AssetKindId, [, engine]: (typeof engines)[number]) {
  const { segment, offer, angle } = best;
  const entry = {
    ...placeOf(kind),
    kind,
    segment: segment.id,
    offer: offer.id,
    angle,
    channel: kind,
    slot: 'on_change',
  };
  const draft = { attempt: 1, findings: [] };
  const brief = frozen(briefOf(unit, { ...entry, why: 'it is the best' }, kindOf(kind), NOW, [], draft));
  return {
    brief,
    copy: frozen(
      (await engine.generate(brief, { params: {}, templates: unit.templates, answers: new Map(), io: io() })).copy,
    ),
  };
}

/** @param asked  templates that were asked for */
function filesOf(kind: AssetKindId, copy: Copy, asked: Set<string> = new Set()): Files {
  const { segment, offer } = best;
  const { medium, id } = adapterFor(kind);
  const channel = publishingUnit.channels.find(({ adapter }) => adapter === id);
  if (!channel) throw new RangeError(`src/testing/publications.ts has no channel of adapter ${id}`);
  const { asset, arm, path } = placeOf(kind);
  const template = (name: string): string => {
    asked.add(name);
    return String(unit.templates.get(name));
  };
  return kindOf(kind).render(copy, {
    unit,
    offer,
    segment,
    channel,
    medium,
    limits: adapterFor(kind).limits,
    asset: { id: asset, arm, path },
    template,
  });
}

const drawer = simulatedDrawer({});
afterAll(() => drawer.close());

/** Files as they stand in the asset: with what is drawn, without what was only there to be drawn from. */
async function standingFiles(kind: AssetKindId, copy: Copy): Promise<Files> {
  const files = filesOf(kind, copy);
  const { drawings = [] } = kindOf(kind);
  const dropped = drawings.filter(({ keep }) => !keep).map(({ from }) => from);
  const drawn = await drawer.draw({ files, drawings });
  return new Map([...[...files].filter(([name]) => !dropped.includes(name)), ...drawn]);
}

// An engine that calls a service is held to its brief by its own tests.
const offline = engines.filter(([, { env, envOf }]) => env.length === 0 && !envOf);

describe.each(offline)('engine %s', (...engine) => {
  test.each(Object.keys(registries.assets) as AssetKindId[])(
    'fills every slot of %s, and repeats itself',
    async (kind) => {
      const { brief, copy } = await copyOf(kind, engine);
      expect(copyProblems(brief, copy)).toEqual([]);
      expect((await copyOf(kind, engine)).copy).toEqual(copy);
    },
  );
});

describe.each(assets)('asset kind %s', (_id, kind) => {
  let copy: Copy;
  beforeAll(async () => {
    const [engine] = offline;
    if (!engine) throw new Error('no engine works without a service');
    ({ copy } = await copyOf(kind.id, engine));
  });

  test('renders the same bytes twice, from the templates that it names and no others', () => {
    const asked = new Set<string>();
    const files = filesOf(kind.id, copy, asked);
    expect([...filesOf(kind.id, copy)]).toEqual([...files]);
    for (const name of kind.templates) expect(unit.templates.has(name), name).toBe(true);
    for (const name of asked) expect(kind.templates).toContain(name);
  });

  test('draws from what it renders', () => {
    const files = filesOf(kind.id, copy);
    for (const { from, to } of kind.drawings ?? []) expect([files.has(from), files.has(to)]).toEqual([true, false]);
  });

  test('shows Guard every text that stands in it, byte for byte', async () => {
    const files = await standingFiles(kind.id, copy);
    const { kind: of, parts } = kind.extract(files);
    expect(of).toBe(kind.id);
    expect(parts.map(({ file, source }) => [file, source])).toEqual(
      [...files].filter(([, content]) => typeof content === 'string'),
    );
    expect(files.size).toBeGreaterThan(0);
    for (const { file, blocks } of parts) expect(blocks.length, file).toBeGreaterThan(0);
  });

  test('has slots that copy can fill, each named once, and a title', () => {
    for (const { slot, min, max, length } of kind.slots) {
      expect(slot).toMatch(/^[a-z]+(\.[a-z]+)*$/);
      expect([0 <= min && min <= max && max > 0, 0 < length.min && length.min <= length.max]).toEqual([true, true]);
    }
    expect(new Set(kind.slots.map(({ slot }) => slot)).size).toBe(kind.slots.length);
    expect(kind.title(copy)).toMatch(/\S/);
  });

  test('can be published somewhere', () => {
    expect(adapterFor(kind.id).kinds).toContain(kind.id);
  });
});

// ---- channels -------------------------------------------------------------------------------------------------------

const publishing = jobs.filter(({ stage }) => stage === 'publish');

describe.each(channels)('channel %s', (id, channel) => {
  test('carries kinds that exist and says how doubt about it is settled', () => {
    expect(CLASSES).toContain(channel.class);
    expect(channel.kinds.length).toBeGreaterThan(0);
    for (const kind of channel.kinds) expect(Object.keys(registries.assets)).toContain(kind);
  });

  test('writes files, makes a call or mails a list, and has what its class needs', () => {
    expect([channel.files, channel.publish, channel.mailing].filter((way) => way !== undefined)).toHaveLength(1);
    if (channel.files) expect(channel.class, 'files and receipt are one commit').toBe('natural');
    if (channel.class === 'query') expect(channel.find).toBeDefined();
    if (channel.class === 'key') expect(channel.keyMinutes).toBeGreaterThan(0);
  });

  test.each([...channel.kinds])('writes %s where the job of publishing may write, and nowhere else', async (kind) => {
    if (!channel.files) return;
    const [engine] = offline;
    const config = publishingUnit.channels.find(({ adapter }) => adapter === id);
    if (!engine || !config) throw new Error(`src/testing/publications.ts has no channel of adapter ${id}`);
    const { copy } = await copyOf(kind, engine);
    const files = Object.fromEntries(await standingFiles(kind, copy));
    const { asset, path } = placeOf(kind);
    const given = { id: asset, channel: 'web', at: NOW, files } as const;
    const publication: Publication = publicationOf({
      ...given,
      asset: { kind, channel: config.id, path, copy: [...copy.blocks] },
    });
    const context = frozen({ now: NOW, unit: publishingUnit, channel: config, published: [] });
    const { url, changes } = await channel.files(frozen(publication), context);
    expect(url).not.toBe('');
    expect(changes.length).toBeGreaterThan(0);
    for (const change of changes) {
      expect(
        publishing.some((job) => mayWrite(job, publication.campaign, change.path)),
        change.path,
      ).toBe(true);
    }
  });
});

// ---- sources --------------------------------------------------------------------------------------------------------

describe.each(sources)('source %s', (id, source) => {
  const params = () => publishingUnit.sources.find(({ adapter }) => adapter === id)?.params ?? { path: 'CHANGELOG.md' };

  test('reads files of the repository alone, and names them as inputs', async () => {
    const read: string[] = [];
    const watching: Io = {
      ...io(),
      file: async (path) => {
        read.push(path);
        return io().file(path);
      },
    };
    await source.read(params(), watching);
    for (const path of source.inputs(params())) expect(path).toMatch(/^[A-Za-z0-9_-][^\\:]*$/);
    for (const path of read) expect(source.inputs(params())).toContain(path);
  });

  test('gives readings that can be filed as signals, and the same ones again', async () => {
    const readings = await source.read(params(), io());
    for (const reading of readings) {
      const signal: Signal = { ...reading, source: id.replaceAll('_', '-') };
      expect(entities.Signal.validate(signal)).toEqual({ ok: true });
    }
    expect(await source.read(params(), io())).toEqual(readings);
  });
});
