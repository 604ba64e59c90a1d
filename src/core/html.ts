/** html-validate, set up once for the rules: pure, without files, settings of its own or switches inside the asset. */
import { HtmlValidate, type RuleConfig, StaticConfigLoader } from 'html-validate/browser';
import type { DocumentPart, RuleFinding } from './contracts.ts';
import { findingAt } from './document.ts';

const validators = new Map<RuleConfig, HtmlValidate>();

function validatorFor(rules: RuleConfig): HtmlValidate {
  const known = validators.get(rules);
  if (known) return known;
  const validator = new HtmlValidate(new StaticConfigLoader({ root: true, elements: ['html5'], rules }));
  validators.set(rules, validator);
  return validator;
}

/**
 * What html-validate holds against a part, at its exact place.
 *
 * @param rules  a constant of the caller: set-up is kept per object
 */
export function htmlFindings(part: DocumentPart, rules: RuleConfig): RuleFinding[] {
  // An asset never switches off the rules that judge it: same length, so that places stay exact.
  const source = part.source.replace(/\[html-validate-/g, '[html validate ');
  const report = validatorFor(rules).validateStringSync(source, part.file);
  return report.results.flatMap(({ messages }) =>
    messages.map(({ offset, message, ruleId }) =>
      findingAt(part, Math.min(offset, source.length), `${message} (${ruleId})`),
    ),
  );
}

export type { RuleConfig };
