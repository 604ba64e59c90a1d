import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument, parseJsonLines, stringifyDocument, tidyProblems } from './documents.ts';
import { showProblem } from './errors.ts';

const FILE = 'brands/acme/brand.yaml';

/** What a file is refused for, one `line:column: message` each. */
function problemsOf(content: string | Uint8Array): string[] {
  const parsed = parseDocument(FILE, content);
  return parsed.ok ? [] : parsed.problems.map((problem) => showProblem(problem).slice(FILE.length + 1));
}

function readValue(content: string | Uint8Array): unknown {
  const parsed = parseDocument(FILE, content);
  if (!parsed.ok) throw new Error(parsed.problems.map(showProblem).join('\n'));
  return parsed.document.value;
}

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

describe('a safe file', () => {
  test('is read by YAML 1.2, where no and on are texts and a time is no number', () => {
    expect(readValue('a: no\nb: on\nc: 12:30\nd: 012\ne: true\nf:\n')).toEqual({
      a: 'no',
      b: 'on',
      c: '12:30',
      d: 12,
      e: true,
      f: null,
    });
  });

  test('may start with a byte order mark, which does not move its columns', () => {
    expect(readValue(bytes(0xef, 0xbb, 0xbf, 'name: Acme\n'))).toEqual({ name: 'Acme' });
    expect(problemsOf(bytes(0xef, 0xbb, 0xbf, '1: x\n'))).toEqual(['1:1: key 1, expected a text such as "1"']);
  });

  test('may repeat a value by an alias', () => {
    expect(readValue('a: &a { x: 1 }\nb: *a\n')).toEqual({ a: { x: 1 }, b: { x: 1 } });
  });

  test('may hold a replacement character that a person wrote', () => {
    expect(readValue(bytes('a: "\uFFFD"'))).toEqual({ a: '\uFFFD' });
  });

  test('that is empty has the value null', () => {
    expect(readValue('')).toBeNull();
    expect(readValue('# nothing yet\n')).toBeNull();
  });
});

describe('refused with its place', () => {
  test.each([
    [
      'a byte that is not UTF-8',
      bytes('name: ok\ngoal: äx', 0xff, 'x\n'),
      ['2:9: byte 0xFF is not UTF-8, expected a file in UTF-8'],
    ],
    ['a character cut in half', bytes('a: ', 0xe2, 0x82), ['1:4: byte 0xE2 is not UTF-8, expected a file in UTF-8']],
    ['UTF-16', Buffer.from('\uFEFFa: 1', 'utf16le'), ['1:1: byte 0xFF is not UTF-8, expected a file in UTF-8']],
    ['a file over 64 kB', `a: ${'x'.repeat(65534)}`, ['1:1: file has 65537 bytes, expected at most 65536']],
    [
      'deep brackets',
      `a: ${'['.repeat(40)}${']'.repeat(40)}`,
      ['1:35: nested more than 32 levels deep, expected at most 32'],
    ],
    // Composing these dashes has been seen to end the process.
    ['deep dashes', '- '.repeat(30_000), ['1:65: nested more than 32 levels deep, expected at most 32']],
    [
      'keys that are there twice',
      'a: 1\nb:\n  c: 1\n  c: 2\na: 3\n',
      ['4:3: key "c" is there twice, expected once', '5:1: key "a" is there twice, expected once'],
    ],
    [
      'keys that mean something to JavaScript',
      '__proto__: {x: 1}\nconstructor: 1\nb: {prototype: 2}\n',
      [
        '1:1: key "__proto__" is reserved, expected another name',
        '2:1: key "constructor" is reserved, expected another name',
        '3:5: key "prototype" is reserved, expected another name',
      ],
    ],
    ['a second document', 'a: 1\n---\nb: 2\n', ['2:1: a second document starts here, expected one document per file']],
    [
      'tags, known to YAML or not',
      'a: !env HOME\nb: !!binary aGk=\n',
      [
        '1:4: tag !env, expected a plain value without a tag',
        '2:4: tag !!binary, expected a plain value without a tag',
      ],
    ],
    ['a tag on the whole document', '!x\na: 1\n', ['1:1: tag !x, expected a plain value without a tag']],
    [
      'keys that are no text',
      '1: a\ntrue: b\n[x]: c\n: d\n',
      [
        '1:1: key 1, expected a text such as "1"',
        '2:1: key true, expected a text such as "true"',
        '3:1: a key that is no text, expected a text',
        '4:1: a key that is no text, expected a text',
      ],
    ],
    ['a merge key', 'base: &b {x: 1}\nc:\n  <<: *b\n', ['3:3: merge key <<, expected the keys themselves']],
    [
      'tabs as indentation, each of them',
      'a:\n\tb: 1\nc:\n\t- x\n',
      ['2:1: tab in the indentation, expected spaces', '4:1: tab in the indentation, expected spaces'],
    ],
    [
      'a directive that would change the grammar',
      '%YAML 1.1\n---\na: yes\n',
      ['1:1: directive %YAML 1.1, expected none'],
    ],
    ['an alias of nothing', 'a: *x\n', ['1:4: alias *x, expected an anchor &x before it']],
    ['an alias of what it is in', 'b: &b [*b]\n', ['1:8: alias *b, expected an anchor &b before it']],
    [
      'an alias bomb',
      'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b]\n',
      ['3:5: alias *b repeats another alias, expected the values themselves'],
    ],
    [
      'more aliases than a person writes',
      `a: &a x\nb: [${Array(21).fill('*a').join(', ')}]\n`,
      ['2:85: more than 20 aliases, expected the values themselves'],
    ],
    [
      'numbers that JavaScript cannot hold',
      'a: .inf\nb: 12345678901234567890\nc: 1e999\n',
      [
        '1:4: number .inf, expected a finite number',
        '2:4: number 12345678901234567890 is too large to be exact, expected quotes around it',
        '3:4: number 1e999, expected a finite number',
      ],
    ],
    [
      'control characters',
      'a: x\u0000y\nb: "z\rq"\n',
      ['1:5: control character U+0000, expected plain text', '2:6: control character U+000D, expected plain text'],
    ],
  ])('%s', (_name, content, expected) => {
    expect(problemsOf(content)).toEqual(expected);
  });
});

