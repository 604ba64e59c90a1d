import { beforeAll, describe, expect, test } from 'vitest';
import type { RuleContext, RuleFinding } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { CannotJudge } from '../core/errors.ts';
import { exampleContextWith, exampleUnit } from '../core/policy/sample.ts';
import type { ValeRule } from '../core/vale/definition.ts';
import { found } from '../testing/found.ts';
import { rule } from './prose.ts';

type Rest = Record<string, unknown>;

const check = (vale: ValeRule, content: string, context: Partial<RuleContext> = {}): readonly RuleFinding[] => {
  const file = content.startsWith('<') ? 'index.html' : 'post.txt';
  return (
    found(rule.check(documentOf('landing_page', new Map([[file, content]])), { vale }, exampleContextWith(context))) ??
    []
  );
};
const shown = (findings: readonly RuleFinding[]): string[] =>
  findings.map(({ line, column, message }) => `${line}:${column} ${message}`);
const told = (vale: ValeRule, content: string, context: Partial<RuleContext> = {}): string[] =>
  shown(check(vale, content, context));
const lint = (vale: ValeRule, styles: RuleContext['unit']['styles'] = new Map()): readonly string[] =>
  rule.lint?.({ vale }, { styles }) ?? [];

const existence = (more: Rest): ValeRule => ({ extends: 'existence', message: "'%s'", ...more });
const substitution = (more: Rest): ValeRule => ({
  extends: 'substitution',
  message: "Use '%s' instead of '%s'.",
  action: { name: 'replace' },
  ...more,
});

describe('existence', () => {
  test('tokens are words, in any text but code and addresses', () => {
    const vale = existence({ tokens: ['cut', 'very'] });
    expect(
      told(
        vale,
        '<p>A very haircut <b>cut</b></p><img alt="very" src="a"><p><code>very</code> https://very.example</p>',
      ),
    ).toEqual(["1:6 'very'", "1:22 'cut'", "1:43 'very'"]);
  });

  test('a finding knows its end and its words, across markup and entities', () => {
    const [finding] = check(existence({ tokens: ['R&D team'] }), '<p>\n  Our R&amp;<b>D</b> team\n</p>');
    expect(finding).toMatchObject({ line: 2, column: 7, end_line: 2, end_column: 26, excerpt: 'R&D team' });
  });

  test('raw is joined before the tokens, or after them', () => {
    expect(told(existence({ raw: ['\\bis\\s'], tokens: ['\\w+ed'] }), 'It is saved. He noted.')).toEqual([
      "1:4 'is saved'",
    ]);
    expect(
      told(
        existence({ append: true, raw: ['\\s+again'], tokens: ['once', 'yet'] }),
        'Yet again, yet more, once again.',
      ),
    ).toEqual(["1:22 'once again'"]);
  });

  test('nonword takes any characters', () => {
    expect(told(existence({ nonword: true, tokens: ['!!+'] }), 'Now!! Or never!')).toEqual(["1:4 '!!'"]);
  });

  test('exceptions and accepted words pass, but accepted words say nothing about signs', () => {
    const vale = existence({ tokens: ['[A-Z]{3,}'], exceptions: ['API'] });
    const vocabulary = { accept: ['SQL', 'CSS in JS'], reject: [] };
    expect(told(vale, 'API, SQL, XML, CSS, CSS in JS', { vocabulary })).toEqual(["1:11 'XML'", "1:16 'CSS'"]);
    expect(told({ ...vale, vocab: false }, 'SQL', { vocabulary })).toEqual(["1:1 'SQL'"]);
    const quotes = existence({ nonword: true, tokens: ['"[^"]+",'] });
    expect(told(quotes, 'The "SQL", here', { vocabulary })).toEqual([`1:5 '"SQL",'`]);
  });

  test('an empty list of tokens stands for the rejected words', () => {
    const vocabulary = { accept: [], reject: ['utili[sz]e'] };
    const vale = existence({ ignorecase: true, tokens: [] });
    expect(told(vale, 'Utilise it.', { vocabulary })).toEqual(["1:1 'Utilise'"]);
    expect(told(vale, 'Utilise it.')).toEqual([]);
  });

  test('limit keeps the first findings of a file', () => {
    expect(told(existence({ tokens: ['a'], limit: 2 }), 'a b a b a')).toEqual(["1:1 'a'", "1:5 'a'"]);
  });
});

