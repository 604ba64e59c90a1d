import { describe, expect, test } from 'vitest';
import { HOSTILE } from '../../testing/hostile.ts';
import { annotation, jsonWithoutCommands, outputOf, withoutCommands } from './commands.ts';

/** Lines as the runner reads them. */
const linesOf = (output: string): string[] => output.split(/\r\n|\r|\n/);
/** Its two forms of a command: `::name ...::` after white space, and `##[name ...]` anywhere. */
const isCommand = (line: string): boolean => line.trimStart().startsWith('::') || line.includes('##[');

describe.each(HOSTILE)('%j', (text) => {
  test('is no command when it is printed, at the beginning of a line or within', () => {
    const printed = withoutCommands(`${text}\n  FAILED spring: ${text}\n${text}`);
    expect(linesOf(printed).filter(isCommand)).toEqual([]);
  });

  test('is no command in JSON, which says the same', () => {
    const json = jsonWithoutCommands(JSON.stringify({ text, [text]: 1 }, null, 2));
    expect(linesOf(json).filter(isCommand)).toEqual([]);
    expect(JSON.parse(json)).toEqual({ text, [text]: 1 });
  });

  test('is one annotation, of which nothing is a property', () => {
    const line = annotation('error', { file: text, title: text }, text);
    expect(linesOf(line)).toEqual([line]);
    expect(line).toMatch(/^::error file=[^:,]*,title=[^:,]*::/);
  });

  test('is one output', () => {
    const lines = outputOf('commits', text, 'd41d8cd9-8f00-4b20-a980-0998ecf8427e').split('\n');
    expect(lines.filter((line) => line === 'd41d8cd9-8f00-4b20-a980-0998ecf8427e')).toHaveLength(1);
  });
});

test('what holds no command is left as it is', () => {
  expect(withoutCommands('at src/a.ts:1:2, a::b, # 1\n- c: d')).toBe('at src/a.ts:1:2, a::b, # 1\n- c: d');
  expect(withoutCommands('  ::error::x\n##[error]y')).toBe('  : :error::x\n# #[error]y');
});
