/** How well the rule `claims` tells copy that rests on facts from copy that does not, over a set of written lines. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Fact } from '../core/contracts.ts';
import { documentOf } from '../core/document.ts';
import { exampleContextWith } from '../core/policy/sample.ts';
import { rule } from '../rules/claims.ts';

interface Set {
  readonly grounded: readonly string[];
  readonly ungrounded: readonly string[];
}

interface Lines {
  readonly facts: readonly { readonly id: string; readonly statement: string }[];
  /** Lines that the rule was made with. */
  readonly tuned: Set;
  /** Lines that it was never changed for. */
  readonly unseen: Set;
}

export interface Grounding {
  readonly grounded: number;
  readonly ungrounded: number;
  /** Ungrounded lines that were let through. */
  readonly missed: readonly string[];
  /** Grounded lines that were denied. */
  readonly falseAlarms: readonly string[];
}

const readLines = (): Lines => parse(readFileSync(new URL('grounding/lines.yaml', import.meta.url), 'utf8'));

export function grounding(which: 'tuned' | 'unseen'): Grounding {
  const { facts, [which]: set } = readLines();
  const known: Fact[] = facts.map((fact) => ({ ...fact, source: 'docs/facts.md', checked: '2026-11-01' }));
  const { unit } = exampleContextWith({});
  const own = { name: 'Harbourline', tagline: 'Notes beside the work', facts: known, vocabulary: ['Markdown'] };
  const context = exampleContextWith({ unit: { ...unit, brand: { ...unit.brand, ...own } }, facts: known });
  const isDenied = (line: string): boolean => {
    const found = rule.check(documentOf('social_post', new Map([['post.txt', line]])), {}, context);
    return Array.isArray(found) && found.length > 0;
  };
  return {
    grounded: set.grounded.length,
    ungrounded: set.ungrounded.length,
    missed: set.ungrounded.filter((line) => !isDenied(line)),
    falseAlarms: set.grounded.filter(isDenied),
  };
}
