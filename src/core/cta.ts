/** What a reader can act on, and whether each such thing has a name that measuring can count. */
import type { DocumentElement, DocumentPart } from './contracts.ts';

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ALWAYS = new Set(['button', 'select', 'textarea', 'summary']);

export function isInteractive({ tag, attributes }: DocumentElement): boolean {
  if (ALWAYS.has(tag)) return true;
  if ((tag === 'a' || tag === 'area') && attributes['href'] !== undefined) return true;
  if (tag === 'input') return attributes['type']?.toLowerCase() !== 'hidden';
  const { onclick, role, tabindex } = attributes;
  return (
    onclick !== undefined || role === 'button' || role === 'link' || (tabindex !== undefined && Number(tabindex) >= 0)
  );
}

export const ctaIdOf = ({ attributes }: DocumentElement): string | undefined => attributes['data-cta-id'];

export interface CtaProblem {
  readonly part: DocumentPart;
  readonly offset: number;
  readonly message: string;
}

export interface CtaReport {
  /** Things that a reader can act on. */
  readonly named: number;
  readonly problems: readonly CtaProblem[];
}

/** Ids are unique over all parts together. */
export function ctaProblems(parts: readonly DocumentPart[]): CtaReport {
  const seen = new Set<string>();
  const found = parts.flatMap((part) =>
    part.elements.filter(isInteractive).map((element): CtaProblem | undefined => {
      const id = ctaIdOf(element);
      const isFirst = id === undefined || !seen.has(id);
      if (id !== undefined) seen.add(id);
      const at = { part, offset: element.offset };
      if (id === undefined) return { ...at, message: `<${element.tag}> has no data-cta-id` };
      if (!ID.test(id)) return { ...at, message: `data-cta-id "${id}" is not lower-case letters, digits and hyphens` };
      return isFirst ? undefined : { ...at, message: `data-cta-id "${id}" is used twice` };
    }),
  );
  return { named: found.length, problems: found.filter((problem) => problem !== undefined) };
}
