/** What `mhub policy` says to people. */
import { stringifyDocument } from '../core/documents.ts';
import { showProblem } from '../core/errors.ts';
import type { EffectiveView, RuleExplanation, Scope } from '../core/policy/explain.ts';
import type { RuleProof } from '../core/policy/samples.ts';
import { columns, type Paint } from '../core/report.ts';
import type { AssetExplanation, Explanation, PolicyTest } from './policy.ts';
import { isProven } from './policy.ts';

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const PROVEN_BY: Readonly<Record<RuleProof['by'], string>> = {
  samples: 'samples',
  tightened: 'what it tightens',
  examples: 'examples of its type',
  style: 'its style',
  none: 'nothing',
};

const proofCells = ({ rule, type, by, pass, fail, bites }: RuleProof): string[] => [
  rule,
  type,
  PROVEN_BY[by],
  ...(by === 'style' ? ['', '', ''] : [String(pass), String(fail), bites > 0 ? 'yes' : 'no']),
];

export function renderTest(test: PolicyTest, paint: Paint): string {
  const lines: string[] = [];
  for (const { pack, version, rules, samples } of test.packs) {
    const summary = `${count(rules.length, 'rule')}, ${count(samples.length, 'sample')}`;
    const [head = '', ...rows] = columns([
      ['rule', 'type', 'proven by', 'pass', 'fail', 'missed if taken away'],
      ...rules.map(proofCells),
    ]);
    lines.push(`${paint('bold', `${pack} ${version}`)}  ${summary}`);
    if (rules.length > 0) lines.push(paint('dim', head), ...rows);
    lines.push('');
  }
  for (const { style, rules, problems } of test.styles) {
    lines.push(`${paint('bold', style)}  ${count(rules, 'rule')} of a Vale style`);
    lines.push(...problems.map((problem) => `  ${paint('red', problem)}`), '');
  }
  lines.push(...test.findings.map((finding) => paint('red', showProblem(finding))));
  if (test.findings.length > 0) lines.push('');
  const rules = test.packs.reduce((sum, pack) => sum + pack.rules.length, 0);
  const samples = test.packs.reduce((sum, pack) => sum + pack.samples.length, 0);
  const tested = `${count(rules, 'rule')} and ${count(samples, 'sample')} in ${count(test.packs.length, 'pack')}`;
  const styles = test.styles.length > 0 ? `, ${count(test.styles.length, 'style')}` : '';
  const ok = isProven(test);
  lines.push(`${paint(ok ? 'green' : 'red', ok ? 'Proven' : 'Not proven')}: ${tested}${styles}.`);
  return lines.join('\n');
}

const scopeText = ({ kinds, channels, campaigns }: Scope): string =>
  [
    kinds ? kinds.join(', ') : 'all kinds',
    ...(channels ? [`on ${channels.join(', ')}`] : []),
    ...(campaigns ? [`in ${campaigns.join(', ')}`] : []),
  ].join(' ');

const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`);

function renderRule(rule: RuleExplanation, paint: Paint): string {
  const color = rule.severity === 'block' ? 'red' : 'yellow';
  const facts = [
    ['type', `${rule.type}: ${rule.looks_at}`],
    ['from', `policies/${rule.pack}.yaml ${rule.version}, layer ${rule.layer}${rule.owner ? `, ${rule.owner}` : ''}`],
    ['applies to', scopeText(rule)],
    ...(rule.tightens === undefined ? [] : [['stricter than', `${rule.tightens}, which is judged as well`]]),
    ...(rule.needs.length > 0 ? [['needs', rule.needs.join(', ')]] : []),
  ];
  const section = (title: string, texts: readonly string[]): string[] =>
    texts.length === 0 ? [] : [`  ${paint('dim', title)}`, ...texts.flatMap(indented)];
  return [
    `${paint('bold', rule.rule)}  ${paint(color, rule.severity)}`,
    ...(rule.about === undefined ? [] : [`  ${rule.about}`]),
    ...columns(facts),
    ...section('params', Object.keys(rule.params).length === 0 ? [] : [stringifyDocument(rule.params)]),
    ...section(
      'passes',
      rule.samples.flatMap(({ pass }) => pass ?? []),
    ),
    ...section(
      'fails',
      rule.samples.flatMap(({ fail }) => fail ?? []),
    ),
  ].join('\n');
}

function renderAsset({ campaign, asset, verdict, file, advice, open }: AssetExplanation, paint: Paint): string {
  const { result, reason, attempt, exceptions = [] } = verdict;
  const color = result === 'pass' ? 'green' : 'red';
  const why = reason === undefined ? '' : `, ${reason.replaceAll('_', ' ')}`;
  return [
    `${paint('bold', `${campaign}/${asset}`)}  ${paint(color, result)}${why} at attempt ${attempt}  ${paint('dim', file)}`,
    ...advice.flatMap(({ finding, about, advice: todo }) => [
      `  ${paint(finding.severity === 'block' ? 'red' : 'yellow', finding.rule)}  ${finding.file ?? ''}:${finding.line ?? 1}:${finding.column ?? 1}`,
      `    ${finding.message}`,
      ...(about === undefined ? [] : [`    ${about}`]),
      `    ${todo}`,
    ]),
    ...open.map(({ rule, result: outcome, why: because = '' }) => `  ${paint('red', rule)}  ${outcome}: ${because}`),
    ...exceptions.map((one) => `  excepted from ${one.rule} until ${one.expires} by ${one.owner}: ${one.reason}`),
    ...(advice.length + open.length === 0 ? ['  Nothing is held against it.'] : []),
  ].join('\n');
}

export const renderExplanation = (explanation: Explanation, paint: Paint): string =>
  ('rules' in explanation
    ? explanation.rules.map((rule) => renderRule(rule, paint))
    : explanation.assets.map((asset) => renderAsset(asset, paint))
  ).join('\n\n');

export function renderEffective(views: readonly EffectiveView[], paint: Paint): string {
  return views
    .map((view) => {
      const where = view.jurisdictions === null ? 'anywhere' : view.jurisdictions.join(', ');
      const [head = '', ...rows] = columns([
        ['rule', 'severity', 'type', 'applies to', 'needs'],
        ...view.rules.map((rule) => [rule.rule, rule.severity, rule.type, scopeText(rule), rule.needs.join(', ')]),
      ]);
      return [
        `${paint('bold', view.campaign)}  brand ${view.brand}, language ${view.locale}, audience ${where}`,
        ...columns([
          ['policy', view.hash],
          ['packs', view.packs.map(({ pack, version, layer }) => `${pack} ${version} (${layer})`).join(', ')],
          ...view.left_out.map(({ pack, version, why }) => ['left out', `${pack} ${version}: ${why}`]),
        ]),
        '',
        paint('dim', head),
        ...rows,
      ].join('\n');
    })
    .join('\n\n');
}
