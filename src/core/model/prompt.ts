/** Prompt files: versioned text under templates/prompts/ that people can change like any other template. */
import type { Files } from '../contracts.ts';
import { parseDocument } from '../documents.ts';
import { sha256 } from '../hash.ts';
import { renderText, type View } from '../render.ts';

export interface Prompt {
  readonly path: string;
  readonly sha256: string;
  readonly id: string;
  readonly version: number;
  /** Of a judge: id -> what has to hold. */
  readonly criteria: Readonly<Record<string, string>>;
  /** The system message. */
  readonly system: string;
  /** What is said after an answer that cannot be used; empty where nobody is asked twice. */
  readonly repair: string;
}

/** What every system message may name. */
export interface SystemView extends View {
  readonly brand: string;
  readonly language: string;
  readonly kind: string;
}

const SAMPLE: SystemView = { brand: 'Brand', language: 'en', kind: 'email' };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function criteriaOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return {};
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).flatMap(([id, text]) =>
    typeof text === 'string' ? [[id, text] as const] : [],
  );
  return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : undefined;
}

/**
 * A prompt file has front matter (id, version, and criteria of a judge), the system message, and after another line of
 * `---` what is said to a model whose answer cannot be used.
 *
 * @returns what is wrong with it as a text
 */
export function readPrompt(path: string, templates: Files, role: 'writer' | 'judge'): Prompt | string {
  const text = templates.get(path);
  if (typeof text !== 'string') return `${path} is missing, expected the prompt`;
  const [before, front, system = '', repair = '', ...more] = text.split(/^---[^\S\n]*\n/m);
  if (before !== '' || front === undefined || system.trim() === '' || more.length > 0) {
    return `${path}: expected front matter between two lines of ---, and the prompt after it`;
  }
  const parsed = parseDocument(path, front);
  const value = parsed.ok && isRecord(parsed.document.value) ? parsed.document.value : {};
  const { id, version } = value;
  const criteria = criteriaOf(value['criteria']);
  if (typeof id !== 'string' || typeof version !== 'number' || !Number.isInteger(version)) {
    return `${path}: expected id and a whole number as version in its front matter`;
  }
  if (!criteria || (role === 'judge') !== Object.keys(criteria).length > 0) {
    return `${path}: ${role === 'judge' ? 'expected' : 'only a judge has'} criteria in its front matter, each an id with a sentence`;
  }
  if (role === 'writer' && repair.trim() === '') {
    return `${path}: expected what is said after an unusable answer, after another line of ---`;
  }
  const fault = renderFault(system, { ...SAMPLE }) ?? renderFault(repair, { problems: [''] });
  if (fault !== undefined) return `${path}: ${fault}`;
  return { path, sha256: sha256(text), id, version, criteria, system, repair };
}

/** Templates fail when they are compiled, or name what is not there. */
function renderFault(template: string, view: View): string | undefined {
  try {
    renderText(template, view);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error.message.split('\n')[0];
    throw error;
  }
}
