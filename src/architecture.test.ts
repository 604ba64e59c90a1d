/**
 * The house rules that a type checker cannot keep: who imports whom, which code is pure, what loads at the start.
 * They hold for all code under src/. Tests and src/testing may import anything and do anything, but `any`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, visitorKeys } from 'oxc-parser';
import { expect, test } from 'vitest';

/** Importer -> what it may import: folders and files under src/ without their extension. A file's own line wins over its folder's. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'shell'],
  cli: ['cli', 'shell', 'core', 'generated'],
  shell: ['core', 'shell', 'generated'],
  core: ['core', 'generated/entities', 'generated/schemas'],
  stages: ['core', 'generated/entities'],
  rules: ['core'],
  assets: ['core'],
  channels: ['core'],
  engines: ['core'],
  sources: ['core'],
  generated: ['core', 'stages', 'rules', 'assets', 'channels', 'engines', 'sources', 'generated'],
  gen: ['gen'],
};

/** Folders that know no clock, chance, environment, disk or network: adapters meet the world only through `Io`. */
const PURE = ['core', 'stages', 'rules', 'assets', 'engines', 'channels', 'sources'];

/** What pure code may take from Node. */
const PURE_NODE: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'createHmac', 'createPrivateKey', 'createPublicKey', 'hash'],
  'node:stream': ['Readable'],
};

/** The one place of each package; `lazy` ones are loaded by import() when they are needed, `types` ones never. */
const PACKAGES: Readonly<Record<string, Readonly<Record<string, 'eager' | 'lazy' | 'types'>>>> = {
  'src/cli.ts': { commander: 'eager' },
  'src/cli/answer.ts': { commander: 'eager' },
  'src/cli/command.ts': { commander: 'types' },
  'src/cli/completion.ts': { commander: 'eager' },
  'src/cli/options.ts': { commander: 'eager' },
  'src/cli/simulate.ts': { commander: 'eager' },
  'src/core/compose.ts': { 'nodemailer/lib/mail-composer': 'lazy' },
  'src/core/document/markdown.ts': {
    mdast: 'types',
    'mdast-util-from-markdown': 'lazy',
    'mdast-util-gfm': 'lazy',
    'micromark-extension-gfm': 'lazy',
  },
  'src/core/document/parse.ts': { parse5: 'eager' },
  'src/core/documents.ts': { yaml: 'eager' },
  'src/core/expression.ts': { '@bufbuild/cel': 'eager', '@bufbuild/cel/ext': 'eager' },
  'src/core/html.ts': { 'html-validate/browser': 'eager' },
  'src/core/mailing/relay.ts': { 'nodemailer/lib/smtp-connection': 'lazy' },
  'src/core/mailing/signature.ts': { 'nodemailer/lib/dkim': 'lazy' },
  'src/core/model/answer.ts': { 'ajv/dist/2020.js': 'lazy' },
  'src/core/render.ts': { handlebars: 'eager' },
  'src/core/schedule-accounting.ts': { croner: 'eager' },
  'src/core/vale/spelling.ts': { 'dictionary-en': 'lazy', nspell: 'lazy' },
  'src/core/vale/style.ts': { yaml: 'eager' },
  'src/rules/channel.ts': { 'twitter-text': 'lazy' },
  'src/engines/openai.ts': { openai: 'lazy' },
  'src/shell/completion/candidates.ts': { commander: 'types' },
  'src/shell/deploy/bucket.ts': { aws4fetch: 'lazy' },
  'src/shell/doctor.ts': { 'simple-git': 'lazy' },
  'src/shell/draw/mjml.ts': { 'mrml/web/mrml_wasm.js': 'lazy' },
  'src/shell/draw/png.ts': { '@resvg/resvg-wasm': 'lazy' },
  'src/shell/mailing/audience.ts': { 'age-encryption': 'lazy', 'csv-parse': 'lazy' },
  'src/shell/github/client.ts': { '@octokit/rest': 'lazy' },
  'src/shell/observe/browser.ts': { 'axe-core': 'lazy' },
  'src/shell/observe/links.ts': { undici: 'lazy' },
  'src/shell/observe/public-address.ts': { 'ipaddr.js': 'eager' },
  'src/shell/observe/secrets.ts': {
    '@secretlint/core': 'lazy',
    '@secretlint/profiler': 'lazy',
    '@secretlint/secretlint-rule-preset-recommend': 'lazy',
  },
  'src/shell/read-document.ts': { 'postal-mime': 'lazy' },
  'src/shell/reference.ts': { commander: 'types' },
  'src/shell/serve.ts': { isbot: 'lazy' },
  'src/shell/start/fill.ts': { yaml: 'eager' },
  'src/gen/manifest.ts': { yaml: 'eager' },
  'src/gen/validators.ts': { ajv: 'eager', 'ajv/dist/standalone/index.js': 'eager' },
};