describe('broken syntax', () => {
  test.each([
    [
      'a colon in a text',
      'title: Sale: now\n',
      ['1:8: a second ": " on the line, expected quotes around the text or a new line'],
    ],
    [
      'a forgotten colon',
      'name acme\ngoal: sale\n',
      ['1:1: a key without its value, expected "key: value" on one line'],
    ],
    [
      'what is never closed, everywhere in the file',
      'a: [1, 2\nb: "x\n',
      [
        '2:1: a list in brackets is not closed, expected ] before this',
        '3:1: a quoted text is not closed, expected the closing quote before this',
      ],
    ],
    [
      'a reserved character, on both lines',
      'a: @x\nb: `y`\n',
      [
        '1:4: not valid YAML: plain value cannot start with reserved character @',
        '2:4: not valid YAML: plain value cannot start with reserved character `',
      ],
    ],
    [
      'a list that turns into a mapping, said once',
      '- a\nb: 1\n',
      ['2:1: not valid YAML: unexpected scalar at node end'],
    ],
    ['lines that end as on Windows', 'a: 1\r\nb: 2\r\na: 3\r\n', ['3:1: key "a" is there twice, expected once']],
  ])('%s', (_name, content, expected) => {
    expect(problemsOf(content)).toEqual(expected);
  });

  test('of a whole file is cut after a hundred problems, with a count of the rest', () => {
    const problems = problemsOf(Array.from({ length: 150 }, () => '1: x').join('\n'));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('101:1: 50 more problems from here on');
  });
});

test('a place is that of the key, the value, or the nearest parent that is there', () => {
  const parsed = parseDocument(FILE, '# about\nname: Acme\nfacts:\n  - id: fast\n    source: README.md\n');
  if (!parsed.ok) throw new Error('expected a document');
  const { locate } = parsed.document;
  expect(locate([], 'key')).toEqual({ line: 2, column: 1 });
  expect(locate(['name'], 'key')).toEqual({ line: 2, column: 1 });
  expect(locate(['name'], 'value')).toEqual({ line: 2, column: 7 });
  expect(locate(['facts', 0, 'source'], 'key')).toEqual({ line: 5, column: 5 });
  expect(locate(['facts', 0, 'source'], 'value')).toEqual({ line: 5, column: 13 });
  expect(locate(['facts', 0, 'expires'], 'value')).toEqual({ line: 4, column: 5 });
  expect(locate(['facts', 7], 'value')).toEqual({ line: 3, column: 1 });
});

test('the place of what an alias repeats is where it is written', () => {
  const parsed = parseDocument(FILE, 'a: &a\n  x: 1\nb: *a\n');
  expect(parsed.ok && parsed.document.locate(['b', 'x'], 'value')).toEqual({ line: 2, column: 6 });
});