describe('disguises', () => {
  const vale = existence({ ignorecase: true, tokens: ['guaranteed', "it's sure", 'risk free'] });

  test.each([
    ['zero-width space', 'guar\u200banteed', 11],
    ['soft hyphen', 'guaran\u00adteed', 11],
    ['Cyrillic letters', 'gu\u0430r\u0430nteed', 10],
    ['wide letters', 'ｇｕａｒａｎｔｅｅｄ', 10],
    ['typographic apostrophe', 'it’s sure', 9],
    ['no-break space', 'risk\u00a0free', 9],
  ])('%s', (_, words, length) => {
    expect(check(vale, `So ${words}, yes`)).toMatchObject([{ line: 1, column: 4, end_column: 4 + length }]);
  });

  test('typographic signs are no disguise of plain ones', () => {
    expect(told(existence({ nonword: true, tokens: ["'", '"', '\\.\\.\\.', ' - '] }), 'It’s “so” … – here')).toEqual(
      [],
    );
  });

  test('wide signs are', () => {
    expect(told({ extends: 'occurrence', message: '%s marks', token: '!', max: 1 }, 'Now！ Or never!')).toEqual([
      '1:4 2 marks',
    ]);
  });

  test('plain and disguised words are found once each', () => {
    expect(told(vale, 'Guaranteed and guar\u200banteed.')).toEqual(["1:1 'Guaranteed'", "1:16 'guaranteed'"]);
  });
});

describe('substitution', () => {
  test('says what to use, and fixes it when there is one way', () => {
    const vale = substitution({
      ignorecase: true,
      swap: { 'e-?mail': 'email', 'smart ?phone': 'phone|mobile', utilize: 'use' },
    });
    const findings = check(vale, '<p>Utilize e-mail on a smartphone.</p><p>An email</p>');
    expect(shown(findings)).toEqual([
      "1:4 Use 'use' instead of 'Utilize'.",
      "1:12 Use 'email' instead of 'e-mail'.",
      "1:24 Use 'phone' or 'mobile' instead of 'smartphone'.",
    ]);
    expect(findings.map(({ fix }) => fix)).toEqual([
      { from: 'Utilize', to: 'Use' },
      { from: 'e-mail', to: 'email' },
      undefined,
    ]);
  });

  test('a capital that is itself wrong is not kept', () => {
    const [finding] = check(substitution({ swap: { '(?:Email|E-mail)': 'email' } }), 'E-mail us');
    expect(finding?.fix).toEqual({ from: 'E-mail', to: 'email' });
  });

  test('longer keys win, groups are kept apart, and $1 is what a group held', () => {
    const vale = substitution({ swap: { data: 'facts', '(big|open) data': '$1 facts', '(\\d+) ?px': '$1 pixels' } });
    expect(told(vale, 'open data, data, 12px')).toEqual([
      "1:1 Use 'open facts' instead of 'open data'.",
      "1:12 Use 'facts' instead of 'data'.",
      "1:18 Use '12 pixels' instead of '12px'.",
    ]);
  });

  test('without an action the value may be a pattern of what is right', () => {
    const vale = {
      extends: 'substitution',
      message: 'Use %s, not %s.',
      ignorecase: true,
      swap: { 'py ?thon': '[Pp]ython', api: 'API' },
    };
    expect(told(vale, 'Python and py thon, an API, an Api')).toEqual([
      '1:12 Use [Pp]ython, not py thon.',
      '1:32 Use API, not Api.',
    ]);
  });

  test('the case of what it replaces is followed when the rule says so', () => {
    expect(
      told(substitution({ ignorecase: true, capitalize: true, swap: { 'a lot of': 'many' } }), 'A lot of notes'),
    ).toEqual(["1:1 Use 'Many' instead of 'A lot of'."]);
    expect(told(substitution({ ignorecase: true, matchcase: true, swap: { 'a ok': 'A-OK' } }), 'A OK')).toEqual([
      "1:1 Use 'A-OK' instead of 'A OK'.",
    ]);
  });

  test('attributes that a reader never sees as text are not fixed', () => {
    const vale = substitution({ swap: { utilize: 'use' } });
    expect(check(vale, '<button aria-label="utilize">x</button>')).toMatchObject([{ column: 21 }]);
    expect(check(vale, '<button aria-label="utilize">x</button>')[0]?.fix).toBeUndefined();
    expect(check(vale, '<img src="a" alt="utilize">')[0]?.fix).toEqual({ from: 'utilize', to: 'use' });
  });
});

