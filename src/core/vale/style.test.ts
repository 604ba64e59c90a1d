import { expect, test } from 'vitest';
import { styleRules } from './style.ts';

const folder = 'policies/styles/Own';

test('each YAML file of the folder itself is a rule', () => {
  const files = new Map<string, string | Uint8Array>([
    [`${folder}/Plain.yml`, "extends: existence\nmessage: No '%s'.\nlevel: error\ntokens: [very]\n"],
    [
      `${folder}/Bytes.yml`,
      new TextEncoder().encode('Extends: existence\nmessage: x\nignorecase: true\ntokens: [3]\n'),
    ],
    [`${folder}/README.md`, '# Own'],
    [`${folder}/meta.json`, '{}'],
    [`${folder}/Vocab/Base.yml`, 'accept: []'],
    ['policies/styles/Owner/Other.yml', 'extends: existence'],
  ]);
  const style = styleRules(files, folder);
  expect(style.problems).toEqual([]);
  expect(style.rules.map(({ name }) => name)).toEqual(['Own.Bytes', 'Own.Plain']);
  expect(style.rules[1]?.params).toEqual({
    vale: { extends: 'existence', message: "No '%s'.", level: 'error', tokens: ['very'] },
  });
  expect(styleRules(files, folder)).toBe(style);
});

test('a key may stand twice, as in Vale; the last one counts', () => {
  const files = new Map([[`${folder}/A.yml`, 'extends: existence\nmessage: a\nmessage: b\ntokens: [x]\n']]);
  expect(styleRules(files, folder).rules[0]?.params.vale['message']).toBe('b');
});

test('what cannot run is told with its file, and the rest still loads', () => {
  const files = new Map([
    [`${folder}/A.yml`, 'extends: existence\nmessage: "\\\'"\ntokens: [x]\n'],
    [`${folder}/B.yml`, 'extends: script\nmessage: x\nscript: y\n'],
    [`${folder}/C.yml`, '- x'],
    [`${folder}/D.yml`, 'extends: existence\nmessage: x\ntoken: [x]\n'],
    [`${folder}/E.yml`, 'extends: existence\nmessage: x\ntokens: [x]\n'],
    [`${folder}/F.yml`, ''],
  ]);
  const { rules, problems } = styleRules(files, folder);
  expect(rules.map(({ name }) => name)).toEqual(['Own.E']);
  expect(problems).toEqual([
    "policies/styles/Own/A.yml: Invalid escape sequence \\' at line 2, column 11",
    'policies/styles/Own/B.yml: extends: script runs code of the rule: use a rule of type expr',
    'policies/styles/Own/C.yml: is not one rule',
    'policies/styles/Own/D.yml: token is no key of existence; did you mean tokens?',
    'policies/styles/Own/F.yml: has no rule',
  ]);
});

test('a folder without rules is a problem', () => {
  expect(styleRules(new Map(), folder)).toEqual({ rules: [], problems: ['policies/styles/Own: has no rules'] });
});
