import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest } from './manifest.ts';
import { findPlugins } from './plugins.ts';
import { editorSchema } from './schemas.ts';
import { entitiesText } from './types.ts';
import { validatorsText } from './validators.ts';

const MANIFEST = `
types:
  Id: { type: string, pattern: '^[a-z]+$', description: Lower-case letters. }
  Forms:
    type: object
    description: Wordings.
    properties:
      s: { type: string, optional: true, description: A sentence. }
      vp: { type: string, optional: true, description: A verb phrase. }
entities:
  Offer:
    path: offers/{offer}.yaml
    owner: people
    format: yaml
    about: What is sold.
    fields:
      kind: { type: string, enum: [free, paid], description: Whether it costs. }
      adapter: { type: string, plugin: channels, optional: true, description: Where it is sold. }
      outcomes:
        type: array
        minItems: 1
        description: What it brings.
        items: { type: object, properties: { id: { use: Id }, forms: { use: Forms, required: [s] } } }
      sibling: { use: Id, ref: Offer, optional: true, description: Another one. }
jobs: {}
`;

const offer = { kind: 'free', outcomes: [{ id: 'time', forms: { s: 'It saves time.' } }] };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mhub-gen-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface AjvFunction {
  (value: unknown): boolean;
  errors: readonly { instancePath: string; keyword: string; params: object }[] | null;
}

async function offerValidator(): Promise<AjvFunction> {
  const path = join(folder, 'validators.mjs');
  writeFileSync(path, validatorsText(readManifest(MANIFEST), { channels: ['feed', 'web'] }, new Map()));
  const module = (await import(pathToFileURL(path).href)) as { Offer: AjvFunction };
  return module.Offer;
}

test('types are readonly, with unions, documentation and what a use requires', () => {
  const text = entitiesText(readManifest(MANIFEST));
  expect(text).toContain("  /** Whether it costs. */\n  readonly kind: 'free' | 'paid';\n");
  expect(text).toContain("    readonly forms: Forms & Required<Pick<Forms, 's'>>;\n  }[];\n");
  expect(text).toContain('  /** Another one. */\n  readonly sibling?: Id;\n');
});

test('validators stand alone and report every error with its place', async () => {
  const validate = await offerValidator();
  expect(validate(offer)).toBe(true);
  expect(
    validate({ ...offer, kind: 'gift', adapter: 'fax', outcomes: [{ id: 'Time', forms: { vp: 'save time' } }] }),
  ).toBe(false);
  expect(validate.errors?.map(({ instancePath, keyword, params }) => ({ instancePath, keyword, params }))).toEqual([
    { instancePath: '/kind', keyword: 'enum', params: { allowedValues: ['free', 'paid'] } },
    { instancePath: '/adapter', keyword: 'enum', params: { allowedValues: ['feed', 'web'] } },
    { instancePath: '/outcomes/0/id', keyword: 'pattern', params: { pattern: '^[a-z]+$' } },
    { instancePath: '/outcomes/0/forms', keyword: 'required', params: { missingProperty: 's' } },
  ]);
});

test('objects are closed', async () => {
  const validate = await offerValidator();
  expect(validate({ ...offer, price: 1 })).toBe(false);
  expect(validate.errors?.map(({ params }) => params)).toEqual([{ additionalProperty: 'price' }]);
});

test('an editor schema is whole in itself and keeps descriptions and references', () => {
  const schema = editorSchema('Offer', readManifest(MANIFEST), { channels: [] });
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Offer',
    description: 'What is sold.',
    required: ['kind', 'outcomes'],
    properties: { sibling: { $ref: '#/$defs/Id', description: 'Another one.', 'x-ref': 'Offer' } },
    $defs: { Id: { pattern: '^[a-z]+$' }, Forms: { additionalProperties: false } },
  });
});

test('a manifest that uses what does not exist is refused with every place', () => {
  const broken = MANIFEST.replace('use: Id, ref: Offer', 'use: Name, ref: Shop').replace('minItems', 'minimumItems');
  expect(() => readManifest(broken)).toThrow(
    /Offer\.outcomes: unknown keyword minimumItems[\s\S]*Offer\.sibling: no type Name[\s\S]*Offer\.sibling: no entity Shop/,
  );
});

test('every file of a plugin folder but tests is a plugin, and an absent folder has none', () => {
  const src = join(folder, 'src');
  mkdirSync(join(src, 'rules'), { recursive: true });
  for (const name of ['prose.ts', 'prose.test.ts', 'links.ts', 'notes.md']) writeFileSync(join(src, 'rules', name), '');
  expect(findPlugins(src)).toEqual([
    { folder: 'rules', file: 'links' },
    { folder: 'rules', file: 'prose' },
  ]);
});

test('npm run gen starts from nothing, says when it is stale and removes what no longer belongs', () => {
  const root = join(folder, 'repo');
  mkdirSync(join(root, 'src/rules'), { recursive: true });
  cpSync('src/gen', join(root, 'src/gen'), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'src/manifest.yaml'), MANIFEST);
  writeFileSync(
    join(root, 'src/rules/exact-text.ts'),
    `import { entities } from '../generated/schemas.ts';
     export const rule = { id: 'exact-text', about: Object.keys(entities).join(), params: { type: 'object', properties: {} } };`,
  );
  const gen = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'src/gen/main.ts', ...args], { cwd: root, encoding: 'utf8' });
  expect(gen('--check')).toMatchObject({ status: 1, stderr: expect.stringContaining('run: npm run gen') });
  expect(gen()).toMatchObject({ status: 0 });
  expect(readFileSync(join(root, 'src/generated/registry.ts'), 'utf8')).toContain(
    "'exact-text': {\n    about: 'Offer',",
  );
  writeFileSync(join(root, 'schemas/old.schema.json'), '{}');
  expect(gen('--check').stderr).toBe('generated files are stale: schemas/old.schema.json\nrun: npm run gen\n');
  gen();
  expect(readdirSync(join(root, 'schemas'))).toEqual(['offer.schema.json']);
});
