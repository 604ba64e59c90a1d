/** What the rule `claims` catches of copy without ground in facts, and what it denies that has it. */
import type { Grounding } from '../src/testing/grounding.ts';

const share = (part: number, whole: number): string => `${part} of ${whole} (${((100 * part) / whole).toFixed(0)} %)`;

export function groundingText(which: string, { grounded, ungrounded, missed, falseAlarms }: Grounding): string {
  const caught = share(ungrounded - missed.length, ungrounded);
  const denied = share(falseAlarms.length, grounded);
  const list = (title: string, lines: readonly string[]) => lines.map((line) => `  ${title}: ${line}`);
  return [
    `grounding, ${which} lines: ${caught} ungrounded lines caught, ${denied} grounded lines denied`,
    ...list('missed', missed),
    ...list('false alarm', falseAlarms),
  ].join('\n');
}
