import type { Rule, RuleContext } from '../core/contracts.ts';
import { checkVale } from '../core/vale/check.ts';
import { deadTokens, ruleProblems } from '../core/vale/compile.ts';
import { kindOf, type ValeRule, valeSchema } from '../core/vale/definition.ts';
import type { Setting } from '../core/vale/matcher.ts';
import { prepareSpelling } from '../core/vale/spelling.ts';

const settingOf = ({ vocabulary, locale, unit }: RuleContext): Setting => ({
  accept: vocabulary.accept,
  reject: vocabulary.reject,
  locale,
  names: [unit.brand.name, ...unit.brand.vocabulary, ...unit.offers.map(({ name }) => name)],
  styles: unit.styles,
});

const page = (vale: ValeRule, html: string) =>
  ({ with: { vale }, kind: 'landing_page', files: { 'index.html': html } }) as const;
const post = (vale: ValeRule, text: string) =>
  ({ with: { vale }, kind: 'social_post', files: { 'post.txt': text } }) as const;

const banned = { extends: 'existence', message: "Do not use '%s'.", ignorecase: true, tokens: ['revolutionary'] };
const terms = {
  extends: 'substitution',
  message: "Use '%s' instead of '%s'.",
  ignorecase: true,
  action: { name: 'replace' },
  swap: { 'e-mail': 'email', utilize: 'use' },
};
const shortTitles = {
  extends: 'occurrence',
  message: 'The heading has %s words.',
  scope: 'heading',
  token: '\\w+',
  max: 6,
};

export const rule: Rule<{ readonly vale: ValeRule }> = {
  id: 'prose',
  about: "A rule of Vale, in Vale's own keys, must find nothing in the text.",
  params: {
    type: 'object',
    required: ['vale'],
    additionalProperties: false,
    properties: { vale: { ...valeSchema, description: 'A rule with exactly the keys of Vale.' } },
  },
  check: ({ parts }, { vale }, context) => checkVale(parts, vale, settingOf(context)),
  tighten: {
    'vale.tokens': 'add',
    'vale.swap': 'add',
    'vale.either': 'add',
    'vale.max': 'lower',
    'vale.min': 'raise',
    'vale.grade': 'lower',
    'vale.ignorecase': 'turn-on',
  },
  lint: ({ vale }, { styles }) => {
    const problems = ruleProblems(vale, styles);
    return problems.length > 0 ? problems : deadTokens(vale);
  },
  prepare: async ({ vale }) => {
    if (kindOf(vale) === 'spelling') await prepareSpelling();
  },
  examples: {
    pass: [
      page(banned, '<p>Each note is saved while you type.</p>'),
      post(terms, 'Use email.'),
      page(shortTitles, '<h1>Notes that are found again</h1><p>This is a sentence of more than six words.</p>'),
    ],
    fail: [
      page(banned, '<p>A Revolutionary notebook.</p>'),
      page(banned, '<p>A revo\u200blutionary notebook.</p>'),
      page(banned, '<img src="a.png" alt="A revolutionary notebook">'),
      post(terms, 'Utilize e-mail.'),
      page(shortTitles, '<h2>Notes that are found again by the whole team</h2>'),
    ],
  },
};
