/** Vale styles, taken as they are: a folder with one rule in each YAML file. */
import { parseAllDocuments } from 'yaml';
import type { Files } from '../contracts.ts';
import { ruleProblems } from './compile.ts';
import type { ValeRule } from './definition.ts';

export interface Style {
  readonly rules: readonly {
    /** Style and rule, such as Google.We. */
    readonly name: string;
    readonly params: { readonly vale: ValeRule };
  }[];
  /** Why rules cannot run, one line each, beginning with the file. */
  readonly problems: readonly string[];
}

const textOf = (content: string | Uint8Array): string =>
  typeof content === 'string' ? content : new TextDecoder().decode(content);

type Read = { readonly vale: ValeRule } | { readonly problems: readonly string[] };

/** Vale does not mind a key twice, and takes the last one. */
function readRule(source: string, styles: Files): Read {
  const [document, ...more] = parseAllDocuments(source, { schema: 'core', uniqueKeys: false, merge: false });
  if (!document || !('errors' in document)) return { problems: ['has no rule'] };
  const [error] = document.errors;
  if (error) return { problems: [error.message.replace(/:?\n[\s\S]*/, '')] };
  const value: unknown = document.toJS({ maxAliasCount: 20 });
  if (more.length > 0 || value === null || typeof value !== 'object' || Array.isArray(value)) {
    return { problems: ['is not one rule'] };
  }
  const vale = Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]));
  const problems = ruleProblems(vale, styles);
  return problems.length > 0 ? { problems } : { vale };
}

function readStyle(files: Files, path: string): Style {
  const style = path.split('/').at(-1) ?? path;
  const named = [...files.keys()]
    .flatMap((file) => {
      const name = file.startsWith(`${path}/`) ? file.slice(path.length + 1) : '';
      return /^[^/]+\.ya?ml$/.test(name) ? [{ file, name: `${style}.${name.replace(/\.ya?ml$/, '')}` }] : [];
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
  const read = named.map(({ file, name }) => ({ file, name, ...readRule(textOf(files.get(file) ?? ''), files) }));
  return {
    rules: read.flatMap((one) => ('vale' in one ? [{ name: one.name, params: { vale: one.vale } }] : [])),
    problems: [
      ...read.flatMap((one) => ('problems' in one ? one.problems.map((problem) => `${one.file}: ${problem}`) : [])),
      ...(named.length === 0 ? [`${path}: has no rules`] : []),
    ],
  };
}

const known = new WeakMap<Files, Map<string, Style>>();

/** The rules of a style folder; read once for the same files, so that they are compiled once. */
export function styleRules(files: Files, path: string): Style {
  const byPath = known.get(files) ?? new Map<string, Style>();
  known.set(files, byPath);
  const style = byPath.get(path) ?? readStyle(files, path);
  byPath.set(path, style);
  return style;
}