describe('occurrence', () => {
  const headings = { extends: 'occurrence', message: '%d words', scope: 'heading.h2', token: '\\w+', max: 2 };

  test('counts in each text, at most and at least', () => {
    expect(told(headings, '<h2>One two three</h2><h2>One</h2><h3>One two three</h3>')).toEqual(['1:5 3 words']);
    const link = { extends: 'occurrence', message: '%s links', scope: 'raw', token: 'https://', min: 2 };
    expect(told(link, 'See https://a.example')).toEqual(['1:5 1 links']);
    expect(told(link, 'See nothing')).toEqual(['1:1 0 links']);
  });

  test('what is hidden fulfils nothing and still counts against a maximum', () => {
    const least = { extends: 'occurrence', message: 'few', scope: 'heading', token: 'beta', min: 1 };
    expect(told(least, '<h1 hidden>beta</h1>')).toEqual([]);
    expect(told(headings, '<h2 hidden>One two three</h2>')).toEqual(['1:12 3 words']);
  });

  test('a rule that looks at headings says nothing about a text without any', () => {
    const document = documentOf('social_post', new Map([['post.txt', 'Hello']]));
    expect(rule.check(document, { vale: headings }, exampleContextWith())).toBeUndefined();
  });
});

test('repetition finds neighbours of one sentence, and keeps one of them', () => {
  const vale = {
    extends: 'repetition',
    message: "'%s' twice",
    alpha: true,
    ignorecase: true,
    action: { name: 'edit', params: ['truncate', ' '] },
    tokens: ['[^\\s.!?]+'],
  };
  const findings = check(vale, '<p>The the note. I saw that. That is it. 5 5. It had had it.</p>', {
    vocabulary: { accept: ['had had'], reject: [] },
  });
  expect(findings).toMatchObject([
    { column: 4, end_column: 11, message: "'the' twice", fix: { from: 'The the', to: 'The' } },
  ]);
});

test('consistency reports the form that came second', () => {
  const vale = {
    extends: 'consistency',
    message: "Inconsistent: '%s'",
    either: { colour: 'color', 'analy[sz]e': 'assess' },
  };
  expect(told(vale, '<p>A color.</p><p>Two colours, one colour.</p><p>Again color, colour.</p>')).toEqual([
    "1:36 Inconsistent: 'colour'",
    "1:63 Inconsistent: 'colour'",
  ]);
  expect(told(vale, '<p>A colour.</p><p>One colour.</p>')).toEqual([]);
});

describe('conditional', () => {
  const acronyms = {
    extends: 'conditional',
    message: "Spell out '%s'.",
    first: '\\b([A-Z]{3,5})\\b',
    second: '(?:\\b[A-Z][a-z]+ )+\\(([A-Z]{3,5})\\)',
    exceptions: ['API'],
  };

  test('what a group of the second held is known from there on', () => {
    expect(told(acronyms, '<p>WHO.</p><p>World Health Organization (WHO).</p><p>WHO, API, SQL</p>')).toEqual([
      "1:4 Spell out 'WHO'.",
      "1:64 Spell out 'SQL'.",
    ]);
  });

  test('what is hidden explains nothing', () => {
    expect(told(acronyms, '<p hidden>World Health Organization (WHO)</p><p>WHO</p>')).toHaveLength(2);
  });

  test('without a group it must stand in the same text', () => {
    const vale = { extends: 'conditional', message: 'Name the year.', first: 'survey', second: '\\b20\\d\\d\\b' };
    expect(told(vale, '<p>A survey of 2024.</p><p>The survey</p>')).toEqual(['1:32 Name the year.']);
  });
});

describe('capitalization', () => {
  const heading = (match: string, more: Rest = {}): ValeRule => ({
    extends: 'capitalization',
    message: "'%s' should be '%s'",
    scope: 'heading',
    match,
    ...more,
  });

  test('sentences', () => {
    const vale = heading('$sentence', { exceptions: ['Northwind', 'Visual Studio'], indicators: [':'] });
    expect(told(vale, '<h1>Notes in Northwind: Every note for Visual Studio</h1>')).toEqual([]);
    expect(told(vale, '<h1>Find Your Notes</h1>')).toEqual(["1:5 'Find Your Notes' should be 'Find your notes'"]);
    expect(told(vale, '<h1>notes for you</h1>')).toEqual(["1:5 'notes for you' should be 'Notes for you'"]);
  });

  test('titles', () => {
    expect(told(heading('$title'), '<h1>Notes for the Team: A Guide to Search</h1>')).toEqual([]);
    expect(told(heading('$title'), '<h1>Notes For the team</h1>')).toEqual([
      "1:5 'Notes For the team' should be 'Notes for the Team'",
    ]);
    expect(told(heading('$title', { style: 'Chicago' }), '<h1>Notes Between Friends</h1>')).toHaveLength(1);
  });

  test('lower, upper, or a pattern', () => {
    expect(told(heading('$lower'), '<h1>a Note</h1>')).toHaveLength(1);
    expect(told(heading('$upper', { exceptions: ['iOS'] }), '<h1>A NOTE FOR iOS</h1>')).toEqual([]);
    expect(told(heading('^[A-Z].*[^.]$'), '<h1>A note.</h1>')).toHaveLength(1);
  });
});

