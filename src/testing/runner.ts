/**
 * The runner of GitHub Actions, as far as the workflows of the repository ask for it: steps with `run` are carried out
 * by the same shell with the same files, those with `uses` are left to the test.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './own.ts';

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string | Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const WORKFLOWS = join(ROOT, '.github/workflows');
export const workflowNames = (): string[] => readdirSync(WORKFLOWS).sort();
export const workflowText = (name: string): string => readFileSync(join(WORKFLOWS, name), 'utf8');
export const workflowOf = (name: string): Workflow => parse(workflowText(name)) as Workflow;

/** Name of a context and its values, such as secrets. */
export type Contexts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** `a.b || 'c'`, `a.b == 'c'`, always() and !cancelled(), joined by &&: what our workflows say and no more. */
export function evaluate(expression: string, contexts: Contexts): string {
  const text = expression.trim();
  const either = text.split(' || ');
  if (either.length > 1) return either.map((part) => evaluate(part, contexts)).find((value) => value !== '') ?? '';
  const all = text.split(' && ');
  if (all.length > 1) return all.every((part) => evaluate(part, contexts) === 'true') ? 'true' : '';
  const [left = '', right] = text.split(' == ');
  if (right !== undefined) return evaluate(left, contexts) === evaluate(right, contexts) ? 'true' : '';
  if (text === 'always()' || text === '!cancelled()') return 'true';
  const [, literal] = /^'([^']*)'$/.exec(text) ?? [];
  if (literal !== undefined) return literal;
  if (!/^[\w-]+(\.[\w-]+)+$/.test(text)) throw new Error(`the test's runner does not know the expression ${text}`);
  const found = text.split('.').reduce<unknown>((value, name) => Object(value)[name], contexts);
  return found === undefined || found === null ? '' : String(found);
}

export const fillIn = (text: string, contexts: Contexts): string =>
  text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluate(expression, contexts));

/** Names and values of a file such as GITHUB_OUTPUT, as the runner reads it. @throws Error where it would */
export function valuesIn(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    if (line === '') continue;
    const [, name, delimiter] = /^([^=]+?)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && delimiter !== undefined) {
      const end = lines.indexOf(delimiter);
      if (end < 0) throw new Error(`delimiter ${delimiter} does not come back`);
      values[name] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join('\n');
    } else {
      const at = line.indexOf('=');
      if (at < 0) throw new Error(`neither a value nor a delimiter: ${line}`);
      values[line.slice(0, at)] = line.slice(at + 1);
    }
  }
  return values;
}

/** Lines that the runner takes for commands: `::` after white space, `##[` anywhere. */
export const commandsIn = (output: string): string[] =>
  output.split(/\r?\n|\r/).filter((line) => /^\s*::|##\[/.test(line));

export interface StepEnded {
  readonly step: string;
  readonly exit: number | null;
  /** stdout and stderr as they came. */
  readonly output: string;
  /** Of the files that the runner reads. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What it has done to later steps: GITHUB_ENV, GITHUB_PATH, GITHUB_STATE together. */
  readonly leftovers: string;
}

export interface Started {
  readonly cwd: string;
  /** Whatever the machine has beside what the runner sets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For its files. */
  readonly temp: string;
}

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE'] as const;

/** Command lines that GitHub documents: of `shell: bash`, and of a step without a shell. */
const shellOf = (shell: string | undefined): string[] =>
  shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];

/** One process as the runner starts it for a step. */
export async function startStep(
  command: readonly [string, ...string[]],
  { cwd, env, temp }: Started,
): Promise<Omit<StepEnded, 'step'>> {
  const folder = mkdtempSync(join(temp, 'files-'));
  const files = Object.fromEntries(FILES.map((name) => [name, join(folder, name)]));
  for (const file of Object.values(files)) writeFileSync(file, '');
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: { CI: 'true', GITHUB_ACTIONS: 'true', RUNNER_TEMP: temp, GITHUB_WORKSPACE: cwd, ...env, ...files },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exit = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const read = (name: (typeof FILES)[number]): string => readFileSync(files[name] ?? '', 'utf8');
  return {
    exit,
    output,
    outputs: valuesIn(read('GITHUB_OUTPUT')),
    summary: read('GITHUB_STEP_SUMMARY'),
    leftovers: `${read('GITHUB_ENV')}${read('GITHUB_PATH')}${read('GITHUB_STATE')}`,
  };
}

export interface JobEnded {
  readonly result: 'success' | 'failure';
  readonly outputs: Readonly<Record<string, string>>;
  /** Those that were carried out, by their name. */
  readonly steps: readonly StepEnded[];
}

/** Whether a step or job with this condition is carried out; without a word on the status, only after success. */
export function holds(condition: string | undefined, contexts: Contexts, failed: boolean): boolean {
  if (condition === undefined) return !failed;
  const expression = condition.replace(/^\$\{\{(.*)\}\}$/s, '$1');
  if (failed && !/always\(\)|cancelled\(\)/.test(expression)) return false;
  return evaluate(expression, contexts) === 'true';
}

/** @param contexts  github, secrets, vars, needs; that of the steps is kept here */
export async function runJob({ steps, outputs = {} }: Job, contexts: Contexts, started: Started): Promise<JobEnded> {
  const ended: StepEnded[] = [];
  const known: Record<string, { readonly outputs: Readonly<Record<string, string>> }> = {};
  const all = (): Contexts => ({ ...contexts, steps: known });
  let failed = false;
  for (const { id, name, if: condition, run, shell, env = {} } of steps) {
    if (run === undefined || !holds(condition, all(), failed)) continue;
    const script = join(mkdtempSync(join(started.temp, 'script-')), 'step.sh');
    writeFileSync(script, fillIn(run, all()));
    const given = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, fillIn(value, all())]));
    const step = await startStep(['bash', ...shellOf(shell), script], {
      ...started,
      env: { ...started.env, ...given },
    });
    if (id !== undefined) known[id] = { outputs: step.outputs };
    if (step.exit !== 0) failed = true;
    ended.push({ step: name ?? run, ...step });
  }
  return {
    result: failed ? 'failure' : 'success',
    outputs: Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, fillIn(value, all())])),
    steps: ended,
  };
}
