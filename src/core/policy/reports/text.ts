/** For people: findings by file, what did not run, and what was asked. */
import type { Finding, Verdict } from '../../../generated/entities.ts';
import { count } from '../../explain.ts';
import type { Paint } from '../../report.ts';
import { exceptionsUsed } from '../exceptions.ts';
import type { CheckedFile, CheckReport } from './report.ts';

const placeOf = ({ file, line, column }: Finding): string =>
  [file, line, column].filter((part) => part !== undefined).join(':');

function findingLines(finding: Finding, paint: Paint): string[] {
  const { rule, severity, message, excerpt, fix, selector } = finding;
  const sign = severity === 'block' ? paint('red', 'block') : paint('yellow', 'warn ');
  const details = [
    ...(excerpt ? [`"${excerpt}"`] : []),
    ...(selector ? [`at ${selector}`] : []),
    ...(fix ? [`safe fix: ${fix.to === '' ? 'take it out' : `"${fix.to}"`}`] : []),
  ];
  return [
    `  ${sign}  ${placeOf(finding)}  ${message}  ${paint('dim', rule)}`,
    ...(details.length > 0 ? [`         ${paint('dim', details.join(', '))}`] : []),
  ];
}

/** In the order in which one reads the file. */
const byPlace = (a: Finding, b: Finding): number =>
  Number((a.file ?? '') > (b.file ?? '')) - Number((a.file ?? '') < (b.file ?? '')) ||
  (a.line ?? 0) - (b.line ?? 0) ||
  (a.column ?? 0) - (b.column ?? 0);

const didNotRun = ({ rules }: CheckedFile): Verdict['rules'] =>
  rules.filter(({ result }) => result === 'error' || result === 'not-evaluated');

function fileLines(file: CheckedFile, paint: Paint): string[] {
  const ran = file.rules.filter(({ result }) => result === 'pass' || result === 'fail').length;
  const elsewhere = file.rules.filter(({ result }) => result === 'not-applicable').length;
  const sign = file.result === 'pass' ? paint('green', 'pass') : paint('red', file.result);
  const about = `${count(ran, 'rule')} judged${elsewhere > 0 ? `, ${elsewhere} not applicable` : ''}`;
  return [
    `${sign}  ${paint('bold', file.path)}  ${paint('dim', about)}`,
    ...file.findings.toSorted(byPlace).flatMap((finding) => findingLines(finding, paint)),
    ...didNotRun(file).map(({ rule, result, why }) => `  ${paint('yellow', result)}  ${rule}: ${why ?? ''}`),
  ];
}

export function renderChecks(report: CheckReport, paint: Paint): string {
  const { files, packs, policy } = report;
  const findings = files.flatMap((file) => file.findings);
  const blocking = findings.filter(({ severity }) => severity === 'block').length;
  const failed = files.filter(({ result }) => result !== 'pass').length;
  const exceptions = files.flatMap((file) => file.exceptions);
  const verdict = failed === 0 ? paint('green', 'passed') : paint('red', `${failed} of ${files.length} did not pass`);
  return [
    ...files.flatMap((file) => fileLines(file, paint)),
    '',
    `${count(files.length, 'file')}, ${verdict}; ${count(blocking, 'blocking finding')}, ${count(findings.length - blocking, 'warning')}.`,
    ...(exceptions.length > 0 ? [paint('yellow', `${exceptionsUsed(exceptions)}.`)] : []),
    paint('dim', `Packs: ${packs.join(', ')}. Policy ${policy.slice(0, 12)}.`),
  ].join('\n');
}
