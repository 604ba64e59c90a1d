/**
 * Workflow commands that GitHub Actions shows as annotations
 * (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
 */
import type { Finding } from '../../../generated/entities.ts';
import { exceptionsUsed } from '../exceptions.ts';
import type { CheckReport } from './report.ts';

const escapeData = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');

const escapeProperty = (text: string): string => escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

function command(
  level: 'error' | 'warning' | 'notice',
  properties: Readonly<Record<string, string | number | undefined>>,
  message: string,
): string {
  const given = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`],
  );
  return `::${level} ${given.join(',')}::${escapeData(message)}`;
}

const annotationOf = ({
  rule,
  severity,
  message,
  file,
  line,
  column,
  end_line,
  end_column,
  excerpt,
}: Finding): string =>
  command(
    severity === 'block' ? 'error' : 'warning',
    { file, line, endLine: end_line, col: column, endColumn: end_column, title: rule },
    excerpt ? `${message} ("${excerpt}")` : message,
  );

/** One line per finding, one per rule that could not judge, and one for all exceptions that were used. */
export function renderAnnotations({ files }: CheckReport): string {
  const exceptions = files.flatMap((file) => file.exceptions);
  const held = files.flatMap(({ path, findings, rules }) => [
    ...findings.map(annotationOf),
    ...rules.flatMap(({ rule, result, why = '' }) =>
      result === 'error' || result === 'not-evaluated'
        ? [command(result === 'error' ? 'error' : 'warning', { file: path, title: rule }, `${result}: ${why}`)]
        : [],
    ),
  ]);
  const used = exceptions.length > 0 ? [command('notice', { title: 'Exceptions' }, exceptionsUsed(exceptions))] : [];
  return [...held, ...used].join('\n');
}
