/** html-validate, set up once for the rules: pure, without files, settings of its own or switches inside the asset. */
import {
  type ConfigData,
  HtmlValidate,
  type ResolvedConfig,
  type RuleConfig,
  StaticConfigLoader,
} from 'html-validate/browser';
import type { DocumentPart, RuleFinding } from './contracts.ts';
import { findingAt } from './document.ts';

/** Resolves its settings once: html-validate does it for every document, which takes longer than to judge one. */
class ResolvedLoader extends StaticConfigLoader {
  #resolved: ResolvedConfig | Promise<ResolvedConfig> | undefined;

  override getConfigFor(handle: string, override?: ConfigData): ResolvedConfig | Promise<ResolvedConfig> {
    if (override) return super.getConfigFor(handle, override);
    this.#resolved ??= super.getConfigFor(handle);
    return this.#resolved;
  }
}

const validators = new Map<RuleConfig, HtmlValidate>();

function validatorFor(rules: RuleConfig): HtmlValidate {
  const known = validators.get(rules);
  if (known) return known;
  const validator = new HtmlValidate(new ResolvedLoader({ root: true, elements: ['html5'], rules }));
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