/** Packages that may load before the command line is known; everything else waits until a command needs it. */
const AT_START: Readonly<Record<string, readonly string[]>> = {
  'src/main.ts': [],
  'src/shell/fast.ts': [],
  'src/shell/calm.ts': [],
  'src/cli.ts': ['commander'],
};

// ---- reading source -------------------------------------------------------------------------------------------------

type Kind = 'eager' | 'lazy' | 'types';

interface Import {
  readonly line: number;
  /** undefined: computed, so that nobody can tell what is loaded. */
  readonly from: string | undefined;
  readonly kind: Kind;
  /** Imported names; * for all of them. */
  readonly names: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

interface Source {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly root: Node;
  lineOf(offset: number): number;
}

const isNode = (value: unknown): value is Node =>
  value !== null && typeof value === 'object' && 'type' in value && typeof value.type === 'string';

const childrenOf = (node: Node): Node[] => (visitorKeys[node.type] ?? []).flatMap((key) => node[key]).filter(isNode);

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

/** Text of a string literal, quotes included. */
const unquoted = (text: string): string | undefined => /^(['"])([^'"\\]*)\1$/.exec(text)?.[2];

const kindOf = (entries: readonly { readonly isType: boolean }[]): Kind =>
  entries.length > 0 && entries.every(({ isType }) => isType) ? 'types' : 'eager';

function parse(path: string, text: string): Source {
  const { program, module, errors } = parseSync(path, text);
  if (errors[0]) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const root: Node = { ...program };
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const imports = [
    ...module.staticImports.map(({ start, moduleRequest, entries }): Import => {
      const names = entries.map(({ importName }) => importName.name ?? '*');
      return { line: lineOf(start), from: moduleRequest.value, kind: kindOf(entries), names };
    }),
    ...module.staticExports.flatMap(({ start, entries }) => {
      const from = entries.find(({ moduleRequest }) => moduleRequest)?.moduleRequest?.value;
      const names = entries.map(({ importName }) => importName.name ?? '*');
      return from === undefined ? [] : [{ line: lineOf(start), from, kind: kindOf(entries), names }];
    }),
    ...module.dynamicImports.map(({ start, moduleRequest }): Import => {
      const from = unquoted(text.slice(moduleRequest.start, moduleRequest.end));
      return { line: lineOf(start), from, kind: 'lazy', names: ['*'] };
    }),
    ...[...nodesOf(root)].flatMap((node): Import[] => {
      if (node.type !== 'TSImportType' || !isNode(node['source'])) return [];
      return [{ line: lineOf(node.start), from: String(node['source']['value']), kind: 'types', names: ['*'] }];
    }),
  ];
  return { path, imports, root, lineOf };
}

// ---- rules: each gives its violations as `file:line: what is wrong` --------------------------------------------------

/** src/rules/html.ts -> [rules/html, rules] */
const areasOf = (path: string): readonly string[] => {
  const name = path.replace(/^src\//, '').replace(/(\.d)?\.[jt]s$/, '');
  return [name, name.split('/')[0] ?? name];
};

const folderOf = (path: string): string => areasOf(path)[1] ?? '';

const isRelative = (from: string): boolean => from.startsWith('.');

const targetOf = (path: string, from: string): string => posix.join(posix.dirname(path), from);

function layering({ path, imports }: Source): string[] {
  const [own, folder] = areasOf(path);
  const allowed = MAY_IMPORT[own ?? ''] ?? MAY_IMPORT[folder ?? ''];
  if (!allowed) return [`${path}:1: ${folder} has no line in the import table`];
  return imports.flatMap(({ line, from }) => {
    if (from === undefined || !isRelative(from)) return [];
    const target = targetOf(path, from);
    if (target === 'package.json' && path === 'src/main.ts') return [];
    if (areasOf(target).some((area) => allowed.includes(area))) return [];
    return [`${path}:${line}: ${folder} may import ${allowed.join(', ')}, not ${target}`];
  });
}

function packageRules({ path, imports }: Source): string[] {
  return imports.flatMap(({ line, from, kind }) => {
    if (from === undefined || isRelative(from) || from.startsWith('node:')) return [];
    const allowed = PACKAGES[path]?.[from];
    if (allowed === undefined) return [`${path}:${line}: package ${from} has no place in this file`];
    if (allowed === kind || kind === 'types') return [];
    return [`${path}:${line}: package ${from} is loaded ${kind}, expected ${allowed}`];
  });
}

function computedImports({ path, imports }: Source): string[] {
  // The generator finds plugins by looking into their folders; everybody else uses the registry it makes.
  if (path === 'src/gen/plugins.ts') return [];
  return imports
    .filter(({ from }) => from === undefined)
    .map(({ line }) => `${path}:${line}: import() of something computed`);
}

const FORBIDDEN_GLOBALS: Readonly<Record<string, string>> = {
  process: 'the environment',
  navigator: 'the environment',
  performance: 'the clock',
  setTimeout: 'the clock',
  setInterval: 'the clock',
  setImmediate: 'the clock',
  crypto: 'chance',
  fetch: 'the network',
  WebSocket: 'the network',
  EventSource: 'the network',
  XMLHttpRequest: 'the network',
  console: 'the terminal',
  require: 'what is on the disk',
  eval: 'code made from text',
  globalThis: 'everything global',
  global: 'everything global',
};

const FORBIDDEN_MEMBERS: Readonly<Record<string, string>> = {
  'Date.now': 'the clock',
  'Math.random': 'chance',
};

/** Methods whose answer depends on the time zone or language of the machine when it is not told one. */
const LOCAL_TIME = /^[gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|TimezoneOffset)$/;
const LOCAL_LANGUAGE = /^toLocale[A-Z]\w*$/;

const nameOf = (node: unknown): string =>
  isNode(node) && node.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : '';

const argumentsOf = (node: Node): readonly unknown[] => (Array.isArray(node['arguments']) ? node['arguments'] : []);

/** Names in places where they are no reference to a variable. */
function labelsOf(node: Node): unknown[] {
  if (node['computed'] === true) return [];
  if (node.type === 'MemberExpression') return [node['property']];
  return ['Property', 'PropertyDefinition', 'MethodDefinition'].includes(node.type) ? [node['key']] : [];
}

/** Nodes of what runs: types are gone by then. */
function* runningNodes(node: Node): Generator<Node> {
  const wrapsExpression = /^TS(As|Satisfies|NonNull|Instantiation|TypeAssertion)/.test(node.type);
  if (node.type.startsWith('TS') && !wrapsExpression) return;
  const labels = labelsOf(node);
  yield node;
  for (const child of childrenOf(node)) if (!labels.includes(child)) yield* runningNodes(child);
}

/** What a node of pure code reaches for, undefined when nothing. */
function reach(node: Node): string | undefined {
  if (node.type === 'Identifier') {
    const name = nameOf(node);
    const what = Object.hasOwn(FORBIDDEN_GLOBALS, name) ? FORBIDDEN_GLOBALS[name] : undefined;
    return what && `${name}: ${what}`;
  }
  if (node.type === 'MemberExpression') {
    const property = nameOf(node['property']);
    const member = `${nameOf(node['object'])}.${property}`;
    const what = Object.hasOwn(FORBIDDEN_MEMBERS, member) ? FORBIDDEN_MEMBERS[member] : undefined;
    if (what) return `${member}: ${what}`;
    return LOCAL_TIME.test(property) ? `${property}: the time zone of the machine` : undefined;
  }
  const callee = node['callee'];
  if (node.type === 'NewExpression' && nameOf(callee) === 'Function') return 'new Function: code made from text';
  if (node.type === 'NewExpression' && nameOf(callee) === 'Date') {
    if (argumentsOf(node).length === 0) return 'new Date(): the clock';
    return argumentsOf(node).length > 1 ? 'new Date(year, ...): the time zone of the machine' : undefined;
  }
  if (node.type !== 'CallExpression' || !isNode(callee)) return undefined;
  if (nameOf(callee) === 'Date') return 'Date(): the clock';
  const method = nameOf(callee['property']);
  const isToldNone = argumentsOf(node).length === (method === 'localeCompare' ? 1 : 0);
  if ((method === 'localeCompare' || LOCAL_LANGUAGE.test(method)) && isToldNone) {
    return `${method}: the language of the machine`;
  }
  return undefined;
}

function purity({ path, imports, root, lineOf }: Source): string[] {
  if (!PURE.includes(folderOf(path))) return [];
  const fromNode = imports.flatMap(({ line, from, kind, names }) => {
    if (!from?.startsWith('node:') || kind === 'types') return [];
    const strange = names.filter((name) => !PURE_NODE[from]?.includes(name));
    return strange.map((name) => `${path}:${line}: pure code takes ${name} from ${from}`);
  });
  const reached = [...runningNodes(root)].flatMap((node) => {
    const what = reach(node);
    return what === undefined ? [] : [`${path}:${lineOf(node.start)}: pure code uses ${what}`];
  });
  return [...fromNode, ...reached];
}

const anyTypes = ({ path, root, lineOf }: Source): string[] =>
  [...nodesOf(root)]
    .filter(({ type }) => type === 'TSAnyKeyword')
    .map(({ start }) => `${path}:${lineOf(start)}: any, where a type or unknown says more`);

// ---- the tree -------------------------------------------------------------------------------------------------------

const folder = fileURLToPath(new URL('.', import.meta.url));
const everything = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name.split(sep).join('/')}`)
  .sort()
  .map((path) => parse(path, readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')));

const isForTests = ({ path }: Source): boolean => path.endsWith('.test.ts') || path.startsWith('src/testing/');
const sources = everything.filter((source) => !isForTests(source));
const byPath = new Map(sources.map((source) => [source.path, source]));

/** Packages that are loaded together with a file, with the way that leads to each. */
function loadedWith(path: string, way: readonly string[] = []): Map<string, string> {
  const loaded = new Map<string, string>();
  for (const { from, kind } of byPath.get(path)?.imports ?? []) {
    if (from === undefined || kind !== 'eager' || from.startsWith('node:')) continue;
    const here = [...way, path];
    if (!isRelative(from)) loaded.set(from, [...here, from].join(' -> '));
    else if (!here.includes(targetOf(path, from))) {
      for (const [name, longer] of loadedWith(targetOf(path, from), here)) loaded.set(name, longer);
    }
  }
  return loaded;
}

test('imports go one way, as in the table', () => {
  expect(sources.flatMap(layering)).toEqual([]);
});

test('each package has its place, and what is heavy is loaded when it is needed', () => {
  expect(sources.flatMap(packageRules)).toEqual([]);
});

test('the table of packages names nothing that is gone', () => {
  const gone = Object.entries(PACKAGES).flatMap(([path, packages]) =>
    Object.keys(packages)
      .filter((name) => !byPath.get(path)?.imports.some(({ from }) => from === name))
      .map((name) => `${path} does not import ${name}`),
  );
  expect(gone).toEqual([]);
});

test('nothing is imported by a computed name', () => {
  expect(sources.flatMap(computedImports)).toEqual([]);
});

test.each(Object.entries(AT_START))('%s loads no package at the start but %j', (path, allowed) => {
  expect([...loadedWith(path)].filter(([name]) => !allowed.includes(name)).map(([, way]) => way)).toEqual([]);
});

test('pure code knows no clock, chance, environment, disk or network', () => {
  expect(sources.flatMap(purity)).toEqual([]);
});

test('nothing but generated code has the type any', () => {
  expect(everything.filter(({ path }) => folderOf(path) !== 'generated').flatMap(anyTypes)).toEqual([]);
});

test.each([
  [
    'stages/x.ts',
    "import { rule } from '../rules/html.ts';",
    'stages may import core, generated/entities, not src/rules/html.ts',
  ],
  ['rules/x.ts', "export * from './html.ts';", 'rules may import core, not src/rules/html.ts'],
  [
    'core/x.ts',
    "type Jobs = import('../generated/jobs.ts').Job;",
    'core may import core, generated/entities, generated/schemas, not src/generated/jobs.ts',
  ],
  ['channels/x.ts', "const load = () => import('../shell/git.ts');", 'channels may import core, not src/shell/git.ts'],
  [
    'gen/x.ts',
    "import type { Brand } from '../generated/entities.ts';",
    'gen may import gen, not src/generated/entities.ts',
  ],
  [
    'core/x.ts',
    "import { exampleUnit } from '../testing/found.ts';",
    'core may import core, generated/entities, generated/schemas, not src/testing/found.ts',
  ],
])('a wrong import in src/%s is found: %s', (name, text, message) => {
  expect(layering(parse(`src/${name}`, text))).toEqual([`src/${name}:1: ${message}`]);
});

test.each([
  ['const at = Date.now();', 'Date.now: the clock'],
  ['const at = new Date;', 'new Date(): the clock'],
  ['const hour = when.getHours();', 'getHours: the time zone of the machine'],
  ['const id = Math.random() as number;', 'Math.random: chance'],
  ['const id = crypto.randomUUID();', 'crypto: chance'],
  ['const token = process.env.TOKEN;', 'process: the environment'],
  ['const load = { fetch };', 'fetch: the network'],
  ['await new Promise((done) => setTimeout(done, 5));', 'setTimeout: the clock'],
  ['names.sort((a, b) => a.localeCompare(b));', 'localeCompare: the language of the machine'],
  ['console.log(1);', 'console: the terminal'],
])('impure code is found: %s', (text, message) => {
  expect(purity(parse('src/core/x.ts', text))).toEqual([`src/core/x.ts:1: pure code uses ${message}`]);
});

test('what only looks impure is left alone', () => {
  const text = `
    interface Io { readonly fetch: typeof fetch; readonly process?: NodeJS.Process }
    const year = new Date(now).getUTCFullYear();
    const asked = io.fetch(url, { process: 1, console: 2 });
    const ordered = a.localeCompare(b, 'en');
  `;
  expect(purity(parse('src/core/x.ts', text))).toEqual([]);
});

test.each([
  ["import { readFileSync } from 'node:fs';", 'takes readFileSync from node:fs'],
  ["import { createHash, randomBytes } from 'node:crypto';", 'takes randomBytes from node:crypto'],
  ["export * from 'node:os';", 'takes * from node:os'],
  ["const load = () => import('node:net');", 'takes * from node:net'],
])('pure code that reaches for the machine is found: %s', (text, message) => {
  expect(purity(parse('src/rules/x.ts', text))).toEqual([`src/rules/x.ts:1: pure code ${message}`]);
});

test('a package in the wrong place, or loaded too early, is found', () => {
  expect(packageRules(parse('src/rules/x.ts', "import { load } from 'cheerio';"))).toEqual([
    'src/rules/x.ts:1: package cheerio has no place in this file',
  ]);
  expect(packageRules(parse('src/shell/doctor.ts', "\nimport { simpleGit } from 'simple-git';"))).toEqual([
    'src/shell/doctor.ts:2: package simple-git is loaded eager, expected lazy',
  ]);
});

test('any is found wherever a type can stand', () => {
  const text = 'const f = (x: any): Map<string, any[]> => x as any;';
  expect(anyTypes(parse('src/core/x.ts', text))).toHaveLength(3);
});
