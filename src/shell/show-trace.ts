/** A trace for people: one step after the other, each with its commit and its file. */

import type { Paint } from '../core/report.ts';
import type { Angle, Receipt } from '../generated/entities.ts';
import type { Place, Trace, TracedFact } from './trace.ts';

const LABEL_WIDTH = 10;
const INDENT = ' '.repeat(LABEL_WIDTH);
const short = (id: string): string => id.slice(0, 8);
const digest = (id: string): string => `${id.slice(0, 12)}...`;
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const showAngle = ({ pain, outcome, mechanism, proof }: Angle): string => [pain, outcome, mechanism, proof].join(' > ');

type Step = (label: string, place: Place, details: readonly string[]) => string[];

const stepper =
  (paint: Paint): Step =>
  (label, { file, line, commit }, details) => [
    `${paint('bold', label.padEnd(LABEL_WIDTH))}${paint('yellow', short(commit))}  ${file}${line === undefined ? '' : `:${line}`}`,
    ...details.map((detail) => `${INDENT}${detail}`),
  ];

const filedLine = ({ status, at, channel, slot, because }: Receipt): string =>
  `${status} at ${at} on ${channel}, ${slot}${because === undefined ? '' : `: ${because}`}`;

function receiptLines({ receipt, withdrawn, revisions }: Trace, step: Step): string[] {
  if (!receipt) return [];
  return [
    ...step('Receipt', receipt, [
      filedLine(receipt.value),
      `key ${receipt.value.key}`,
      ...(revisions > 1 ? [`the latest of ${revisions}`] : []),
    ]),
    ...(withdrawn ? step('Down', withdrawn, [filedLine(withdrawn.value)]) : []),
  ];
}

function assetLines({ asset }: Trace, step: Step, paint: Paint): string[] {
  const { kind, engine, attempt, content, template, files, title } = asset.value;
  return step('Asset', asset, [
    `${title}`,
    paint('dim', `${kind} by engine ${engine}, attempt ${attempt}, content ${digest(content)}`),
    paint('dim', `template ${template.path} ${digest(template.sha256)}`),
    ...files.map(({ name, sha256 }) => paint('dim', `file ${name} ${digest(sha256)}`)),
  ]);
}

function verdictLines({ verdict, policy }: Trace, step: Step): string[] {
  if (!verdict) return [];
  const { result, rules, findings, history } = verdict.value;
  const count = (wanted: string): number => rules.filter((rule) => rule.result === wanted).length;
  const earlier = history.map(({ attempt, findings: held }) => {
    const names = [...new Set(held.map(({ rule }) => rule))].join(', ');
    return `attempt ${attempt} was denied: ${names}`;
  });
  const warned = findings.map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`);
  return [
    ...step('Verdict', verdict, [
      `${result}: ${plural(count('pass'), 'rule')} passed, ${count('fail')} failed, ${count('not-applicable')} not applicable`,
      ...earlier,
      ...warned,
    ]),
    ...(policy ? step('Policy', policy, []) : []),
  ];
}

function planLines({ plan }: Trace, step: Step, paint: Paint): string[] {
  if (!plan) return [];
  const { entry, rejected, why } = plan;
  const chosen = entry
    ? [`${entry.segment} with ${entry.offer}: ${showAngle(entry.angle)}`, entry.why]
    : ['the entry has left the plan since'];
  const instead = rejected.flatMap(({ segment, offer, angle, score, because }) => [
    `  ${score.toFixed(2)}  ${segment} with ${offer}: ${showAngle(angle)}`,
    paint('dim', `        ${because}`),
  ]);
  return step('Plan', plan, [
    ...chosen,
    ...why.map((reason) => paint('dim', reason)),
    ...(instead.length > 0 ? ['instead of', ...instead] : []),
  ]);
}

function factLines(fact: TracedFact, blocks: readonly string[], step: Step, paint: Paint): string[] {
  return step('Fact', fact, [
    `${paint('cyan', fact.id)}: ${fact.statement}`,
    paint('dim', `source ${fact.source}`),
    ...(blocks.length > 0 ? [paint('dim', `in ${[...new Set(blocks)].join(', ')}`)] : []),
  ]);
}

function copyLines({ copy, facts }: Trace, step: Step, paint: Paint): string[] {
  const [headline, ...others] = copy;
  if (!headline) return [];
  const isCited = headline.by === 'cited';
  const why =
    headline.facts.length === 0
      ? 'rests on no fact, and neither do the messages of its angle'
      : isCited
        ? `rests on ${headline.facts.join(', ')}`
        : `cites no fact itself; the messages and the proof of its angle rest on ${headline.facts.join(', ')}`;
  const used = (id: string): string[] => others.filter((block) => block.facts.includes(id)).map(({ block }) => block);
  const isUnder = ({ id }: TracedFact): boolean => headline.facts.includes(id);
  return [
    `${paint('bold', 'Headline'.padEnd(LABEL_WIDTH))}${headline.text}`,
    `${INDENT}${paint('dim', why)}`,
    ...facts.filter(isUnder).flatMap((fact) => factLines(fact, used(fact.id), step, paint)),
    ...(facts.every(isUnder) ? [] : ['', paint('bold', 'The rest of the copy')]),
    ...facts.filter((fact) => !isUnder(fact)).flatMap((fact) => factLines(fact, used(fact.id), step, paint)),
  ];
}

export function renderTrace(trace: Trace, paint: Paint): string {
  const step = stepper(paint);
  const { receipt, asset, signals, campaign, missing } = trace;
  const live =
    receipt?.value.url ?? (receipt ? `${asset.id} on ${receipt.value.channel}` : `${asset.id}, not published yet`);
  const blocks = [
    [paint('bold', live)],
    receiptLines(trace, step),
    assetLines(trace, step, paint),
    verdictLines(trace, step),
    planLines(trace, step, paint),
    signals.flatMap((signal) => step('Signal', signal, [paint('dim', `${signal.kind} from ${signal.source}`)])),
    copyLines(trace, step, paint),
    campaign ? step('Campaign', campaign, []) : [],
    missing.map((what) => paint('red', what)),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}