test('problems are sorted by place and said once', () => {
  const at = (line: number, message: string) => ({ file: FILE, line, column: 1, message });
  expect(tidyProblems([at(2, 'b'), at(1, 'a'), at(2, 'b')])).toEqual([at(1, 'a'), at(2, 'b')]);
});

describe('whatever comes in', () => {
  test('bytes are parsed or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (content) => {
        expect(typeof parseDocument(FILE, content).ok).toBe('boolean');
      }),
    );
  });

  test('pieces of YAML are parsed or refused, and every place of a problem is in the file', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b: ',
        ': ',
        '- ',
        '? ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '&a ',
        '*a',
        '!t ',
        '"',
        "'",
        '|\n',
        '>-\n',
        '\n',
        '  ',
      ],
      ...[
        '#',
        '---\n',
        '...\n',
        '%YAML 1.2\n',
        '<<: ',
        '\t',
        '1',
        '.nan',
        '~',
        '\\',
        '\r\n',
        '\u0000',
        'é',
        '__proto__: ',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const parsed = parseDocument(FILE, text);
        const last = text.split('\n').length;
        for (const { line, column } of parsed.ok ? [] : parsed.problems) {
          expect(line >= 1 && line <= last && column >= 1).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a plain value that is written is read as the same value', () => {
    const key = fc
      .string({ maxLength: 12 })
      .filter((text) => !['__proto__', 'constructor', 'prototype', '<<'].includes(text));
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc
        .array(
          fc.constantFrom(
            'a',
            ' ',
            '\n',
            '\t',
            '# ',
            ': ',
            '- ',
            '"',
            "'",
            '|',
            '>',
            '\r',
            '\u0085',
            '\u2028',
            'word ',
          ),
          { maxLength: 80 },
        )
        .map((parts) => parts.join('')),
    );
    const leaf = fc.oneof(
      text,
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (written) => {
        const normal = JSON.parse(JSON.stringify(written)) as unknown;
        expect(readValue(stringifyDocument(normal))).toEqual(normal);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an engine file', () => {
  test('keeps the order of its keys, drops what is undefined and stays within 110 columns', () => {
    const why =
      'The segment has the most pains that nobody has spoken to yet, and the offer answers all of them at once today.';
    expect(
      stringifyDocument({ segment: 'founders', offer: undefined, why: [why], due: '2026-11-23T09:00:00Z', n: 0 }),
    ).toBe(
      [
        'segment: founders',
        'why:',
        '  - The segment has the most pains that nobody has spoken to yet, and the offer answers all of them at once',
        '    today.',
        'due: 2026-11-23T09:00:00Z',
        'n: 0',
        '',
      ].join('\n'),
    );
  });

  test('says who writes it when it is given a header', () => {
    expect(stringifyDocument({ a: 1 }, { header: 'Written by mhub.\n\nDo not edit.' })).toBe(
      '# Written by mhub.\n#\n# Do not edit.\na: 1\n',
    );
  });

  test('never repeats a value by an alias', () => {
    const angle = { pain: 'late' };
    expect(stringifyDocument([angle, angle])).toBe('- pain: late\n- pain: late\n');
  });
});

describe('JSON Lines', () => {
  test('are read one by one, so that a bad line hides no other', () => {
    expect(parseJsonLines('hub/open/r1.jsonl', '{"a":1}\n{"a":2\n{"a":3}\n')).toEqual({
      values: [
        { line: 1, value: { a: 1 } },
        { line: 3, value: { a: 3 } },
      ],
      problems: [
        { file: 'hub/open/r1.jsonl', line: 2, column: 1, message: 'not valid JSON, expected one object per line' },
      ],
    });
  });

  test('end with a torn line when a write was cut off', () => {
    expect(parseJsonLines('hub/open/r1.jsonl', '{"a":1}\n{"a"').problems.map(showProblem)).toEqual([
      'hub/open/r1.jsonl:2:1: line is torn, expected a JSON object and a line end',
    ]);
  });

  test('that are not UTF-8 are refused as a whole', () => {
    expect(parseJsonLines('hub/open/r1.jsonl', bytes('{"a":1}\n', 0xff)).problems.map(showProblem)).toEqual([
      'hub/open/r1.jsonl:2:1: byte 0xFF is not UTF-8, expected a file in UTF-8',
    ]);
  });
});
