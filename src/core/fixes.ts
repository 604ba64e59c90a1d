/** Safe fixes: the replacements that a rule knows to be the only right ones, made in the copy and not in what is rendered. */
import type { Asset, Finding } from '../generated/entities.ts';
import type { Copy } from './contracts.ts';

export interface FixedCopy {
  readonly copy: Copy;
  readonly fixes: NonNullable<Asset['fixes']>;
}

const WORD = /[\p{L}\p{N}_]/u;

/** Every place of the words that is not inside a longer word. */
function replaceWords(text: string, from: string, to: string): string {
  const parts = text.split(from);
  return parts.slice(1).reduce((done, part, index) => {
    const before = parts[index] ?? '';
    const joinsBefore = WORD.test(from.at(0) ?? '') && WORD.test(before.at(-1) ?? '');
    const joinsAfter = WORD.test(from.at(-1) ?? '') && WORD.test(part.at(0) ?? '');
    return done + (joinsBefore || joinsAfter ? from : to) + part;
  }, parts[0] ?? '');
}

/** The copy after its safe fixes; undefined when none of them changes it. */
export function fixedCopy(copy: Asset['copy'], findings: readonly Finding[]): FixedCopy | undefined {
  const fixes: NonNullable<Asset['fixes']>[number][] = [];
  let blocks = copy;
  for (const { rule, fix } of findings) {
    if (!fix || fix.from === '' || fixes.some(({ from }) => from === fix.from)) continue;
    const next = blocks.map((block) => ({ ...block, text: replaceWords(block.text, fix.from, fix.to) }));
    if (next.every(({ text }, index) => text === blocks[index]?.text)) continue;
    fixes.push({ rule, ...fix });
    blocks = next;
  }
  return fixes.length > 0 ? { copy: { blocks }, fixes } : undefined;
}
