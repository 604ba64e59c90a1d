/** html-validate, set up once for the rules: pure, without files, settings of its own or switches inside the asset. */
import {
  type ConfigData,
  HtmlValidate,
  type ResolvedConfig,
  type RuleConfig,
  StaticConfigLoader,
} from 'html-validate/browser';
import type { DocumentKind, DocumentPart, RuleFinding } from './contracts.ts';
import { findingAt } from './document.ts';
import { once } from './once.ts';
import { standsOnSite } from './schedule.ts';

const STRUCTURE: RuleConfig = {
  'attribute-allowed-values': 'error',
  'attribute-misuse': 'error',
  'close-attr': 'error',
  'close-order': 'error',
  deprecated: 'error',
  'doctype-html': 'error',
  'element-name': 'error',
  'element-permitted-content': 'error',
  'element-permitted-occurrences': 'error',
  'element-permitted-order': 'error',
  'element-permitted-parent': 'error',
  'element-required-ancestor': 'error',
  'element-required-attributes': 'error',
  'element-required-content': 'error',
  'map-dup-name': 'error',
  'map-id-name': 'error',
  'meta-refresh': 'error',
  'missing-doctype': 'error',
  'no-deprecated-attr': 'error',
  'no-dup-attr': 'error',
  'no-dup-id': 'error',
  'no-missing-references': 'error',
  'no-multiple-main': 'error',
  'no-raw-characters': ['error', { relaxed: true }],
  'no-unknown-elements': 'error',
  'script-element': 'error',
  'unrecognized-char-ref': 'error',
  'valid-for': 'error',
  'valid-id': ['error', { relaxed: true }],
  'void-content': 'error',
};

const ACCESSIBILITY: RuleConfig = {
  'area-alt': 'error',
  'aria-hidden-body': 'error',
  'aria-label-misuse': 'error',
  'empty-heading': 'error',
  'empty-title': 'error',
  'heading-level': 'error',
  'hidden-focusable': 'error',
  'input-missing-label': 'error',
  'meta-refresh': 'error',
  'multiple-labeled-controls': 'error',
  'no-abstract-role': 'error',
  'no-autoplay': ['error', { include: ['audio', 'video'] }],
  'text-content': 'error',
  'unique-landmark': 'error',
  'valid-autocomplete': 'error',
  'wcag/h30': 'error',
  'wcag/h32': 'error',
  'wcag/h36': 'error',
  'wcag/h37': 'error',
  'wcag/h63': 'error',
  'wcag/h67': 'error',
  'wcag/h71': 'error',
};

/** What a rule asks html-validate for. */
const GROUPS = { structure: STRUCTURE, accessibility: ACCESSIBILITY };

/** Mail programs still need attributes such as bgcolor and align, and begin below <h1>. */
const ELSEWHERE: RuleConfig = { 'no-deprecated-attr': 'off', 'heading-level': ['error', { minInitialRank: 'any' }] };

/** Resolves its settings once: html-validate does it for every document, which takes longer than to judge one. */
class ResolvedLoader extends StaticConfigLoader {
  #resolved: ResolvedConfig | Promise<ResolvedConfig> | undefined;

  override getConfigFor(handle: string, override?: ConfigData): ResolvedConfig | Promise<ResolvedConfig> {
    if (override) return super.getConfigFor(handle, override);
    this.#resolved ??= super.getConfigFor(handle);
    return this.#resolved;
  }
}

interface Held {
  readonly rule: string;
  readonly finding: RuleFinding;
}

/** Everything that html-validate holds against a part, for all groups at once: parsing is a good part of the work. */
function reporterOf(rules: RuleConfig): (part: DocumentPart) => readonly Held[] {
  const validator = new HtmlValidate(new ResolvedLoader({ root: true, elements: ['html5'], rules }));
  return once((part) => {
    // An asset never switches off the rules that judge it: same length, so that places stay exact.
    const source = part.source.replace(/\[html-validate-/g, '[html validate ');
    return validator.validateStringSync(source, part.file).results.flatMap(({ messages }) =>
      messages.map(({ offset, message, ruleId }) => ({
        rule: ruleId,
        finding: findingAt(part, Math.min(offset, source.length), `${message} (${ruleId})`),
      })),
    );
  });
}

const reportOfPage = reporterOf({ ...STRUCTURE, ...ACCESSIBILITY });
const reportElsewhere = reporterOf({ ...STRUCTURE, ...ACCESSIBILITY, ...ELSEWHERE });

/** What html-validate holds against a part, at its exact place. */
export function htmlFindings(part: DocumentPart, kind: DocumentKind, group: keyof typeof GROUPS): RuleFinding[] {
  const report = standsOnSite(kind) ? reportOfPage : reportElsewhere;
  return report(part).flatMap(({ rule, finding }) => (rule in GROUPS[group] ? [finding] : []));
}
