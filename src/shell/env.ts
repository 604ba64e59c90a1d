/** Secrets: from the environment, then .env.local, then .env. No value ever reaches an error or the output. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../core/errors.ts';
import { Invalid, Usage } from '../core/errors.ts';
import type { Repo } from './git.ts';
import { openRepo } from './git.ts';
import type { Environment } from './run-git.ts';

export type SecretOrigin = 'environment' | '.env.local' | '.env';

export interface Secrets {
  /** undefined when missing or empty. */
  get(name: string): string | undefined;
  origin(name: string): SecretOrigin | undefined;
  /** Those of the names that are set. */
  readEnvFor(names: readonly string[]): Record<string, string>;
  /** From now on `redact` hides the values of these names, wherever they come from. */
  protect(names: readonly string[]): void;
  /**
   * Replaces secret values of at least 6 characters by ***, also in their base64, URL-encoded and JSON-escaped forms:
   * every value of the .env files, and those of protected names.
   */
  redact(text: string): string;
}

const SECRET_FILES = ['.env.local', '.env'] as const;
/** Files that show which names to set; they are meant to be committed. */
const SAMPLES = /\.(example|sample|template|dist)$/;
const MIN_SECRET_LENGTH = 6;

/**
 * @param root    work tree of the repository
 * @param opened  the same repository, when it is open already
 * @throws Usage when a .env file is tracked by git or not ignored; Invalid with file and line when one cannot be read
 */
export async function loadSecrets(root: string, environment: Environment, opened?: Repo): Promise<Secrets> {
  const repo = opened ?? (await openRepo(root, environment));
  await requireUntracked(repo);
  const present = SECRET_FILES.filter((file) => statSync(join(repo.root, file), { throwIfNoEntry: false })?.isFile());
  for (const file of present) {
    if (await repo.isIgnored(file)) continue;
    throw new Usage(`${file} is not ignored by git and could be committed: add the line "${file}" to .gitignore`);
  }
  const parsed = present.map((file) => ({ file, ...parseEnvFile(file, readFileSync(join(repo.root, file))) }));
  const problems = parsed.flatMap((file) => file.problems);
  if (problems.length > 0) throw new Invalid(problems);
  const layers: Layer[] = [layerOf(environment), ...parsed.map(({ file, values }) => ({ origin: file, values }))];
  return secretsOf(layers);
}

/** Where there is no repository: those of the environment alone. */
export const environmentSecrets = (environment: Environment): Secrets => secretsOf([layerOf(environment)]);

const layerOf = (environment: Environment): Layer => ({
  origin: 'environment',
  values: new Map(Object.entries(environment).map(([name, value]) => [name, value ?? ''])),
});

async function requireUntracked(repo: Repo): Promise<void> {
  const inRoot = readdirSync(repo.root).filter((name) => /^\.env(\.|$)/.test(name));
  const candidates = [...new Set([...SECRET_FILES, ...inRoot])].filter((name) => !SAMPLES.test(name));
  const tracked = await Promise.all(candidates.map((file) => repo.isTracked(file)));
  const file = candidates.find((_, index) => tracked[index]);
  if (file === undefined) return;
  throw new Usage(
    `${file} is tracked by git: run "git rm --cached ${file}", add the line "${file}" to .gitignore, commit, ` +
      'and replace its secrets, for they are in the history',
  );
}

// ---- lookup and redaction -------------------------------------------------------------------------------------------

interface Layer {
  readonly origin: SecretOrigin;
  readonly values: ReadonlyMap<string, string>;
}

function secretsOf(layers: readonly Layer[]): Secrets {
  const find = (name: string): Layer | undefined => layers.find(({ values }) => values.get(name));
  const get = (name: string): string | undefined => find(name)?.values.get(name);
  const fromFiles = layers
    .filter(({ origin }) => origin !== 'environment')
    .flatMap(({ values }) => [...values.values()]);
  const hidden = new Set(fromFiles);
  let pattern = patternOf(hidden);
  return {
    get,
    origin: (name) => find(name)?.origin,
    readEnvFor: (names) =>
      Object.fromEntries(
        names.flatMap((name) => {
          const value = get(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    protect: (names) => {
      for (const name of names) hidden.add(get(name) ?? '');
      pattern = patternOf(hidden);
    },
    redact: (text) => (pattern ? text.replace(pattern, '***') : text),
  };
}

/** One pattern for all forms of all values, the longest first, so that no rest of a longer one stays behind. */
function patternOf(values: Iterable<string>): RegExp | undefined {
  const forms = [...new Set([...values].filter((value) => value.length >= MIN_SECRET_LENGTH).flatMap(formsOf))]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return forms.length === 0 ? undefined : new RegExp(forms.join('|'), 'g');
}

function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(Buffer.from(value).toString());
  const lowerHex = encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  const base64 = [0, 1, 2].flatMap((offset) => base64Within(value, offset));
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encoded,
    lowerHex,
    encoded.replaceAll('%20', '+'),
    lowerHex.replaceAll('%20', '+'),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/**
 * The characters that a value always leaves in the base64 of a longer text, as in `Basic user:password`.
 *
 * @param offset  bytes before the value, modulo 3
 */
function base64Within(value: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  const text = bytes.toString('base64').slice(first, end);
  return text.length >= MIN_SECRET_LENGTH ? [text] : [];
}

// ---- the file format ------------------------------------------------------------------------------------------------

interface EnvFile {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** Lines of NAME=value, with optional `export`, quotes and comments; a value ends with its line. */
export function parseEnvFile(file: string, content: Uint8Array): EnvFile {
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  const text = Buffer.from(content)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const complain = (message: string): void => void problems.push({ file, line: index + 1, column: 1, message });
    const [, name, rest] = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) return complain('expected NAME=value');
    if (values.has(name)) return complain(`${name} is set twice, expected once`);
    const value = unquoted(rest);
    if (value === undefined)
      return complain(`the quotes of ${name} are not closed, or text follows them, expected "value" on one line`);
    values.set(name, value);
  });
  return { values, problems };
}

function unquoted(text: string): string | undefined {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") return text.replace(/(^|\s)#.*$/, '').trim();
  const quoted = quote === '"' ? /^"((?:[^"\\]|\\.)*)"\s*(#.*)?$/ : /^'([^']*)'\s*(#.*)?$/;
  const inner = quoted.exec(text)?.[1];
  return quote === '"' ? inner?.replace(/\\(.)/g, unescaped) : inner;
}

function unescaped(_: string, character: string): string {
  return { n: '\n', r: '\r', t: '\t' }[character] ?? character;
}
