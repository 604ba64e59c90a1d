/** Running one Vale rule over one file. */
import type { DocumentPart, RuleFinding } from '../contracts.ts';
import { findingAt, findingOn } from '../document.ts';
import { sourceRange } from '../mapped.ts';
import { type Replacement, replacementOf, safeFix } from './actions.ts';
import { type Compiled, compiledRule } from './compile.ts';
import { actionOf, type Kind, numberAt, textAt, type ValeRule } from './definition.ts';
import { isWordRule } from './existence.ts';
import type { Hit, Setting, Span } from './matcher.ts';
import { formatMessage, quotedList } from './message.ts';
import { isInScope } from './scope.ts';
import { foldedView, type View, viewsOf } from './views.ts';

/** What only a disguise changes: letters, digits, what is invisible, and wide forms of signs. */
const DISGUISES = /[\p{Default_Ignorable_Code_Point}\p{L}\p{M}\p{Nd}\uff01-\uff5e]/u;

const isAboutWords = (rule: ValeRule): boolean =>
  isWordRule(rule) && ['existence', 'substitution', 'consistency'].includes(textAt(rule, 'extends')) && !rule['raw'];

/**
 * Whether words of the folded copy count. They do when they were disguised. A rule about signs that names plain ones
 * does not mean typographic ones; a rule about words does.
 */
function isDisguised(rule: ValeRule, part: DocumentPart, copy: View, [start, end]: Span): boolean {
  const written = part.source.slice(...sourceRange(copy, start, end, part.source));
  const read = copy.text.slice(start, end);
  if (written === read) return false;
  return isAboutWords(rule) || DISGUISES.test([...written].filter((char) => !read.includes(char)).join(''));
}

interface Found {
  readonly view: View;
  readonly hit: Hit;
}

/** Kinds that look at a text as a whole, which a copy does not change. */
const WITHOUT_COPY: readonly Kind[] = ['capitalization', 'metric', 'readability'];

function foundIn(rule: ValeRule, { begin, kind, scope }: Compiled, part: DocumentPart, locale: string): Found[] {
  const views = viewsOf(part, locale, scope);
  const read = begin(views);
  const inCopy = (copy: View): Found[] =>
    read(copy).flatMap((hit) =>
      (hit.counted ?? [hit.span]).some((span) => span && isDisguised(rule, part, copy, span))
        ? [{ view: copy, hit }]
        : [],
    );
  return views
    .filter(({ sections }) => isInScope(sections, scope))
    .flatMap((view) => {
      const copy = WITHOUT_COPY.includes(kind) ? undefined : foldedView(view);
      return [...read(view).map((hit) => ({ view, hit })), ...(copy ? inCopy(copy) : [])];
    });
}

/** What is to be replaced by what, as far as the rule knows. */
function replacementFor(rule: ValeRule, { view, hit }: Found): Replacement | undefined {
  const words = hit.span && view.text.slice(...hit.span);
  const action = actionOf(rule);
  if (words === undefined || !action) return undefined;
  return hit.replacements ? { from: words, options: hit.replacements } : replacementOf(action, words);
}

function argsOf(found: Found, replacement: Replacement | undefined): readonly string[] {
  const { view, hit } = found;
  if (hit.args) return hit.args;
  const words = hit.span ? view.text.slice(...hit.span) : '';
  const options = replacement?.options ?? [];
  return [words, options.length > 1 ? quotedList(options) : (options[0] ?? words)];
}

function findingOf(rule: ValeRule, kind: Kind, part: DocumentPart, found: Found): RuleFinding {
  const { view, hit } = found;
  const replacement = replacementFor(rule, found);
  const message = formatMessage(hit.message ?? textAt(rule, 'message'), argsOf(found, replacement));
  if (!hit.span) return findingAt(part, 0, message);
  const fix = view.editable && replacement ? safeFix(kind, replacement) : undefined;
  return findingOn(part, view, ...hit.span, message, fix && { fix });
}

const placeOf = ({ view, hit }: Found): number => (hit.span && view.map[hit.span[0]]) ?? 0;

/** In order of place, one for each; as many as the rule wants to tell. */
function told(found: readonly Found[], limit = 0): Found[] {
  const byPlace = new Map<number, Found>();
  for (const one of found) if (!byPlace.has(placeOf(one))) byPlace.set(placeOf(one), one);
  const sorted = [...byPlace.values()].sort((a, b) => placeOf(a) - placeOf(b));
  return limit > 0 ? sorted.slice(0, limit) : sorted;
}

/**
 * What a rule finds in some files; undefined when none has a text that it looks at.
 * @throws CannotJudge
 */
export function checkVale(parts: readonly DocumentPart[], rule: ValeRule, setting: Setting): RuleFinding[] | undefined {
  const compiled = compiledRule(rule, setting);
  const read = parts.filter((part) =>
    viewsOf(part, setting.locale, compiled.scope).some(({ sections }) => isInScope(sections, compiled.scope)),
  );
  if (read.length === 0) return undefined;
  return read.flatMap((part) =>
    told(foundIn(rule, compiled, part, setting.locale), numberAt(rule, 'limit')).map((found) =>
      findingOf(rule, compiled.kind, part, found),
    ),
  );
}
