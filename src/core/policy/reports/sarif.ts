/** SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). */
import type { Finding } from '../../../generated/entities.ts';
import { type CheckedException, type CheckReport, fingerprintOf } from './report.ts';

const levelOf = (severity: Finding['severity']): 'error' | 'warning' => (severity === 'block' ? 'error' : 'warning');

/** A relative reference, whatever characters the path has. */
const uriOf = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

function regionOf({ line, column, end_line, end_column, excerpt }: Finding): object | undefined {
  if (line === undefined) return undefined;
  return {
    startLine: line,
    ...(column === undefined ? {} : { startColumn: column }),
    ...(end_line === undefined || end_column === undefined ? {} : { endLine: end_line, endColumn: end_column }),
    ...(excerpt === undefined ? {} : { snippet: { text: excerpt } }),
  };
}

function fixOf(finding: Finding): object | undefined {
  const { fix, file = '', line, column, end_line, end_column } = finding;
  if (!fix || line === undefined || column === undefined || end_line === undefined || end_column === undefined)
    return undefined;
  const deletedRegion = { startLine: line, startColumn: column, endLine: end_line, endColumn: end_column };
  return {
    description: { text: `Replace "${fix.from}".` },
    artifactChanges: [
      { artifactLocation: { uri: uriOf(file) }, replacements: [{ deletedRegion, insertedContent: { text: fix.to } }] },
    ],
  };
}

/** It lies in a pack, not in the file itself. */
const suppressionOf = ({ reason, owner, expires }: CheckedException): object => ({
  kind: 'external',
  status: 'accepted',
  justification: `${reason} (${owner}, until ${expires})`,
});

/** @param version  of mhub */
export function sarifOf({ rules, files, policy }: CheckReport, version: string): object {
  const indexOf = new Map(rules.map(({ name }, index) => [name, index]));
  const resultOf = (finding: Finding, exception?: CheckedException): object => {
    const region = regionOf(finding);
    const fix = fixOf(finding);
    const { rule, severity, message, file = '' } = finding;
    const physicalLocation = { artifactLocation: { uri: uriOf(file) }, ...(region ? { region } : {}) };
    return {
      ruleId: rule,
      ...(indexOf.has(rule) ? { ruleIndex: indexOf.get(rule) } : {}),
      level: levelOf(severity),
      message: { text: message },
      locations: [{ physicalLocation }],
      partialFingerprints: { 'mhub/v1': fingerprintOf(finding) },
      ...(fix ? { fixes: [fix] } : {}),
      // A result without the list says that nobody knows whether it is suppressed.
      suppressions: exception ? [suppressionOf(exception)] : [],
    };
  };
  const notRun = files.flatMap(({ path, rules: outcomes }) =>
    outcomes
      .filter(({ result }) => result === 'error' || result === 'not-evaluated')
      .map(({ rule, result, why = '' }) => ({
        level: result === 'error' ? 'error' : 'warning',
        message: { text: `${rule} on ${path}: ${result}, ${why}` },
        associatedRule: { id: rule, ...(indexOf.has(rule) ? { index: indexOf.get(rule) } : {}) },
        locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) } } }],
      })),
  );
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'mhub',
            version,
            semanticVersion: version,
            rules: rules.map(({ name, about, severity }) => ({
              id: name,
              shortDescription: { text: about },
              defaultConfiguration: { level: levelOf(severity) },
            })),
          },
        },
        columnKind: 'unicodeCodePoints',
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notRun }],
        artifacts: files.map(({ path }) => ({ location: { uri: uriOf(path) } })),
        properties: { policy },
        results: files.flatMap(({ findings, exceptions }) => [
          ...findings.map((finding) => resultOf(finding)),
          ...exceptions.flatMap((exception) => exception.findings.map((finding) => resultOf(finding, exception))),
        ]),
      },
    ],
  };
}
