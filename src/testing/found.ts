import type { NotEvaluated, RuleFinding } from '../core/contracts.ts';

/** What a rule found; fails where it has not looked. */
export function found(result: readonly RuleFinding[] | NotEvaluated | undefined): readonly RuleFinding[] | undefined {
  if (result && 'notEvaluated' in result) throw new Error(`the rule has not looked: ${result.notEvaluated}`);
  return result;
}