describe('metric and readability', () => {
  const vale = { extends: 'metric', message: '%s words a sentence', formula: 'words / sentences', condition: '> 5' };

  test('a formula over the prose that a reader sees', () => {
    expect(told(vale, '<h1>A heading of very many words here</h1><p>One two three.</p>')).toEqual([]);
    expect(
      told(vale, '<p>One two three four five six seven. Eight.</p><p hidden>One.</p><p>A b c d e f g h i.</p>'),
    ).toEqual(['1:1 5.67 words a sentence']);
    expect(
      told({ ...vale, formula: 'heading.h2 + list', condition: '>= 2' }, '<h2>A</h2><ul><li>b</li></ul>'),
    ).toHaveLength(1);
  });

  const grade = { extends: 'readability', message: 'Grade %s', metrics: ['Flesch-Kincaid', 'Gunning Fog'], grade: 8 };

  test('easy words read easily', () => {
    expect(told(grade, 'The cat sat on the mat. It saw a dog.')).toEqual([]);
    expect(
      told(
        grade,
        'Organizational interoperability necessitates comprehensive documentation of architectural considerations.',
      ),
    ).toHaveLength(1);
  });

  test('what counts syllables does not judge other languages', () => {
    const wrong = expect.objectContaining({ reason: 'unknown_locale' });
    expect(() => check(grade, 'Die Katze.', { locale: 'de' })).toThrow(wrong);
    expect(() => check({ ...vale, formula: 'syllables' }, 'Die Katze.', { locale: 'de' })).toThrow(wrong);
    expect(told({ ...grade, metrics: ['Coleman-Liau'] }, 'Die Katze sitzt da.', { locale: 'de' })).toEqual([]);
  });
});

describe('sequence', () => {
  const vale = {
    extends: 'sequence',
    message: "'%[1]s' and '%[4]s'",
    ignorecase: true,
    tokens: [{ pattern: 'not' }, { pattern: 'only' }, { pattern: 'but', skip: 2 }, { pattern: 'also', negate: true }],
  };

  test('words follow each other in one sentence, some skipped', () => {
    expect(told(vale, 'It is not only fast, but safe. Not only good. But bad.')).toEqual(["1:7 'not' and ','"]);
    expect(told(vale, 'It is not only fast but also safe.')).toEqual([]);
    expect(told(vale, 'It is not only a fast and good but safe thing.')).toEqual([]);
  });

  test('parts of speech are refused', () => {
    expect(lint({ ...vale, tokens: [{ tag: 'NN' }, { pattern: 'x', upos: 'VERB' }] })).toEqual([
      'tokens[0] needs parts of speech (tag): there is no tagger',
      'tokens[1] needs parts of speech (upos): there is no tagger',
    ]);
  });
});

describe('spelling', () => {
  const vale = { extends: 'spelling', message: "Did you mean '%s'?" };
  const styles = new Map([
    ['policies/styles/Own/words.txt', 'florp\nBlarg\n'],
    ['policies/styles/config/dictionaries/xx.aff', 'SET UTF-8\n'],
    ['policies/styles/config/dictionaries/xx.dic', '1\nZorp\n'],
  ]);
  const unit = { ...exampleUnit, styles };

  test('a rule whose dictionary was not loaded cannot judge', () => {
    expect(() => check(vale, 'Wurds.')).toThrow(new CannotJudge('the dictionary is not loaded'));
  });

  describe('once prepared', () => {
    beforeAll(() => rule.prepare?.({ vale }));

    test('unknown words are found; names, acronyms and code words are not', () => {
      expect(told(vale, 'Northwind’s teh note isn’t in Markdown, HTML2, SQL or GitHub, and it’s wurse.')).toEqual([
        "1:13 Did you mean 'teh'?",
        "1:72 Did you mean 'wurse'?",
      ]);
    });

    test('accepted words and phrases pass', () => {
      const vocabulary = { accept: ['[Ww]urse', 'mea culpa'], reject: [] };
      expect(told(vale, 'Wurse, mea culpa; mea.', { vocabulary })).toEqual(["1:19 Did you mean 'mea'?"]);
      expect(told({ ...vale, filters: ['^[Ff]o+$'] }, 'Fooo wurse')).toEqual(["1:6 Did you mean 'wurse'?"]);
    });

    test('lists of words and dictionaries come from the styles', () => {
      expect(told({ ...vale, ignore: ['Own/words.txt'] }, 'Florp blarg.', { unit })).toEqual([
        "1:7 Did you mean 'blarg'?",
      ]);
      expect(told({ ...vale, dictionaries: ['xx'] }, 'Zorp note.', { unit, locale: 'xx' })).toEqual([
        "1:6 Did you mean 'note'?",
      ]);
      expect(told({ ...vale, dictionaries: ['xx'], append: true }, 'Zorp note.', { unit, locale: 'xx' })).toEqual([]);
    });

    test('a language without a dictionary is not judged', () => {
      expect(() => check(vale, 'Ein Satz.', { locale: 'de' })).toThrow(
        expect.objectContaining({ reason: 'unknown_locale' }),
      );
    });
  });

  test('files that are not there are told', () => {
    expect(lint({ ...vale, dictionaries: ['de'], ignore: ['mine.txt'] }, styles)).toEqual([
      'there is no dictionary de in policies/styles',
      'there is no list of words mine.txt in policies/styles',
    ]);
    expect(lint({ ...vale, dictionaries: ['en_US', 'xx'], ignore: 'Own/words.txt' }, styles)).toEqual([]);
  });
});

