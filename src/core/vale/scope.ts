/** Where in a document a Vale rule looks. */

/** One way to be in scope: every part of it holds. */
type Parts = readonly { readonly sections: readonly string[]; readonly isNegated: boolean }[];

/** Any of these. */
export type Scope = readonly Parts[];

/** What extraction tells apart, the formats, and what only source code has. */
const SECTIONS = new Set(
  (
    'text heading h1 h2 h3 h4 h5 h6 paragraph sentence list blockquote table cell header caption figure title ' +
    'attr alt code frontmatter summary raw html md txt comment line block'
  ).split(' '),
);

export const scopeOf = (written: readonly string[]): Scope =>
  written.map((one) =>
    one.split('&').map((part) => {
      const trimmed = part.trim();
      return { sections: trimmed.replace(/^~/, '').trim().split('.'), isNegated: trimmed.startsWith('~') };
    }),
  );

export const isAboutSentences = (scope: Scope): boolean =>
  scope.some((parts) => parts.some(({ sections }) => sections.includes('sentence')));

/** Names of a scope that no text ever has; after attr. comes any attribute. */
export const unknownSections = (scope: Scope): string[] =>
  scope.flatMap((parts) =>
    parts.flatMap(({ sections, isNegated }) =>
      isNegated ? [] : sections.filter((section, index) => !SECTIONS.has(section) && sections[index - 1] !== 'attr'),
    ),
  );

/** Texts that belong to no one place. */
const UNNEGATABLE = ['raw', 'summary'];
/** What is only read by a rule that asks for it: one sentence of what others see whole, and what is no prose. */
const ONLY_WHEN_NAMED = ['sentence', 'code', 'raw', 'summary'];

function meets(sections: ReadonlySet<string>, parts: Parts): boolean {
  const named = parts.flatMap((part) => (part.isNegated ? [] : part.sections));
  if (ONLY_WHEN_NAMED.some((section) => sections.has(section) && !named.includes(section))) return false;
  return parts.every((part) => {
    const has = part.sections.every((section) => sections.has(section));
    return part.isNegated ? !has && !UNNEGATABLE.some((section) => sections.has(section)) : has;
  });
}

const known = new WeakMap<Scope, WeakMap<ReadonlySet<string>, boolean>>();

/** @param sections  of a text, such as text, heading, h2 and html */
export function isInScope(sections: ReadonlySet<string>, scope: Scope): boolean {
  const answers = known.get(scope) ?? new WeakMap<ReadonlySet<string>, boolean>();
  known.set(scope, answers);
  const answer = answers.get(sections) ?? scope.some((parts) => meets(sections, parts));
  answers.set(sections, answer);
  return answer;
}
