/** What a check found, as data; the files beside this one show it. */
import type { Finding, Verdict } from '../../../generated/entities.ts';
import { sha256 } from '../../hash.ts';
import type { EffectivePolicy } from '../effective.ts';
import type { AssetException } from '../exceptions.ts';
import type { Judged } from '../judge.ts';

/** An exception that let something through. */
export interface CheckedException extends AssetException {
  /** What would have been held against the file without it. */
  readonly findings: readonly Finding[];
}

export interface CheckedFile {
  /** As it was named on the command line, or its path in the repository. */
  readonly path: string;
  readonly result: 'pass' | 'fail' | 'error';
  /** Every rule, also those that did not run. */
  readonly rules: Verdict['rules'];
  /** `file` of each is the path that the finding belongs to. */
  readonly findings: readonly Finding[];
  readonly exceptions: readonly CheckedException[];
}

export interface CheckReport {
  /** Digest of the effective policy. */
  readonly policy: string;
  /** Packs that applied, with their versions. */
  readonly packs: readonly string[];
  readonly rules: readonly { readonly name: string; readonly about: string; readonly severity: Finding['severity'] }[];
  readonly files: readonly CheckedFile[];
}

/** A blocking rule that erred or could not look leaves the file without a pass. */
export function checkedFile(
  path: string,
  policy: EffectivePolicy,
  judged: readonly Judged[],
  exceptions: readonly CheckedException[] = [],
): CheckedFile {
  const findings = judged.flatMap((one) => one.findings);
  const isOpen = judged.some(({ reason }, index) => reason !== undefined && policy.rules[index]?.severity === 'block');
  const isHeld = findings.some(({ severity }) => severity === 'block');
  return {
    path,
    result: isOpen ? 'error' : isHeld ? 'fail' : 'pass',
    rules: judged.map(({ outcome }) => outcome),
    findings,
    exceptions,
  };
}

/** Names a finding over time, wherever it moves within its file. */
export const fingerprintOf = ({ rule, file = '', excerpt = '', message }: Finding): string =>
  sha256(JSON.stringify([rule, file, excerpt, message])).slice(0, 32);

export const passed = ({ files }: CheckReport): boolean => files.every(({ result }) => result === 'pass');