describe('scope', () => {
  const html =
    '<h1>x</h1><h2>x</h2><p>x</p><ul><li>x</li></ul><blockquote>x</blockquote><table><tr><th>x</th><td>x</td></tr></table>' +
    '<img alt="x" src="a"><pre>x</pre>';
  const columns = (scope: string | string[]): number[] =>
    check(existence({ tokens: ['x'], scope }), html).map(({ column }) => column);

  test.each([
    ['heading', [5, 15]],
    ['heading.h2', [15]],
    ['~heading & ~table', [24, 37, 60, 128]],
    ['table.cell', [99]],
    ['table.header', [89]],
    ['list', [37]],
    ['blockquote', [60]],
    ['paragraph', [24]],
    ['alt', [128]],
    ['code', [144]],
    ['summary', [24, 37, 60]],
  ] as const)('%s', (scope, expected) => {
    expect(columns(scope)).toEqual(expected);
  });

  test('any of several', () => expect(columns(['list', 'alt'])).toEqual([37, 128]));

  test('a sentence is read by itself', () => {
    expect(told(existence({ scope: 'sentence', nonword: true, tokens: ['^\\w+'] }), 'One two. Three four. ')).toEqual([
      "1:1 'One'",
      "1:10 'Three'",
    ]);
  });

  test('raw is the file as it is written', () => {
    expect(told(existence({ scope: 'raw', nonword: true, tokens: ['<pre>'] }), html)).toHaveLength(1);
  });
});

describe('lint', () => {
  test.each([
    [{ extends: 'script', message: 'x' }, 'extends: script runs code of the rule: use a rule of type expr'],
    [{ extends: 'existance', message: 'x' }, 'extends is "existance", expected "existence"'],
    [existence({ tokens: ['a'], ignoreCase: true }), 'ignoreCase is no key of existence; did you mean ignorecase?'],
    [existence({ tokens: ['a'], swap: {} }), 'swap is no key of existence'],
    [existence({ tokens: [['a']] }), 'tokens is to be a list of texts'],
    [existence({ tokens: ['(a'] }), 'a group is not closed'],
    [existence({ tokens: ['a'], scope: 'headings' }), 'scope headings is not known'],
    [existence({ tokens: ['a'], action: { name: 'edit', params: ['trim'] } }), 'edit trim takes 1 params, not 0'],
    [
      existence({ tokens: ['Yahoo!'] }),
      'token "Yahoo!" never matches: it begins or ends in a sign, so it needs nonword: true',
    ],
    [existence({}), 'tokens are missing; an empty list stands for the rejected words of the vocabulary'],
    [{ extends: 'substitution', message: 'x' }, 'swap is missing'],
    [{ extends: 'existence', tokens: ['a'] }, 'message is missing'],
    [{ extends: 'metric', message: 'x', formula: 'wordz', condition: '> 1' }, /^formula uses wordz/],
    [{ extends: 'metric', message: 'x', formula: 'words', condition: '> ' }, 'formula ends too early'],
    [{ extends: 'readability', message: 'x', metrics: ['Fog'], grade: 8 }, /^metric Fog is not known/],
  ])('%j: %s', (vale, problem) => {
    expect(lint(vale)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  test('what it refuses cannot judge either', () => {
    expect(() => check(existence({ tokens: ['(a'] }), 'a')).toThrow(CannotJudge);
    expect(() => check({ extends: 'script', message: 'x' }, 'a')).toThrow(CannotJudge);
  });
});
